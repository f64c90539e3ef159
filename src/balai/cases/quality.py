"""How good the decisions are, and what harm was heard: figures of the last days.

Agreement, golden cases, overturned decisions, harmful listener-seconds, time to effect, cost
of holds. Each stands beside the number it was made of; where there is nothing to count it is
missing, not zero. None of them is about one reviewer.
"""

import csv
import io
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from balai.cases import golden, harm, ladder
from balai.cases.agreement import alpha
from balai.cases.model import (
    Appeal,
    AppealState,
    Case,
    CaseFlag,
    DecidedEffect,
    Decision,
    DecisionState,
    EffectState,
    Job,
    JobKind,
    Outcome,
)
from balai.clock import now
from balai.rooms.model import Flag, FlagState
from balai.statements.reading import cell

DAYS_MAX: Final = 366
ROWS_MAX: Final = 100_000  # of each kind; the newest are counted
_PLACES: Final = 4
_Value = TypeVar("_Value")
_MADE: Final = frozenset({DecisionState.IN_FORCE, DecisionState.OVERTURNED})


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: what, of which language, concern or detector, how much, of how many."""

    name: str
    of: str
    value: float | None
    n: int


def figures(session: Session, *, days: int) -> list[Figure]:
    """Give all figures of the last days."""
    since = now() - timedelta(days=days)
    return [
        *_agreement(session, since),
        *_golden(session, since),
        *_overturned_by_language(session, since),
        *_overturned_by_detector(session, since),
        *_harm(session, since),
        *_times(session, since),
        *_holds(session, since),
    ]


def as_csv(found: Sequence[Figure]) -> str:
    """Write figures as a table."""
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(("figure", "of", "value", "n"))
    writer.writerows(
        (one.name, cell(one.of), "" if one.value is None else one.value, one.n) for one in found
    )
    return table.getvalue()


def _agreement(session: Session, since: datetime) -> list[Figure]:
    """Compare each blind decision with the first one of its case."""
    is_second = Job.kind == JobKind.SECOND
    blind = (
        select(Decision.case_id)
        .join(Job, Job.id == Decision.job_id)
        .where(is_second, Decision.at > since)
    )
    newest = session.execute(
        select(Case.concern, Decision.case_id, Decision.is_blind, Decision.outcome)
        .join(Decision.case)
        .join(Job, Job.id == Decision.job_id)
        .where(Decision.case_id.in_(blind), is_second | Decision.is_blind.is_(False))
        .order_by(Decision.at.desc(), Decision.id.desc())
        .limit(ROWS_MAX)
    ).all()
    units: dict[str, dict[str, dict[bool, Outcome]]] = defaultdict(lambda: defaultdict(dict))
    for concern, case_id, is_blind, outcome in reversed(newest):
        units[concern.value][case_id].setdefault(is_blind, outcome)
    whole = {"all": _merged(units)} | {name: units[name] for name in sorted(units)}
    return [
        Figure(
            "agreement_alpha",
            name,
            _rounded(alpha([list(unit.values()) for unit in cases.values()])),
            sum(len(unit) > 1 for unit in cases.values()),
        )
        for name, cases in whole.items()
    ]


def _merged(
    units: Mapping[str, Mapping[str, dict[bool, Outcome]]],
) -> dict[str, dict[bool, Outcome]]:
    return {case_id: unit for cases in units.values() for case_id, unit in cases.items()}


def _golden(session: Session, since: datetime) -> Iterable[Figure]:
    """Tell the share of right answers where the right one is known."""
    by_concern: dict[str, list[bool]] = {"all": []}
    for one in golden.answered(session, since, limit=ROWS_MAX):
        by_concern["all"].append(one.is_right)
        by_concern.setdefault(one.concern.value, []).append(one.is_right)
    for concern, right in _all_first(by_concern):
        yield Figure("golden_accuracy", concern, _share(right), len(right))


def _harm(session: Session, since: datetime) -> Iterable[Figure]:
    """Add up what was heard of violations, and tell of how many that is not known."""
    found = harm.harms(session, since)
    by_concern: dict[str, list[float]] = {"all": []}
    by_delay: dict[float, list[float]] = defaultdict(list)
    for one in found:
        if one.listener_s is not None:
            by_concern["all"].append(one.listener_s)
            by_concern.setdefault(one.concern.value, []).append(one.listener_s)
            by_delay[one.delay_s].append(one.listener_s)
    for concern, heard in _all_first(by_concern):
        yield Figure("harmful_listener_s", concern, _sum(heard), len(heard))
    for delay_s, heard in sorted(by_delay.items()):
        yield Figure("harmful_listener_s_by_delay", f"{delay_s:g}", _sum(heard), len(heard))
    is_unknown = [one.listener_s is None for one in found]
    yield Figure("harm_unknown", "all", _share(is_unknown), len(found))


def _all_first(by_name: Mapping[str, list[_Value]]) -> list[tuple[str, list[_Value]]]:
    return sorted(by_name.items(), key=lambda one: (one[0] != "all", one[0]))


def _overturned_by_language(session: Session, since: datetime) -> Iterable[Figure]:
    """Tell the share of decisions that was overturned, of all and of those appealed against."""
    rows = session.execute(
        select(Case.language, Decision.state, func.count(Appeal.id))
        .join(Decision.case)
        .outerjoin(
            Appeal, (Appeal.decision_id == Decision.id) & (Appeal.state != AppealState.OPEN)
        )
        .where(Decision.is_blind.is_(False), Decision.state.in_(_MADE), Decision.at > since)
        .group_by(Decision.id, Case.language, Decision.state, Decision.at)
        .order_by(Decision.at.desc(), Decision.id)
        .limit(ROWS_MAX)
    ).all()
    by_language: dict[str, list[tuple[bool, bool]]] = defaultdict(list)
    for language, state, appeals in rows:
        told = (state is DecisionState.OVERTURNED, appeals > 0)
        by_language[language.split("-")[0]].append(told)
        by_language["all"].append(told)
    for language in sorted(by_language):
        every = [overturned for overturned, _ in by_language[language]]
        appealed = [overturned for overturned, was in by_language[language] if was]
        yield Figure("overturned_of_all", language, _share(every), len(every))
        yield Figure("overturned_of_appealed", language, _share(appealed), len(appealed))


def _overturned_by_detector(session: Session, since: datetime) -> Iterable[Figure]:
    rows = session.execute(
        select(Flag.detector, Decision.id, Decision.state, Decision.at)
        .join(CaseFlag, CaseFlag.flag_id == Flag.id)
        .join(Decision, Decision.case_id == CaseFlag.case_id)
        .where(Decision.is_blind.is_(False), Decision.state.in_(_MADE), Decision.at > since)
        .distinct()
        .order_by(Decision.at.desc(), Decision.id)
        .limit(ROWS_MAX)
    ).all()
    by_detector: dict[str, list[bool]] = defaultdict(list)
    for detector, _, state, _ in rows:
        by_detector[detector].append(state is DecisionState.OVERTURNED)
    for detector in sorted(by_detector):
        found = by_detector[detector]
        yield Figure("overturned_by_detector", detector, _share(found), len(found))


def _times(session: Session, since: datetime) -> Iterable[Figure]:
    """Tell how long it took from the first flag or report to the last effect observed.

    What had nothing to act on, or was never collected, was not done, and took no time.
    """
    rows = session.execute(
        select(Case.opened_at, func.max(DecidedEffect.observed_at))
        .join(Decision, Decision.case_id == Case.id)
        .join(DecidedEffect, DecidedEffect.decision_id == Decision.id)
        .where(
            DecidedEffect.state != EffectState.PENDING,
            DecidedEffect.observed.not_in(ladder.NOTHING_DONE),
            Decision.at > since,
        )
        .group_by(Decision.id, Case.opened_at, Decision.at)
        .order_by(Decision.at.desc(), Decision.id)
        .limit(ROWS_MAX)
    ).all()
    taken = sorted((end - begin).total_seconds() for begin, end in rows if end is not None)
    for percent in (50, 95, 100):
        yield Figure(f"effect_after_s_p{percent}", "all", _nearest(taken, percent), len(taken))


def _holds(session: Session, since: datetime) -> Iterable[Figure]:
    """Tell what holds by rules have cost those who had said nothing wrong."""
    rows = session.execute(
        select(Flag.state, Flag.at, Flag.hold_ended_at)
        .where(Flag.held, Flag.at > since, Flag.state != FlagState.OPEN)
        .order_by(Flag.at.desc(), Flag.id)
        .limit(ROWS_MAX)
    ).all()
    released = [
        (end - begin).total_seconds()
        for state, begin, end in rows
        if state is FlagState.RELEASED and end is not None
    ]
    is_released = [state is FlagState.RELEASED for state, _, _ in rows]
    yield Figure("holds_released", "all", _share(is_released), len(rows))
    yield Figure("released_hold_s", "all", _sum(released), len(released))


def _sum(found: Sequence[float]) -> float | None:
    return _rounded(math.fsum(found)) if found else None


def _share(found: Sequence[bool]) -> float | None:
    return _rounded(sum(found) / len(found)) if found else None


def _nearest(taken: Sequence[float], percent: int) -> float | None:
    """Give the nearest rank: a time that was really taken."""
    if not taken:
        return None
    return _rounded(taken[math.ceil(percent / 100 * len(taken)) - 1])


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _PLACES)
