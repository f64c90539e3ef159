"""Flags: what detectors recognised, and what people decide about it.

A flag by itself takes nothing from anybody. When a rule held a voice because of it, a host or
an operator, never the person themselves, lets it go or confirms it.
"""

from dataclasses import asdict, dataclass
from typing import Final

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from balai.clock import now
from balai.ids import new_id
from balai.people.model import Person
from balai.people.names import clean_text
from balai.rooms import access
from balai.rooms.announce import name_in, seat_of, tell_flag
from balai.rooms.errors import (
    FlagDecided,
    FlagMissing,
    FlagUndecided,
    HeldIsConfirmed,
    OwnFlag,
    RoomMissing,
)
from balai.rooms.model import (
    ON_AIR,
    Flag,
    FlagStage,
    FlagState,
    RestrictionKind,
    Room,
    Seat,
    WishKind,
)
from balai.rooms.requests import request
from balai.rooms.restrictions import REASON_MAX, is_by_safety

SHOWN_MAX: Final = 100
RATE_HZ: Final = 48_000  # of positions
_SAME_WITHIN: Final = 10 * RATE_HZ  # seen again after so many samples, it is another playing
_SAME_LINE_S: Final = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a detector saw, with what the catalogue says about the recording."""

    room_id: str
    seat_id: str
    recording_id: str
    title: str
    category: str
    list_name: str
    stage: FlagStage
    from_position: int
    to_position: int
    offset_s: float
    score: float
    false_alarms_per_1000h: float
    speed: float
    pitch_semitones: float
    detector: str


def raise_flag(session: Session, seen: Seen, *, held: bool) -> Flag:
    """Raise a flag, or go on with the one of the same playing, and tell the hosts."""
    flag = _same_playing(session, seen)
    is_decided = flag is not None and flag.state is not FlagState.OPEN
    if flag is None or (held and is_decided):  # a new hold is a new question
        flag = Flag(id=new_id(), at=now(), state=FlagState.OPEN, held=held, **asdict(seen))
        session.add(flag)
    else:
        _go_on(flag, seen)
        if held:
            flag.held, flag.hold_ended_at = True, None
    tell_flag(session, flag)
    return flag


@dataclass(frozen=True, slots=True)
class Playing:
    """Where a playing of a recording was seen to begin, on the room's clock and in it."""

    seat_id: str
    recording_id: str
    from_position: int
    offset_s: float


def may_hold(session: Session, playing: Playing) -> bool:
    """Tell whether a rule may hold a voice for what it plays.

    Not when a person let this recording go here (to let a mere suspicion go is no such word),
    nor when it was held for this very playing before.
    """
    against = select(Flag).where(
        Flag.seat_id == playing.seat_id,
        Flag.recording_id == playing.recording_id,
        or_(
            and_(Flag.state == FlagState.RELEASED, Flag.stage == FlagStage.CONFIRMED),
            and_(Flag.held, Flag.to_position >= playing.from_position),
        ),
    )
    return not any(
        flag.state is FlagState.RELEASED or _is_same_line(flag, playing)
        for flag in session.scalars(against)
    )


def _is_same_line(flag: Flag, playing: Playing) -> bool:
    """A recording that begins anew is another playing, however soon after the last it comes."""
    if flag.offset_s is None or flag.speed is None:
        return False
    passed_s = (playing.from_position - flag.from_position) / RATE_HZ * flag.speed
    return abs(flag.offset_s + passed_s - playing.offset_s) <= _SAME_LINE_S


def room_for(session: Session, room_id: str, by: Person) -> Room:
    """Read a room whose flags somebody may see: its hosts and the house's operators.

    Raises:
        RoomMissing, HostsOnly: this is somebody else.
    """
    if by.is_operator:
        room = session.get(Room, room_id)
        if room is None:
            raise RoomMissing
        return room
    room = access.find(session, room_id, by)
    access.require_hosts(session, room, by)
    return room


def of_room(session: Session, room: Room) -> list[Flag]:
    """Read a room's flags, newest first, 100 at most."""
    query = select(Flag).where(Flag.room_id == room.id).order_by(Flag.at.desc(), Flag.id)
    return list(session.scalars(query.limit(SHOWN_MAX)))


def release(
    session: Session, room: Room, flag_id: str, *, by: Person, reason: str, air_held: bool
) -> Flag:
    """Decide that a flag was raised wrongly, or that this is allowed here; end its hold.

    Of a flag that was confirmed it ends the hold only: what was held never airs. Where the
    safety team holds the voice as well, it stays held.

    Raises:
        FlagMissing, FlagDecided: there is nothing to decide, and no hold to end.
        OwnFlag: it is about the person who decides.
        HeldIsConfirmed: what was held was confirmed and shall air.
    """
    flag = _of_somebody_else(session, room, flag_id, by)
    holding = _holding(session, flag.seat)
    if air_held and _is_confirmed_in(session, flag.seat, holding):
        raise HeldIsConfirmed
    if flag.state is FlagState.OPEN or not flag.holds:
        _decide(session, flag, FlagState.RELEASED, by, reason)
    if not flag.holds or room.state not in ON_AIR:
        return flag
    others = [one for one in holding if one is not flag]
    is_by_team = is_by_safety(session, flag.seat, RestrictionKind.HOLD)
    if is_by_team and flag.state is FlagState.CONFIRMED:
        return flag  # what was confirmed stays so until the team lets the voice go
    if is_by_team or any(one.state is not FlagState.RELEASED for one in others):
        flag.hold_ended_at = now()
        tell_flag(session, flag)
    else:
        _ask_release(session, room, flag, by, air_held=air_held)
    return flag


def confirm(session: Session, room: Room, flag_id: str, *, by: Person, reason: str) -> Flag:
    """Decide that a flag was raised rightly: the hold stays, what was held never airs.

    Raises:
        FlagMissing, FlagDecided: there is nothing to decide.
        OwnFlag: it is about the person who decides.
    """
    flag = _of_somebody_else(session, room, flag_id, by)
    _decide(session, flag, FlagState.CONFIRMED, by, reason)
    return flag


def released(session: Session, seat: Seat) -> None:
    """Note that a voice is held no more; what is undecided stays so."""
    for flag in _holding(session, seat):
        flag.hold_ended_at = now()
        tell_flag(session, flag)


def require_releasable(session: Session, seat: Seat, *, by: Person, air_held: bool) -> None:
    """Let a hold be ended, unless a rule holds the very person, or what was held may not air.

    Raises:
        OwnFlag: somebody would end the hold of a rule on their own voice.
        HeldIsConfirmed: what was held was confirmed; it can be released, but not aired.
        FlagUndecided: nobody has decided yet whether what was held may air.
    """
    holding = _holding(session, seat)
    states = {flag.state for flag in holding}
    if states and by.id == seat.person_id:
        raise OwnFlag
    if air_held and _is_confirmed_in(session, seat, holding):
        raise HeldIsConfirmed
    if air_held and FlagState.OPEN in states:
        raise FlagUndecided


def _same_playing(session: Session, seen: Seen) -> Flag | None:
    """Find the flag that this goes on with; what a confirmed one says is not asked again."""
    query = (
        select(Flag)
        .where(
            Flag.seat_id == seen.seat_id,
            Flag.recording_id == seen.recording_id,
            Flag.to_position >= seen.from_position - _SAME_WITHIN,
            or_(Flag.state == FlagState.OPEN, Flag.stage == FlagStage.CONFIRMED),
        )
        .order_by(Flag.at.desc())
    )
    return session.scalars(query.limit(1)).first()


def _go_on(flag: Flag, seen: Seen) -> None:
    flag.to_position = max(flag.to_position, seen.to_position)
    if flag.score is None or seen.score > flag.score:
        flag.score = seen.score
        flag.false_alarms_per_1000h = seen.false_alarms_per_1000h
    if seen.stage is FlagStage.CONFIRMED:
        flag.stage = FlagStage.CONFIRMED


def _holding(session: Session, seat: Seat) -> list[Flag]:
    """Read the flags because of which a rule holds this voice now."""
    query = select(Flag).where(Flag.seat_id == seat.id, Flag.held, Flag.hold_ended_at.is_(None))
    return list(session.scalars(query))


def _is_confirmed_in(session: Session, seat: Seat, holding: list[Flag]) -> bool:
    """Tell whether something was confirmed in what is held now, however its own hold ended."""
    since = min((flag.at for flag in holding), default=None)
    if since is None:
        return False
    confirmed = select(Flag.id).where(
        Flag.seat_id == seat.id,
        Flag.held,
        Flag.state == FlagState.CONFIRMED,
        or_(Flag.hold_ended_at.is_(None), Flag.hold_ended_at >= since),
    )
    return session.scalar(confirmed.limit(1)) is not None


def _of_somebody_else(session: Session, room: Room, flag_id: str, by: Person) -> Flag:
    flag = session.get(Flag, flag_id)
    if flag is None or flag.room_id != room.id:
        raise FlagMissing
    if flag.seat.person_id == by.id:
        raise OwnFlag
    return flag


def _decide(session: Session, flag: Flag, state: FlagState, by: Person, reason: str) -> None:
    if flag.state is not FlagState.OPEN:
        raise FlagDecided
    flag.state = state
    flag.decided_by_id = by.id
    flag.decided_by_name = name_in(session, flag.room_id, by)
    flag.decided_at = now()
    flag.reason = clean_text(reason, length_max=REASON_MAX) or None
    tell_flag(session, flag)


def _ask_release(
    session: Session, room: Room, flag: Flag, by: Person, *, air_held: bool
) -> None:
    """Ask the worker to let the voice be heard; also one that is away, for when it is back."""
    args: dict[str, object] = {
        "seat_id": flag.seat_id,
        "by_name": name_in(session, room.id, by),
        "by_role": access.role_of(room, seat_of(session, room.id, by.id), by),
        "reason": flag.reason,
        "air_held": air_held,
    }
    request(session, room.id, WishKind.RELEASE, args, by_person_id=by.id)
