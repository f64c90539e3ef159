"""What the worker writes down of a replay: that it was made, or that it could not be."""

import asyncio
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, TypeVar, cast

import pytest

from balai.air import rerender
from balai.air.rerender import Rendered
from balai.broadcast import replay_care
from balai.broadcast.replay_care import NICE, ReplayCare, ReplayNotMade
from balai.cases import effects
from balai.rooms import replay_turns
from balai.rooms.replay_turns import Wanted
from balai.rooms.replays import OmissionCause, ReplayOmission

if TYPE_CHECKING:
    from balai.broadcast.studio import Studio

T = TypeVar("T")
RENDERED = Rendered(8, 2, 1_000, 0, "a" * 64)


@dataclass
class House:
    """Records in which some writings fail, and what came through."""

    refused: set[str] = field(default_factory=set)
    done: list[str] = field(default_factory=list)
    nice: list[int] = field(default_factory=list)
    left: list[str] = field(default_factory=lambda: ["one", "two"])

    async def insist(self, act: Callable[[], T]) -> T:
        return act()

    async def write(self, record: Callable[[Any], object]) -> bool:
        before = list(self.done)
        try:
            record(self)
        except KeyError:
            self.done = [*before, "given up"]
            return False
        return True

    def note(self, what: str, room_id: str) -> None:
        if what in self.refused:
            raise KeyError(what)
        self.done.append(f"{what} {room_id}")
        if room_id in self.left:
            self.left.remove(room_id)

    def made(self, _session: object, wanted: Wanted, _seen: object) -> set[str]:
        self.note("made", wanted.room_id)
        return {f"effect of {wanted.room_id}"}

    def failed(self, _session: object, wanted: Wanted, error: str) -> set[str]:
        self.note(error, wanted.room_id)
        return {f"effect of {wanted.room_id}"}

    def settle(self, _session: object, effect_ids: set[str], _at: object) -> None:
        self.note("settled", *effect_ids)


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> House:
    house = House()

    def render(*_: object) -> Rendered:
        house.nice.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
        return RENDERED

    monkeypatch.setattr(rerender, "render", render)
    monkeypatch.setattr(rerender, "forget", lambda *given: house.done.append(f"{given[2:]}"))
    monkeypatch.setattr(replay_turns, "made", house.made)
    monkeypatch.setattr(replay_turns, "failed", house.failed)
    monkeypatch.setattr(effects, "settle_cases_of", house.settle)
    monkeypatch.setattr(replay_care, "LOOK_S", 0.0)
    return house


def looked_after(house: House, tmp_path: Any, *, looks: int = 2) -> ReplayCare:
    """Look as often as said; the rooms are due in their order."""
    folders = SimpleNamespace(air_path=tmp_path / "air", tracks_path=tmp_path / "tracks")
    studio = SimpleNamespace(records=house, settings=folders)
    care = ReplayCare(cast("Studio", studio))
    looked = 0

    def due() -> Wanted | None:
        nonlocal looked
        looked += 1
        if looked > looks:
            raise asyncio.CancelledError
        return wanted(house.left[0]) if house.left else None

    care._due = due  # type: ignore[method-assign]
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(care.run())
    return care


def wanted(room_id: str) -> Wanted:
    omissions = {
        seat: ReplayOmission(id=seat, seat_id=seat, from_position=0, cause=cause)
        for seat, cause in (
            ("ada", OmissionCause.CONSENT),
            ("ben", OmissionCause.DECISION),
            ("eve", OmissionCause.CONSENT),
        )
    }
    return Wanted(room_id, f"air-{room_id}", omissions)


FORGOTTEN = "('ada', 'eve')"  # in one call


def test_a_replay_is_made_written_down_and_then_its_cases_are_settled(
    house: House, tmp_path: object
) -> None:
    care = looked_after(house, tmp_path)
    assert house.done == [
        *(FORGOTTEN, "made one", "settled effect of one"),
        *(FORGOTTEN, "made two", "settled effect of two"),
    ]
    assert care.health() == {"replays_made": 2, "replays_failed": 0}


def test_cases_that_cannot_be_settled_leave_the_replay_made(
    house: House, tmp_path: object
) -> None:
    house.refused = {"settled"}
    looked_after(house, tmp_path)
    assert house.done == [
        *(FORGOTTEN, "made one", "given up"),
        *(FORGOTTEN, "made two", "given up"),
    ]


def test_what_cannot_be_written_down_counts_as_failed_and_others_have_their_turn(
    house: House, tmp_path: object
) -> None:
    house.refused = {"made"}
    care = looked_after(house, tmp_path)
    code = ReplayNotMade.code()
    assert house.done == [
        *(FORGOTTEN, "given up", f"{code} one", "settled effect of one"),
        *(FORGOTTEN, "given up", f"{code} two", "settled effect of two"),
    ]
    assert care.health() == {"replays_made": 2, "replays_failed": 2}


def test_where_nothing_can_be_written_no_case_is_settled(
    house: House, tmp_path: object
) -> None:
    house.refused = {"made", ReplayNotMade.code()}
    looked_after(house, tmp_path, looks=1)
    assert house.done == [FORGOTTEN, "given up", "given up"]


def test_a_replay_that_cannot_be_made_is_written_down_as_that(
    house: House, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(rerender, "forget", full)
    care = looked_after(house, tmp_path, looks=1)
    assert house.done == [f"{ReplayNotMade.code()} one", "settled effect of one"]
    assert care.health() == {"replays_made": 0, "replays_failed": 1}


def test_replays_are_made_behind_all_that_is_on_air(house: House, tmp_path: object) -> None:
    own = os.getpriority(os.PRIO_PROCESS, 0)
    looked_after(house, tmp_path, looks=1)
    assert house.nice == [min(19, own + NICE)]
    assert os.getpriority(os.PRIO_PROCESS, 0) == own
