import asyncio
import itertools
import time
from collections.abc import Sequence

import pytest

from balai.broadcast.mixer import BEHIND_TICKS_MAX, MixerClock, MixerStopped, News


class Bar:
    """A room that counts its ticks and tells each."""

    def __init__(self, room_id: str) -> None:
        self.room_id = room_id
        self.ticks = 0
        self.skipped = 0
        self.fails = False
        self.wait_s = 0.0

    def tick(self, *, skipped: int) -> Sequence[News]:
        self.ticks += 1
        self.skipped += skipped
        wait_s, self.wait_s = self.wait_s, 0.0
        time.sleep(wait_s)
        if self.fails:
            raise ZeroDivisionError
        return [self]


async def until(clock: MixerClock, bar: Bar, ticks: int) -> None:
    async with asyncio.timeout(10):
        while bar.ticks < ticks:
            await clock.run(lambda: None)


async def test_time_on_air_is_a_count_of_ticks() -> None:
    told: list[News] = []
    clock = MixerClock(told.extend)
    bar = Bar("a")
    clock.start()
    await clock.add(bar)
    began = time.monotonic()
    before = bar.ticks
    await until(clock, bar, 40)
    elapsed_ticks = (time.monotonic() - began) / 0.02
    ticks = bar.ticks + bar.skipped - before
    await clock.stop()
    assert abs(elapsed_ticks - ticks) < 2 + clock.counts.late
    assert {news.room_id for news in told} == {"a"}


async def test_a_room_that_fails_is_counted_and_the_others_go_on() -> None:
    clock = MixerClock(lambda _: None)
    good, bad = Bar("good"), Bar("bad")
    bad.fails = True
    clock.start()
    await clock.add(bad)
    await clock.add(good)
    await until(clock, good, 5)
    await clock.stop()
    assert good.ticks <= bad.ticks
    assert clock.counts.faults == bad.ticks


async def test_a_long_stall_is_skipped_and_declared_a_short_one_made_up() -> None:
    clock = MixerClock(lambda _: None)
    bar = Bar("a")
    clock.start()
    await clock.add(bar)
    bar.wait_s = 0.2
    await until(clock, bar, 20)
    assert bar.skipped == 0
    bar.wait_s = BEHIND_TICKS_MAX * 0.02 + 0.3
    await until(clock, bar, 40)
    await clock.stop()
    assert bar.skipped == clock.counts.skipped
    assert bar.skipped > BEHIND_TICKS_MAX


async def test_actions_run_in_the_mixer_and_their_errors_come_back() -> None:
    clock = MixerClock(lambda _: None)
    clock.start()
    assert await clock.run(lambda: 6 * 7) == 42
    with pytest.raises(ZeroDivisionError):
        await clock.run(lambda: 1 // 0)
    await clock.stop()
    await clock.stop()
    with pytest.raises(MixerStopped):
        await clock.run(lambda: 42)


async def test_what_is_posted_during_a_tick_waits_for_the_next() -> None:
    clock = MixerClock(lambda _: None)
    bar = Bar("a")
    clock.start()
    await clock.add(bar)
    seen = [await clock.run(lambda: bar.ticks) for _ in range(20)]
    await clock.stop()
    assert all(later > earlier for earlier, later in itertools.pairwise(seen))
