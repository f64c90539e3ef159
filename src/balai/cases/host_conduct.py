"""How a host uses the tools of a host: whether everybody who contradicts is cut.

The rule, over what hosts and co-hosts of one room took from speakers:

1. A *cut* takes the floor: a removal, a move to the hall, a mute without end that lasts two
   minutes or is contested, or mutes of ten minutes and more together. A short mute is none.
   A line taken out of the chat is one when it is contested, however late its writer came.
2. A cut is *called for* when a detector flagged that voice in the five minutes before, or
   somebody who runs nothing here, has an account and was not found wrong reported that person.
   What is called for does not count.
3. A move to the hall ends a *turn* when the person had the stage for 45 seconds or more and
   nobody who came the same way (by a raised hand, or invited) has it for more than one and a
   half times as long. A turn counts only when it is contested, and for half; when half of
   all turns are contested, they are no turns.
4. Every other cut gets points: 2 when the person contests it, or reports the host or the room
   within ten minutes after it; 1 when others report the host or the room then; 1 when it came
   early (within 90 seconds, or half of what others have who came the same way and stayed);
   1 when a removal is for good; 1 when the person's hand was declined afterwards.
5. Of one person the two heaviest cuts count. With three cuts that have points, of two people
   at least, six points, and two independent voices that disputed something, a case is opened.

The last condition is what keeps a strict host apart: to send away three people who only make
noise is ordinary, as long as nobody says otherwise. The case takes nothing from anybody.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import median
from typing import Final

from balai.rooms.model import RestrictionKind

CUTS_MIN: Final = 3
PEOPLE_MIN: Final = 2
POINTS_MIN: Final = 6
DISPUTES_MIN: Final = 2
PER_PERSON_MAX: Final = 2
CALLED_WITHIN: Final = timedelta(minutes=5)
DISPUTED_WITHIN: Final = timedelta(minutes=10)
LASTING: Final = timedelta(minutes=2)
LONG_MUTES: Final = timedelta(minutes=10)
TURN_MIN: Final = timedelta(seconds=45)
EARLY: Final = timedelta(seconds=90)
_TURN_RATIO: Final = 1.5
_EARLY_SHARE: Final = 0.5
_TURN_POINTS: Final = 1


class Sign(StrEnum):
    """What speaks against a cut."""

    CONTESTED = "contested"
    REPORTED_BY_CUT = "reported_by_cut"
    REPORTED_BY_OTHERS = "reported_by_others"
    EARLY = "early"
    FOR_GOOD = "for_good"
    KEPT_OUT = "kept_out"


POINTS: Final[Mapping[Sign, int]] = {
    Sign.CONTESTED: 2,
    Sign.REPORTED_BY_CUT: 2,
    Sign.REPORTED_BY_OTHERS: 1,
    Sign.EARLY: 1,
    Sign.FOR_GOOD: 1,
    Sign.KEPT_OUT: 1,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """One thing that hosts took from a speaker, as the records have it.

    `came_earliest_at`: the first time on this stage, or the last move or removal before this
    cut. Whoever left by themselves and came back may have come later. None of what was written.
    """

    restriction_id: str
    person_id: str
    kind: RestrictionKind
    at: datetime
    until_at: datetime | None = None
    lifted_at: datetime | None = None
    is_contested: bool = False
    came_by_hand: bool = False
    came_earliest_at: datetime | None = None
    hand_declined_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Stay:
    """Somebody who is on stage and was not cut."""

    came_by_hand: bool
    since: datetime


@dataclass(frozen=True, slots=True)
class Call:
    """A flag on a voice, or a report of that person by somebody who runs nothing here."""

    person_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Complaint:
    """A report of the host or the room; of one `group`, one counts."""

    person_id: str | None
    group: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What is known of one room at one moment."""

    at: datetime
    cuts: Sequence[Cut] = ()
    stays: Sequence[Stay] = ()
    calls: Sequence[Call] = ()
    complaints: Sequence[Complaint] = ()


@dataclass(frozen=True, slots=True)
class Judged:
    """A cut that nothing called for, with what speaks against it."""

    cut: Cut
    signs: Sequence[Sign]
    points: int


@dataclass(frozen=True, slots=True)
class Pattern:
    """All such cuts of a room, oldest first, and how many independent people disputed one."""

    judged: Sequence[Judged] = field(default_factory=tuple)
    disputes: int = 0

    @property
    def points(self) -> int:
        """The sum of what speaks against the cuts."""
        return sum(one.points for one in self.judged)

    @property
    def is_hostile(self) -> bool:
        """Whether people should look at how this host uses the tools."""
        people = {one.cut.person_id for one in self.judged}
        return (
            len(self.judged) >= CUTS_MIN
            and len(people) >= PEOPLE_MIN
            and self.points >= POINTS_MIN
            and self.disputes >= DISPUTES_MIN
        )


def judge(seen: Observed) -> Pattern:
    """Tell which cuts of a room nothing called for, and what speaks against each."""
    bare = [
        one for one in seen.cuts if _takes_the_floor(one, seen) and not _is_called(one, seen)
    ]
    of_others = _complaints_of_others(bare, seen)
    turns = _turns(bare, seen)
    judged = [
        _judge(one, _signs(one, seen, of_others), is_turn=one.restriction_id in turns)
        for one in bare
    ]
    counted = _heaviest([one for one in judged if one.points > 0])
    ids = {one.cut.restriction_id for one in counted}
    voices = {one.cut.person_id for one in counted if _is_disputed(one)}
    return Pattern(counted, len(voices | {v for k, v in of_others.items() if k in ids}))


def _takes_the_floor(cut: Cut, seen: Observed) -> bool:
    if cut.kind is RestrictionKind.TAKE_LINE:
        return cut.is_contested
    if cut.kind is not RestrictionKind.MUTE:
        return cut.kind in {RestrictionKind.REMOVE, RestrictionKind.MOVE_TO_HALL}
    if cut.until_at is None:
        lasted = (cut.lifted_at or seen.at) - cut.at
        return cut.is_contested or lasted >= LASTING
    mutes = [
        one.until_at - one.at
        for one in seen.cuts
        if one.person_id == cut.person_id
        and one.kind is RestrictionKind.MUTE
        and one.until_at is not None
        and one.at <= cut.at
    ]
    return sum(mutes, timedelta()) >= LONG_MUTES


def _is_called(cut: Cut, seen: Observed) -> bool:
    return any(
        call.person_id == cut.person_id and timedelta() <= cut.at - call.at <= CALLED_WITHIN
        for call in seen.calls
    )


def _judge(cut: Cut, signs: Sequence[Sign], *, is_turn: bool) -> Judged:
    if is_turn:
        return Judged(cut, signs, _TURN_POINTS if Sign.CONTESTED in signs else 0)
    return Judged(cut, signs, sum(POINTS[sign] for sign in signs))


def _signs(cut: Cut, seen: Observed, of_others: Mapping[str, str]) -> list[Sign]:
    others = of_others.get(cut.restriction_id)
    return [sign for sign in Sign if _has(sign, cut, seen, others)]


def _has(sign: Sign, cut: Cut, seen: Observed, others: str | None) -> bool:
    if sign is Sign.CONTESTED:
        return cut.is_contested
    if sign is Sign.REPORTED_BY_CUT:
        return any(
            one.person_id == cut.person_id and _follows(one.at, cut) for one in seen.complaints
        )
    if sign is Sign.REPORTED_BY_OTHERS:
        return others is not None
    if sign is Sign.EARLY:
        return _is_early(cut, seen)
    if sign is Sign.FOR_GOOD:
        return cut.kind is RestrictionKind.REMOVE and cut.until_at is None
    return cut.hand_declined_at is not None and cut.hand_declined_at > cut.at


def _follows(at: datetime, cut: Cut) -> bool:
    return timedelta() <= at - cut.at <= DISPUTED_WITHIN


def _complaints_of_others(bare: Sequence[Cut], seen: Observed) -> dict[str, str]:
    """Give the cuts after which others complained; each group of others counts for one cut."""
    cut_people = {one.person_id for one in bare}
    found: dict[str, str] = {}
    used: set[str] = set()
    for complaint in sorted(seen.complaints, key=lambda one: one.at):
        before = [one for one in bare if _follows(complaint.at, one)]
        if complaint.person_id in cut_people or complaint.group in used or not before:
            continue
        latest = max(before, key=lambda one: one.at)
        if latest.restriction_id not in found:
            found[latest.restriction_id] = complaint.group
            used.add(complaint.group)
    return found


def _is_early(cut: Cut, seen: Observed) -> bool:
    if cut.came_earliest_at is None:
        return False
    stay = cut.at - cut.came_earliest_at
    others = _stays_beside(cut, seen)
    return stay <= EARLY or (bool(others) and stay < _EARLY_SHARE * _middle(others))


def _turns(bare: Sequence[Cut], seen: Observed) -> Set[str]:
    """Name the moves that end a turn like everybody's, unless most say they were none."""
    turns = [one for one in bare if _ends_a_turn(one, seen)]
    contested = sum(one.is_contested for one in turns)
    return {one.restriction_id for one in turns} if 2 * contested < len(turns) else set()


def _ends_a_turn(cut: Cut, seen: Observed) -> bool:
    if cut.kind is not RestrictionKind.MOVE_TO_HALL or cut.came_earliest_at is None:
        return False
    stay = cut.at - cut.came_earliest_at
    longest = max(_stays_beside(cut, seen), default=timedelta())
    return stay >= TURN_MIN and longest <= _TURN_RATIO * stay


def _stays_beside(cut: Cut, seen: Observed) -> list[timedelta]:
    """Give how long those had been on stage who came the same way and were let stay."""
    return [
        cut.at - one.since
        for one in seen.stays
        if one.came_by_hand is cut.came_by_hand and one.since < cut.at
    ]


def _middle(stays: Sequence[timedelta]) -> timedelta:
    return timedelta(seconds=median(one.total_seconds() for one in stays))


def _is_disputed(judged: Judged) -> bool:
    return not {Sign.CONTESTED, Sign.REPORTED_BY_CUT}.isdisjoint(judged.signs)


def _heaviest(judged: Sequence[Judged]) -> list[Judged]:
    """Keep the two heaviest cuts of each person, all in the order of time."""
    of_person: dict[str, list[Judged]] = defaultdict(list)
    for one in sorted(judged, key=lambda one: -one.points):
        of_person[one.cut.person_id].append(one)
    kept = [one for cuts in of_person.values() for one in cuts[:PER_PERSON_MAX]]
    return sorted(kept, key=lambda one: one.cut.at)
