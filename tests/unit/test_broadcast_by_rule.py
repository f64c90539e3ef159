"""A hold that cannot be written down is undone: nobody is silent without a reason on record."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar, cast

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from balai.broadcast import by_rule
from balai.broadcast.by_rule import NOTHING, Done
from balai.broadcast.listening import Listening
from balai.broadcast.mixer import MixerBusy
from balai.broadcast.records import Records
from balai.broadcast.studio import Studio
from balai.broadcast.words import Words
from balai.catalogue import changing
from balai.catalogue.changing import Membership
from balai.catalogue.folder import Catalogue
from balai.catalogue.recording import Action, Described
from balai.database import Database
from balai.detect.wire import Recognised, Said, SaidWord
from balai.policy.judge import Judge
from balai.policy.pack import from_files
from balai.rooms import wishes
from balai.rooms.model import Flag, Restriction
from balai.settings import Settings
from tests.cases_world import World
from tests.policy_packs import encoded

T = TypeVar("T")


class Programme:
    """What a rule may touch of a programme, remembered."""

    delay_samples = 0

    def __init__(self) -> None:
        self.held: dict[str, int] = {}
        self.done: list[str] = []

    def held_from(self) -> dict[str, int]:
        return dict(self.held)

    def hold(self, seat: str) -> int:
        self.held.setdefault(seat, 96_000)
        self.done.append("hold")
        return 96_000

    def release(self, seat: str, *, air_held: bool) -> None:
        self.held.pop(seat, None)
        self.done.append(f"release, {air_held=}")

    def write_words(self, seat: str, **_: object) -> None:
        self.done.append("caption")


class Clock:
    """Runs at once what the mixer would run before its next tick."""

    async def run(self, act: Callable[[], T]) -> T:
        return act()


@pytest.fixture
def programme() -> Programme:
    return Programme()


@pytest.fixture
def studio(world: World, programme: Programme, tmp_path: Path) -> Studio:
    bell = cast("Any", SimpleNamespace(ring=lambda: None))
    room: Any = SimpleNamespace(programme=programme, position=4_800_000)
    gaps: Any = SimpleNamespace(begin=lambda *_: None, heard=lambda *_: None)
    records = Records(world.database, bell)
    clock = cast("Any", Clock())
    settings = Settings(data=tmp_path)
    return Studio(settings, world.database, records, clock, {world.room_id: room}, gaps)


def flags(database: Database) -> list[tuple[bool, str]]:
    with database.reading() as session:
        return [(one.held, one.state) for one in session.scalars(select(Flag))]


def restrictions(database: Database) -> int:
    with database.reading() as session:
        return len(session.scalars(select(Restriction)).all())


async def listened(studio: Studio, world: World, tmp_path: Path) -> None:
    """Let the ear tell of a recording that is listed for holding."""
    with (
        Catalogue(tmp_path / "catalogue", create=True) as known,
        known.transaction() as session,
    ):
        described = Described("a/chant", b"print", 9_000)
        recording_id = changing.add(session, described, membership=Membership(Action.HOLD)).id
    seen = Recognised(
        world.room_id, world.seat_id, "confirmed", recording_id,
        1, 2, 3.0, 6.0, 0.1, 1.0, 0.0, (), "x/1",
    )  # fmt: skip
    await Listening(studio)._answer(seen)


async def heard(studio: Studio, world: World, _folder: Path) -> None:
    """Let a recogniser tell of words for which the policy holds."""
    words = Words(studio, cast("Any", None), lambda _said: None, clock=lambda: 0.0)
    with world.database.reading() as session:
        words.joined(world.room(session), world.seat(session))
    words._judging._judge = Judge(from_files(encoded()))
    phrase = ("kill", "all", "of", "them")
    told = tuple(SaidWord(word, n, n + 1, 0.9) for n, word in enumerate(phrase))
    said = Said(
        world.room_id, world.seat_id, 0, 4, told, "en", False, "test", True, False
    )  # fmt: skip
    words._hear(said)
    await asyncio.gather(*words._answering)
    so_far = words._voices[world.room_id, world.seat_id].so_far
    has_held = int(bool(studio.on_air(world.room_id).room.programme.held_from()))  # type: ignore[union-attr]
    assert (so_far.flags.total(), so_far.holds.total()) == (1, has_held)


ANSWERS = pytest.mark.parametrize("answer", [listened, heard])


@ANSWERS
async def test_a_hold_that_is_on_record_stays(
    studio: Studio, world: World, programme: Programme, tmp_path: Path, answer: Any
) -> None:
    await answer(studio, world, tmp_path)
    assert [one for one in programme.done if one != "caption"] == ["hold"]
    assert flags(world.database) == [(True, "open")]
    assert restrictions(world.database) == 1


@ANSWERS
async def test_a_hold_that_is_not_on_record_is_undone_and_the_flag_is_written_alone(
    studio: Studio,
    world: World,
    programme: Programme,
    tmp_path: Path,
    answer: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wishes, "done_by_rule", lambda *_: 1 / 0)
    await answer(studio, world, tmp_path)
    shown = [one for one in programme.done if one != "caption"]
    assert shown == ["hold", "release, air_held=True"]
    assert flags(world.database) == [(False, "open")]
    assert (restrictions(world.database), studio.records.dropped) == (0, 1)


@ANSWERS
async def test_when_not_even_the_flag_can_be_written_the_voice_is_heard_all_the_same(
    studio: Studio,
    world: World,
    programme: Programme,
    tmp_path: Path,
    answer: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module in ("rooms.flags", "rooms.spoken"):
        monkeypatch.setattr(f"balai.{module}.tell_flag", lambda *_: 1 / 0)
    await answer(studio, world, tmp_path)
    assert programme.held_from() == {}
    assert flags(world.database) == []
    assert (restrictions(world.database), studio.records.dropped) == (0, 2)


def given_up(_done: Done) -> Callable[[Session], None]:
    return lambda _session: cast("None", 1 / 0)


@pytest.mark.parametrize("by", ["somebody before", "somebody meanwhile"])
async def test_a_voice_that_people_hold_is_not_let_go(
    studio: Studio, world: World, programme: Programme, by: str
) -> None:
    if by == "somebody before":
        programme.hold(world.seat_id)
    on_air = studio.on_air(world.room_id)
    assert on_air is not None
    done = await by_rule.hold(on_air, world.seat_id)
    assert done.was_held is (by == "somebody before")
    if by == "somebody meanwhile":
        with world.database.transaction() as session:
            world.seat(session).held = True
    key = (world.room_id, world.seat_id)
    assert await by_rule.write(studio, key, done, given_up) == NOTHING
    assert list(programme.held_from()) == [world.seat_id]


async def test_a_mixer_that_is_busy_or_a_room_that_is_over_raises_nothing(
    studio: Studio, world: World, programme: Programme, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def busy(_act: object) -> None:
        raise MixerBusy

    key, done = (world.room_id, world.seat_id), Done(silent_from=1)
    elsewhere = ("elsewhere", world.seat_id)
    assert await by_rule.write(studio, elsewhere, done, given_up) == NOTHING
    monkeypatch.setattr(studio.clock, "run", busy)
    assert await by_rule.write(studio, key, done, given_up) == NOTHING
    assert programme.done == []


async def test_who_did_nothing_has_nothing_to_undo(
    studio: Studio, world: World, programme: Programme
) -> None:
    key = (world.room_id, world.seat_id)
    assert await by_rule.write(studio, key, NOTHING, given_up) == NOTHING
    assert (programme.done, studio.records.dropped) == ([], 1)
