"""`make bench NAME=ear-air`: is a listed recording kept from the hall? The proof that matters.

A real house, a real speaker over WebRTC, 500 listeners over HTTP and a browser. The speaker
talks, plays ten seconds of a listed recording through the "room" distortion, talks on; again
and again, each time another recording. What counts is what the listeners received: every
segment is decoded, and whatever sounds in it of the time in which the recording played is
harm. A trial counts as "none aired" only when it was held for and the voice was heard before.
`ARGS="--trials 10 --delays 8 --listeners 50"` takes less.
"""

import argparse
import asyncio
import contextlib
import json
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
from scipy.signal import resample_poly

from balai.app import ear_segments
from balai.catalogue import changing
from balai.catalogue.changing import Membership
from balai.catalogue.folder import Catalogue
from balai.catalogue.recording import Action, Described
from balai.detect.fingerprint import fingerprint
from balai.detect.fingerprint.segment import VERSION
from balai.settings import Settings
from balai.wire import StagePortClient
from benchmarks.ear import Excerpt, cut, excerpts
from rig import listener, visit
from rig.browser import browser
from rig.corpus import RATE_HZ, Piece, Sound, corpus
from rig.distort import World, distorted
from rig.house import Person, RunningHouse, running_house
from rig.speaker import Speaker, encode

PLAYED_S: Final = 10.0
BEFORE_S: Final = 8.0
AFTER_S: Final = 6.0
TRIAL_S: Final = BEFORE_S + PLAYED_S + AFTER_S
EDGE_S: Final = 0.12  # of the window: the way through WebRTC, and the encoder's own window
FRAME: Final = 960
SILENT: Final = 2e-4
TALK_LOUDNESS: Final = 0.1
PROOF_DELAY_S: Final = 8.0


@dataclass(frozen=True)
class Trial:
    """One playing: when, what the hall received of it, and when it was held."""

    delay_s: float
    recording: str
    aired_s: float  # of the recording, decoded from what was published
    after_hold_s: float  # of that, from the hold's first silent sample on
    listener_s: float  # harmful listener-seconds
    held_after_s: float | None  # because of this recording, while it played
    browser_s: float
    is_valid: bool  # the voice was heard before, so that silence proves something


def catalogue(folder: Path, pieces: list[Piece]) -> None:
    """List the whole reference to be held."""
    with Catalogue(folder, create=True) as records:
        for piece in pieces:
            made = fingerprint(piece.sound(), RATE_HZ)
            described = Described(
                identifier=piece.name,
                fingerprint=made.to_bytes(),
                duration_ms=round(made.duration_s * 1000),
                title=piece.name[-60:],
                category=piece.kind,
            )
            with records.transaction() as session:
                changing.add(session, described, membership=Membership(Action.HOLD))
        ear_segments.bring_in_line(records)


def programme(chosen: list[Excerpt], talk: list[Sound], seed: int) -> Sound:
    """Put talk and distorted recordings in a row.

    Shapes:
        returns: (trials * 24 s,) at 48 kHz
    """
    parts: list[Sound] = []
    for excerpt in chosen:
        chance = np.random.default_rng([seed, excerpt.number])
        world = World(talk, [], chance)
        played, _ = distorted(cut(excerpt), "room", world)
        before, after = (
            np.resize(world.speech(), round(seconds * RATE_HZ)) * np.float32(TALK_LOUDNESS)
            for seconds in (BEFORE_S, AFTER_S)
        )
        parts += [before, played * np.float32(0.8), after]
    return np.asarray(resample_poly(np.concatenate(parts), 3, 1), np.float32)


class Listeners:
    """The crowd: a process of listeners, asked at the end what they received."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def received(self) -> dict[str, int]:
        """Give how many have received each segment so far."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(b"\n")
        return dict(json.loads(await self._process.stdout.readline()))


@contextlib.asynccontextmanager
async def listeners(url: str, count: int) -> AsyncIterator[Listeners]:
    """Let so many listen while the context lasts."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.ear_air_listeners", url, str(count),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=2**24,
    )  # fmt: skip
    try:
        yield Listeners(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()


@dataclass(frozen=True)
class Plan:
    """What one room is to play: made before the house opens, because it takes long."""

    delay_s: float
    chosen: list[Excerpt]
    packets: list[bytes]


class Stand:
    """One room of the proof: its host, its speaker, its crowd, its browser."""

    def __init__(self, house: RunningHouse, host: Person, delay_s: float) -> None:
        self._house = house
        self._host = host
        self._delay_s = delay_s
        self._held: list[tuple[float, float]] = []  # wall clock, first silent sample's time

    async def run(self, planned: Plan, crowd: int, guest: Person) -> list[Trial]:
        """Play every excerpt, decide as a host does, and count what was received."""
        chosen = planned.chosen
        self._room_id = await self._host.open_room(delay_s=self._delay_s)
        path = f"/api/rooms/{self._room_id}"
        await guest.call("POST", f"{path}/hand")
        (hand,) = (await self._host.call("GET", path)).json()["hands"]
        await self._host.call("POST", f"{path}/hands/{hand['id']}/accept")
        card = (await self._host.call("GET", path)).json()["room"]
        self._on_air_s = datetime.fromisoformat(card["on_air_at"]).timestamp()
        speaker = Speaker(planned.packets)
        async with (
            listeners(card["playlist_url"], crowd) as many,
            browser() as chromium,
        ):
            page = await chromium.new_page()
            fetched: set[str] = set()
            page.on("requestfinished", lambda r: fetched.add(r.url.rsplit("/", 1)[-1]))
            await visit.listen(page, self._house, self._room_id)
            await speaker.go_on_stage(guest, self._room_id)
            watching = asyncio.create_task(self._decide(len(chosen), speaker))
            await asyncio.sleep(len(chosen) * TRIAL_S + self._delay_s + 4)
            if watching.done():
                watching.result()  # who decides has failed: nothing after it proves anything
            watching.cancel()
            received = await many.received()
        began_s = speaker.script.began_at_s
        await speaker.vanish()
        await self._host.call("POST", f"{path}/end")
        await self._host.until_state(self._room_id, "ended")
        card = (await self._host.call("GET", path)).json()["room"]
        playlist = await listener.fetch(self._host.http, card["replay_url"])
        heard = await listener.hear(self._host.http, playlist)
        return [
            self._trial(one, began_s + number * TRIAL_S, (playlist, heard), received, fetched)
            for number, one in enumerate(chosen)
        ]

    async def _decide(self, trials: int, speaker: Speaker) -> None:
        """Confirm what was held and, once it has played to its end, let the voice go on."""
        path = f"/api/rooms/{self._room_id}"
        number = 0
        while number < trials:
            told = await self._flag_held()
            now_s = time.time()
            self._held.append((now_s, self._on_air_s + told["silent_from"] / 48_000))
            began_s = speaker.script.began_at_s
            number = int((now_s - began_s) / TRIAL_S) + 1
            await asyncio.sleep(max(0, began_s + number * TRIAL_S - AFTER_S + 1 - now_s))
            await self._let_go(path)

    async def _let_go(self, path: str) -> None:
        """Confirm and release everything that holds, until the voice is free."""
        while True:
            flags = (await self._host.call("GET", f"{path}/flags")).json()
            holding = [flag for flag in flags if flag["holds"]]
            if not holding:
                return
            for flag in holding:
                if flag["state"] == "open":
                    await self._host.call("POST", f"{path}/flags/{flag['id']}/confirm")
                await self._host.ask("POST", f"{path}/flags/{flag['id']}/release")
            await asyncio.sleep(0.2)  # the worker observes it

    async def _flag_held(self) -> dict[str, Any]:
        """Wait for the next hold by a rule; give what was observed."""
        view = (await self._host.call("GET", f"/api/rooms/{self._room_id}")).json()
        path = f"/api/rooms/{self._room_id}/events?after={view['last_event_id']}"
        async with self._host.http.stream("GET", path, timeout=None) as stream:
            kind = ""
            async for line in stream.aiter_lines():
                if line.startswith("event:"):
                    kind = line.removeprefix("event:").strip()
                elif line.startswith("data:") and kind == "effect":
                    data = json.loads(line.removeprefix("data:"))
                    if data["kind"] == "hold":
                        return dict(data["observed"])
        raise RuntimeError("the event stream ended")

    def _trial(
        self,
        excerpt: Excerpt,
        starts_s: float,
        aired: tuple[listener.Playlist, Sound],
        received: dict[str, int],
        fetched: set[str],
    ) -> Trial:
        playlist, heard = aired
        first, last = starts_s + BEFORE_S + EDGE_S, starts_s + BEFORE_S + PLAYED_S - EDGE_S
        holds = [one for one in self._held if first < one[0] < last + 2]
        harm = after = people = browsed = 0.0
        for segment in playlist.segments:
            from_s = max(first, segment.said_at_s)
            to_s = min(last, segment.said_at_s + segment.duration_s)
            harmful_s = _sounding_s(playlist, heard, from_s, to_s)
            name = segment.url.rsplit("/", 1)[-1]
            harm += harmful_s
            people += harmful_s * received.get(name, 0)
            browsed += harmful_s * (name in fetched)
            if holds:
                after += _sounding_s(playlist, heard, max(from_s, holds[0][1] + 0.05), to_s)
        # Talk of the trial before, after its release and before this one's hold can reach it.
        control_s = _sounding_s(playlist, heard, starts_s - 4.0, starts_s - 2.2)
        is_first = not any(segment.said_at_s < starts_s - 4 for segment in playlist.segments)
        return Trial(
            self._delay_s,
            excerpt.piece.name,
            harm,
            after,
            people,
            holds[0][0] - first if holds else None,
            browsed,
            is_valid=is_first or control_s > 0.5,
        )


def _sounding_s(playlist: listener.Playlist, heard: Sound, from_s: float, to_s: float) -> float:
    if to_s <= from_s:
        return 0.0
    sound = listener.said_between(playlist, heard, from_s, to_s)
    frames = sound[: len(sound) // FRAME * FRAME].reshape(-1, FRAME)
    return float((np.abs(frames).max(axis=1, initial=0) > SILENT).sum()) * FRAME / 48_000


def plan(delay_s: float, count: int, seed: int, pieces: list[Piece]) -> Plan:
    """Choose and encode what one room plays."""
    talk = [piece.sound() for piece in pieces if piece.role == "talk"]
    chosen = excerpts(pieces, count, seed)[:count]
    return Plan(delay_s, chosen, encode(programme(chosen, talk, seed)))


def plans(asked: argparse.Namespace, pieces: list[Piece]) -> list[Plan]:
    """Plan every room: 8 s takes all trials, the other delays an eighth."""
    with ProcessPoolExecutor(2) as pool:
        waiting = []
        for delay_s in asked.delays:
            is_proof = delay_s == PROOF_DELAY_S or len(asked.delays) == 1
            trials = asked.trials if is_proof else max(4, asked.trials // 8)
            for room in range(asked.rooms):
                seed = asked.seed + room * 1000 + int(delay_s)
                count = -(-trials // asked.rooms)
                waiting.append(pool.submit(plan, delay_s, count, seed, pieces))
        return [one.result() for one in waiting]


async def prove(asked: argparse.Namespace, pieces: list[Piece]) -> list[Trial]:
    """Run every plan, the rooms of one delay at the same time."""
    planned = plans(asked, pieces)
    trials: list[Trial] = []
    with tempfile.TemporaryDirectory() as name:
        data = Path(name) / "var"
        kept = asked.folder / f"ear-air-catalogue-v{VERSION}"
        if not kept.exists():
            catalogue(kept, [piece for piece in pieces if piece.role == "reference"])
        shutil.copytree(kept, Settings(data=data).catalogue_path)
        async with running_house(data) as house:
            host = Person(house.url)
            await host.become_operator(house.operator_link)
            await _until_watched(house)
            for delay_s in asked.delays:
                stands = []
                for number, one in enumerate(p for p in planned if p.delay_s == delay_s):
                    guest = Person(house.url)
                    await guest.join(await host.invite(), f"guest{int(delay_s)}x{number}")
                    stand = Stand(house, host, delay_s)
                    stands.append(stand.run(one, asked.listeners, guest))
                for told in await asyncio.gather(*stands):
                    trials += told
                _tell([one for one in trials if one.delay_s == delay_s], asked.listeners)
            await host.close()
    return trials


async def _until_watched(house: RunningHouse) -> None:
    worker = StagePortClient(house.data / "run")
    while not (await worker.health())["detectors"]:  # noqa: ASYNC110 - a process tells no event
        await asyncio.sleep(0.5)


def _tell(trials: list[Trial], crowd: int) -> None:
    none = sum(one.aired_s == 0 and one.held_after_s is not None for one in trials)
    silent = sum(not one.is_valid for one in trials)
    held = [one.held_after_s for one in trials if one.held_after_s is not None]
    print(
        f"delay {trials[0].delay_s:4.0f} s: {len(trials)} trials ({silent} not valid), "
        f"held and none aired in {none}, "
        f"held in {len(held)} after {np.median(held) if held else float('nan'):.1f} s "
        f"(median), {np.quantile(held, 0.95) if held else float('nan'):.1f} s (p95); "
        f"harmful listener-seconds per playing and 500 listeners: "
        f"{500 / crowd * np.mean([one.listener_s for one in trials]):.0f} of 5,000",
        flush=True,
    )
    for one in trials:
        if one.aired_s:
            print(f"  aired {one.aired_s:5.2f} s of {one.recording} ({one.held_after_s})")


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--listeners", type=int, default=500, help="of each room")
    parser.add_argument("--rooms", type=int, default=2, help="at the same time")
    parser.add_argument("--delays", type=float, nargs="+", default=[8, 0, 4, 12])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=Path(".bench"))
    asked = parser.parse_args()
    pieces = corpus(asked.folder / "corpus")
    trials = asyncio.run(prove(asked, pieces))
    by_delay = {d: [one for one in trials if one.delay_s == d] for d in asked.delays}
    proof = by_delay.get(PROOF_DELAY_S) or trials
    print(
        json.dumps(
            {
                "trials": len(proof),
                "listeners": asked.listeners,
                "valid": sum(one.is_valid for one in proof),
                "held": sum(one.held_after_s is not None for one in proof),
                "aired_none_share": round(
                    float(
                        np.mean(
                            [
                                one.aired_s == 0 and one.held_after_s is not None
                                for one in proof
                                if one.is_valid
                            ]
                        )
                    ),
                    4,
                ),
                "aired_after_hold_s": round(sum(one.after_hold_s for one in trials), 2),
                "browser_harmful_s": round(sum(one.browser_s for one in proof), 2),
                "harmful_listener_seconds": {
                    f"{delay:g}": round(
                        500 / asked.listeners * float(np.mean([o.listener_s for o in some])), 1
                    )
                    for delay, some in by_delay.items()
                },
            }
        )
    )


if __name__ == "__main__":
    main()
