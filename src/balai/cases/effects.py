"""Effects as they are observed: a case closes only when all that was decided was seen to be so.

What fails is tried again, three times; then the case is red and a person is called.
"""

from collections.abc import Collection, Sequence, Set
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session, joinedload

from balai import feed
from balai.cases import claiming, ladder, raising
from balai.cases.errors import NothingFailed, StillFailed
from balai.cases.ladder import Acting, observed
from balai.cases.model import (
    CASE_STEPS,
    Case,
    CaseState,
    DecidedEffect,
    Decision,
    DecisionState,
    EffectState,
    Job,
    JobKind,
    JobState,
    Measure,
)
from balai.clock import now
from balai.ledger import log as ledger
from balai.people.accounts import require_operator
from balai.people.model import Person
from balai.people.names import clean_text
from balai.rooms import replays
from balai.rooms.model import OVER, Ban, Room, Wish, WishState
from balai.rooms.restrictions import REASON_MAX
from balai.statements import issuing, wording
from balai.statements.model import Statement

ATTEMPTS_MAX: Final = 3
NUDGE_WAITS: Final = timedelta(days=30)  # who never comes back cannot be told
_BATCH: Final = 500
_UNDER_WAY: Final = frozenset({EffectState.PENDING, EffectState.UNDOING})
_IN_FORCE: Final = frozenset({DecisionState.IN_FORCE, DecisionState.OVERTURNED})
BY_HAND: Final = "by_hand"
_NEVER_DONE: Final = "never_done"


def settle(session: Session, at: datetime) -> int:
    """Look at all effects under way, 500 at most, and close what is done; tell how many moved.

    To be called again and again; what is settled already stays as it is.
    """
    claiming.free_lapsed(session)
    effects = session.scalars(
        select(DecidedEffect)
        .join(DecidedEffect.decision)
        .where(
            DecidedEffect.state.in_(_UNDER_WAY),
            Decision.state.in_(_IN_FORCE),
            or_(  # a nudge waits for its person, who fetches it; it must not stand in the way
                DecidedEffect.measure != Measure.NUDGE,
                DecidedEffect.state == EffectState.UNDOING,
                Decision.in_force_at <= at - NUDGE_WAITS,
            ),
            or_(  # a replay waits for its room's end
                DecidedEffect.measure != Measure.OUT_OF_REPLAY, _is_over()
            ),
        )
        .options(joinedload(DecidedEffect.decision).joinedload(Decision.case))
        .order_by(Decision.in_force_at, DecidedEffect.id)
        .limit(_BATCH)
    ).all()
    moved = sum(_look(session, effect, at) for effect in effects)
    for case in {effect.decision.case_id: effect.decision.case for effect in effects}.values():
        close_if_done(session, case)
    return moved


def settle_cases_of(session: Session, effect_ids: Set[str], at: datetime) -> None:
    """Look at the cases of effects of which something was observed just now."""
    query = (
        select(Case)
        .join(Decision, Decision.case_id == Case.id)
        .join(DecidedEffect, DecidedEffect.decision_id == Decision.id)
        .where(DecidedEffect.id.in_(effect_ids))
        .distinct()
    )
    for case in session.scalars(query).all() if effect_ids else ():
        _revive(session, case, effect_ids)
        settle_case(session, case, at)


def _revive(session: Session, case: Case, effect_ids: Set[str]) -> None:
    """What was given up, and was then done after all, is looked at once more."""
    for effect in of_case(session, case.id):
        is_failed = effect.id in effect_ids and effect.state is EffectState.FAILED
        if is_failed and effect.room_id and not replays.trouble(session, effect.room_id)[0]:
            is_undone = effect.decision.state is DecisionState.OVERTURNED
            effect.state = EffectState.UNDOING if is_undone else EffectState.PENDING


def settle_case(session: Session, case: Case, at: datetime) -> bool:
    """Look at the effects of one case; tell whether it is closed now."""
    session.flush()
    for effect in of_case(session, case.id):
        if effect.state in _UNDER_WAY and effect.decision.state in _IN_FORCE:
            _look(session, effect, at)
    return close_if_done(session, case)


def of_case(session: Session, case_id: str) -> list[DecidedEffect]:
    """Read all effects of a case, with their decisions."""
    query = (
        select(DecidedEffect)
        .join(DecidedEffect.decision)
        .where(Decision.case_id == case_id)
        .options(joinedload(DecidedEffect.decision))
        .order_by(Decision.at, DecidedEffect.id)
    )
    return list(session.scalars(query))


def of_decision(session: Session, decision_id: str) -> list[DecidedEffect]:
    """Read the effects of one decision."""
    query = select(DecidedEffect).where(DecidedEffect.decision_id == decision_id)
    return list(session.scalars(query.order_by(DecidedEffect.id)))


def close_if_done(session: Session, case: Case) -> bool:
    """Close a decided case whose every effect was observed; tell whether it is closed now."""
    session.flush()
    if any(effect.state is EffectState.FAILED for effect in of_case(session, case.id)):
        return False
    _finish_calls(session, case)
    if case.state is not CaseState.DECIDED or not _is_all_observed(session, case):
        return False
    step(case, CaseState.CLOSED)
    case.closed_at = now()
    tell(session, case)
    return True


def try_again(session: Session, case: Case) -> int:
    """Try once more what failed for good; tell how many effects it is.

    Raises:
        NothingFailed: there is nothing.
    """
    failed = [one for one in of_case(session, case.id) if one.state is EffectState.FAILED]
    if not failed:
        raise NothingFailed
    for effect in failed:
        is_undone = effect.decision.state is DecisionState.OVERTURNED
        effect.state = EffectState.UNDOING if is_undone else EffectState.PENDING
        effect.attempts = 0
        _once_more(session, effect)
    tell(session, case)
    return len(failed)


def look_after(session: Session, job: Job, *, by_hand: str, by: Person) -> None:
    """End a call for what failed: it is under way again, or an operator did it by hand.

    `by_hand`: what was done, for the ledger; empty: nothing. What is out of a replay is told
    only when it was seen, so nobody can say it instead.

    Raises:
        StillFailed: something has still failed.
        OperatorsOnly: this person may not say that it was done by hand.
        TextInvalid: what was done is said in too many words.
    """
    failed = [one for one in of_case(session, job.case_id) if one.state is EffectState.FAILED]
    said = clean_text(by_hand, length_max=REASON_MAX)
    if failed and said:
        require_operator(by)
    is_seen = any(one.measure is Measure.OUT_OF_REPLAY for one in failed)
    if failed and (is_seen or not said):
        raise StillFailed
    for effect in failed:
        _seen(effect, BY_HAND)
    if failed:
        _enter_settled(session, job.case, failed, why=said, by=by)
    claiming.finish(job)
    close_if_done(session, job.case)


def _enter_settled(
    session: Session, case: Case, failed: Sequence[DecidedEffect], *, why: str, by: Person
) -> None:
    told: dict[str, object] = {
        "case_id": case.id,
        "effect_ids": [one.id for one in failed],
        "by_person_id": by.id,
        "why": why,
    }
    ledger.append(session, kind="effect_settled", record=told)


def failed_among(session: Session, case_ids: Collection[str]) -> set[str]:
    """Tell of which cases something that was decided could not be carried out."""
    query = (
        select(Decision.case_id)
        .join(DecidedEffect, DecidedEffect.decision_id == Decision.id)
        .where(Decision.case_id.in_(case_ids), DecidedEffect.state == EffectState.FAILED)
    )
    return set(session.scalars(query))


def step(case: Case, to: CaseState) -> None:
    """Take a step that is allowed from where a case is; where it is already, it stays."""
    if case.state is to:
        return
    assert to in CASE_STEPS[case.state]  # noqa: S101 - callers lead up to it
    case.state = to
    if to is not CaseState.CLOSED:
        case.closed_at = None


def tell(session: Session, case: Case) -> None:
    """Tell the leads that a case has moved: its state, and nothing of what it is about."""
    data: dict[str, object] = {"case_id": case.id, "state": case.state.value}
    feed.append(session, room_id=case.room_id, kind="case", data=data, audience=feed.OPERATORS)


def _give_up(session: Session, effect: DecidedEffect) -> None:
    """What is given back is over with the room; what never happened is no longer stated."""
    if effect.state is EffectState.UNDOING or effect.measure is Measure.GIVE_BACK:
        ladder.lift_record(session, effect)
        return
    statement = session.get(Statement, effect.statement_id) if effect.statement_id else None
    if statement is None or statement.restriction_id or statement.withdrawn_at:
        return
    why = wording.sentence(_NEVER_DONE, statement.language)
    issuing.withdraw(session, statement.id, why=why)


def _look(session: Session, effect: DecidedEffect, at: datetime) -> bool:
    if effect.measure is Measure.NUDGE:
        return _look_at_nudge(effect, at)
    if effect.measure is Measure.OUT_OF_REPLAY:
        return _look_at_replay(session, effect)
    wish = session.get(Wish, effect.wish_id) if effect.wish_id is not None else None
    if wish is None:
        return _look_at_record(session, effect, at)
    if wish.state is WishState.CARRIED_OUT:
        return _seen(effect, wish.kind.value)
    if wish.state is WishState.PENDING:
        return False
    if wish.room.state in OVER:
        _give_up(session, effect)
        return _seen(effect, ladder.ROOM_OVER)
    return _failed(session, effect, wish)


def _look_at_nudge(effect: DecidedEffect, at: datetime) -> bool:
    if effect.state is EffectState.UNDOING:
        return _seen(effect, "taken_back")
    since = effect.decision.in_force_at
    if since is None or at - since < NUDGE_WAITS:
        return False
    return _seen(effect, ladder.NOT_COLLECTED)


def _look_at_replay(session: Session, effect: DecidedEffect) -> bool:
    """What is left out, or back, was seen by the worker that made the replay."""
    omission = replays.of_effect(session, effect.id)
    if omission is None:
        return False
    if effect.state is EffectState.UNDOING:
        if omission.restored_at is not None:
            return _seen(effect, "restored")
    elif omission.made_at is not None:
        return _seen(effect, "made_without")
    attempts, effect.error = replays.trouble(session, omission.room_id)
    effect.attempts = min(attempts, ATTEMPTS_MAX)
    if attempts < ATTEMPTS_MAX:
        return False
    return _give_up_on(session, effect)


def _look_at_record(session: Session, effect: DecidedEffect, at: datetime) -> bool:
    """What is nothing but a record is there, or gone, as soon as it is looked at."""
    ban = session.get(Ban, effect.ban_id) if effect.ban_id else None
    if effect.state is EffectState.UNDOING:
        is_gone = ban is None or (ban.until_at is not None and ban.until_at <= at)
        return is_gone and _seen(effect, "lifted")
    return ban is not None and _seen(effect, ladder.IN_PLACE)


def _seen(effect: DecidedEffect, what: str) -> bool:
    if effect.state is EffectState.UNDOING:
        effect.state, effect.undone_at = EffectState.UNDONE, now()
        effect.observed, effect.error = what, None
    else:
        observed(effect, what)
    return True


def _failed(session: Session, effect: DecidedEffect, wish: Wish) -> bool:
    effect.error = wish.error
    if effect.attempts + 1 < ATTEMPTS_MAX:
        effect.attempts += 1
        _once_more(session, effect)
        return True
    return _give_up_on(session, effect)


def _give_up_on(session: Session, effect: DecidedEffect) -> bool:
    effect.attempts, effect.state = ATTEMPTS_MAX, EffectState.FAILED
    _call_somebody(session, effect.decision.case)
    return True


def _is_over() -> ColumnElement[bool]:
    over = exists().where(Room.id == DecidedEffect.room_id, Room.state.in_(OVER))
    return over.correlate(DecidedEffect)


def _once_more(session: Session, effect: DecidedEffect) -> None:
    if effect.measure is Measure.OUT_OF_REPLAY and effect.room_id is not None:
        replays.try_again(session, effect.room_id)
        return
    wish = session.get(Wish, effect.wish_id) if effect.wish_id is not None else None
    by = session.get(Person, effect.decision.by_person_id)
    if wish is not None and by is not None:
        ladder.again(session, effect, wish, Acting(by, str(wish.args.get("reason") or "")))


def _call_somebody(session: Session, case: Case) -> None:
    """Put a job before all others: something that was decided did not happen."""
    if _calls(session, case):
        return
    session.add(raising.new_job(case, JobKind.EFFECT, number=0, due_at=now()))
    tell(session, case)


def _finish_calls(session: Session, case: Case) -> None:
    for job in _calls(session, case):
        claiming.finish(job)


def _calls(session: Session, case: Case) -> list[Job]:
    session.flush()
    query = select(Job).where(
        Job.case_id == case.id, Job.kind == JobKind.EFFECT, Job.state != JobState.DONE
    )
    return list(session.scalars(query))


def _is_all_observed(session: Session, case: Case) -> bool:
    """Tell whether nothing is under way: no effect, no undoing, no proposal."""
    proposed = exists().where(
        Decision.case_id == case.id, Decision.state == DecisionState.PROPOSED
    )
    if session.scalar(select(proposed)):
        return False
    ends = {
        DecisionState.IN_FORCE: EffectState.CARRIED_OUT,
        DecisionState.OVERTURNED: EffectState.UNDONE,
    }
    return all(
        effect.state is ends.get(effect.decision.state, effect.state)
        for effect in of_case(session, case.id)
    )
