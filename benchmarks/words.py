"""`make bench NAME=words`: hearing words, from the sound to the caption and the flag.

Speech of the acted rooms (benchmarks/rooms), said by espeak-ng: word error, the engine's speed,
voices a core. Then a real room with a delay of 8 seconds in which one voice says those lines
without a rest: how long before its sound a caption exists, and how long after the end of an
utterance its flag is told to the host, the engine's own time apart. Last the matcher, over
20,000 phrases. `ARGS="--lines 40 --utterances 20"` takes fewer; `--engine whisper:tiny.en`
hears with Whisper's smallest English model, which `make setup-dev` brings, `whisper:small` with
one that was put into --models.
"""

import argparse
import asyncio
import contextlib
import itertools
import json
import multiprocessing
import re
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

import numpy as np
from rapidfuzz.distance import Levenshtein
from scipy.signal import resample_poly

from balai.app.hear import speech_of
from balai.detect.speech.activity import Activity
from balai.detect.speech.engines import Engines, open_engines
from balai.detect.speech.recognizer import RATE_HZ, Recognizer, Speech, Transcript
from balai.detect.speech.scripted import ScriptedRecognizer
from balai.detect.speech.whole import hear_whole
from balai.detect.wire import Said, Told
from balai.policy.labelled import labelled_rooms
from balai.policy.matcher import Matcher
from balai.policy.pack import load
from balai.policy.stretch import Heard
from benchmarks.rooms.scripts import ROOMS, VoicedLine, synthesise
from rig.house import Person, running_house
from rig.recogniser import recogniser
from rig.speaker import Speaker, encode
from rig.speech_models import with_whisper

VOICED: Final = Path(".bench/rooms")
DELAY_S: Final = 8.0
UTTERANCE_S: Final = 4.0
PHRASES: Final = 20_000
THREAT: Final = "i am going to kill you and that is a promise"
_GAP_S: Final = 0.8


def main() -> None:
    options = _options()
    with_whisper(options.models)
    lines = _lines(options.lines)
    engines = open_engines({"en": options.engine}, options.models, {})
    told: dict[str, Any] = {"engine": options.engine}
    told |= _hearing(engines, lines)
    told |= asyncio.run(_live(options, lines[: options.utterances]))
    told |= _matching(lines)
    for name, value in told.items():
        print(f"{name:28} {value}")
    print(json.dumps(told))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=120, help="lines whose words are compared")
    parser.add_argument("--utterances", type=int, default=40, help="lines that are said live")
    parser.add_argument("--engine", default="pocketsphinx")
    parser.add_argument("--models", type=Path, default=Path(".bench/models"))
    return parser.parse_args()


def _lines(count: int) -> list[VoicedLine]:
    """Give English lines, taken in turn from all rooms."""
    rooms = [room for room in labelled_rooms(ROOMS) if room.language == "en"]
    turns = itertools.zip_longest(*(synthesise(room, VOICED) for room in rooms))
    return [line for turn in turns for line in turn if line is not None][:count]


# ── word error and speed ─────────────────────────────────────────────────────────────────────


def _hearing(engines: Engines, lines: list[VoicedLine]) -> dict[str, Any]:
    wrong = words = 0
    sound_s = engine_s = activity_s = 0.0
    for line in lines:
        speech = np.concatenate(list(speech_of(line.path)))
        said = _plain(line.line.text)
        began = time.process_time()
        heard = [
            word
            for one in hear_whole((speech,), engines, "en", length_s=UTTERANCE_S)
            for word in _plain(" ".join(word.text for word in one.words))
        ]
        engine_s += time.process_time() - began
        activity_s += _activity_s(speech)
        wrong += Levenshtein.distance(said, heard)
        words += len(said)
        sound_s += len(speech) / RATE_HZ
    rtf = engine_s / sound_s
    return {
        "wer": round(wrong / words, 4),
        "words": words,
        "speech_s": round(sound_s, 1),
        "rtf": round(rtf, 4),
        "rtf_activity": round(activity_s / sound_s, 4),
        "streams_per_core": round(1 / rtf, 1),
    }


def _activity_s(speech: Speech) -> float:
    began = time.process_time()
    Activity()(speech)
    return time.process_time() - began


def _plain(text: str) -> list[str]:
    return re.sub(r"[^\w\s']", " ", text.casefold().replace("’", "'")).split()


# ── live ─────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Timed:
    """An engine whose own time is kept; it hears a threat at the end of every utterance."""

    engine: Recognizer
    script: ScriptedRecognizer
    took_s: float = 0.0  # the last time

    @property
    def name(self) -> str:
        return self.engine.name

    @property
    def languages(self) -> frozenset[str] | None:
        return None

    def may_hold(self, _language: str) -> bool:
        return False

    def hear(self, speech: Speech, *, language: str | None, within_s: float) -> Transcript:
        began = time.monotonic()
        self.engine.hear(speech, language=language, within_s=within_s)
        heard = self.script.hear(speech, language=language, within_s=within_s)
        self.took_s = time.monotonic() - began
        return heard


@dataclass(frozen=True)
class Utterance:
    """One that was heard: when it was told (time of day), and the engine's own time for it."""

    told_s: float
    took_s: float
    said: Said


@dataclass
class Live:
    """What was told live; flags with the time of day at which the host was told."""

    said: list[Utterance] = field(default_factory=list)
    flags: list[tuple[float, int]] = field(default_factory=list)


def _recognise(data: Path, engine: str, models: Path, line: Connection) -> None:
    """Hear words in a process of its own, as the house's recognisers do, until told to end."""
    opened = open_engines({"en": engine}, models, {}).for_language("en")
    assert opened is not None
    timed = Timed(opened, ScriptedRecognizer([THREAT]))

    def note(told: list[Told]) -> None:
        for one in told:
            if isinstance(one, Said):
                line.send(Utterance(time.time(), timed.took_s, one))

    with recogniser(data, timed, deadline_s=10.0, length_s=UTTERANCE_S, told=note):
        line.recv()


@contextlib.contextmanager
def _recognising(data: Path, options: argparse.Namespace) -> Iterator[Connection]:
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(
        target=_recognise, args=(data, options.engine, options.models, theirs), daemon=True
    )
    process.start()
    try:
        yield ours
    finally:
        ours.send(None)
        process.join(30)
        process.kill()


async def _live(options: argparse.Namespace, lines: list[VoicedLine]) -> dict[str, Any]:
    live, environment = Live(), {"BALAI_WORDS_PROCESSES": "0"}
    with tempfile.TemporaryDirectory() as folder:
        async with running_house(Path(folder) / "var", environment=environment) as house:
            host = Person(house.url)
            await host.become_operator(house.operator_link)
            room_id = await host.open_room(delay_s=DELAY_S)
            view = (await host.call("GET", f"/api/rooms/{room_id}")).json()
            on_air_s = datetime.fromisoformat(view["room"]["on_air_at"]).timestamp()
            following = asyncio.create_task(_follow(host, room_id, live))
            speaker, lasts_s = _speaker(lines)
            with _recognising(house.data, options) as recognising:
                await speaker.go_on_stage(host, room_id)
                await asyncio.sleep(lasts_s + 4.0)
                while recognising.poll():
                    live.said.append(recognising.recv())
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)
            await speaker.vanish()
            await host.close()
    return _figures(live, on_air_s)


def _speaker(lines: list[VoicedLine]) -> tuple[Speaker, float]:
    gap = np.zeros(round(_GAP_S * 48_000), np.float32)
    parts = [gap]
    for line in lines:
        speech = np.concatenate(list(speech_of(line.path))).astype(np.float32) / 32_768
        parts += [resample_poly(speech, 3, 1).astype(np.float32), gap]
    sound = np.concatenate(parts)
    return Speaker(encode(np.concatenate((sound, np.zeros(60 * 48_000))))), len(sound) / 48_000


async def _follow(host: Person, room_id: str, live: Live) -> None:
    """Note when each flag is told to the host, and up to where it goes."""
    async with host.http.stream("GET", f"/api/rooms/{room_id}/events?after=0") as stream:
        kind = ""
        async for line in stream.aiter_lines():
            if line.startswith("event:"):
                kind = line.removeprefix("event:").strip()
            elif line.startswith("data:") and kind == "flag":
                flag = json.loads(line.removeprefix("data:"))["flag"]
                live.flags.append((time.time(), int(flag["to_position"])))


def _figures(live: Live, on_air_s: float) -> dict[str, Any]:
    """Sum up; an utterance's flag is the first one told that goes on into its words.

    A piece that was cut from a longer utterance may begin within the threat and raise none of
    its own; such pieces count in `flags_missing`, and the flag after them is not theirs.
    """
    leads, after, beyond = [], [], []
    for one in live.said:
        begins_s = on_air_s + one.said.from_position / 48_000
        ends_s = on_air_s + one.said.to_position / 48_000
        leads.append(begins_s + DELAY_S - one.told_s)
        own = range(one.said.from_position, one.said.to_position + 1)
        flagged = [at for at, to in live.flags if to in own]
        if flagged:
            after.append(flagged[0] - ends_s)
            beyond.append(flagged[0] - ends_s - one.took_s)
    return {
        "utterances": len(live.said),
        "caption_lead_s": _at(leads, 50),
        "caption_lead_p5_s": _at(leads, 5),
        "engine_s": _at([one.took_s for one in live.said], 50),
        "flag_median_s": _at(after, 50),
        "flag_after_end_p95_s": _at(after, 95),
        "flag_p50_s": _at(beyond, 50),
        "flag_p95_s": _at(beyond, 95),
        "flags_told": len(after),
        "flags_missing": len(live.said) - len(after),
    }


def _at(values: list[float], percent: float) -> float | None:
    return round(float(np.percentile(values, percent)), 3) if values else None


# ── the matcher ──────────────────────────────────────────────────────────────────────────────


def _matching(lines: list[VoicedLine]) -> dict[str, Any]:
    """Match every line against 20,000 phrases that nobody says."""
    with tempfile.TemporaryDirectory() as folder:
        pack = load(_large_pack(Path(folder)))
    began = time.process_time()
    matcher = Matcher(pack, None)
    built_s = time.process_time() - began
    taken: list[float] = []
    for line in [*lines, *lines]:
        words = [Heard(word, 0.9) for word in line.line.text.split()]
        began_ns = time.process_time_ns()
        matcher.find(words)
        taken.append((time.process_time_ns() - began_ns) / 1e3)
    warm = taken[len(lines) :]
    return {
        "phrases": PHRASES,
        "matcher_us": _at(warm, 50),
        "matcher_p95_us": _at(warm, 95),
        "matcher_build_s": round(built_s, 2),
    }


def _large_pack(folder: Path) -> Path:
    """Write a pack of 20,000 phrases of two to five made-up words, a tenth of them fuzzy."""
    rng = np.random.default_rng(4)
    syllables = ["ba", "ke", "lo", "mi", "nu", "ra", "se", "ti", "vo", "zan", "dur", "pel"]
    (folder / "phrases").mkdir()
    (folder / "pack.yaml").write_text(
        "id: large\nversion: 1.0.0\ntitle: {en: L, id: L}\ndescription: {en: L, id: L}\n"
        "languages: [en, id]\n"
    )
    (folder / "clauses.yaml").write_text(
        "- id: all\n  title: {en: A, id: A}\n  text: {en: A, id: A}\n"
        "  statement: {category: STATEMENT_CATEGORY_VIOLENCE, "
        "ground: DECISION_GROUND_INCOMPATIBLE_CONTENT}\n  effects: [priority]\n  examples:\n"
        "    - {text: x, language: en, kind: use}\n"
        "    - {text: y, language: en, kind: harmless}\n"
    )
    (folder / "rules.yaml").write_text(
        "- id: any\n  clause: all\n  when: 'hits.exists(h, true)'\n  effect: priority\n"
        "  priority: 1\n  why: {en: A., id: A.}\n"
    )
    for language in ("en", "id"):
        rows = [_phrase(rng, syllables, number) for number in range(PHRASES // 2)]
        listed = "".join(rows)
        text = f"frames: []\nnegations: []\nphrases:\n{listed}"
        (folder / "phrases" / f"{language}.yaml").write_text(text)
    return folder


def _phrase(rng: np.random.Generator, syllables: list[str], number: int) -> str:
    counts = rng.integers(2, 4, size=int(rng.integers(2, 6)))
    words = ["".join(rng.choice(syllables, count)) for count in counts] + [_name(number)]
    is_rare = number % 10 == 0 and max(map(len, words)) >= 5
    match = "fuzzy" if is_rare else "exact"
    return (
        f"- {{text: {' '.join(words)}, clause: all, severity: 1, vetted: false, "
        f"match: {match}, note: n}}\n"
    )


def _name(number: int) -> str:
    """Give a word of its own to a number, without digits: those may be read as letters."""
    return "q" + "".join(chr(ord("a") + int(digit)) for digit in str(number))


if __name__ == "__main__":
    main()
