"""What the policy is told of a room on air: how many listen, as counted lately."""

import asyncio
import contextlib
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import event

from balai.broadcast import judging
from balai.broadcast.studio import Studio
from balai.broadcast.words import Words
from balai.clock import now
from balai.detect.wire import Said, SaidWord
from balai.policy.judge import Judge
from balai.policy.pack import from_files
from balai.rooms.audience import AudienceMinute
from balai.settings import Settings
from tests.cases_world import World
from tests.policy_packs import RULES, encoded

RECORDS: Any = SimpleNamespace(insist=asyncio.to_thread)


@pytest.fixture
def words(world: World) -> Words:
    """Give the words of a worker on whose air the world's room is."""
    nobody: Any = None
    room: Any = SimpleNamespace(position=4_800_000)
    rooms = {world.room_id: room, "another": room}
    studio = Studio(Settings(), world.database, RECORDS, nobody, rooms, nobody)
    silence: Any = SimpleNamespace(heard=lambda: asyncio.sleep(3_600))
    bell: Any = SimpleNamespace(listen=lambda: silence)
    words = Words(studio, bell, lambda _said: None)
    with world.database.reading() as session:
        words.joined(world.room(session), world.seat(session))
    return words


def counted(world: World, *listeners: int, minutes_ago: float = 0.0) -> None:
    """Count the listeners of the room's first minutes; the last of them ended so long ago."""
    passed = timedelta(minutes=len(listeners) - 0.5 + minutes_ago)
    with world.database.transaction() as session:
        world.room(session).live_at = now() - passed
        for minute, n in enumerate(listeners):
            session.add(
                AudienceMinute(room_id=world.room_id, minute=minute, listeners=n, delay_s=8.0)
            )


def spoken(world: World, words: Words, when: str = "audience >= 100") -> tuple[str, ...]:
    """Let somebody speak in the room; give the rules that spoke, one of them asking `when`."""
    pack = from_files(encoded(rules=RULES.replace("size(hits) > 0", when)))
    heard = (SaidWord("good", 0, 10, 0.9),)
    said = Said(world.room_id, world.seat_id, 0, 10, heard, "en", False, "test", True, False)
    stretch = judging.stretch_of(said, (), words._history(said), None)
    return Judge(pack).judge(stretch).spoken


@pytest.mark.parametrize(
    ("listeners", "ago", "acts"),
    [
        ((200,), 0.0, True),
        ((3,), 0.0, False),
        ((3, 500, 200), 0.0, True),
        ((200, 500, 3), 0.0, False),
        ((200,), 2.9, True),
        ((200,), 3.6, False),  # too old: unknown
        ((), 5.0, False),
    ],
)
def test_a_rule_about_many_listeners_acts_where_many_were_counted_lately(
    world: World, words: Words, listeners: tuple[int, ...], ago: float, acts: bool
) -> None:
    counted(world, *listeners, minutes_ago=ago)
    words._judging._renew()
    assert spoken(world, words) == (("threat-said",) if acts else ())


def test_an_unknown_number_of_listeners_is_not_none_of_them(world: World, words: Words) -> None:
    assert spoken(world, words, "audience < 100") == ()
    counted(world, 0)
    words._judging._renew()
    assert spoken(world, words, "audience < 100") == ("threat-said",)


@contextlib.contextmanager
def queries(world: World) -> Iterator[list[str]]:
    asked: list[str] = []

    def note(*args: object) -> None:
        asked.append(str(args[2]))

    engine = world.database._engine
    event.listen(engine, "before_cursor_execute", note)
    yield asked
    event.remove(engine, "before_cursor_execute", note)


def test_who_speaks_costs_no_question_to_the_records(world: World, words: Words) -> None:
    counted(world, 200)
    words._judging._renew()
    with queries(world) as asked:
        for _ in range(50):
            spoken(world, words)
    assert asked == []


async def test_counts_are_looked_at_though_no_bell_rings(
    world: World, words: Words, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judging, "SILENCE_S", 0.0)
    monkeypatch.setattr(judging, "RENEW_S", 0.0)
    following = asyncio.create_task(words.follow_policy())
    async with asyncio.timeout(20):
        while words._judging._judge is None:  # it has looked once
            await asyncio.sleep(0)
        counted(world, 200)
        while words._judging.audience(world.room_id) is None:
            await asyncio.sleep(0)
    following.cancel()
