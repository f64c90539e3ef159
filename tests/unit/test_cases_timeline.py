"""A case's timeline: stretches that no machine heard, and what is left out of too much."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from balai import feed
from balai.cases import raising, reading, timeline, transcript, unheard
from balai.cases.model import Case, CaseFlag, JobKind, Report
from balai.cases.views import CaseView, Moment
from balai.clock import now
from balai.evidence.sound import RATE_HZ
from balai.ids import new_id
from balai.rooms import restrictions, seats
from balai.rooms.model import (
    Flag,
    FlagKind,
    FlagStage,
    FlagState,
    Gap,
    RestrictionKind,
    Role,
    WatchState,
)
from balai.rooms.restrictions import Ruling
from tests.cases_world import BEGIN, END, World

UNHEARD, UNWATCHED = WatchState.UNHEARD, WatchState.UNWATCHED


def page(world: World, case_id: str, who: str = "rita") -> CaseView:
    with world.database.transaction() as session:
        return reading.open_case(session, case_id, world.post(session, who), world.folders)


def gaps(view: CaseView) -> list[Moment]:
    return [one for one in view.timeline if one.kind == "gap"]


def begin(world: World, gap: Gap, seat_id: str | None = None) -> None:
    with world.database.transaction() as session:
        seats.gap_began(session, seat_id or world.seat_id, gap)


def end(world: World, gap: Gap, seat_id: str | None = None) -> None:
    with world.database.transaction() as session:
        seats.gap_ended(session, seat_id or world.seat_id, gap)


def live_for(world: World, seconds: float) -> None:
    with world.database.transaction() as session:
        world.room(session).live_at = now() - timedelta(seconds=seconds)


def test_a_gap_that_goes_on_is_shown_without_an_end(world: World) -> None:
    case_id = world.case()
    begin(world, Gap(UNWATCHED, 96_000, "detector"))
    begin(world, Gap(UNWATCHED, 96_000, "detector"))  # told again: one gap all the same
    (one,) = gaps(page(world, case_id))
    assert one.gap is not None
    assert (one.from_position, one.to_position) == (96_000, None)
    assert (one.gap.state, one.gap.name, one.gap.why) == (UNWATCHED, "Ada", "detector")


def test_a_gap_that_nothing_ended_reaches_to_the_rooms_end(world: World) -> None:
    case_id = world.case()
    live_for(world, 600)
    begin(world, Gap(UNHEARD, 96_000, "language"))
    world.end_room()  # and its worker was killed before it could tell
    (one,) = gaps(page(world, case_id))
    assert one.to_position == pytest.approx(600 * RATE_HZ, abs=RATE_HZ)


def test_each_gap_is_shown_once_with_what_was_not_heard(world: World) -> None:
    case_id = world.case()
    begin(world, Gap(UNHEARD, 96_000, "engine"))
    begin(world, Gap(UNWATCHED, 96_000, "detector"))
    end(world, Gap(UNHEARD, 96_000, "engine", 144_000))
    told = [(one.gap.state, one.to_position) for one in gaps(page(world, case_id)) if one.gap]
    assert sorted(told, key=str) == [(UNHEARD, 144_000), (UNWATCHED, None)]


def test_where_a_case_is_blind_a_gap_does_not_tell_whether_the_room_is_over(
    world: World,
) -> None:
    case_id = world.case()
    begin(world, Gap(UNHEARD, 96_000, "engine"))
    with world.database.transaction() as session:
        session.add(raising.blind_job(session.get_one(Case, case_id), JobKind.SECOND))
    before = page(world, case_id)
    world.end_room()
    after = page(world, case_id)
    assert before.is_blind
    assert [one.to_position for one in (*gaps(before), *gaps(after))] == [None, None]


def test_neither_other_voices_nor_flapping_hide_the_gap_in_the_stretch(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unheard, "READ_MAX", 3)
    case_id = world.case(from_position=900_000, to_position=990_000)
    bob = world.take_stage("bob")
    for at in range(5):
        begin(world, Gap(UNHEARD, at * 200_000, "doubt"), bob)
        begin(world, Gap(UNHEARD, at * 200_000, "doubt"))
        end(world, Gap(UNHEARD, at * 200_000, "doubt", at * 200_000 + 500))
    begin(world, Gap(UNHEARD, 950_000, "doubt"))
    end(world, Gap(UNHEARD, 950_000, "doubt", 970_000))
    view = page(world, case_id)
    assert [one.from_position for one in gaps(view)] == [600_000, 800_000, 950_000]
    assert {one.gap.seat_id for one in gaps(view) if one.gap} == {world.seat_id}
    assert view.unshown == 3


def heard_not(world: World, from_position: int, to_position: int) -> None:
    begin(world, Gap(UNHEARD, from_position, "doubt"))
    end(world, Gap(UNHEARD, from_position, "doubt", to_position))


def test_gaps_that_nearly_touch_are_one_and_those_of_another_hour_are_none(
    world: World,
) -> None:
    case_id = world.case()
    for second in range(0, 60, 2):
        heard_not(world, second * RATE_HZ, (second + 1) * RATE_HZ)
    for minute in range(3, 200):
        heard_not(world, minute * 60 * RATE_HZ, minute * 60 * RATE_HZ + 10)
    view = page(world, case_id)
    assert [(one.from_position, one.to_position) for one in gaps(view)] == [(0, 59 * RATE_HZ)]
    assert view.unshown == 0


def test_of_many_gaps_apart_those_in_the_stretch_are_shown(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unheard, "GAPS_MAX", 2)
    case_id = world.case(from_position=20 * RATE_HZ, to_position=26 * RATE_HZ)
    for second in range(0, 60, 5):
        heard_not(world, second * RATE_HZ, (second + 1) * RATE_HZ)
    view = page(world, case_id)
    assert [one.from_position for one in gaps(view)] == [20 * RATE_HZ, 25 * RATE_HZ]
    assert view.unshown == 10


def test_a_gap_that_goes_on_takes_in_what_is_told_of_it_later(world: World) -> None:
    case_id = world.case()
    begin(world, Gap(UNHEARD, 96_000, "doubt"))
    heard_not(world, 300_000, 310_000)
    assert [(one.from_position, one.to_position) for one in gaps(page(world, case_id))] == [
        (96_000, None)
    ]


def test_a_case_about_no_voice_shows_the_gaps_of_all(world: World) -> None:
    bob, case_id = world.take_stage("bob"), world.case(about=None)
    for seat_id in (bob, world.seat_id):
        begin(world, Gap(UNHEARD, 96_000, "doubt"), seat_id)
    assert {one.gap.name for one in gaps(page(world, case_id)) if one.gap} == {"Ada", "Bob"}


def flag_at(session: Session, world: World, case_id: str, position: int) -> None:
    flag = Flag(
        id=new_id(), kind=FlagKind.EAR, room_id=world.room_id, seat_id=world.seat_id, title="x",
        category="x", list_name="x", stage=FlagStage.CONFIRMED, from_position=position,
        to_position=position + 10, detector="x", state=FlagState.OPEN, at=now(),
    )  # fmt: skip
    session.add_all([flag, CaseFlag(flag_id=flag.id, case_id=case_id)])


def test_of_many_flags_the_nearest_are_shown_and_the_others_are_counted(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timeline, "FLAGS_MAX", 2)
    case_id = world.case()
    with world.database.transaction() as session:
        for position in (10, 20, BEGIN + 5, END + 90, END * 9):
            flag_at(session, world, case_id, position)
    view = page(world, case_id)
    shown = [one.from_position for one in view.timeline if one.kind == "flag"]
    assert (shown, view.unshown) == ([BEGIN + 5, END + 90], 3)


def test_no_number_of_reports_crowds_a_weightier_one_out(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timeline, "REPORTS_MAX", 2)
    case_id = world.case()
    for _ in range(5):
        world.report(case_id)
    with world.database.transaction() as session:
        third = session.scalars(select(Report).order_by(Report.at)).all()[2]
        third.weight, weighty = 0.9, third.id
    view = page(world, case_id)
    shown = [one.report.id for one in view.timeline if one.report]
    assert weighty in shown
    assert (len(shown), view.unshown) == (2, 3)


def test_restrictions_and_messages_near_the_stretch_are_kept(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timeline, "RESTRICTIONS_MAX", 1)
    monkeypatch.setattr(timeline, "MESSAGES_MAX", 1)
    live_for(world, 1000)
    case_id = world.case(from_position=500 * RATE_HZ, to_position=510 * RATE_HZ)
    with world.database.transaction() as session:
        live_at, hana = world.room(session).live_at, world.person(session, "hana")
        assert live_at is not None
        for at_s in (1, 504, 900):
            when = live_at + timedelta(seconds=at_s)
            ruling = Ruling(hana.id, "Hana", Role.HOST, f"at {at_s}")
            cut = restrictions.record(
                session, world.seat(session), RestrictionKind.MUTE, ruling, until_at=None
            )
            cut.from_at = when
            data: dict[str, object] = {"about": "word", "text": f"at {at_s}"}
            feed.append(session, room_id=world.room_id, kind="message", data=data)
            session.flush()
            entry = feed.latest(session, room_id=world.room_id, kind="message")
            assert entry is not None
            entry.at = when
    view = page(world, case_id)
    assert [one.restriction.reason for one in view.timeline if one.restriction] == ["at 504"]
    assert [one.message.text for one in view.timeline if one.message] == ["at 504"]
    assert view.unshown == 4


def test_of_many_lines_those_around_the_stretch_are_shown(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transcript, "LINES_MAX", 2)
    case_id = world.case(from_position=30 * RATE_HZ, to_position=40 * RATE_HZ)
    with world.database.reading() as session:
        folder = world.folders.air / world.room(session).air_token
    folder.mkdir(parents=True)
    cues = [f"x-{at}\n00:00:{at:02}.000 --> 00:00:{at + 1:02}.000\n<v Ada>at {at}\n"
            for at in (1, 5, 33, 37, 50)]  # fmt: skip
    (folder / "transcript.vtt").write_text("WEBVTT\n\n" + "\n".join(cues))
    view = page(world, case_id)
    assert [one.line.text for one in view.timeline if one.line] == ["at 33", "at 37"]
    assert view.unshown == 3
