"""Rooms, seats and wishes: no order of requests, answers and failures breaks their rules."""

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import select
from sqlalchemy.orm import Session

from balai.database import Database
from balai.errors import BalaiError, Unavailable
from balai.people.accounts import sign_up
from balai.people.keys import HouseKey
from balai.people.model import Person
from balai.people.sign_in import Caller
from balai.rooms import (
    bans,
    effects,
    green_room,
    hands,
    lifecycle,
    opening,
    restrictions,
    seats,
    tickets,
    wishes,
)
from balai.rooms.announce import seat_of
from balai.rooms.model import (
    CONNECTED,
    OVER,
    ROOM_STEPS,
    SEAT_STEPS,
    Ban,
    Restriction,
    RestrictionKind,
    Room,
    RoomState,
    Seat,
    SeatState,
    Wish,
    WishKind,
    WishState,
)

KEY = HouseKey(b"0" * 32)
people = st.sampled_from(["host", "ada", "ben"])
kinds = st.sampled_from(sorted(effects.KINDS))
# As often as stories should have them.
STEPS = (
    ["come_on_stage"] * 6
    + ["ask"] * 8
    + ["work"] * 8
    + ["open_it", "raise_hand", "accept_hand", "consent", "take_ticket", "connect"] * 2
    + ["connected", "reconnecting", "left", "make_cohost", "step_down", "set_delay"]
    + ["end_it"] * 3
    + ["die"]
)
SPEAKERS_MAX = 2


class RoomMachine(RuleBasedStateMachine):
    """One room, three people, a worker that succeeds, fails or dies."""

    @initialize(is_open=st.booleans())
    def begin(self, is_open: bool) -> None:
        self.folder = TemporaryDirectory()
        self.database = Database(Path(self.folder.name) / "records.sqlite3")
        self.database.migrate()
        with self.database.transaction() as session:
            for handle in ("host", "ada", "ben"):
                sign_up(session, handle=handle, display_name=handle)
            host = self.person(session, "host")
            self.room_id = opening.create(session, opening.Plan(title="Room"), host=host).id
        self.room_state = RoomState.DRAFT
        self.seat_states: dict[str, SeatState] = {}
        self.tickets: list[str] = []
        self.done: dict[int, WishState] = {}
        if is_open:
            self.open_it()
            self.work(fails=False)

    def teardown(self) -> None:
        if hasattr(self, "database"):
            self.database.close()
            self.folder.cleanup()

    def person(self, session: Session, handle: str) -> Person:
        return session.scalars(select(Person).where(Person.handle == handle)).one()

    def room(self, session: Session) -> Room:
        return lifecycle.get(session, self.room_id)

    @rule(
        what=st.sampled_from(STEPS),
        who=people,
        kind=kinds,
        by=st.sampled_from(["host", "host", "ada"]),
        reason=st.sampled_from(["why", "why", ""]),
    )
    def step(self, what: str, who: str, kind: WishKind, by: str, reason: str) -> None:
        """One rule for all steps, so that every story has a mixture of them."""
        match what:
            case "ask":
                self.ask(by, who, kind, reason)
            case "end_it":
                self.end_it(by)
            case "work":
                self.work(fails=reason == "")
            case "make_cohost":
                self.make_cohost(who, is_cohost=reason == "why")
            case "set_delay":
                self.set_delay(5.0)
            case "open_it" | "connect" | "die":
                getattr(self, what)()
            case "connected" | "reconnecting" | "left":
                self.stage_tells(who, what)
            case _:
                getattr(self, what)(who)

    def open_it(self) -> None:
        with refusals(), self.database.transaction() as session:
            host = self.person(session, "host")
            opening.open_room(session, self.room(session), by=host, rooms_max=1)

    def end_it(self, who: str) -> None:
        with refusals(), self.database.transaction() as session:
            opening.end_room(session, self.room(session), by=self.person(session, who))

    def set_delay(self, delay_s: float) -> None:
        with refusals(), self.database.transaction() as session:
            change = opening.Change(delay_s=delay_s)
            host = self.person(session, "host")
            opening.change_room(session, self.room(session), change, by=host)

    def raise_hand(self, who: str) -> None:
        with refusals(), self.database.transaction() as session:
            person = self.person(session, who)
            bans.require_not_banned(session, self.room_id, Caller(person=person), key=KEY)
            hands.raise_hand(session, self.room(session), person)

    def accept_hand(self, who: str) -> None:
        with refusals(), self.database.transaction() as session:
            hand = hands.raised_by(session, self.room_id, self.person(session, who))
            if hand is not None:
                host = self.person(session, "host")
                hands.accept(
                    session, self.room(session), hand, by=host, speakers_max=SPEAKERS_MAX
                )

    def consent(self, who: str) -> None:
        with refusals(), self.database.transaction() as session:
            room, person = self.room(session), self.person(session, who)
            green_room.consent(session, room, person, green_room.Agreed(recording_ok=True))

    def take_ticket(self, who: str) -> None:
        with refusals(), self.database.transaction() as session:
            room, person = self.room(session), self.person(session, who)
            self.tickets.append(tickets.issue(session, room, person, session_id=None)[0])

    def connect(self) -> None:
        """Use the newest ticket; every older one must be refused."""
        if not self.tickets:
            return
        with refusals(), self.database.transaction() as session:
            seat = tickets.redeem(session, self.room_id, self.tickets.pop())
            tickets.name_connection(seat)
            seats.connected(session, seat.id)

    def come_on_stage(self, who: str) -> None:
        """The whole way at once, so that short stories reach the stage too."""
        with refusals(), self.database.transaction() as session:
            person, host = self.person(session, who), self.person(session, "host")
            room = self.room(session)
            bans.require_not_banned(session, room.id, Caller(person=person), key=KEY)
            if who != "host":
                green_room.invite(session, room, person, by=host, speakers_max=SPEAKERS_MAX)
        self.consent(who)
        self.take_ticket(who)
        self.connect()

    def stage_tells(self, who: str, change: str) -> None:
        with self.database.transaction() as session:
            seat = seat_of(session, self.room_id, self.person(session, who).id)
            if seat is not None and seat.resource_hash is not None:
                getattr(seats, change)(session, seat.id)

    def step_down(self, who: str) -> None:
        with refusals(), self.database.transaction() as session:
            green_room.step_down(session, self.room(session), self.person(session, who))

    def make_cohost(self, who: str, is_cohost: bool) -> None:
        with refusals(), self.database.transaction() as session:
            seat = seat_of(session, self.room_id, self.person(session, who).id)
            if seat is not None:
                green_room.set_cohost(session, seat, is_cohost=is_cohost)

    def ask(self, by: str, whom: str, kind: WishKind, reason: str) -> None:
        with refusals(), self.database.transaction() as session:
            seat = seat_of(session, self.room_id, self.person(session, whom).id)
            asked = effects.Asked(
                kind=kind, seat_id=seat.id if seat else None, reason=reason, ban_s=None
            )
            room, actor = self.room(session), self.person(session, by)
            effects.ask(session, room, asked, by=actor, key=KEY)

    def work(self, fails: bool) -> None:
        with self.database.transaction() as session:
            for wish in wishes.pending(session):
                if fails:
                    wishes.failed(session, wish, Unavailable())
                else:
                    wishes.carried_out(session, wish, {})

    def die(self) -> None:
        with self.database.transaction() as session:
            for room in lifecycle.on_air(session):
                lifecycle.interrupted(session, room.id)

    @invariant()
    def states_follow_each_other_as_they_may(self) -> None:
        if not hasattr(self, "database"):
            return
        with self.database.reading() as session:
            room = self.room(session)
            found = session.scalars(select(Seat)).all()
            done = session.scalars(select(Wish).where(Wish.done_at.is_not(None))).all()
        assert room.state in _within(self.room_state, ROOM_STEPS)
        self.room_state = room.state
        for seat in found:
            before = self.seat_states.get(seat.id, SeatState.INVITED)
            assert seat.state in _within(before, SEAT_STEPS)
            self.seat_states[seat.id] = seat.state
        for wish in done:
            assert self.done.setdefault(wish.id, wish.state) is wish.state
            if wish.kind is WishKind.END and wish.state is WishState.CARRIED_OUT:
                assert room.state in OVER

    @invariant()
    def seats_and_rooms_agree(self) -> None:
        if not hasattr(self, "database"):
            return
        with self.database.reading() as session:
            room = self.room(session)
            found = session.scalars(select(Seat)).all()
            pending = wishes.pending(session)
        taken = [seat for seat in found if seat.state is not SeatState.LEFT]
        assert len({seat.person_id for seat in found}) == len(found)
        # Host and co-hosts may come back to their own seats beyond the bound.
        assert len([seat for seat in taken if seat.role == "speaker"]) <= SPEAKERS_MAX
        assert all(seat.consented_at for seat in found if seat.state in CONNECTED)
        if room.state in OVER:
            assert taken == []
            assert [wish.kind for wish in pending if wish.kind != WishKind.END] == []

    @invariant()
    def nothing_is_taken_without_a_record(self) -> None:
        if not hasattr(self, "database"):
            return
        with self.database.reading() as session:
            for seat in session.scalars(select(Seat)).all():
                for flag, kind in (
                    (seat.muted, RestrictionKind.MUTE),
                    (seat.held, RestrictionKind.HOLD),
                ):
                    weighing = restrictions.weighing(session, seat, kind)
                    assert flag is bool(weighing)
            reasons = session.scalars(select(Restriction.reason)).all()
            removals = session.scalars(
                select(Restriction).where(Restriction.kind == RestrictionKind.REMOVE)
            ).all()
            assert all(reasons)
            assert len(removals) == len(session.scalars(select(Ban)).all())
            host_id = self.person(session, "host").id
            assert all(removal.person_id != host_id for removal in removals)


class refusals:  # noqa: N801 - used like a function
    """Refusals are answers; anything else is a fault."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> bool:
        return kind is not None and issubclass(kind, BalaiError)


def _within(state: object, steps: object) -> set[object]:
    """Every state that can be reached in up to three steps: one rule may take several."""
    assert isinstance(steps, dict)
    reached = {state}
    for _ in range(3):
        reached |= {later for known in reached for later in steps[known]}
    return reached


TestRooms = RoomMachine.TestCase
TestRooms.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
