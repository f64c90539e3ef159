"""The way to the stage: invitation, consent, ticket, stepping down, co-hosts."""

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session

from balai.people import accounts
from balai.people.keys import HouseKey
from balai.people.sign_in import Caller
from balai.rooms import access, bans, green_room, hands, seats, tickets
from balai.rooms.announce import seat_as_it_is
from balai.rooms.errors import SeatMissing
from balai.rooms.model import Room
from balai.rooms.views import SeatView
from balai.web.addresses import house_url
from balai.web.callers import Anybody, HouseHere, Somebody
from balai.web.shapes import CohostChange, Consent, StageInvitation, Ticket

router = APIRouter(prefix="/api/rooms/{room_id}", tags=["stage"])


@router.post("/stage-invitations", status_code=201)
def invite(here: HouseHere, by: Somebody, room_id: str, whom: StageInvitation) -> SeatView:
    """Offer somebody a seat on stage."""
    with here.writing() as session:
        room = access.find(session, room_id, by)
        access.require_hosts(session, room, by)
        person = accounts.by_handle(session, whom.handle)
        bans.require_not_banned(session, room.id, Caller(person=person), key=here.key)
        seat = green_room.invite(
            session, room, person, by=by, speakers_max=here.settings.speakers_max
        )
        hands.lower_hand(session, room, person)
        return seat_as_it_is(session, seat)


@router.post("/seat/consent")
def consent(
    here: HouseHere, who: Anybody, by: Somebody, room_id: str, agreed: Consent
) -> SeatView:
    """Agree to be heard, under one's own name or another; the green room opens."""
    with here.writing() as session:
        room = _enter(session, here.key, who, room_id)
        seat = green_room.consent(session, room, by, green_room.Agreed(**agreed.model_dump()))
        return seat_as_it_is(session, seat)


@router.post("/seat/ticket", status_code=201)
def ticket(
    request: Request, here: HouseHere, who: Anybody, by: Somebody, room_id: str
) -> Ticket:
    """Get a ticket for one connection to the stage, good for a minute."""
    with here.writing() as session:
        room = _enter(session, here.key, who, room_id)
        token, expires_at = tickets.issue(session, room, by, session_id=who.session_id)
    house = house_url(request, here.settings)
    return Ticket(
        ticket=token, whip_url=f"{house}/api/rooms/{room_id}/whip", expires_at=expires_at
    )


@router.post("/seat/step-down")
def step_down(here: HouseHere, by: Somebody, room_id: str) -> SeatView:
    """Leave the stage."""
    with here.writing() as session:
        room = access.find(session, room_id, by)
        return seat_as_it_is(session, green_room.step_down(session, room, by))


@router.post("/cohosts")
def set_cohost(here: HouseHere, by: Somebody, room_id: str, change: CohostChange) -> SeatView:
    """Make somebody on stage a co-host, or one no more."""
    with here.writing() as session:
        room = access.find(session, room_id, by)
        access.require_host(room, by)
        seat = seats.get(session, change.seat_id)
        if seat.room_id != room.id:
            raise SeatMissing
        green_room.set_cohost(session, seat, is_cohost=change.cohost)
        return seat_as_it_is(session, seat)


def _enter(session: Session, key: HouseKey, who: Caller, room_id: str) -> Room:
    room = access.find(session, room_id, who.person)
    bans.require_not_banned(session, room.id, who, key=key)
    return room
