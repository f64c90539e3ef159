"""Harmful listener-seconds: how long how many could hear what was found to break a rule.

Of a case with a violation the seconds of its stretch that aired are multiplied by how many
listened in those minutes. What was held, dumped, muted or never reached the end of the delay
is no harm. Where nobody counted the listeners the harm is unknown, which is not none.

What was said airs later by the delay of the minute in which it airs; where a delay was made
longer or shorter, each second counts once. The delay of a minute is the one that was set when
its listeners were counted, also while a shortened one is still being caught up with.

Pauses within a stretch count like words. What aired late, after a hold, counts by the minute in
which it would have aired. Of a room whose worker was killed, the seconds that were in the delay
line then count as aired.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, joinedload

from balai.cases.model import (
    Case,
    CaseKind,
    Concern,
    Decision,
    DecisionState,
    Outcome,
)
from balai.evidence.sound import RATE_HZ
from balai.rooms import audience
from balai.rooms.audience import MINUTE_S, AudienceMinute
from balai.rooms.model import OVER, Room, Wish, WishKind, WishState

CASES_MAX: Final = 5_000  # the newest are counted
ROOMS_AT_ONCE: Final = 200
KEPT: Final = timedelta(days=400)
FORGOTTEN_AT_ONCE: Final = 500  # rooms
_ACTS: Final = frozenset(
    {
        WishKind.HOLD,
        WishKind.RELEASE,
        WishKind.DUMP,
        WishKind.MUTE,
        WishKind.UNMUTE,
        WishKind.REMOVE,
        WishKind.END,
    }
)
_FOR_EVER: Final = 1 << 62
_MINUTE_SAMPLES: Final = MINUTE_S * RATE_HZ

Stretch = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Harm:
    """What one case did; `listener_s` None: it is not known how many listened.

    `delay_s`: that of the minute in which its stretch began to air.
    """

    concern: Concern
    delay_s: float
    listener_s: float | None


@dataclass(frozen=True, slots=True)
class Delays:
    """How far the air of a room was behind its stage, in seconds, by its minutes on air.

    A minute that was not counted has the delay of the one before. Where neither says anything
    it is `room_s`, which the room had last.
    """

    room_s: float
    by_minute: Mapping[int, float] = field(default_factory=dict)

    def at(self, position: int) -> float:
        """Give the delay in the minute in which the stage was at a position."""
        return self._of(position // _MINUTE_SAMPLES)

    def when_aired(self, position: int) -> float:
        """Give the delay of the minute in which a position aired."""
        minute = position // _MINUTE_SAMPLES
        while self.first_aired(minute + 1) <= position:
            minute += 1
        return self._of(minute)

    def first_aired(self, minute: int) -> int:
        """Give the first position that aired in a minute."""
        return minute * _MINUTE_SAMPLES - round(self._of(minute) * RATE_HZ)

    def _of(self, minute: int) -> float:
        return self.by_minute.get(minute, self.by_minute.get(minute - 1, self.room_s))


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that was done to a room on air, as it was observed."""

    kind: WishKind
    seat_id: str | None
    observed: Mapping[str, object]

    def position(self, name: str) -> int | None:
        """Give one of the positions that were observed."""
        value = self.observed.get(name)
        return value if isinstance(value, int) else None


def harms(session: Session, since: datetime) -> list[Harm]:
    """Measure the cases that were found to be violations since a moment, 5,000 at most."""
    of_room: dict[str, list[Case]] = defaultdict(list)
    for case in _cases(session, since):
        of_room[case.room_id].append(case)
    room_ids, measured = sorted(of_room), []
    for first in range(0, len(room_ids), ROOMS_AT_ONCE):
        some = room_ids[first : first + ROOMS_AT_ONCE]
        acts, counts = _acts(session, some), _counts(session, some)
        for room_id in some:
            told = acts.get(room_id, []), counts.get(room_id, [])
            measured += [_measured(case, *told) for case in of_room[room_id]]
    return measured


def aired(
    stretch: Stretch, seat_id: str | None, acts: Iterable[Act], delays: Delays
) -> list[Stretch]:
    """Give the parts of a voice's stretch that aired; without a seat, of the whole stage.

    `acts` are those of the room, in their order.
    """
    parts = [stretch]
    for begin, end in _unaired(seat_id, acts, delays):
        parts = [piece for part in parts for piece in _without(part, begin, end)]
    return parts


def listener_seconds(
    parts: Iterable[Stretch], delays: Delays, listeners: Mapping[int, int]
) -> float | None:
    """Add up seconds times listeners; None where a minute was not counted.

    The minute in which a room ends may be too short to be counted: then the one before counts.
    """
    if listeners:
        last = max(listeners)
        listeners = {last + 1: listeners[last], **listeners}
    total = 0
    for part in parts:
        for minute, samples in _by_minute(part, delays):
            if minute not in listeners:
                return None
            total += samples * listeners[minute]
    return total / RATE_HZ


def forget_unneeded(session: Session, at: datetime, *, after: timedelta) -> int:
    """Forget the listeners of rooms that nobody can report any more and no case is about.

    `after`: how long after their end rooms can be reported. Those of cases are kept for 400
    days. 500 rooms at a time; gives how many.
    """
    has_case = exists().where(
        Case.room_id == Room.id, Case.kind == CaseKind.CONDUCT, Case.from_position.is_not(None)
    )
    counted = exists().where(AudienceMinute.room_id == Room.id)
    is_old = (Room.ended_at < at - KEPT) | ((Room.ended_at < at - after) & ~has_case)
    query = select(Room.id).where(Room.state.in_(OVER), counted, is_old)
    room_ids = session.scalars(query.limit(FORGOTTEN_AT_ONCE)).all()
    audience.forget(session, room_ids)
    return len(room_ids)


@dataclass(slots=True)
class _Silences:
    """Follows what was done to one voice, and collects what of it did not air."""

    seat_id: str | None
    delays: Delays
    found: list[Stretch] = field(default_factory=list)
    held_from: int | None = None
    muted_from: int | None = None
    others: set[str] = field(default_factory=set)  # voices that are held

    def follow(self, act: Act) -> None:
        if act.kind is WishKind.DUMP:
            self._dumped(act)
        elif act.kind is WishKind.END:
            self._close(act.position("aired_to"), _FOR_EVER)
        elif act.seat_id == self.seat_id:
            self._of_voice(act)
        elif act.kind is WishKind.HOLD:
            self.others.add(act.seat_id or "")
        elif act.kind in {WishKind.RELEASE, WishKind.REMOVE}:
            self.others.discard(act.seat_id or "")

    def whole(self) -> list[Stretch]:
        """Give all of it; what was not given back stays silent."""
        for begin in (self.held_from, self.muted_from):
            self._close(begin, _FOR_EVER)
        return self.found

    def _of_voice(self, act: Act) -> None:
        match act.kind:
            case WishKind.HOLD if self.held_from is None:
                self.held_from = act.position("silent_from")
            case WishKind.RELEASE:
                self._close(self.held_from, act.position("position"))
                self.held_from = None
            case WishKind.MUTE if self.muted_from is None:
                self.muted_from = act.position("silent_from")
            case WishKind.UNMUTE:
                self._close(self.muted_from, act.position("open_from"))
                self.muted_from = None
            case WishKind.REMOVE:
                begin = act.position("silent_from")
                begin = begin if self.held_from is None else self.held_from
                self._close(begin, act.position("unheard_from"))
                self.held_from = None

    def _dumped(self, act: Act) -> None:
        """A dump begins where the oldest unaired sound is; with a held voice that is hers."""
        begin, end = act.position("from_position"), act.position("to_position")
        if begin is not None and end is not None and self.others:
            begin = max(begin, end - round(self.delays.at(end) * RATE_HZ))
        self._close(begin, end)

    def _close(self, begin: int | None, end: int | None) -> None:
        if begin is not None and end is not None and begin < end:
            self.found.append((begin, end))


def _by_minute(part: Stretch, delays: Delays) -> Iterator[tuple[int, int]]:
    """Give the minutes in which a stretch aired, each with how many samples of it."""
    minute = part[0] // _MINUTE_SAMPLES  # nothing airs before it was said
    while (first := delays.first_aired(minute)) < part[1]:
        samples = min(part[1], delays.first_aired(minute + 1)) - max(part[0], first)
        if samples > 0:
            yield minute, samples
        minute += 1


def _unaired(seat_id: str | None, acts: Iterable[Act], delays: Delays) -> list[Stretch]:
    silences = _Silences(seat_id, delays)
    for act in acts:
        silences.follow(act)
    return silences.whole()


def _without(part: Stretch, begin: int, end: int) -> Iterator[Stretch]:
    """Cut a stretch out of another."""
    for piece in ((part[0], min(part[1], begin)), (max(part[0], end), part[1])):
        if piece[0] < piece[1]:
            yield piece


def _measured(case: Case, acts: Sequence[Act], counts: Sequence[AudienceMinute]) -> Harm:
    stretch = (case.from_position or 0, case.to_position or 0)
    delays = _delays(case.room, counts)
    parts = aired(stretch, case.seat_id, acts, delays)
    found = listener_seconds(parts, delays, {one.minute: one.listeners for one in counts})
    return Harm(case.concern, delays.when_aired(stretch[0]), found)


def _delays(room: Room, counts: Sequence[AudienceMinute]) -> Delays:
    known = {one.minute: one.delay_s for one in counts if one.delay_s is not None}
    return Delays(room.delay_s, known)


def _cases(session: Session, since: datetime) -> list[Case]:
    query = (
        select(Case)
        .join(Decision, Decision.case_id == Case.id)
        .where(
            Case.kind == CaseKind.CONDUCT,
            Case.from_position.is_not(None),
            Case.to_position.is_not(None),
            Decision.state == DecisionState.IN_FORCE,
            Decision.is_blind.is_(False),
            Decision.outcome == Outcome.VIOLATION,
            Decision.at > since,
        )
        .options(joinedload(Case.room))
        .order_by(Decision.at.desc(), Case.id)
        .limit(CASES_MAX)
    )
    return list(session.scalars(query).unique())


def _acts(session: Session, room_ids: Sequence[str]) -> dict[str, list[Act]]:
    query = (
        select(Wish)
        .where(
            Wish.room_id.in_(room_ids),
            Wish.kind.in_(_ACTS),
            Wish.state == WishState.CARRIED_OUT,
        )
        .order_by(Wish.id)
    )
    found: dict[str, list[Act]] = defaultdict(list)
    for wish in session.scalars(query):
        found[wish.room_id].append(Act(wish.kind, wish.seat_id, wish.observed or {}))
    return found


def _counts(session: Session, room_ids: Sequence[str]) -> dict[str, list[AudienceMinute]]:
    query = select(AudienceMinute).where(AudienceMinute.room_id.in_(room_ids))
    found: dict[str, list[AudienceMinute]] = defaultdict(list)
    for one in session.scalars(query):
        found[one.room_id].append(one)
    return found
