"""No sequence of steps closes a case too early, lets somebody judge themselves, or takes
something without a statement.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from balai.cases import appealing, claiming, deciding, effects, own, reviewers
from balai.cases.finding import Finding
from balai.cases.model import (
    CASE_STEPS,
    Appeal,
    Case,
    CaseKind,
    CaseRestriction,
    CaseState,
    DecidedEffect,
    Decision,
    DecisionState,
    EffectState,
    Job,
    JobKind,
    JobState,
    Measure,
    Outcome,
)
from balai.clock import now
from balai.errors import BalaiError
from balai.feed import FeedEntry
from balai.ids import new_id
from balai.rooms import chat, recording_consent, replay_turns
from balai.rooms import effects as hosts
from balai.rooms.chat import ChatLine
from balai.rooms.model import Ban, Restriction, RoomState, WishKind
from balai.rooms.replays import ReplayOmission
from balai.statements.model import Statement
from tests.cases_world import KEY, World, add_case, nothing, violation

TEAM = ("rita", "rolf", "rosa", "olga", "ada", "hana")  # the last two are concerned by all
LADDER = (
    Measure.NUDGE,
    Measure.TIMED_MUTE,
    Measure.LISTEN_ONLY,
    Measure.OFF_STAGE,
    Measure.ROOM_BAN,
    Measure.HOUSE_BAN,
    Measure.PERMANENT_REMOVAL,
    Measure.OUT_OF_REPLAY,
    Measure.TAKE_LINE,
)
SEEN = replay_turns.Seen(segments_changed=1, silent_samples=0, segments_hash="0" * 64)
ENDS = {
    DecisionState.IN_FORCE: EffectState.CARRIED_OUT,
    DecisionState.OVERTURNED: EffectState.UNDONE,
}
# A failing story is told as it was found: to shorten it would take many minutes.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
people = st.sampled_from(TEAM)
measures = st.lists(st.sampled_from(LADDER), min_size=1, max_size=2, unique=True)


class CaseMachine(RuleBasedStateMachine):
    """A room with Ada on its stage, cases about her, a team, and a worker that may fail."""

    @initialize(is_contest=st.booleans())
    def begin(self, is_contest: bool) -> None:
        self.world = World()
        self.states: dict[str, CaseState] = {}
        with self.world.database.transaction() as session:
            olga = self.world.person(session, "olga")
            for who in ("ada", "hana"):
                reviewers.appoint(session, who, languages=[], by=olga)
        if is_contest:
            self._contest()
        else:
            self._do(partial(self._write, self.world.case()))

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.world.close()

    def _contest(self) -> None:
        world = self.world
        with world.database.transaction() as session:
            seat, hana = world.seat(session), world.person(session, "hana")
            asked = hosts.Asked(kind=WishKind.MUTE, seat_id=seat.id, reason="Too long")
            hosts.ask(session, world.room(session), asked, by=hana, key=KEY)
        world.work()
        with world.database.transaction() as session:
            case = add_case(session, world, "ada", kind=CaseKind.CONTEST)
            (taken,) = session.scalars(select(Restriction))
            session.add(CaseRestriction(case_id=case.id, restriction_id=taken.id))

    def _do(self, act: Callable[[Session], object]) -> None:
        """Refusals are answers and change nothing; anything else is a fault."""
        try:
            with self.world.database.transaction() as session:
                act(session)
        except BalaiError:
            pass

    def _jobs(self) -> list[tuple[str, JobKind]]:
        with self.world.database.reading() as session:
            query = select(Job.id, Job.kind).where(Job.state != JobState.DONE)
            return [(job, kind) for job, kind in session.execute(query.order_by(Job.id))]

    def _finding(self, case_kind: CaseKind, wanted: list[Measure]) -> Finding:
        if case_kind is CaseKind.CONTEST:
            return Finding(outcome=Outcome.VIOLATION, facts="The host was wrong.")
        return violation(*wanted)

    @rule(who=people, wanted=measures, is_violation=st.booleans(), agrees=st.booleans())
    def judge(self, who: str, wanted: list[Measure], is_violation: bool, agrees: bool) -> None:
        """Claim whatever there is and answer the question that it asks.

        Somebody tries first; where they may not, the others do, one after the other.
        """
        first = TEAM.index(who)
        for job_id, kind in self._jobs():
            for name in (*TEAM[first:], *TEAM[:first]):
                self._claim(job_id, name)
                self._do(partial(self._view, job_id, name))
                found = wanted if is_violation else None
                self._do(partial(self._answer, (job_id, kind), name, found, agrees))

    def _claim(self, job_id: str, who: str) -> None:
        def claim(session: Session) -> None:
            claiming.claim(session, job_id, self.world.post(session, who))

        self._do(claim)

    def _view(self, job_id: str, who: str, session: Session) -> None:
        post = self.world.post(session, who)
        read = self.world.revision(session, job_id)
        claiming.view_first(session, job_id, post, outcome=Outcome.VIOLATION, revision=read)

    def _answer(
        self,
        job: tuple[str, JobKind],
        who: str,
        wanted: list[Measure] | None,
        agrees: bool,
        session: Session,
    ) -> None:
        job_id, kind = job
        office = self.world.office(session, who)
        case = session.get_one(Job, job_id).case
        finding = nothing() if wanted is None else self._finding(case.kind, wanted)
        instead = None if agrees else finding
        read = self.world.revision(session, job_id)
        if kind is JobKind.APPROVAL:
            deciding.approve(session, job_id, "", office, instead=instead, revision=read)
        elif kind is JobKind.APPEAL:
            said = "Looked again"
            appealing.answer(session, job_id, said, office, instead=instead, revision=read)
        else:
            deciding.decide(session, job_id, finding, office, revision=read)

    @rule(first=people, second=people)
    def two_claim(self, first: str, second: str) -> None:
        for job_id, _ in self._jobs():
            held = []
            for who in (first, second):
                self._claim(job_id, who)
                with self.world.database.reading() as session:
                    try:
                        claiming.held(session, job_id, self.world.post(session, who))
                        held.append(who)
                    except BalaiError:
                        pass
            assert len(set(held)) <= 1 or first == second

    @rule(who=st.sampled_from(["ada", "bob", "hana"]))
    def appeal(self, who: str) -> None:
        with self.world.database.reading() as session:
            ids = session.scalars(select(Decision.id).order_by(Decision.id)).all()
        for one in ids:
            self._do(partial(self._appeal, one, who))

    def _appeal(self, decision_id: str, who: str, session: Session) -> None:
        by = self.world.person(session, who)
        appealing.by_person(session, decision_id, "Not so", by=by)

    @rule()
    def write_and_report(self) -> None:
        """Ada writes a line, and somebody reports it in her case."""
        for case_id in self.states:
            self._do(partial(self._write, case_id))

    def _write(self, case_id: str, session: Session) -> None:
        room = self.world.room(session)
        room.chat = True
        line = chat.say(session, room, f"Line {new_id()}", by=self.world.person(session, "ada"))
        line.at -= timedelta(seconds=chat.EVERY_S)
        self.world.report_line(session, session.get_one(Case, case_id), line)

    @rule()
    def claims_run_out(self) -> None:
        with self.world.database.transaction() as session:
            session.execute(update(Job).values(lease_until=now() - timedelta(seconds=1)))
            claiming.free_lapsed(session)

    @rule(fails=st.booleans())
    def work(self, fails: bool) -> None:
        self.world.work(fails=fails)

    @rule(fails=st.booleans())
    def make_the_replay(self, fails: bool) -> None:
        with self.world.database.reading() as session:
            wanted = replay_turns.due(session)
        if wanted is None:
            return
        with self.world.database.transaction() as session:
            if fails:
                moved = replay_turns.failed(session, wanted, "replay_not_made")
            else:
                moved = replay_turns.made(session, wanted, SEEN)
            effects.settle_cases_of(session, moved, now())

    @rule()
    def withdraw_consent(self) -> None:
        def withdraw(session: Session) -> None:
            by = self.world.person(session, "ada")
            recording_consent.withdraw(session, self.world.room_id, by)

        self._do(withdraw)

    @rule(days=st.sampled_from([0, 0, 40]))
    def settle(self, days: int) -> None:
        with self.world.database.transaction() as session:
            effects.settle(session, now() + timedelta(days=days))

    @rule()
    def try_again(self) -> None:
        for case_id in self.states:
            self._do(partial(self._try_again, case_id))

    def _try_again(self, case_id: str, session: Session) -> None:
        effects.try_again(session, session.get_one(Case, case_id))

    @rule(who=people, by_hand=st.sampled_from(["", "The host has done it."]))
    def look_after(self, who: str, by_hand: str) -> None:
        calls = [job_id for job_id, kind in self._jobs() if kind is JobKind.EFFECT]
        for job_id in calls:
            self._claim(job_id, who)
            self._do(partial(self._look_after, job_id, who, by_hand))

    def _look_after(self, job_id: str, who: str, by_hand: str, session: Session) -> None:
        job = claiming.held(session, job_id, self.world.post(session, who))
        by = self.world.person(session, who)
        effects.look_after(session, job, by_hand=by_hand, by=by)

    @rule()
    def come_back(self) -> None:
        def read(session: Session) -> None:
            own.deliver(session, self.world.person(session, "ada"))

        self._do(read)

    @rule()
    def end_the_room(self) -> None:
        with self.world.database.reading() as session:
            is_live = self.world.room(session).state is RoomState.LIVE
        if is_live:
            self.world.end_room()

    @invariant()
    def a_closed_case_has_nothing_under_way(self) -> None:
        if not hasattr(self, "world"):
            return
        with self.world.database.reading() as session:
            for case in session.scalars(select(Case)).all():
                rows = [
                    (row.decision.state, row.state)
                    for row in effects.of_case(session, case.id)
                    if row.decision.state in ENDS
                ]
                if case.state is CaseState.CLOSED:
                    assert all(ENDS[decision] is state for decision, state in rows)
                before = self.states.get(case.id, CaseState.OPEN)
                assert case.state in _within(before)
                self.states[case.id] = case.state

    @invariant()
    def words_are_out_of_the_replay_while_a_decision_says_so_and_no_longer(self) -> None:
        if not hasattr(self, "world"):
            return
        with self.world.database.reading() as session:
            for omission in session.scalars(select(ReplayOmission)).all():
                row = session.get(DecidedEffect, omission.effect_id or "")
                if row is None:
                    assert omission.lifted_at is None  # a consent withdrawn is so for good
                    continue
                is_in_force = row.decision.state is DecisionState.IN_FORCE
                assert (omission.lifted_at is None) is is_in_force
                assert row.statement_id is not None
                if row.state is EffectState.CARRIED_OUT:
                    assert omission.made_at is not None
                if row.state is EffectState.UNDONE:
                    assert omission.restored_at is not None

    @invariant()
    def a_line_is_out_of_the_chat_while_a_decision_says_so_and_no_longer(self) -> None:
        if not hasattr(self, "world"):
            return
        with self.world.database.reading() as session:
            of_chat = select(FeedEntry.data).where(FeedEntry.kind == "chat")
            told: list[Any] = [
                one["line"] for one in session.scalars(of_chat.order_by(FeedEntry.id))
            ]
            shown = {one["id"]: one["text"] for one in told if one}
            for line in session.scalars(select(ChatLine)).all():
                its_own = DecidedEffect.restriction_id == (line.restriction_id or "")
                row = session.scalars(select(DecidedEffect).where(its_own)).first()
                is_out = row is not None and row.decision.state is DecisionState.IN_FORCE
                assert (line.taken_by is not None) is is_out
                assert shown[line.id] == (None if is_out else line.text)

    @invariant()
    def nobody_judges_themselves_or_twice(self) -> None:
        if not hasattr(self, "world"):
            return
        with self.world.database.reading() as session:
            ada, hana = self.world.person(session, "ada"), self.world.person(session, "hana")
            decisions = session.scalars(select(Decision)).all()
            for one in decisions:
                assert one.by_person_id not in {ada.id, hana.id}
                assert one.approved_by_id not in {ada.id, hana.id, one.by_person_id}
                if one.state in ENDS and not one.is_blind and _needs_two(session, one):
                    assert one.approved_by_id is not None
            by_decision = {one.id: one for one in decisions}
            for appeal in session.scalars(select(Appeal)).all():
                against = by_decision[appeal.decision_id]
                deciders = {against.by_person_id, against.approved_by_id, ada.id, hana.id}
                assert appeal.answered_by_id is None or appeal.answered_by_id not in deciders

    @invariant()
    def nothing_is_taken_without_a_statement(self) -> None:
        if not hasattr(self, "world"):
            return
        with self.world.database.reading() as session:
            statements = set(session.scalars(select(Statement.id)))
            for restriction in session.scalars(select(Restriction)).all():
                assert restriction.statement_id in statements
            assert world_is_stated(session, statements)
            seat = self.world.seat(session)
            weighing = [
                one
                for one in session.scalars(select(Restriction)).all()
                if one.kind == "mute" and one.lifted_at is None
            ]
            assert seat.muted is bool(weighing)


def world_is_stated(session: Session, statements: set[str]) -> bool:
    """Every ban of the team belongs to an effect with a statement."""
    bans = set(session.scalars(select(Ban.id)))
    rows = session.scalars(select(DecidedEffect).where(DecidedEffect.ban_id.is_not(None))).all()
    return {row.ban_id for row in rows} == bans and all(
        row.statement_id in statements for row in rows
    )


def _needs_two(session: Session, decision: Decision) -> bool:
    return any(row.measure.needs_two for row in effects.of_decision(session, decision.id))


def _within(state: CaseState) -> set[CaseState]:
    """Every state that can be reached in up to three steps: one rule may take several."""
    reached = {state}
    for _ in range(3):
        reached |= {later for known in reached for later in CASE_STEPS[known]}
    return reached


TestCases = CaseMachine.TestCase
TestCases.settings = settings(
    max_examples=25,
    stateful_step_count=25,
    deadline=None,
    phases=PHASES,
)


@settings(max_examples=40, deadline=None, phases=PHASES)
@given(
    who=people,
    wanted=measures,
    instead=st.none() | measures,
    is_line_out=st.booleans(),
    fails=st.booleans(),
)
def test_an_appeal_undoes_whatever_was_decided(
    who: str,
    wanted: list[Measure],
    instead: list[Measure] | None,
    is_line_out: bool,
    fails: bool,
) -> None:
    """What chance alone seldom leads to: a decision, an appeal, and another answer."""
    machine = CaseMachine()
    machine.begin(is_contest=False)
    first = list(dict.fromkeys([*wanted, Measure.TAKE_LINE] if is_line_out else wanted))
    try:
        for _ in ("decided", "agreed by a second person, where it takes two"):
            machine.judge(who, first, is_violation=True, agrees=True)
        _holds(machine)
        machine.work(fails=fails)
        machine.appeal("ada")
        machine.judge(who, instead or wanted, is_violation=instead is not None, agrees=False)
        _holds(machine)
        machine.work(fails=False)
        machine.settle(0)
        _holds(machine)
        with machine.world.database.reading() as session:
            undone = DecisionState.OVERTURNED
            query = select(DecidedEffect).join(DecidedEffect.decision)
            rows = session.scalars(query.where(Decision.state == undone)).all()
            assert {row.measure for row in rows} == set(first)
    finally:
        machine.teardown()


def _holds(machine: CaseMachine) -> None:
    machine.a_closed_case_has_nothing_under_way()
    machine.words_are_out_of_the_replay_while_a_decision_says_so_and_no_longer()
    machine.a_line_is_out_of_the_chat_while_a_decision_says_so_and_no_longer()
    machine.nobody_judges_themselves_or_twice()
    machine.nothing_is_taken_without_a_statement()
