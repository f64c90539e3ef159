"""What a worker does with the words it is told: the hold first, and no flood."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, TypeVar, cast

import pytest

from balai.broadcast.pace import AT_ONCE, DROPPED_MAX
from balai.broadcast.rule_holds import RuleHolds
from balai.broadcast.studio import Studio
from balai.broadcast.words import Words
from balai.detect.wire import DetectorGarbled, Missed, Said, SaidWord
from balai.policy.judge import Judge
from balai.policy.pack import from_files
from balai.policy.stretch import Stretch
from balai.policy.verdict import Verdict
from balai.rooms.model import Gap
from balai.settings import Settings
from tests.policy_packs import encoded

if TYPE_CHECKING:
    from balai.bell import Bell

T = TypeVar("T")
NOW = 48_000 * 60


@dataclass
class House:
    """All that words touch, remembered in its order."""

    done: list[str] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)
    delay_samples: int = 0

    def held_from(self) -> dict[str, int]:
        return {}

    def hold(self, seat: str) -> int:
        self.done.append(f"hold {seat}")
        return 96_000

    def write_words(self, seat: str, **_: object) -> None:
        self.done.append(f"caption {seat}")

    async def run(self, act: Callable[[], T]) -> T:
        return act()

    async def write(self, _record: object) -> bool:
        self.done.append("record")
        return True

    def note(self, record: Any) -> None:
        self.done.append(f"shadow {record.args[1]} for {record.args[2]}")

    def begin(self, _key: object, gap: Gap) -> None:
        self.gaps.append(f"from {gap.from_position} {gap.why}")

    def heard(self, _key: object, _state: object, to_position: int) -> None:
        self.gaps.append(f"heard {to_position}")


class Watched(Judge):
    """A judge of whom it is known when they were asked."""

    def __init__(self, name: str, done: list[str]) -> None:
        super().__init__(from_files(encoded()))
        self._name, self._done = name, done

    def judge(self, stretch: Stretch) -> Verdict:
        self._done.append(f"{self._name} judges")
        return super().judge(stretch)


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
async def words(house: House) -> AsyncIterator[Words]:
    room: Any = SimpleNamespace(programme=house, position=NOW)
    parts: list[Any] = [None, house, house, {"room": room}, house, RuleHolds()]
    words = Words(
        Studio(Settings(), *parts), cast("Bell", None), lambda _said: None, clock=lambda: 0.0
    )
    seated: Any = SimpleNamespace(id="room", language="en", openness="open")
    seat: Any = SimpleNamespace(id="ada", language=None, alias="Ada", room=seated)
    words.joined(seated, seat)
    words._judging._judge = Watched("in force", house.done)
    yield words
    await asyncio.gather(*words._answering)


def said(text: str, *, seat: str = "ada", at: int = 0) -> Said:
    heard = tuple(
        SaidWord(word, at + 10 * n, at + 10 * n + 10, 0.9)
        for n, word in enumerate(text.split())
    )
    return Said("room", seat, at, at + 10 * len(heard), heard, "en", False, "test", True, False)


async def answered(words: Words) -> None:
    while words._answering:
        await asyncio.gather(*words._answering)


async def test_the_shadow_is_asked_when_the_hold_is_carried_out(
    words: Words, house: House
) -> None:
    words._judging._shadow = (7, Watched("shadow", house.done))
    words._hear(said("kill all of them"))
    await answered(words)
    assert house.done == [
        *("in force judges", "hold ada", "caption ada", "record"),
        *("shadow judges", "shadow hold for hold"),
    ]


async def test_a_shadow_that_breaks_takes_no_hold_back(words: Words, house: House) -> None:
    class Broken(Watched):
        def judge(self, stretch: Stretch) -> Verdict:
            raise RuntimeError

    words._judging._shadow = (7, Broken("shadow", house.done))
    words._hear(said("kill all of them"))
    with pytest.raises(RuntimeError):
        await answered(words)
    assert house.done == ["in force judges", "hold ada", "caption ada", "record"]


async def test_a_flood_of_words_is_dropped_counted_and_told(words: Words, house: House) -> None:
    flood = AT_ONCE + DROPPED_MAX
    for number in range(flood):
        words._hear(said("hello", at=100 * number))
    await answered(words)
    assert house.done.count("caption ada") == AT_ONCE
    assert words.health()["utterances_dropped"] == DROPPED_MAX
    assert house.gaps[AT_ONCE] == f"from {100 * AT_ONCE} detector"
    with pytest.raises(DetectorGarbled):
        words._hear(said("hello"))


async def test_one_voice_is_heard_while_another_floods(words: Words, house: House) -> None:
    seated: Any = SimpleNamespace(id="room", language="en", openness="open")
    words.joined(seated, cast("Any", SimpleNamespace(id="ben", language=None, alias="Ben")))
    for _ in range(AT_ONCE + DROPPED_MAX):
        words._hear(Missed("room", "ada", 0, 10, "doubt"))
    words._hear(said("hello", seat="ben"))
    await answered(words)
    assert house.done == ["in force judges", "caption ben"]


async def test_a_flood_about_strangers_is_given_up(words: Words, house: House) -> None:
    for number in range(AT_ONCE + DROPPED_MAX):
        words._hear(said("kill all of them", seat=f"stranger {number}"))
    with pytest.raises(DetectorGarbled):
        words._hear(said("kill all of them", seat="one more"))
    await answered(words)
    assert (house.done, house.gaps) == ([], [])
    assert set(words._voices) == {("room", "ada")}
