"""Rooms as they are shown: lists of cards, and one room with everything around the caller."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from pydantic import BaseModel
from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session, joinedload

from balai import feed
from balai.people.keys import HouseKey
from balai.people.model import Person
from balai.people.sign_in import Caller
from balai.rooms import (
    access,
    bans,
    by_safety,
    chat,
    flags,
    hands,
    replays,
    restrictions,
    speaking,
)
from balai.rooms.access import HOSTING
from balai.rooms.announce import seats_of
from balai.rooms.model import (
    CONNECTED,
    OVER,
    Hand,
    Restriction,
    Role,
    Room,
    RoomState,
    Seat,
    SeatState,
)
from balai.rooms.replays import RecordingState
from balai.rooms.views import (
    FlagView,
    HandView,
    RestrictionView,
    RoomFacts,
    SeatView,
    flag_view,
    hand_view,
    restriction_view,
    room_facts,
    seat_view,
)

LIST_MAX: Final = 100


class Which(StrEnum):
    """The lists of rooms."""

    LIVE = "live"
    UPCOMING = "upcoming"
    ENDED = "ended"
    MINE = "mine"


class MyRole(StrEnum):
    """What the caller is in a room."""

    HOST = "host"
    COHOST = "cohost"
    SPEAKER = "speaker"
    LISTENER = "listener"


class MeView(BaseModel):
    """The caller in a room. `banned_until` in the year 9999 means without end.

    `recording`: whether their voice may be in the replay; null: nothing of it is recorded.
    """

    role: MyRole
    seat_id: str | None
    hand_id: str | None
    restrictions: list[RestrictionView]
    banned_until: datetime | None
    recording: RecordingState | None


@dataclass(frozen=True, slots=True)
class Card:
    """A room in a list, and the secret of its programme's address for those who may hear it."""

    facts: RoomFacts
    air_token: str | None


@dataclass(frozen=True, slots=True)
class Picture:
    """One room at one moment, as one caller may see it."""

    card: Card
    seats: list[SeatView]
    hands: list[HandView]
    flags: list[FlagView]
    me: MeView
    last_event_id: int


def cards(session: Session, which: Which, caller: Caller, *, key: HouseKey) -> list[Card]:
    """Read a list of rooms, newest first, 100 at most; the number of queries is fixed."""
    rooms = session.scalars(
        select(Room)
        .where(_condition(which, caller.person))
        .options(joinedload(Room.host))
        .order_by(Room.created_at.desc(), Room.id)
        .limit(LIST_MAX)
    ).all()
    seats = _by_room(seats_of(session, *(room.id for room in rooms)))
    heard = bans.heard_by(session, rooms, caller, key=key)
    return [_card(room, seats[room.id], hears=room.id in heard) for room in rooms]


def picture(session: Session, room: Room, caller: Caller, *, key: HouseKey) -> Picture:
    """Read one room with its stage, its queue and the caller's own standing.

    To be called in one reading transaction: whoever follows the feed from `last_event_id`
    misses nothing and sees nothing twice.
    """
    seats = seats_of(session, room.id)
    by_person = {seat.person_id: seat for seat in seats}
    mine = by_person.get(caller.person_id or "")
    role = access.role_of(room, mine, caller.person)
    queue = hands.queue(session, room.id, by_person)
    return Picture(
        card=_card(room, seats, hears=bans.hears(session, room, caller, key=key)),
        seats=_seats_for(session, seats, caller, role),
        hands=[
            hand_view(hand, by_person.get(hand.person_id))
            for hand in queue
            if _is_hosts(role) or hand.person_id == caller.person_id
        ],
        flags=_flags_for(session, room, caller, role),
        me=_me(session, room, caller, (mine, role, queue), key=key),
        last_event_id=feed.last_number(session),
    )


def _condition(which: Which, person: Person | None) -> ColumnElement[bool]:
    mine = access.belongs_to(person)
    if which is Which.MINE:
        return mine
    if which is Which.LIVE:
        return and_(Room.state == RoomState.LIVE, access.visible_to(person))
    if which is Which.ENDED:
        return and_(Room.state.in_(OVER), access.visible_to(person))
    # A draft is nobody's business but of those who prepare it.
    return or_(
        and_(Room.state == RoomState.OPENING, access.visible_to(person)),
        and_(Room.state == RoomState.DRAFT, mine),
    )


def _card(room: Room, seats: Sequence[Seat], *, hears: bool) -> Card:
    return Card(room_facts(room, seats), room.air_token if hears else None)


def _by_room(seats: Sequence[Seat]) -> dict[str, list[Seat]]:
    found: dict[str, list[Seat]] = defaultdict(list)
    for seat in seats:
        found[seat.room_id].append(seat)
    return found


def _is_hosts(role: Role | None) -> bool:
    return role in HOSTING


def _seats_for(
    session: Session, seats: Sequence[Seat], caller: Caller, role: Role | None
) -> list[SeatView]:
    """Who is on the way to the stage is known to the hosts and to themselves only."""
    shown = []
    taken = by_safety.taken(session, *seats)
    speaks = speaking.seats_now(session, seats[0].room_id) if seats else frozenset()
    for seat in seats:
        concerns = _is_hosts(role) or seat.person_id == caller.person_id
        if seat.state in CONNECTED or (concerns and seat.state is not SeatState.LEFT):
            theirs = taken.get(seat.id, ()) if concerns else None
            shown.append(seat_view(seat, speaking=speaks, by_safety=theirs))
    return shown


def _flags_for(
    session: Session, room: Room, caller: Caller, role: Role | None
) -> list[FlagView]:
    """What detectors raised is known to the hosts and to the house's operators only."""
    if not (_is_hosts(role) or caller.is_operator):
        return []
    return [flag_view(flag) for flag in flags.of_room(session, room)]


def _me(
    session: Session,
    room: Room,
    caller: Caller,
    standing: tuple[Seat | None, Role | None, Sequence[Hand]],
    *,
    key: HouseKey,
) -> MeView:
    seat, role, queue = standing
    mine = next((hand.id for hand in queue if hand.person_id == caller.person_id), None)
    taken = restrictions.of_person(session, room.id, caller.person.id) if caller.person else []
    return MeView(
        role=MyRole(role.value) if role else MyRole.LISTENER,
        seat_id=seat.id if seat and seat.state is not SeatState.LEFT else None,
        hand_id=mine,
        restrictions=_shown(session, taken),
        banned_until=bans.banned_until(session, room.id, caller, key=key),
        recording=replays.recording_of(session, room, seat),
    )


def _shown(session: Session, taken: Sequence[Restriction]) -> list[RestrictionView]:
    written = chat.of_restrictions(session, [one.id for one in taken]) if taken else {}
    texts = {restriction_id: line.text for restriction_id, line in written.items()}
    return [restriction_view(one, line=texts.get(one.id)) for one in taken]
