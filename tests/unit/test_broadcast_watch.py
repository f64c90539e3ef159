"""Who is listened to, and what is told when nobody is."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from balai.audio.blocks import RATE_HZ, silence
from balai.broadcast import watch as watching
from balai.broadcast.watch import EAR, Unwatched, Watch, WatchedAgain
from balai.detect.chunk import CHUNK_SAMPLES, Chunk
from balai.detect.wire import EAR_SOCKET, HEAD, LINE_BYTES_MAX, Head, Heard, line

LATE = round(EAR.behind_s * RATE_HZ) + CHUNK_SAMPLES


class Hall:
    """A watch, the rooms' clock, and everything it told."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.position = 0
        self.news: list[watching.News] = []
        self.watch = Watch(EAR, self.news.append, position_of=lambda _room: self.position)

    def say(self, number: int, seat: str = "ada") -> None:
        """Give the n-th chunk of a voice; the room is at its end."""
        chunk = Chunk("room", seat, number * CHUNK_SAMPLES, silence(CHUNK_SAMPLES))
        self.position = max(self.position, chunk.end)
        self.watch.give(chunk)

    async def told(self, count: int) -> list[watching.News]:
        async with asyncio.timeout(5):
            while len(self.news) < count:
                await asyncio.sleep(0.01)
        return self.news

    async def detector(self) -> "Detector":
        detector = Detector()
        before = self.watch.detectors
        reader, writer = await asyncio.open_unix_connection(self.folder / EAR_SOCKET)
        detector.reader, detector.writer = reader, writer
        while self.watch.detectors == before:
            await asyncio.sleep(0.01)
        return detector


class Detector:
    """A detector that hears when it is told to."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def next(self) -> Chunk:
        async with asyncio.timeout(5):
            head = Head.read(await self.reader.readexactly(HEAD.size))
            return head.chunk(await self.reader.readexactly(head.rest))

    async def hear(self) -> Chunk:
        chunk = await self.next()
        self.ack(chunk)
        return chunk

    def ack(self, chunk: Chunk) -> None:
        self.writer.write(line(Heard(chunk.room_id, chunk.seat_id, chunk.position, chunk.end)))

    async def die(self) -> None:
        self.writer.close()
        with contextlib.suppress(ConnectionError):  # the watch may have hung up first
            await self.writer.wait_closed()


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Hall]:
    hall = Hall(tmp_path)
    async with hall.watch.serving(tmp_path):
        yield hall


async def test_what_is_heard_in_time_is_no_news(hall: Hall) -> None:
    detector = await hall.detector()
    for number in range(3):
        hall.say(number)
        assert (await detector.hear()).position == number * CHUNK_SAMPLES
    hall.position += 10 * LATE  # silence is no reason for alarm
    await asyncio.sleep(2 * watching.LOOK_S)
    assert hall.news == []
    await detector.die()


async def test_without_a_detector_a_voice_is_unwatched_until_one_hears_it(hall: Hall) -> None:
    hall.say(4)
    hall.position += LATE
    assert await hall.told(1) == [Unwatched("room", "ada", 4 * CHUNK_SAMPLES)]
    detector = await hall.detector()
    hall.say(20)
    await detector.hear()
    again = WatchedAgain("room", "ada", 4 * CHUNK_SAMPLES, 20 * CHUNK_SAMPLES)
    assert (await hall.told(2))[1] == again
    assert hall.watch.dropped == 1
    await detector.die()


async def test_what_a_dying_detector_had_not_heard_is_told_to_the_sample(hall: Hall) -> None:
    dying, other = await hall.detector(), await hall.detector()
    hall.say(0)
    await dying.hear()
    hall.say(1)
    await dying.next()
    await dying.die()
    assert await hall.told(1) == [Unwatched("room", "ada", CHUNK_SAMPLES)]
    hall.say(2)
    await other.hear()
    again = WatchedAgain("room", "ada", CHUNK_SAMPLES, 2 * CHUNK_SAMPLES)
    assert (await hall.told(2))[1] == again
    await other.die()


async def test_a_slow_detector_is_told_and_so_is_the_stretch_it_heard_late(hall: Hall) -> None:
    detector = await hall.detector()
    hall.say(0)
    hall.say(1)
    chunks = [await detector.next(), await detector.next()]
    hall.position = LATE + CHUNK_SAMPLES
    assert await hall.told(1) == [Unwatched("room", "ada", 0)]
    for chunk in chunks:  # too late both
        detector.ack(chunk)
    hall.say(8)
    await detector.hear()
    assert (await hall.told(2))[1] == WatchedAgain("room", "ada", 0, 8 * CHUNK_SAMPLES)
    await detector.die()


async def test_a_voice_that_fell_silent_meanwhile_is_watched_when_a_detector_is_back(
    hall: Hall,
) -> None:
    dying = await hall.detector()
    hall.say(0)
    await dying.die()
    await hall.told(1)
    hall.position += LATE
    detector = await hall.detector()
    assert (await hall.told(2))[1] == WatchedAgain("room", "ada", 0, CHUNK_SAMPLES)
    await detector.die()


async def test_voices_are_shared_out_and_move_when_their_detector_dies(hall: Hall) -> None:
    one, two = await hall.detector(), await hall.detector()
    hall.say(0, "ada")
    hall.say(0, "ben")
    assert {(await one.hear()).seat_id, (await two.hear()).seat_id} == {"ada", "ben"}
    await one.die()
    while hall.watch.detectors == 2:
        await asyncio.sleep(0.01)
    hall.say(1, "ada")
    hall.say(1, "ben")
    assert {(await two.hear()).seat_id, (await two.hear()).seat_id} == {"ada", "ben"}
    assert hall.news == []
    await two.die()


async def test_a_full_inbox_drops_the_oldest_and_says_so(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "INBOX_MAX", 3)
    detector = await hall.detector()
    for number in range(60):  # the socket takes a few
        hall.say(number)
    (lost,) = await hall.told(1)
    assert isinstance(lost, Unwatched)
    assert hall.watch.dropped > 0
    heard = [(await detector.next()).position // CHUNK_SAMPLES]
    while heard[-1] < 59:
        heard.append((await detector.next()).position // CHUNK_SAMPLES)
    assert len(heard) == 60 - hall.watch.dropped
    assert lost.from_position // CHUNK_SAMPLES not in heard
    await detector.die()


@pytest.mark.parametrize("nonsense", [b"\n", b"{}\n", b"x" * (2 * LINE_BYTES_MAX)])
async def test_a_detector_that_talks_nonsense_is_given_up(hall: Hall, nonsense: bytes) -> None:
    detector = await hall.detector()
    detector.writer.write(nonsense)
    async with asyncio.timeout(5):
        while hall.watch.detectors:
            await asyncio.sleep(0.01)
    await detector.die()


async def test_a_room_that_is_over_is_forgotten(hall: Hall) -> None:
    hall.say(0)
    await hall.told(1)
    hall.news.clear()
    hall.watch.forget("room")
    hall.position += 10 * LATE
    await asyncio.sleep(2 * watching.LOOK_S)
    assert hall.news == []


async def test_what_is_too_old_to_be_kept_from_air_is_not_sent(hall: Hall) -> None:
    detector = await hall.detector()
    hall.say(0)
    hall.position += LATE  # the loop stood still
    hall.say(12)
    assert (await detector.hear()).position == 12 * CHUNK_SAMPLES
    assert await hall.told(2) == [
        Unwatched("room", "ada", 0),
        WatchedAgain("room", "ada", 0, 12 * CHUNK_SAMPLES),
    ]
    await detector.die()


async def test_a_detector_that_comes_gets_its_share(hall: Hall) -> None:
    first = await hall.detector()
    for seat in ("ada", "ben", "cem", "dia"):
        hall.say(0, seat)
        await first.hear()
    second = await hall.detector()
    for seat in ("ada", "ben", "cem", "dia"):
        hall.say(1, seat)
    heard = [(await one.hear()).seat_id for one in (first, first, second, second)]
    assert sorted(heard) == ["ada", "ben", "cem", "dia"]
    await first.die()
    await second.die()


async def test_a_hung_detector_is_given_up(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "HUNG_S", 0.2)
    detector = await hall.detector()
    hall.say(0)
    await detector.next()
    assert await hall.told(1) == [Unwatched("room", "ada", 0)]
    async with asyncio.timeout(5):
        while hall.watch.detectors:
            await asyncio.sleep(0.01)
    detector.writer.close()


async def test_a_lost_chunk_is_told_however_short(hall: Hall) -> None:
    hall.say(0)
    await hall.told(1)
    detector = await hall.detector()
    hall.say(1)
    await detector.hear()
    assert await hall.told(2) == [
        Unwatched("room", "ada", 0),
        WatchedAgain("room", "ada", 0, CHUNK_SAMPLES),
    ]
    await detector.die()
