"""Every room on air as the safety team sees it: a fixed number of queries for all of them.

What the records know is here; levels, words and the delay line are the worker's pulse.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeVar

from pydantic import BaseModel
from sqlalchemy import Row, Select, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from balai.clock import now
from balai.people.model import Person
from balai.rooms import ending, reported_cases, restrictions, risk, safety
from balai.rooms.duty import PUBLIC
from balai.rooms.flags import RATE_HZ
from balai.rooms.model import (
    CONNECTED,
    ON_AIR,
    Ban,
    Flag,
    FlagKind,
    FlagStage,
    FlagState,
    Hand,
    HandState,
    Openness,
    Restriction,
    Role,
    Room,
    Seat,
    SeatState,
    WatchState,
    Wish,
    WishKind,
    WishState,
)
from balai.rooms.risk import CauseKind, OpenFlag, OpenReport, Standing

FLAGS_SHOWN_MAX: Final = 10
_MINUTE: Final = timedelta(minutes=1)
_RECENT: Final = timedelta(minutes=10)
_ACTS: Final = timedelta(minutes=2)

T = TypeVar("T")


class CauseView(BaseModel):
    """What raises a room: how often it is there, and its share of the risk."""

    kind: CauseKind
    count: int
    points: float


class DeskSeat(BaseModel):
    """A voice on a stage."""

    id: str
    name: str
    role: Role
    muted: bool
    held: bool
    away: bool
    watch: WatchState


class DeskFlag(BaseModel):
    """A flag that nobody has decided about; sentences by language."""

    id: str
    seat_id: str
    name: str
    kind: FlagKind
    stage: FlagStage
    title: dict[str, str]
    why: dict[str, str]
    priority: int
    holds: bool
    from_s: float
    at: datetime


class ActView(BaseModel):
    """What somebody of the safety team asked for just now, and whether it was observed."""

    id: int
    kind: WishKind
    seat_id: str | None
    by_name: str
    reason: str
    state: WishState
    requested_at: datetime
    done_at: datetime | None


class EndAskedView(BaseModel):
    """An end that waits for a second person of the safety team."""

    by_name: str
    by_person_id: str
    reason: str
    asked_at: datetime
    until_at: datetime


class DeskRecord(BaseModel):
    """What the records know of a room on air, and what raises it.

    `is_private`: for invited people; its words are not shown and nobody listens in.
    `slow_s`: so long one person waits between two hands or lines. `is_shielded`: the raid
    shield locked its hands, or made it slow. `is_own`: they host it or spoke in it, so that
    what was reported is left out of it.
    """

    title: str
    language: str
    openness: Openness
    is_private: bool
    host: str
    delay_s: float
    captions: bool
    hands_locked: bool
    slow_s: int
    is_shielded: bool
    on_air_at: datetime | None
    listeners_band: str
    joins_per_min: int
    hands: int
    hands_per_min: int
    reports: int
    reported: list[reported_cases.ReportedView]
    cuts: int
    seats: list[DeskSeat]
    flags: list[DeskFlag]
    flags_more: int
    taken_over_by: list[str]
    end_asked: EndAskedView | None
    acts: list[ActView]
    risk: float
    causes: list[CauseView]
    is_own: bool = False


@dataclass(frozen=True, slots=True)
class Hall:
    """What only the edge knows of a room. `reach`: which band of listeners, 0 for nobody."""

    band: str = "0"
    reach: int = 0
    joins_per_min: int = 0
    is_shielded: bool = False


@dataclass(frozen=True, slots=True)
class _Read:
    """What was read of all rooms at one moment, by room."""

    seats: Mapping[str, Sequence[Row[Seat, str]]]
    flags: Mapping[str, Sequence[Flag]]
    hands: Mapping[str, int]
    new_hands: Mapping[str, int]
    cuts: Mapping[str, int]
    bans: Mapping[str, int]
    taken_over: Mapping[str, Sequence[str]]
    ends: Mapping[str, EndAskedView]
    acts: Mapping[str, Sequence[ActView]]
    at: datetime


def read(
    session: Session,
    halls: Mapping[str, Hall],
    reports: Mapping[str, Sequence[OpenReport]],
) -> dict[str, DeskRecord]:
    """Read every room on air, by id; `halls` and `reports` are those of rooms that have any."""
    rooms = session.execute(
        select(Room, func.coalesce(Seat.alias, Person.display_name))
        .join(Person, Person.id == Room.host_id)
        .outerjoin(Seat, (Seat.room_id == Room.id) & (Seat.person_id == Room.host_id))
        .where(Room.state.in_(ON_AIR))
    ).all()
    found = _read(session)
    return {
        room.id: _record(
            room, name, found, halls.get(room.id, Hall()), reports.get(room.id, ())
        )
        for room, name in rooms
    }


def _read(session: Session) -> _Read:
    at = now()
    raised = _count(Hand.room_id).where(Hand.state == HandState.RAISED)
    new = _count(Hand.room_id).where(Hand.raised_at > at - _MINUTE)
    is_recent = Restriction.from_at > at - _RECENT
    cuts = _count(Restriction.room_id).where(is_recent, restrictions.stands())
    holds = or_(Ban.until_at.is_(None), Ban.until_at > at)
    bans = _count(Ban.room_id).where(Ban.created_at > at - _RECENT, holds)
    return _Read(
        seats=_seats(session),
        flags=_flags(session),
        hands=_counted(session, raised),
        new_hands=_counted(session, new),
        cuts=_counted(session, cuts),
        bans=_counted(session, bans),
        taken_over=_taken_over(session),
        ends=_ends(session),
        acts=_acts(session, at - _ACTS),
        at=at,
    )


def _on_air() -> Select[str]:
    return select(Room.id).where(Room.state.in_(ON_AIR))


def _count(
    room_id: InstrumentedAttribute[str] | InstrumentedAttribute[str | None],
) -> Select[str | None, int]:
    return select(room_id, func.count()).where(room_id.in_(_on_air())).group_by(room_id)


def _counted(session: Session, query: Select[str | None, int]) -> dict[str, int]:
    return {room_id or "": count for room_id, count in session.execute(query).all()}


def _seats(session: Session) -> dict[str, list[Row[Seat, str]]]:
    query = (
        select(Seat, Person.display_name)
        .join(Person, Person.id == Seat.person_id)
        .where(Seat.room_id.in_(_on_air()), Seat.state.in_(CONNECTED))
        .order_by(Seat.id)
    )
    return _by_room((row[0].room_id, row) for row in session.execute(query))


def _flags(session: Session) -> dict[str, list[Flag]]:
    query = (
        select(Flag)
        .where(Flag.room_id.in_(_on_air()), Flag.state == FlagState.OPEN)
        .order_by(Flag.at)
    )
    return _by_room((flag.room_id, flag) for flag in session.scalars(query))


def _taken_over(session: Session) -> dict[str, list[str]]:
    return _by_room(sorted(safety.taken_over(session)))


def _ends(session: Session) -> dict[str, EndAskedView]:
    waiting = ending.all_waiting(session)
    people = select(Person).where(Person.id.in_({one.by_person_id for one in waiting.values()}))
    names = {person.id: person.display_name for person in session.scalars(people)}
    return {
        room_id: EndAskedView(
            by_name=names.get(asked.by_person_id, ""),
            by_person_id=asked.by_person_id,
            reason=asked.reason,
            asked_at=asked.asked_at,
            until_at=asked.asked_at + ending.WAITS,
        )
        for room_id, asked in waiting.items()
    }


def _acts(session: Session, since: datetime) -> dict[str, list[ActView]]:
    """Read what the team asked of rooms lately: the others see who is at work on what."""
    query = (
        select(Wish, Person.display_name)
        .join(Person, Person.id == Wish.by_person_id)
        .where(Wish.room_id.in_(_on_air()), Wish.requested_at > since, Person.is_operator)
        .order_by(Wish.id)
    )
    return _by_room(
        (wish.room_id, _act(wish, name))
        for wish, name in session.execute(query)
        if wish.args.get("by_role") == Role.SAFETY
    )


def _act(wish: Wish, name: str) -> ActView:
    return ActView(
        id=wish.id,
        kind=wish.kind,
        seat_id=wish.seat_id,
        by_name=name,
        reason=str(wish.args.get("reason")),
        state=wish.state,
        requested_at=wish.requested_at,
        done_at=wish.done_at,
    )


def _by_room(pairs: Iterable[tuple[str, T]]) -> dict[str, list[T]]:
    found: dict[str, list[T]] = defaultdict(list)
    for room_id, one in pairs:
        found[room_id].append(one)
    return found


def _record(
    room: Room, host: str, found: _Read, hall: Hall, reports: Sequence[OpenReport]
) -> DeskRecord:
    seats = [_seat(seat, name) for seat, name in found.seats.get(room.id, ())]
    flags = found.flags.get(room.id, ())
    watches = Counter(seat.watch for seat in seats)
    raised = risk.causes(
        Standing(
            flags=[_open(flag, found.at) for flag in flags],
            reports=reports,
            unwatched=watches[WatchState.UNWATCHED],
            unheard=watches[WatchState.UNHEARD],
            joins_per_min=hall.joins_per_min,
            hands_per_min=found.new_hands.get(room.id, 0),
            cuts=found.cuts.get(room.id, 0),
            bans=found.bans.get(room.id, 0),
            has_delay=room.delay_s > 0,
            reach=hall.reach,
        )
    )
    names = {seat.id: seat.name for seat in seats}
    shown = sorted(flags, key=lambda flag: (-_priority(flag), flag.at))[:FLAGS_SHOWN_MAX]
    return DeskRecord(
        title=room.title,
        language=room.language,
        openness=room.openness,
        is_private=room.openness not in PUBLIC,
        host=host,
        delay_s=room.delay_s,
        captions=room.captions,
        hands_locked=room.hands_locked,
        slow_s=room.slow_s,
        is_shielded=hall.is_shielded,
        on_air_at=room.live_at,
        listeners_band=hall.band,
        joins_per_min=hall.joins_per_min,
        hands=found.hands.get(room.id, 0),
        hands_per_min=found.new_hands.get(room.id, 0),
        reports=len(reports),
        reported=reported_cases.shown(reports),
        cuts=found.cuts.get(room.id, 0),
        seats=seats,
        flags=[_flag(flag, names.get(flag.seat_id, "")) for flag in shown],
        flags_more=len(flags) - len(shown),
        taken_over_by=list(found.taken_over.get(room.id, ())),
        end_asked=found.ends.get(room.id),
        acts=list(found.acts.get(room.id, ())),
        risk=risk.risk(raised),
        causes=[CauseView(kind=c.kind, count=c.count, points=c.points) for c in raised],
    )


def _seat(seat: Seat, name: str) -> DeskSeat:
    watch = WatchState.UNHEARD if seat.unheard_from is not None else WatchState.WATCHED
    return DeskSeat(
        id=seat.id,
        name=seat.alias or name,
        role=seat.role,
        muted=seat.muted,
        held=seat.held,
        away=seat.state is SeatState.RECONNECTING,
        watch=WatchState.UNWATCHED if seat.unwatched_from is not None else watch,
    )


def _priority(flag: Flag) -> int:
    if flag.policy is not None:
        return int(str(flag.policy.get("priority", 0)))
    is_sure = flag.stage is FlagStage.CONFIRMED
    return risk.EAR_CONFIRMED if is_sure else risk.EAR_SUSPECTED


def _open(flag: Flag, at: datetime) -> OpenFlag:
    return OpenFlag(_priority(flag), (at - flag.at).total_seconds(), flag.holds)


def _flag(flag: Flag, name: str) -> DeskFlag:
    policy = flag.policy or {}
    return DeskFlag(
        id=flag.id,
        seat_id=flag.seat_id,
        name=name,
        kind=flag.kind,
        stage=flag.stage,
        title=_texts(policy.get("title")) or {"en": flag.title},
        why=_texts(policy.get("why")),
        priority=_priority(flag),
        holds=flag.holds,
        from_s=flag.from_position / RATE_HZ,
        at=flag.at,
    )


def _texts(value: object) -> dict[str, str]:
    return {str(k): str(v) for k, v in value.items()} if isinstance(value, dict) else {}
