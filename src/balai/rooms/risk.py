"""How urgently people should look at a room: points, and what each cause adds to them.

A room's risk is the sum of its causes. Each cause is a function of its own measure that never
falls as the measure grows, so more of anything never lowers a room, and a room is never higher
for a reason that is not shown. Points order rooms for people; they do nothing to anybody.

    flag       0.4 for each point of its priority (a known recording: 100 confirmed, 40 not),
               5 for each step of its age (30 s, 2 min, 10 min unseen), 10 while a rule holds
    report     60 when it says that somebody may be hurt now; else 15 times its weight, least 5
    unwatched  20 a voice; unheard 6 a voice
    joins      half a point for each a minute over 20; hands: one for each a minute over 10
    cuts       6 for each restriction of the last ten minutes; bans: 8 each
    no_delay   5: nothing can be stopped before it airs
    reach      2 for each step of the listeners' band
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

FLAG_POINT: Final = 0.4
FLAG_AGES_S: Final = (30.0, 120.0, 600.0)
FLAG_AGE: Final = 5.0
FLAG_HOLDS: Final = 10.0
EAR_CONFIRMED: Final = 100
EAR_SUSPECTED: Final = 40
URGENT: Final = 60.0
REPORT: Final = 15.0
REPORT_LEAST: Final = 5.0
UNWATCHED: Final = 20.0
UNHEARD: Final = 6.0
JOINS_FROM: Final = 20
JOIN: Final = 0.5
HANDS_FROM: Final = 10
HAND: Final = 1.0
CUT: Final = 6.0
BAN: Final = 8.0
NO_DELAY: Final = 5.0
REACH: Final = 2.0


class CauseKind(StrEnum):
    """What can raise a room."""

    FLAG = "flag"
    REPORT = "report"
    UNWATCHED = "unwatched"
    UNHEARD = "unheard"
    JOINS = "joins"
    HANDS = "hands"
    CUTS = "cuts"
    BANS = "bans"
    NO_DELAY = "no_delay"
    REACH = "reach"


@dataclass(frozen=True, slots=True)
class OpenFlag:
    """A flag that nobody has decided about."""

    priority: int
    age_s: float
    holds: bool


@dataclass(frozen=True, slots=True)
class OpenReport:
    """A report whose case is open; weights lie between 0 and 1."""

    weight: float
    is_urgent: bool
    case_id: str
    concern: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is known of a room at one moment."""

    flags: Sequence[OpenFlag] = ()
    reports: Sequence[OpenReport] = ()
    unwatched: int = 0
    unheard: int = 0
    joins_per_min: int = 0
    hands_per_min: int = 0
    cuts: int = 0
    bans: int = 0
    has_delay: bool = True
    reach: int = 0


@dataclass(frozen=True, slots=True)
class Cause:
    """What raises a room, how often it is there, and its share of the risk."""

    kind: CauseKind
    count: int
    points: float


def causes(room: Standing) -> list[Cause]:
    """Tell what raises a room, the largest share first; what adds nothing is left out."""
    found = [
        Cause(CauseKind.FLAG, len(room.flags), sum(map(_flag, room.flags))),
        Cause(CauseKind.REPORT, len(room.reports), sum(map(_report, room.reports))),
        Cause(CauseKind.UNWATCHED, room.unwatched, UNWATCHED * room.unwatched),
        Cause(CauseKind.UNHEARD, room.unheard, UNHEARD * room.unheard),
        Cause(CauseKind.JOINS, room.joins_per_min, _over(room.joins_per_min, JOINS_FROM, JOIN)),
        Cause(CauseKind.HANDS, room.hands_per_min, _over(room.hands_per_min, HANDS_FROM, HAND)),
        Cause(CauseKind.CUTS, room.cuts, CUT * room.cuts),
        Cause(CauseKind.BANS, room.bans, BAN * room.bans),
        Cause(CauseKind.NO_DELAY, 1, 0.0 if room.has_delay else NO_DELAY),
        Cause(CauseKind.REACH, room.reach, REACH * room.reach),
    ]
    told = [Cause(one.kind, one.count, round(one.points, 1)) for one in found]
    return sorted((one for one in told if one.points > 0), key=lambda one: -one.points)


def risk(found: Sequence[Cause]) -> float:
    """Add up the shares."""
    return round(sum(one.points for one in found), 1)


def _flag(flag: OpenFlag) -> float:
    steps = sum(flag.age_s >= age_s for age_s in FLAG_AGES_S)
    return FLAG_POINT * flag.priority + FLAG_AGE * steps + FLAG_HOLDS * flag.holds


def _report(report: OpenReport) -> float:
    return URGENT if report.is_urgent else max(REPORT_LEAST, REPORT * report.weight)


def _over(count: int, start: int, each: float) -> float:
    return max(0, count - start) * each
