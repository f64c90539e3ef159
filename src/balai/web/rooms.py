"""Rooms: lists, one room, and what a host does with it as a whole."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from sqlalchemy.orm import Session

from balai.people.model import Person
from balai.people.sign_in import Caller
from balai.rooms import access, demonstration, lifecycle, opening, queries
from balai.rooms.model import Room
from balai.rooms.queries import Card, Which
from balai.web.addresses import RoomCard, hall_url, room_card
from balai.web.callers import Anybody, HouseHere, Somebody
from balai.web.house import House
from balai.web.shapes import JingleAsked, NewRoom, RoomChange, RoomView

router = APIRouter(prefix="/api/rooms", tags=["rooms"])


@router.get("")
def list_rooms(
    request: Request,
    here: HouseHere,
    who: Anybody,
    state: Annotated[Which, Query()] = Which.LIVE,
) -> list[RoomCard]:
    """List rooms that the caller may see, newest first, 100 at most."""
    with here.database.reading() as session:
        cards = queries.cards(session, state, who, key=here.key)
    return [_shown(request, here, card) for card in cards]


@router.post("", status_code=201)
def create(
    request: Request, here: HouseHere, who: Anybody, by: Somebody, new: NewRoom
) -> RoomView:
    """Make a room; open it when the host is ready."""
    with here.writing() as session:
        room = opening.create(session, opening.Plan(**new.model_dump()), host=by)
    return view(request, here, who, room.id)


@router.get("/{room_id}")
def show(request: Request, here: HouseHere, who: Anybody, room_id: str) -> RoomView:
    """Show one room as the caller may see it."""
    return view(request, here, who, room_id)


@router.patch("/{room_id}")
def change(
    request: Request,
    here: HouseHere,
    who: Anybody,
    by: Somebody,
    room_id: str,
    asked: RoomChange,
) -> RoomView:
    """Change title, hands or delay; the delay of a room on air changes when the worker has.

    `slow_s`: so many seconds one person waits between two hands or lines; 0 for none.
    """
    with here.writing() as session:
        room = access.find(session, room_id, by)
        opening.change_room(session, room, opening.Change(**asked.model_dump()), by=by)
    return view(request, here, who, room_id)


@router.post("/{room_id}/open", status_code=202)
def open_room(
    request: Request, here: HouseHere, who: Anybody, by: Somebody, room_id: str
) -> RoomView:
    """Put a room on air: it is opening now, and live when its worker says so."""
    with here.writing() as session:
        room = access.find(session, room_id, by)
        opening.open_room(
            session,
            room,
            by=by,
            rooms_max=here.settings.rooms_max,
            needs_duty=here.settings.duty_required,
        )
    return view(request, here, who, room_id)


@router.post("/{room_id}/end", status_code=202)
def end_room(
    request: Request, here: HouseHere, who: Anybody, by: Somebody, room_id: str
) -> RoomView:
    """End a room (host or co-host); for the safety team the desk has a route of its own."""
    with here.writing() as session:
        room = _to_end(session, room_id, by)
        opening.end_room(session, room, by=by)
        picture = queries.picture(session, room, who, key=here.key)
    return _picture(request, here, picture)


@router.post("/{room_id}/jingle", status_code=202)
def play_jingle(here: HouseHere, by: Somebody, room_id: str) -> JingleAsked:
    """Ask a guest of the demonstration to play its listed jingle (the house's operator)."""
    with here.writing() as session:
        room = access.find(session, room_id, by)
        demonstration.ask_for_jingle(session, room, by=by)
    return JingleAsked()


def view(request: Request, here: House, who: Caller, room_id: str) -> RoomView:
    """Show one room as a caller may see it."""
    with here.database.reading() as session:
        room = access.find(session, room_id, who.person)
        picture = queries.picture(session, room, who, key=here.key)
    return _picture(request, here, picture)


def _picture(request: Request, here: House, picture: queries.Picture) -> RoomView:
    return RoomView(
        room=_shown(request, here, picture.card),
        seats=picture.seats,
        hands=picture.hands,
        flags=picture.flags,
        me=picture.me,
        last_event_id=picture.last_event_id,
    )


def _shown(request: Request, here: House, card: Card) -> RoomCard:
    band = here.streams.listeners_band(card.facts.id)
    return room_card(hall_url(request, here.settings), card, band)


def _to_end(session: Session, room_id: str, by: Person) -> Room:
    """An operator is told to use the desk, also of a room that they may not enter."""
    if by.is_operator:
        return lifecycle.get(session, room_id)
    return access.find(session, room_id, by)
