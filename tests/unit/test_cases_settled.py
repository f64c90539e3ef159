"""What a decision leaves: its policy's words, reasons one can read, no failure filed away."""

import json
from dataclasses import replace

import pytest
from sqlalchemy import select

from balai.cases import claiming, deciding, effects
from balai.cases.errors import PolicyGone, StillFailed
from balai.cases.finding import Finding
from balai.cases.model import (
    Case,
    CaseKind,
    CaseRestriction,
    CaseState,
    DecisionState,
    EffectState,
    Job,
    JobKind,
    Measure,
    Outcome,
)
from balai.clock import now
from balai.ledger.model import LedgerEntry
from balai.people.accounts import OperatorsOnly
from balai.policy.errors import PackMissing
from balai.policy.pack import Pack, shipped
from balai.rooms import effects as hosts
from balai.rooms import lifecycle
from balai.rooms.model import Restriction, WishKind
from balai.statements import wording
from balai.statements.model import Statement
from tests.cases_world import CLAUSE, KEY, World, violation


def settle(world: World) -> None:
    with world.database.transaction() as session:
        effects.settle(session, now())


# ── the policy of a proposal ─────────────────────────────────────────────────────────────────


def later() -> Pack:
    """Another policy, in which the clause of the proposal is gone."""
    clauses = {name: one for name, one in shipped().clauses.items() if name != CLAUSE}
    return replace(shipped(), hash="f" * 64, clauses=clauses)


def gone(_hash: str) -> Pack:
    raise PackMissing


def proposed(world: World) -> tuple[str, str]:
    """Rita proposes a permanent removal, and Rolf holds the question whether he agrees."""
    case_id = world.case()
    decision_id = world.decide("rita", case_id, violation(Measure.PERMANENT_REMOVAL))
    job_id = world.job(case_id, JobKind.APPROVAL)
    world.claim("rolf", job_id)
    return decision_id, job_id


def agree(world: World, job_id: str, **then: object) -> None:
    with world.database.transaction() as session:
        office = replace(world.office(session, "rolf"), pack=later(), **then)  # type: ignore[arg-type]
        read = world.revision(session, job_id)
        deciding.approve(session, job_id, "", office, instead=None, revision=read)


def test_what_is_agreed_to_quotes_the_policy_by_which_it_was_proposed(world: World) -> None:
    decision_id, job_id = proposed(world)
    agree(world, job_id)
    decision = world.decision(decision_id)
    assert (decision.state, decision.pack_hash) == (DecisionState.IN_FORCE, shipped().hash)
    with world.database.reading() as session:
        (statement,) = session.scalars(select(Statement))
    assert statement.told["ground"]["clause"] == CLAUSE  # type: ignore[index]
    assert statement.told["ground"]["why"] == shipped().clauses[CLAUSE].text["en"]  # type: ignore[index]


def test_what_was_proposed_by_a_policy_that_is_gone_is_not_agreed_to(world: World) -> None:
    decision_id, job_id = proposed(world)
    with pytest.raises(PolicyGone):
        agree(world, job_id, kept=gone)
    assert world.decision(decision_id).state is DecisionState.PROPOSED


# ── what failed ──────────────────────────────────────────────────────────────────────────────


def failed(world: World) -> tuple[str, str]:
    """A case whose effect failed three times; give it and the call for a person."""
    case_id = world.case()
    world.decide("rita", case_id, violation(Measure.OFF_STAGE))
    while world.work(fails=True):
        settle(world)
    return case_id, world.job(case_id, JobKind.EFFECT)


def look_after(world: World, who: str, job_id: str, by_hand: str = "") -> None:
    with world.database.transaction() as session:
        job = claiming.held(session, job_id, world.post(session, who))
        effects.look_after(session, job, by_hand=by_hand, by=world.person(session, who))


@pytest.mark.parametrize(
    ("who", "by_hand", "error"),
    [
        ("rolf", "", StillFailed),
        ("olga", " ", StillFailed),
        ("rolf", "I have asked the host", OperatorsOnly),
    ],
)
def test_what_failed_is_not_filed_away(
    world: World, who: str, by_hand: str, error: type[Exception]
) -> None:
    case_id, job_id = failed(world)
    world.claim(who, job_id)
    with pytest.raises(error):
        look_after(world, who, job_id, by_hand)
    assert world.state(case_id) is CaseState.DECIDED
    assert world.job(case_id, JobKind.EFFECT) == job_id
    with world.database.reading() as session:
        assert effects.failed_among(session, [case_id, "none"]) == {case_id}


def test_an_operator_says_what_was_done_by_hand_and_the_case_closes(world: World) -> None:
    case_id, job_id = failed(world)
    world.claim("olga", job_id)
    look_after(world, "olga", job_id, "The host took them off the stage.")
    assert world.state(case_id) is CaseState.CLOSED
    with world.database.reading() as session:
        (effect,) = effects.of_case(session, case_id)
        entry = session.scalars(select(LedgerEntry).where(LedgerEntry.kind == "effect_settled"))
        told = json.loads(entry.one().record_bytes or b"")
        assert session.get_one(Job, job_id).done_at is not None
        assert effects.failed_among(session, [case_id]) == set()
    assert (effect.state, effect.observed) == (EffectState.CARRIED_OUT, "by_hand")
    assert told == {
        "case_id": case_id,
        "effect_ids": [effect.id],
        "by_person_id": world.person_id("olga"),
        "why": "The host took them off the stage.",
    }


def test_a_call_ends_once_it_is_tried_again(world: World) -> None:
    case_id, job_id = failed(world)
    world.claim("rolf", job_id)
    with world.database.transaction() as session:
        effects.try_again(session, session.get_one(Case, case_id))
    look_after(world, "rolf", job_id)
    assert world.state(case_id) is CaseState.DECIDED
    world.work()
    settle(world)
    assert world.state(case_id) is CaseState.CLOSED


def test_nobody_says_instead_that_words_are_out_of_a_replay(world: World) -> None:
    case_id = world.case()
    world.decide("rita", case_id, violation(Measure.OUT_OF_REPLAY))
    with world.database.transaction() as session:
        (effect,) = effects.of_case(session, case_id)
        effects._give_up_on(session, effect)
    job_id = world.job(case_id, JobKind.EFFECT)
    world.claim("olga", job_id)
    with pytest.raises(StillFailed):
        look_after(world, "olga", job_id, "I have cut the file.")


# ── reasons in the language of the statement ─────────────────────────────────────────────────


def in_indonesian(world: World) -> None:
    with world.database.transaction() as session:
        world.room(session).language = "id"
        world.seat(session).language = "id"


def test_who_was_cut_wrongly_reads_in_their_language_that_it_was_wrong(world: World) -> None:
    in_indonesian(world)
    with world.database.transaction() as session:
        asked = hosts.Asked(kind=WishKind.MOVE_TO_HALL, seat_id=world.seat_id, reason="Tidak")
        hosts.ask(
            session, world.room(session), asked, by=world.person(session, "hana"), key=KEY
        )
    world.work()
    case_id = world.case(kind=CaseKind.CONTEST, language="id")
    with world.database.transaction() as session:
        (taken,) = session.scalars(select(Restriction))
        session.add(CaseRestriction(case_id=case_id, restriction_id=taken.id))
    wrong = Finding(outcome=Outcome.VIOLATION, facts="Tuan rumah memotong sebuah pertanyaan.")
    world.decide("rita", case_id, wrong)
    with world.database.reading() as session:
        (statement,) = session.scalars(select(Statement))
    assert statement.language == "id"
    assert statement.withdrawn_why == wording.WORDING["id"]["contest_right"]


def test_what_never_happened_is_said_in_the_language_of_its_statement(world: World) -> None:
    in_indonesian(world)
    world.decide("rita", world.case(language="id"), violation(Measure.TIMED_MUTE))
    with world.database.transaction() as session:
        lifecycle.interrupted(session, world.room_id)
    settle(world)
    with world.database.reading() as session:
        (statement,) = session.scalars(select(Statement))
    assert statement.withdrawn_why == wording.WORDING["id"]["never_done"]
