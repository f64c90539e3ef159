"""Which pieces of a case's sealed sound can be heard, and which of them comes first."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from balai.cases import sounding
from balai.cases.model import Case, Report
from balai.cases.views import SoundTold
from balai.clock import now
from balai.evidence.errors import SoundGone
from balai.evidence.model import Sealed
from tests.cases_sound import sealed
from tests.cases_world import BEGIN, END, World


def piece(
    world: World, case_id: str, begin: int, end: int, *seat_ids: str, voiced: int = 960
) -> str:
    """Let somebody report something that belongs to a case, which seals it; give the piece."""
    world.report(case_id)
    with world.database.transaction() as session:
        done = set(session.scalars(select(Sealed.why)))
        whys = [f"report:{one}" for one in session.scalars(select(Report.id))]
        (why,) = [one for one in whys if one not in done]
        row = sealed(world, why, begin, end, *seat_ids, voiced=voiced)
        session.add(row)
        return row.id


def told(world: World, case_id: str) -> tuple[SoundTold, int]:
    with world.database.reading() as session:
        return sounding.told(session, session.get_one(Case, case_id))


def first(world: World, case_id: str) -> str:
    with world.database.reading() as session:
        return sounding.find(session, session.get_one(Case, case_id), None).id


def test_the_piece_of_the_stretch_comes_first_and_none_is_hidden(world: World) -> None:
    case_id = world.case()
    elsewhere = piece(world, case_id, END, END * 20, world.seat_id, voiced=10**9)
    real = piece(world, case_id, BEGIN, END, world.seat_id)
    shown, unshown = told(world, case_id)
    assert [one.id for one in shown.pieces] == [real, elsewhere]
    assert (first(world, case_id), unshown) == (real, 0)


def test_a_piece_of_another_voice_does_not_come_before_one_of_the_case(world: World) -> None:
    bob, case_id = world.take_stage("bob"), world.case()
    other = piece(world, case_id, BEGIN, END, bob)
    real = piece(world, case_id, BEGIN, END - 9_000, world.seat_id)
    shown, _ = told(world, case_id)
    assert [one.id for one in shown.pieces] == [real, other]
    names = [[voice.name for voice in one.voices or ()] for one in shown.pieces]
    assert (names, shown.on_stage) == ([["Ada"], ["Bob"]], [])


def test_of_a_piece_of_all_voices_it_is_told_who_was_on_the_stage_by_then(world: World) -> None:
    case_id = world.case(about=None)
    with world.database.transaction() as session:
        world.room(session).live_at = now() - timedelta(minutes=10)
        world.seat(session).joined_at = now() - timedelta(minutes=10)
    world.take_stage("bob")  # much later than that piece
    piece(world, case_id, BEGIN, END)
    shown, _ = told(world, case_id)
    assert shown.pieces[0].voices is None
    assert [one.name for one in shown.on_stage] == ["Ada"]


def test_what_is_silent_or_destroyed_or_of_another_case_cannot_be_heard(world: World) -> None:
    case_id, other = world.case(), world.case()
    piece(world, case_id, BEGIN, END, voiced=0)
    gone, foreign = piece(world, case_id, BEGIN, END), piece(world, other, BEGIN, END)
    with world.database.transaction() as session:
        session.get_one(Sealed, gone).destroyed_at = now()
    assert told(world, case_id)[0].pieces == []
    with world.database.reading() as session:
        case = session.get_one(Case, case_id)
        for piece_id in (None, gone, foreign, "none"):
            with pytest.raises(SoundGone):
                sounding.find(session, case, piece_id)


def test_of_too_many_pieces_those_in_the_stretch_are_shown_and_any_can_be_asked_for(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sounding, "PIECES_MAX", 2)
    case_id = world.case()
    far = [piece(world, case_id, END * n, END * 20, voiced=10**9) for n in (2, 3, 4)]
    real = piece(world, case_id, BEGIN, END)
    shown, unshown = told(world, case_id)
    assert ([one.id for one in shown.pieces], unshown) == ([real, far[0]], 2)
    with world.database.reading() as session:
        found = sounding.find(session, session.get_one(Case, case_id), far[2])
        assert found.id == far[2]


def expiries(session: Session) -> set[bool]:
    soon = now() + timedelta(days=1)
    return {one > soon for one in session.scalars(select(Sealed.expires_at))}


def test_an_appeal_keeps_every_piece_however_many_there_are(world: World) -> None:
    case_id = world.case()
    for number in range(101):  # large ones, that once crowded the last out
        piece(world, case_id, END, END * 2, voiced=10**6 - number)
    with world.database.transaction() as session:
        case = session.get_one(Case, case_id)
        sounding.keep(session, case, now() + timedelta(days=90))
        assert expiries(session) == {True}
