"""What speaks for a case: reports by their weight and independence, never by their count.

A report weighs as its reporter was right before. Reports that share what independent people do
not share form a group, which weighs as its heaviest member and a little more, but never reaches
the next band. Groups that stand for themselves add up; as long as none of them is credible by
itself, all of them together are not more than credible. So no number of reports, however they
come about, goes before one credible report of the same concern.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from balai.cases.model import Concern
from balai.cases.priority import FROM, GRAVITY, HELD, Band, ceiling, priority
from balai.rooms.model import FlagKind

# As if every reporter had been right in 1.2 of 4 cases before the first one was decided.
_RIGHT_BEFORE: Final = 1.2
_DECIDED_BEFORE: Final = 4.0
UNKNOWN: Final = _RIGHT_BEFORE / _DECIDED_BEFORE
_LITTLE: Final = 0.05  # what all further members of a group add together, at most
_SHORT_OF: Final = 1e-6  # so much below a band is not in it
TOGETHER: Final = timedelta(minutes=1)
SAME_HOUR: Final = timedelta(hours=1)
BRIGADE_MIN: Final = 3  # reporters who share something


class Share(StrEnum):
    """What reports of one group share."""

    PERSON = "person"
    DEVICE = "device"
    INVITATION = "invitation"  # the same link, the same inviter, or one invited the other
    ACCOUNT_AGE = "account_age"  # accounts made within an hour
    UNKNOWN = "unknown"  # nothing tells them apart: no account, no device


@dataclass(frozen=True, slots=True, kw_only=True)
class Voiced:
    """One report with what is known of its reporter.

    `circles` name invitations that the reporter made or came by.
    """

    concern: Concern
    weight: float
    at: datetime
    person_id: str | None = None
    device_hash: str | None = None
    circles: frozenset[str] = frozenset()
    account_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Raised:
    """One flag of a detector, as it weighs."""

    concern: Concern
    weight: float
    kind: FlagKind
    holds: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Reports that are not independent of each other, and what they share."""

    members: Sequence[Voiced]
    shares: frozenset[Share]

    @property
    def weight(self) -> float:
        """The heaviest member, and a little more for all others, short of the next band."""
        heaviest = max(one.weight for one in self.members)
        more = _LITTLE * (1 - 2.0 ** (1 - len(self.members)))
        return min(heaviest + more, max(heaviest, ceiling(heaviest) - _SHORT_OF))

    @property
    def is_brigade(self) -> bool:
        """Whether several reporters share what independent people do not share."""
        reporters = {one.person_id or one.device_hash for one in self.members} - {None}
        shared = self.shares - {Share.PERSON, Share.UNKNOWN}
        return len(reporters) >= BRIGADE_MIN and bool(shared)


@dataclass(frozen=True, slots=True)
class Weighed:
    """What all that points at a case amounts to; `concern` is the one that decides."""

    priority: int
    concern: Concern
    weight: float


def trust(*, right: int, decided: int) -> float:
    """Give the weight of a reporter who was right in so many of the cases decided so far.

    Source: the mean of a beta distribution, Beta(1.2 + right, 2.8 + wrong).
    """
    return (right + _RIGHT_BEFORE) / (decided + _DECIDED_BEFORE)


def weigh(reports: Sequence[Voiced], flags: Sequence[Raised]) -> Weighed:
    """Weigh a case by the concern that puts it first.

    Who reports something graver speaks for what is less grave as well.
    """
    found = [_weigh_for(one, reports, flags) for one in _concerns(reports, flags)]
    return min(found, key=lambda one: (one.priority, GRAVITY[one.concern], -one.weight))


def total(reports: Sequence[Voiced], flags: Sequence[Raised]) -> float:
    """Add up all that speaks for a case: 0 to 1."""
    by_kind: dict[FlagKind, float] = defaultdict(float)
    for flag in flags:  # one detector that speaks often is one detector
        by_kind[flag.kind] = max(by_kind[flag.kind], flag.weight)
    return _any_of([*by_kind.values(), _of_groups(groups(reports))])


def groups(reports: Sequence[Voiced]) -> list[Group]:
    """Sort reports into groups that are independent of each other, as far as can be known."""
    links = list(_links(reports))
    root = list(range(len(reports)))
    for _, members in links:
        for one in members:
            _join(root, members[0], one)
    found: dict[int, list[int]] = defaultdict(list)
    for index in range(len(reports)):
        found[_top(root, index)].append(index)
    shares: dict[int, set[Share]] = defaultdict(set)
    for share, members in links:
        shares[_top(root, members[0])].add(share)
    return [
        Group([reports[index] for index in indexes], frozenset(shares[top]))
        for top, indexes in found.items()
    ]


def brigade(found: Sequence[Group]) -> dict[str, object] | None:
    """Tell how many reports of a case share what, None when nothing stands out."""
    linked = [
        {"reports": len(one.members), "share": sorted(one.shares - {Share.UNKNOWN})}
        for one in found
        if one.is_brigade
    ]
    if not linked:
        return None
    return {
        "reports": sum(len(one.members) for one in found),
        "independent": len(found),
        "linked": linked,
    }


def _weigh_for(concern: Concern, reports: Sequence[Voiced], flags: Sequence[Raised]) -> Weighed:
    of_reports = [one for one in reports if GRAVITY[one.concern] <= GRAVITY[concern]]
    of_flags = [one for one in flags if GRAVITY[one.concern] <= GRAVITY[concern]]
    weight = total(of_reports, of_flags)
    number = priority(concern, weight)
    if any(one.holds for one in of_flags):
        number = HELD
    return Weighed(number, concern, weight)


def _concerns(reports: Sequence[Voiced], flags: Sequence[Raised]) -> list[Concern]:
    found = {one.concern for one in reports} | {one.concern for one in flags}
    return sorted(found) or [Concern.OTHER]


def _of_groups(found: Sequence[Group]) -> float:
    proven = [one.weight for one in found if one.weight >= FROM[Band.CREDIBLE]]
    others = [one.weight for one in found if one.weight < FROM[Band.CREDIBLE]]
    many = min(_any_of(others), FROM[Band.STRONG] - _SHORT_OF)
    return _any_of([*proven, many])


def _any_of(weights: Iterable[float]) -> float:
    """Add weights up as the chance that one of them at least is right."""
    return 1 - math.prod(1 - weight for weight in weights)


def _links(reports: Sequence[Voiced]) -> Iterator[tuple[Share, list[int]]]:
    """Give what reports share, with the reports that share it."""
    named: dict[tuple[Share, str], list[int]] = defaultdict(list)
    for index, one in enumerate(reports):
        for mark in _marks(one):
            named[mark].append(index)
    for (share, _), indexes in named.items():
        # The same invitation means little on another day, and much in the same minute.
        timed = _within([(reports[index].at, index) for index in indexes], TOGETHER)
        if share is not Share.INVITATION and len(indexes) > 1:
            yield share, indexes
        elif share is Share.INVITATION:
            yield from ((share, members) for members in timed if _are_several(reports, members))
    made = [(one.account_at, index) for index, one in enumerate(reports) if one.account_at]
    for members in _within(made, SAME_HOUR):
        if _are_several(reports, members):
            yield Share.ACCOUNT_AGE, members


def _are_several(reports: Sequence[Voiced], members: Sequence[int]) -> bool:
    return len({reports[index].person_id for index in members}) > 1


def _marks(one: Voiced) -> Iterator[tuple[Share, str]]:
    if one.person_id is not None:
        yield Share.PERSON, one.person_id
    if one.device_hash is not None:
        yield Share.DEVICE, one.device_hash
    if one.person_id is None and one.device_hash is None:
        yield Share.UNKNOWN, ""
    for circle in one.circles:
        yield Share.INVITATION, circle


def _within(timed: list[tuple[datetime, int]], span: timedelta) -> list[list[int]]:
    """Cut moments into stretches, each as long as `span` from its first moment."""
    found: list[list[int]] = []
    since: datetime | None = None
    for at, index in sorted(timed):
        if since is None or at - since > span:
            since, members = at, list[int]()
            found.append(members)
        found[-1].append(index)
    return found


def _top(root: list[int], index: int) -> int:
    while root[index] != index:
        root[index] = root[root[index]]
        index = root[index]
    return index


def _join(root: list[int], one: int, other: int) -> None:
    root[_top(root, other)] = _top(root, one)
