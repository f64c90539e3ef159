"""Reports weigh by who makes them: no number of them goes before one that is credible."""

import datetime as dt
from collections import defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from balai.cases.model import Case, Concern, Job, Subject
from balai.cases.priority import FROM, Band, band
from balai.cases.reporting import Desk, Said, report
from balai.cases.weighing import Group, Raised, Share, Voiced, brigade, groups, total, weigh
from balai.clock import now
from balai.database import open_database
from balai.evidence.store import store_of
from balai.ids import new_id
from balai.people.accounts import sign_up
from balai.people.keys import HouseKey
from balai.people.sign_in import Caller
from balai.rooms import opening
from balai.rooms.model import FlagKind, Role, RoomState, Seat, SeatState
from balai.settings import Settings

KEY = HouseKey(b"0" * 32)
NAMES = ("host", "ada", "b2", "b3", "b4", "b5", "b6", "b7")

T0 = dt.datetime(2026, 1, 1, 20, tzinfo=dt.UTC)
CREDIBLE = FROM[Band.CREDIBLE]
unproven = st.floats(0.0, CREDIBLE, exclude_max=True)
weights = st.floats(0.0, 1.0)
concerns = st.sampled_from(list(Concern))


@st.composite
def reports(draw: st.DrawFn, weight: st.SearchStrategy[float] = weights) -> Voiced:
    """Any report: a few people and devices, many or no links between them, an hour of time."""
    person = draw(st.none() | st.sampled_from("abcdefgh"))
    circles = st.frozensets(st.sampled_from(["by:a", "by:h", "link:1", "link:2"]), max_size=2)
    return Voiced(
        concern=draw(concerns),
        weight=draw(weight),
        at=T0 + dt.timedelta(seconds=draw(st.integers(0, 3_600))),
        person_id=person,
        device_hash=draw(st.none() | st.sampled_from("xyz")),
        circles=draw(circles) if person else frozenset(),
        account_at=T0 - dt.timedelta(minutes=draw(st.integers(1, 100_000))) if person else None,
    )


@st.composite
def brigades(draw: st.DrawFn) -> list[Voiced]:
    """Up to thirty people who share one invitation and one minute, as heavy as may be."""
    of_all = draw(st.lists(st.tuples(weights, st.integers(0, 60)), min_size=1, max_size=30))
    concern = draw(concerns)
    return [
        Voiced(
            concern=concern,
            weight=weight,
            at=T0 + dt.timedelta(seconds=second),
            person_id=f"p{number}",
            circles=frozenset({"link:1"}),
            account_at=T0 - dt.timedelta(days=number + 1),
        )
        for number, (weight, second) in enumerate(of_all)
    ]


@given(st.lists(reports(unproven), min_size=1, max_size=30), st.floats(CREDIBLE, 1.0))
def test_no_number_of_unproven_reports_goes_before_one_credible_report(
    many: list[Voiced], weight: float
) -> None:
    for concern in {one.concern for one in many}:
        same = [one for one in many if one.concern is concern]
        alone = weigh([Voiced(concern=concern, weight=weight, at=T0)], [])
        assert weigh(same, []).priority >= alone.priority


@given(brigades())
def test_a_brigade_is_one_group_and_goes_before_nobody_its_heaviest_would_not(
    linked: list[Voiced],
) -> None:
    (group,) = groups(linked)
    heaviest = max(one.weight for one in linked)
    alone = weigh([Voiced(concern=linked[0].concern, weight=heaviest, at=T0)], [])
    assert len(group.members) == len(linked)
    assert band(group.weight) is band(heaviest)
    assert heaviest <= group.weight <= heaviest + 0.05
    assert weigh(linked, []).priority == alone.priority


@given(brigades(), st.integers(0, 29))
def test_a_brigade_that_grows_never_weighs_less(linked: list[Voiced], cut: int) -> None:
    fewer = linked[: max(1, cut)]
    assert Group(linked, frozenset()).weight >= Group(fewer, frozenset()).weight
    assert weigh(linked, []).priority <= weigh(fewer, []).priority


@given(st.lists(reports(), max_size=20), st.lists(st.tuples(concerns, weights), max_size=5))
def test_weights_stay_between_nothing_and_certainty(
    many: list[Voiced], raised: list[tuple[Concern, float]]
) -> None:
    flags = [Raised(concern, weight, FlagKind.WORDS) for concern, weight in raised]
    assert 0.0 <= total(many, flags) <= 1.0
    found = weigh(many, flags)
    assert 10 <= found.priority <= 27
    named = {one.concern for one in many} | {one.concern for one in flags}
    assert found.concern in (named or {Concern.OTHER})


@given(st.lists(reports(), max_size=20), reports())
def test_independent_reports_only_add(many: list[Voiced], one: Voiced) -> None:
    apart = Voiced(
        concern=one.concern,
        weight=one.weight,
        at=one.at,
        person_id="somebody else",
        account_at=T0 - dt.timedelta(days=1_000),
    )
    assert total([*many, apart], []) >= total(many, []) - 1e-5
    assert weigh([*many, apart], []).priority <= weigh(many, []).priority or not many


@given(st.lists(reports(), max_size=20))
def test_every_report_is_in_one_group_whatever_the_order(many: list[Voiced]) -> None:
    found, turned = groups(many), groups(many[::-1])
    assert sum(len(one.members) for one in found) == len(many)
    sizes = [sorted(len(one.members) for one in each) for each in (found, turned)]
    assert sizes[0] == sizes[1]
    told = brigade(found)
    assert told is None or told["reports"] == len(many)
    unknown = sum(map(is_of_nobody, many))  # whoever cannot be told apart is one, at most
    named = [one for one in found if Share.UNKNOWN in one.shares]
    together = [sum(map(is_of_nobody, one.members)) for one in named]
    assert together == ([unknown] if unknown > 1 else [])


def is_of_nobody(one: Voiced) -> bool:
    return one.person_id is None and one.device_hash is None


class Records:
    """One live room with a speaker, and people who report."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(data=folder)
        self.database = open_database(self.settings)
        self.desk = Desk(KEY, store_of(self.settings), 1_800)
        with self.database.transaction() as session:
            people = [sign_up(session, handle=name, display_name=name) for name in NAMES]
            room = opening.create(session, opening.Plan(title="Room"), host=people[0])
            room.state, room.opened_at = RoomState.LIVE, now()
            room.live_at = now() - dt.timedelta(hours=1)
            seat = Seat(
                id=new_id(), room_id=room.id, person_id=people[1].id, role=Role.SPEAKER,
                state=SeatState.ON_STAGE, joined_at=now(),
            )  # fmt: skip
            session.add(seat)
        self.people, self.room_id, self.seat_id = people, room.id, seat.id

    def report(
        self, who: int | None, start_s: int, concern: Concern, *, is_urgent: bool
    ) -> None:
        caller = Caller() if who is None else Caller(person=self.people[who])
        said = Said(
            subject=Subject.MOMENT, concern=concern, is_urgent=is_urgent, seat_id=self.seat_id,
            from_position=start_s * 48_000, to_position=(start_s + 20) * 48_000,
        )  # fmt: skip
        with self.database.transaction() as session:
            report(session, self.room_id, said, by=caller, desk=self.desk)

    def jobs(self) -> dict[str, tuple[int, int]]:
        """The number of first jobs of each open case, and the priority of the first."""
        with self.database.reading() as session:
            found: dict[str, list[int]] = defaultdict(list)
            for job in session.scalars(select(Job).join(Case).where(Case.state == "open")):
                found[job.case_id].append(job.priority)
        return {case_id: (len(numbers), min(numbers)) for case_id, numbers in found.items()}

    def untouched(self) -> list[object]:
        """All that a report could take from somebody."""
        tables = ("room", "seat", "restriction", "ban", "wish", "person")
        with self.database.reading() as session:
            run = session.connection().exec_driver_sql
            return [run(f"SELECT * FROM {name} ORDER BY id").all() for name in tables]


said_by = st.tuples(
    st.none() | st.integers(2, 7), st.integers(0, 300), concerns, st.integers(0, 9)
)


@settings(max_examples=8, deadline=None)
@given(st.lists(said_by, min_size=1, max_size=12))
def test_no_report_lowers_a_case_or_takes_anything_from_anybody(
    told: list[tuple[int | None, int, Concern, int]],
) -> None:
    with TemporaryDirectory() as folder:
        records = Records(Path(folder))
        before, seen = records.untouched(), dict[str, tuple[int, int]]()
        for who, start_s, concern, urgency in told:
            records.report(who, start_s, concern, is_urgent=urgency == 0)
            found = records.jobs()
            assert {count for count, _ in found.values()} == {1}
            assert all(found[one][1] <= number for one, (_, number) in seen.items())
            seen = found
        assert records.untouched() == before
        is_urgent = any(urgency == 0 for *_, urgency in told)
        assert (min(number for _, number in seen.values()) == 0) is is_urgent
        records.database.close()
