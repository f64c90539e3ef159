"""`make bench NAME=desk`: the live desk with 200 rooms on one page.

A real `balai web` process, its stream, and a real Chromium page. The records hold 200 rooms on
air, each with four voices and a flag, so that all of them are shown large, with words. The
worker is scripted: it answers behind the real wire port, as `balai worker` does, with levels
that change at every look and a new phrase in each room every three seconds. Each phrase carries
the moment in which it was recognised; its lag ends with the frame in which the page shows it.
The page scrolls all the while. Frames are counted second by second; the slowest counts too.
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
from playwright.async_api import Page
from sqlalchemy.orm import Session

from balai.clock import now
from balai.database import open_database
from balai.errors import Unavailable
from balai.ids import new_id
from balai.people import operator
from balai.people.model import Person as Account
from balai.rooms import opening, spoken
from balai.rooms.model import Role, Room, RoomState, Seat, SeatState
from balai.rooms.spoken import Span, Spoken
from balai.settings import Settings
from balai.wire import WorkerAway, serve_port
from rig.browser import browser
from rig.house import Person, free_ports

VOICES: Final = 4
PHRASE_S: Final = 3.0
DELAY_S: Final = 12.0
RATE_HZ: Final = 48_000
TITLES: Final = (
    "The price of rice", "Night market news", "Ask a midwife", "City council, live",
    "Sunday sermon", "Football after work", "Land and law", "Poems from Minang",
)  # fmt: skip
NAMES: Final = ("Ada", "Budi", "Citra", "Dewi", "Eka", "Farid", "Gita", "Hasan")
SAID: Final = (
    "and I tell you that nobody asked the farmers before they signed",
    "we shall see what the council says on Thursday about the market",
    "if he comes here again I will make him regret that he was born",
    "my grandmother always put a little lime in before the coconut",
    "that is not what the report says, it says the opposite",
)
# Notes when a stamped phrase is drawn: what a frame shows was there before it.
WATCH: Final = """
() => {
  window.lags = [];
  window.frames = [];
  const seen = new Set();
  let fresh = [];
  const look = (node) => {
    for (const found of (node.textContent ?? '').matchAll(/#(\\d+)-(\\d+)/g)) {
      if (seen.has(found[0])) continue;
      seen.add(found[0]);
      fresh.push(Number(found[1]));
    }
  };
  new MutationObserver((changes) => {
    for (const change of changes) {
      if (change.type === 'characterData') look(change.target);
      for (const node of change.addedNodes) look(node);
    }
  }).observe(document.querySelector('[data-testid=desk-grid]'),
    { subtree: true, childList: true, characterData: true });
  const frame = () => {
    const at = Date.now();
    for (const stamp of fresh) window.lags.push(at - stamp);
    fresh = [];
    window.frames.push(performance.now());
    if (window.scrolls) {
      scrollBy(0, 6);
      if (innerHeight + scrollY >= document.body.scrollHeight - 2) scrollTo(0, 0);
    }
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}
"""


class ScriptedPort:
    """A worker that has no sound: it tells levels and words of rooms, as the real one does."""

    def __init__(self, rooms: Mapping[str, list[str]], *, stamped: bool = True) -> None:
        self.pulses = 0
        self._rooms = rooms
        self._stamped = stamped
        self._began_at = time.time() - 60
        self._number = 0
        self._phrases: dict[str, dict[str, list[dict[str, Any]]]] = {
            room: {seat: [] for seat in seats} for room, seats in rooms.items()
        }

    async def talk(self) -> None:
        """Let a room after another say something, each once in three seconds."""
        rooms = list(self._rooms)
        while True:
            for room_id in rooms:
                self.say(room_id)
                await asyncio.sleep(PHRASE_S / len(rooms))

    def say(self, room_id: str) -> None:
        """Recognise a phrase in one voice of a room, now."""
        self._number += 1
        seat = random.choice(self._rooms[room_id])
        position_s = time.time() - self._began_at
        text = SAID[self._number % len(SAID)]
        stamp = f" #{round(time.time() * 1000)}-{self._number}" if self._stamped else ""
        phrase: dict[str, Any] = {
            "n": self._number, "text": text + stamp, "marks": [], "dumped": False,
            "from_s": round(position_s - 3, 2), "to_s": round(position_s - 0.4, 2),
        }  # fmt: skip
        if "regret" in text:
            phrase |= {
                "marks": [[text.index("make"), text.index(" that")]], "clause": "threats",
                "title": {"en": "Threats", "id": "Ancaman"},
                "why": {"en": "Announces harm to a person.", "id": "Mengancam orang."},
            }  # fmt: skip
        self._phrases[room_id][seat] = [*self._phrases[room_id][seat][-2:], phrase]

    async def let_in(self, room_id: str, monitor: str, offer: str) -> Mapping[str, Any]:
        """Nobody comes: no room here has a stage."""
        raise WorkerAway(f"{room_id} {monitor} {offer}")

    async def send_away(self, room_id: str, monitor: str) -> None:
        """Nobody came."""
        raise WorkerAway(f"{room_id} {monitor}")

    async def pulse(self) -> Mapping[str, Any]:
        """Tell of every room, with other levels than before."""
        self.pulses += 1
        position_s = round(time.time() - self._began_at, 2)
        return {
            "rooms": {
                room: {
                    "position_s": position_s,
                    "aired_to_s": round(position_s - DELAY_S, 2),
                    "delay_s": DELAY_S,
                    "voices": {
                        seat: _voice(index, phrases)
                        for index, (seat, phrases) in enumerate(voices.items())
                    },
                }
                for room, voices in self._phrases.items()
            },
            "words_left_out": 0,
        }

    async def connect(self, _room_id: str, _seat_id: str, _offer: str) -> str:
        """Refuse: nobody speaks here."""
        raise Unavailable

    async def disconnect(self, _room_id: str, _seat_id: str) -> None:
        """Refuse: nobody speaks here."""
        raise Unavailable

    async def health(self) -> Mapping[str, Any]:
        """Give nothing."""
        return {}


def _voice(index: int, phrases: list[dict[str, Any]]) -> dict[str, Any]:
    level = random.randint(30, 95) if index < 2 else random.randint(0, 12)
    return {"level": level, "speaking": index < 2, "held_s": None, "phrases": phrases}


def seed(session: Session, count: int, *, flagged: int) -> dict[str, list[str]]:
    """Write rooms on air with their voices, as the worker would have; give seats by room."""
    host = Account(id=new_id(), handle="host", display_name="Rani", created_at=now())
    people = [
        Account(id=new_id(), handle=f"p{i}", display_name=name, created_at=now())
        for i, name in enumerate(NAMES)
    ]
    session.add_all([host, *people])
    session.flush()
    return {
        room.id: _seats(session, room, people, number=number, is_flagged=number < flagged)
        for number, room in enumerate(_rooms(session, host, count))
    }


def _rooms(session: Session, host: Account, count: int) -> list[Room]:
    found = []
    for number in range(count):
        title = f"{TITLES[number % len(TITLES)]} {number + 1}"
        room = opening.create(session, opening.Plan(title=title, delay_s=DELAY_S), host=host)
        room.state, room.opened_at = RoomState.LIVE, now()
        room.live_at = now() - timedelta(minutes=number % 50 + 1)
        session.flush()
        found.append(room)
    return found


def _seats(
    session: Session, room: Room, people: list[Account], *, number: int, is_flagged: bool
) -> list[str]:
    seats = [
        Seat(
            id=new_id(), room_id=room.id, person_id=people[(number + i) % len(people)].id,
            role=Role.SPEAKER, state=SeatState.ON_STAGE, joined_at=now(),
        )
        for i in range(VOICES)
    ]  # fmt: skip
    session.add_all(seats)
    session.flush()
    if is_flagged:
        spoken.raise_spoken(session, _flag(room, seats[0], 30 + number * 37 % 70), held=False)
    return [seat.id for seat in seats]


def _flag(room: Room, seat: Seat, priority: int) -> Spoken:
    span = Span(text="make him regret", from_position=RATE_HZ, to_position=2 * RATE_HZ)
    return Spoken(
        room_id=room.id, seat_id=seat.id, from_position=RATE_HZ, to_position=2 * RATE_HZ,
        clause="threats", rule="threat", title={"en": "Threats", "id": "Ancaman"},
        why={"en": "Announces harm to a person.", "id": "Mengancam orang."},
        priority=priority, category="violence", pack_hash="0" * 64, pack_name="bench 1",
        language="en", confidence=0.9, not_held_because="unsure", is_sure=False, spans=(span,),
        engine="bench",
    )  # fmt: skip


@contextlib.asynccontextmanager
async def desk_house(
    folder: Path, count: int, *, flagged: int, stamped: bool = True
) -> AsyncIterator[tuple[str, str, ScriptedPort]]:
    """Run `balai web` over seeded records; give its address, the operator's link, the port."""
    port = free_ports()
    settings = Settings(data=folder, port=port)
    database = open_database(settings)
    with database.transaction() as session:
        token = operator.first_link(session)
        rooms = seed(session, count, flagged=flagged)
    database.close()
    scripted = ScriptedPort(rooms, stamped=stamped)
    async with serve_port(settings.run_path, scripted):
        web = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "balai", "web",
            env={**os.environ, "PORT": str(port), "BALAI_DATA": str(folder)}, cwd=folder,
            stdout=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        talking = asyncio.create_task(scripted.talk())
        try:
            yield f"http://127.0.0.1:{port}", f"/operator/{token}", scripted
        finally:
            talking.cancel()
            web.terminate()
            await web.wait()


async def sign_in(url: str, link: str) -> Person:
    """Become the operator once the house answers."""
    person = Person(url)
    async with asyncio.timeout(60):
        while True:
            with contextlib.suppress(OSError, Exception):
                await person.http.get("/healthz")
                break
            await asyncio.sleep(0.2)
    await person.become_operator(link)
    return person


async def desk_page(chromium: Any, person: Person, rooms: int, **look: Any) -> Page:
    """Open the desk as the operator; wait until all rooms are there."""
    context = await chromium.new_context(**look)
    url = str(person.http.base_url).rstrip("/")
    cookies = [{"name": n, "value": v, "url": url} for n, v in person.http.cookies.items()]
    await context.add_cookies(cookies)
    page: Page = await context.new_page()
    await page.goto(f"{url}/desk")
    await page.locator(f"[data-rooms='{rooms}']").wait_for(timeout=60_000)
    return page


async def measure(options: argparse.Namespace) -> dict[str, float]:
    """Watch the page for a while; give lags and frames."""
    with tempfile.TemporaryDirectory() as name:
        async with (
            desk_house(Path(name), options.rooms, flagged=options.rooms) as (url, link, port),
            browser() as chromium,
        ):
            person = await sign_in(url, link)
            size = {"width": 1920, "height": 1080}
            page = await desk_page(chromium, person, options.rooms, viewport=size)
            await page.evaluate(WATCH)
            await asyncio.sleep(4)  # the first picture is no change
            await page.evaluate("() => { lags.length = frames.length = 0; scrolls = true; }")
            before = port.pulses
            await asyncio.sleep(options.seconds)
            lags, frames = await page.evaluate("() => [window.lags, window.frames]")
            large = await page.locator(".tile").count()
            pulses = port.pulses - before
            await person.close()
    return _figures(np.array(lags), np.array(frames), large, pulses)


def _figures(lags: Any, frames: Any, large: int, pulses: int) -> dict[str, float]:
    seconds = (frames[-1] - frames[0]) / 1000
    per_second = np.histogram(frames, bins=np.arange(frames[0], frames[-1], 1000))[0]
    return {
        "rooms_shown_large": large,
        "phrases": len(lags),
        "event_lag_median_ms": round(float(np.median(lags))),
        "event_lag_p99_ms": round(float(np.percentile(lags, 99))),
        "event_lag_max_ms": round(float(lags.max())),
        "frames_per_s": round((len(frames) - 1) / seconds, 1),
        "frames_per_s_slowest": int(per_second.min()),
        "longest_frame_ms": round(float(np.diff(frames).max())),
        "pulses_per_s": round(pulses / seconds, 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rooms", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=20)
    told = asyncio.run(measure(parser.parse_args()))
    for name, value in told.items():
        print(f"{name:24}{value:>10}")
    print(json.dumps(told))


if __name__ == "__main__":
    main()
