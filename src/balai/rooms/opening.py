"""What a host asks of a room as a whole: make it, open it, change it, end it."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from balai.clock import now
from balai.errors import Invalid
from balai.ids import new_id, new_secret
from balai.people.model import Person
from balai.people.names import clean_line, clean_text
from balai.rooms import duty, ending, hands, lifecycle, safety
from balai.rooms.access import require_host, require_hosts
from balai.rooms.announce import seat_of, tell_room, tell_seat
from balai.rooms.errors import (
    HouseFull,
    RoomEnded,
    RoomNotDraft,
    TooManyDrafts,
)
from balai.rooms.languages import require_language
from balai.rooms.model import (
    ON_AIR,
    OVER,
    Openness,
    Role,
    Room,
    RoomState,
    Seat,
    SeatState,
    Wish,
    WishKind,
    WishState,
)
from balai.rooms.requests import request

TITLE_MAX: Final = 80
DESCRIPTION_MAX: Final = 500
DELAY_S_MAX: Final = 30.0
DRAFTS_MAX: Final = 10


class DelayInvalid(Invalid):
    """The delay is between 0 and 30 seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a host decides before a room exists."""

    title: str
    description: str = ""
    language: str = "en"
    openness: Openness = Openness.OPEN
    delay_s: float = 0.0
    recording: bool = True
    captions: bool = True
    chat: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What may be changed later; None leaves it as it is."""

    title: str | None = None
    hands_locked: bool | None = None
    slow_s: int | None = None
    delay_s: float | None = None
    captions: bool | None = None
    chat: bool | None = None


def create(session: Session, plan: Plan, *, host: Person, is_demo: bool = False) -> Room:
    """Make a room, not yet open.

    Raises:
        TextInvalid, LanguageInvalid, DelayInvalid: the plan cannot be kept as it is.
        TooManyDrafts: this person has ten rooms waiting already.
    """
    _require_few_drafts(session, host)
    require_language(plan.language)
    room = Room(
        id=new_id(),
        title=clean_line(plan.title, length_max=TITLE_MAX),
        description=clean_text(plan.description, length_max=DESCRIPTION_MAX),
        language=plan.language,
        openness=plan.openness,
        state=RoomState.DRAFT,
        delay_s=_checked_delay(plan.delay_s),
        recording=plan.recording,
        captions=plan.captions,
        chat=plan.chat,
        air_token=new_secret(),
        host_id=host.id,
        hands_locked=False,
        slow_s=0,
        is_demo=is_demo,
        created_at=now(),
    )
    session.add(room)
    session.flush()
    return room


def open_room(
    session: Session, room: Room, *, by: Person, rooms_max: int, needs_duty: bool = False
) -> None:
    """Ask the worker to put a room on air; the host's seat is made with it.

    With `needs_duty` a public room waits until somebody of the safety team is on duty.

    Raises:
        HostOnly: somebody else asks.
        RoomNotDraft: it was opened before.
        HouseFull: as many rooms as the house carries are on air.
        NobodyOnDuty: nobody watches.
    """
    require_host(room, by)
    if room.state is not RoomState.DRAFT:
        raise RoomNotDraft
    if needs_duty:
        duty.require(session, room)
    if len(lifecycle.on_air(session)) >= rooms_max:
        raise HouseFull
    room.state = RoomState.OPENING
    room.opened_at = now()
    request(session, room.id, WishKind.OPEN, by_person_id=by.id)
    _host_seat(session, room, by)
    tell_room(session, room)


def end_room(session: Session, room: Room, *, by: Person) -> None:
    """Ask the worker to end a room, once; a draft ends at once.

    The demonstration has no host who could be asked: an operator ends it alone.

    Raises:
        HostsOnly: somebody other than host or co-host asks.
        SecondPersonNeeded: it is somebody of the safety team; see `ending`.
        RoomEnded: it is over already.
    """
    if safety.acts_for_the_team(session, room, by):
        ending.require_demonstration(room)
    else:
        require_hosts(session, room, by)
    if room.state in OVER:
        raise RoomEnded
    if room.state is RoomState.DRAFT:
        lifecycle.ended(session, room.id)
    elif not _is_ending(session, room):
        request(session, room.id, WishKind.END, by_person_id=by.id)


def change_room(session: Session, room: Room, change: Change, *, by: Person) -> None:
    """Change a room; on air its delay and captions are the worker's to change.

    Raises:
        HostsOnly: somebody other than host or co-host asks.
        RoomEnded: it is over.
        TextInvalid, DelayInvalid, SlowInvalid: this cannot be kept.
    """
    require_hosts(session, room, by)
    if room.state in OVER:
        raise RoomEnded
    if change.title is not None:
        room.title = clean_line(change.title, length_max=TITLE_MAX)
    if change.hands_locked is not None:
        room.hands_locked = change.hands_locked
    if change.slow_s is not None:
        room.slow_s = hands.checked_slow(change.slow_s)
    if change.chat is not None:
        room.chat = change.chat
    if change.delay_s is not None:
        _change_delay(session, room, _checked_delay(change.delay_s), by)
    if change.captions is not None:
        _change_captions(session, room, by, are_on=change.captions)
    tell_room(session, room)


def _change_delay(session: Session, room: Room, delay_s: float, by: Person) -> None:
    if room.state in ON_AIR:
        request(session, room.id, WishKind.SET_DELAY, {"delay_s": delay_s}, by_person_id=by.id)
    else:
        room.delay_s = delay_s


def _change_captions(session: Session, room: Room, by: Person, *, are_on: bool) -> None:
    if room.state in ON_AIR:
        args: dict[str, object] = {"captions": are_on}
        request(session, room.id, WishKind.SET_CAPTIONS, args, by_person_id=by.id)
    else:
        room.captions = are_on


def _checked_delay(delay_s: float) -> float:
    if not 0.0 <= delay_s <= DELAY_S_MAX:
        raise DelayInvalid
    return float(delay_s)


def _require_few_drafts(session: Session, host: Person) -> None:
    drafts = session.scalar(
        select(func.count())
        .select_from(Room)
        .where(Room.host_id == host.id, Room.state == RoomState.DRAFT)
    )
    if (drafts or 0) >= DRAFTS_MAX:
        raise TooManyDrafts


def _host_seat(session: Session, room: Room, host: Person) -> None:
    seat = seat_of(session, room.id, host.id)
    if seat is None:
        seat = Seat(
            id=new_id(),
            room_id=room.id,
            person_id=host.id,
            role=Role.HOST,
            state=SeatState.INVITED,
            muted=False,
            held=False,
        )
        session.add(seat)
        tell_seat(session, seat)


def _is_ending(session: Session, room: Room) -> bool:
    asked = select(Wish.id).where(
        Wish.room_id == room.id,
        Wish.kind == WishKind.END,
        Wish.state == WishState.PENDING,
    )
    return session.scalar(asked.limit(1)) is not None
