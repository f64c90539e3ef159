"""What a reviewer finds, before it is a decision: checked against the policy and the ladder."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from balai.cases.errors import ClauseMissing, FactsMissing, FindingInvalid
from balai.cases.model import Case, CaseKind, Measure, Outcome
from balai.people.names import clean_text
from balai.policy.pack import Pack
from balai.rooms.effects import BAN_S_MAX, MUTE_S_MAX

FACTS_MAX: Final = 4_000
STEPS_MAX: Final = 4  # of one decision
LISTEN_ONLY_S_MAX: Final = 365 * 24 * 3600
_NEVER: Final = 0
# The longest that each measure may last; what is over at once lasts no time.
LENGTH_S_MAX: Final[Mapping[Measure, float]] = {
    Measure.NUDGE: _NEVER,
    Measure.TIMED_MUTE: MUTE_S_MAX,
    Measure.LISTEN_ONLY: LISTEN_ONLY_S_MAX,
    Measure.OFF_STAGE: _NEVER,
    Measure.ROOM_BAN: BAN_S_MAX,
    Measure.HOUSE_BAN: LISTEN_ONLY_S_MAX,  # longer is for good, which takes two people
    Measure.PERMANENT_REMOVAL: _NEVER,
    Measure.OUT_OF_REPLAY: _NEVER,
    Measure.TAKE_LINE: _NEVER,
}
# Without an end, a house ban is a permanent removal, which needs two people.
_NEEDS_LENGTH: Final = frozenset({Measure.TIMED_MUTE, Measure.LISTEN_ONLY, Measure.HOUSE_BAN})
_MAY_BE_EVERYWHERE: Final = frozenset({Measure.LISTEN_ONLY})


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One measure of a finding; `everywhere`: in the whole house, not in the room only.

    `from_position` and `to_position`: the words that are taken out of a replay, as they were
    judged; by then the case may have grown.
    """

    measure: Measure
    seconds: float | None = None
    everywhere: bool = False
    from_position: int | None = None
    to_position: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Outcome, clause, facts, and what shall be done."""

    outcome: Outcome
    facts: str
    clause: str | None = None
    steps: tuple[Step, ...] = ()

    @property
    def needs_two(self) -> bool:
        """Whether a second person must agree."""
        return any(step.measure.needs_two for step in self.steps)


def checked(finding: Finding, case: Case, pack: Pack) -> Finding:
    """Give a finding that can be decided, its text in its one form.

    That a host was wrong to cut somebody breaks no clause and needs no step: what was taken
    is given back.

    Raises:
        FactsMissing, TextInvalid: nothing (or too much) is said about what happened.
        ClauseMissing: it names no clause of the policy in force.
        FindingInvalid: its steps do not fit; the detail names which part.
    """
    facts = clean_text(finding.facts, length_max=FACTS_MAX)
    if not facts:
        raise FactsMissing
    is_plain = finding.outcome is Outcome.NO_VIOLATION or case.kind is CaseKind.CONTEST
    if is_plain and (finding.clause is not None or finding.steps):
        raise FindingInvalid(f"{FindingInvalid.sentence()} (clause, effects)")
    if not is_plain:
        _require_clause(finding, pack)
        _require_steps(finding, case)
    return replace(finding, facts=facts)


def _require_clause(finding: Finding, pack: Pack) -> None:
    if finding.clause is None or finding.clause not in pack.clauses:
        raise ClauseMissing


def _require_steps(finding: Finding, case: Case) -> None:
    measures = [step.measure for step in finding.steps]
    is_about_somebody = case.person_id is not None
    if is_about_somebody is not bool(measures) or len(measures) > STEPS_MAX:
        raise FindingInvalid(f"{FindingInvalid.sentence()} (effects)")
    if len(set(measures)) != len(measures):
        raise FindingInvalid(f"{FindingInvalid.sentence()} (effects: one of each)")
    for step in finding.steps:
        if not _fits(step):
            raise FindingInvalid(f"{FindingInvalid.sentence()} ({step.measure})")
        if step.measure is Measure.OUT_OF_REPLAY:
            _require_words(step, case)


def _require_words(step: Step, case: Case) -> None:
    """Only words of the case's voice can be taken out, and no more of them than it is about."""
    first, last = case.from_position, case.to_position
    is_voice = case.kind is CaseKind.CONDUCT and case.seat_id is not None
    if not is_voice or not case.room.recording or first is None or last is None:
        raise FindingInvalid(f"{FindingInvalid.sentence()} ({step.measure})")
    begin, end = step.from_position, step.to_position
    if begin is None or end is None or not first <= begin < end <= last:
        named = f"{step.measure}: from_position, to_position"
        raise FindingInvalid(f"{FindingInvalid.sentence()} ({named})")


def _fits(step: Step) -> bool:
    if step.measure not in LENGTH_S_MAX:
        return False
    if step.everywhere and step.measure not in _MAY_BE_EVERYWHERE:
        return False
    has_stretch = step.from_position is not None or step.to_position is not None
    if has_stretch and step.measure is not Measure.OUT_OF_REPLAY:
        return False
    if step.seconds is None:
        return step.measure not in _NEEDS_LENGTH
    return 0 < step.seconds <= LENGTH_S_MAX[step.measure]
