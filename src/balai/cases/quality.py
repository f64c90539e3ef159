"""How good the decisions are: agreement, overturned decisions, time to effect, cost of holds.

Each figure stands beside the number it was made of; where there is nothing to count it is
missing, not zero.
"""

import csv
import io
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

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
    Outcome,
)
from balai.clock import now
from balai.rooms.model import Flag, FlagState
from balai.statements.reading import cell

DAYS_MAX: Final = 366
ROWS_MAX: Final = 100_000  # of each kind; the newest are counted
_PLACES: Final = 4
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
        *_overturned_by_language(session, since),
        *_overturned_by_detector(session, since),
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
    blind = select(Decision.case_id).where(Decision.is_blind, Decision.at > since)
    rows = session.execute(
        select(Case.concern, Decision.case_id, Decision.is_blind, Decision.outcome)
        .join(Decision.case)
        .where(Decision.case_id.in_(blind))
        .order_by(Decision.at, Decision.id)
        .limit(ROWS_MAX)
    ).all()
    units: dict[str, dict[str, dict[bool, Outcome]]] = defaultdict(lambda: defaultdict(dict))
    for concern, case_id, is_blind, outcome in rows:
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


def _overturned_by_language(session: Session, since: datetime) -> Iterable[Figure]:
    """Tell the share of decisions that was overturned, of all and of those appealed against."""
    rows = session.execute(
        select(Case.language, Decision.state, func.count(Appeal.id))
        .join(Decision.case)
        .outerjoin(
            Appeal, (Appeal.decision_id == Decision.id) & (Appeal.state != AppealState.OPEN)
        )
        .where(Decision.is_blind.is_(False), Decision.state.in_(_MADE), Decision.at > since)
        .group_by(Decision.id, Case.language, Decision.state)
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
        select(Flag.detector, Decision.id, Decision.state)
        .join(CaseFlag, CaseFlag.flag_id == Flag.id)
        .join(Decision, Decision.case_id == CaseFlag.case_id)
        .where(Decision.is_blind.is_(False), Decision.state.in_(_MADE), Decision.at > since)
        .distinct()
        .limit(ROWS_MAX)
    ).all()
    by_detector: dict[str, list[bool]] = defaultdict(list)
    for detector, _, state in rows:
        by_detector[detector].append(state is DecisionState.OVERTURNED)
    for detector in sorted(by_detector):
        found = by_detector[detector]
        yield Figure("overturned_by_detector", detector, _share(found), len(found))


def _times(session: Session, since: datetime) -> Iterable[Figure]:
    """Tell how long it took from the first flag or report to the last effect observed."""
    rows = session.execute(
        select(Case.opened_at, func.max(DecidedEffect.observed_at))
        .join(Decision, Decision.case_id == Case.id)
        .join(DecidedEffect, DecidedEffect.decision_id == Decision.id)
        .where(DecidedEffect.state != EffectState.PENDING, Decision.at > since)
        .group_by(Decision.id, Case.opened_at)
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
        .limit(ROWS_MAX)
    ).all()
    released = [
        (end - begin).total_seconds()
        for state, begin, end in rows
        if state is FlagState.RELEASED and end is not None
    ]
    is_released = [state is FlagState.RELEASED for state, _, _ in rows]
    yield Figure("holds_released", "all", _share(is_released), len(rows))
    total = _rounded(sum(released)) if released else None
    yield Figure("released_hold_s", "all", total, len(released))


def _share(found: Sequence[bool]) -> float | None:
    return _rounded(sum(found) / len(found)) if found else None


def _nearest(taken: Sequence[float], percent: int) -> float | None:
    """Give the nearest rank: a time that was really taken."""
    if not taken:
        return None
    return _rounded(taken[math.ceil(percent / 100 * len(taken)) - 1])


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _PLACES)
