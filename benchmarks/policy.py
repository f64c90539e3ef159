"""`make bench NAME=policy`: what a policy catches, misses and would hold wrongly.

As written: every word of the labelled rooms is heard right. As heard: the English ones are
spoken by espeak-ng and go through voice activity and an engine: Whisper's smallest English
model, or `--engine pocketsphinx`. No rule may hold on its words, unless `--vouched` says that
the operator trusts it. benchmarks/rooms/README.md says what the rooms are worth: figures from
them are upper bounds. `ARGS="--pack FOLDER"` tries another pack, `--heard 16` hears all English
rooms instead of four, `--heard 0` none.
"""

import argparse
import json
import time
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from balai.app.hear import speech_of
from balai.detect.speech.engines import Engines, open_engines
from balai.detect.speech.whole import hear_whole
from balai.policy.clause import Effect
from balai.policy.judge import Judge
from balai.policy.labelled import LabelledLine, LabelledRoom, labelled_rooms
from balai.policy.pack import default_folder, load
from balai.policy.simulation import Assumed, SpokenLine, SpokenRoom, Trial, simulate
from balai.policy.stretch import Heard, Stretch
from benchmarks.rooms.scripts import ROOMS, synthesise
from rig.speech_models import WHISPER, with_whisper

VOICED: Final = Path(".bench/rooms")
MODELS: Final = Path(".bench/models")
UTTERANCE_S: Final = 4.0
_SHOWN: Final = ("lines", "flags", "caught", "missed", "false_flags", "holds", "wrong_holds")


def main() -> None:
    options = _options()
    rooms = labelled_rooms(options.rooms)
    judge = Judge(load(options.pack))
    written = simulate(judge, [room.spoken() for room in rooms])
    told = {**_figures(written), "as_written": written.summary()}
    told["recall_listed"], told["recall_free"] = _halves(judge, rooms)
    told["judge_us"] = _judge_us(judge, rooms)
    _show("as written", written)
    english = [room for room in rooms if room.language == "en"][: options.heard]
    if english:
        assumed = Assumed(engine_may_hold=options.vouched)
        engines = open_engines({"en": options.engine}, with_whisper(MODELS), {})
        heard = simulate(judge, [_heard(engines, room) for room in english], assumed)
        told["as_heard"] = {"engine": options.engine, **heard.summary()}
        _show(f"as heard by {options.engine}, English", heard)
    print(json.dumps(told, ensure_ascii=False))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rooms", type=Path, default=ROOMS)
    parser.add_argument("--pack", type=Path, default=default_folder())
    parser.add_argument("--heard", type=int, default=4, help="English rooms that are heard")
    parser.add_argument("--engine", default=f"whisper:{WHISPER}", help="that hears them")
    parser.add_argument("--vouched", action="store_true", help="a rule may hold on its words")
    return parser.parse_args()


def _figures(trial: Trial) -> dict[str, Any]:
    """Give the figures by which the pack is judged, for all and for each language."""
    names = ("precision", "recall", "wrong_hold_s_per_h")
    total = trial.total.figures()
    by_language = {
        language: {name: counts.figures()[name] for name in names}
        for language, counts in sorted(trial.languages.items())
    }
    return {**{name: total[name] for name in names}, "by_language": by_language}


def _halves(judge: Judge, rooms: list[LabelledRoom]) -> tuple[float, float]:
    """Give the recall of lines that say a listed phrase, and of those without a list."""
    found: dict[bool, list[bool]] = defaultdict(list)
    for line in (line for room in rooms for line in room.lines if line.clause):
        found[line.listed].append(_is_flagged(judge, line))
    return round(float(np.mean(found[True])), 4), round(float(np.mean(found[False])), 4)


def _is_flagged(judge: Judge, line: LabelledLine) -> bool:
    words = tuple(Heard(word, 1.0) for word in line.text.split())
    stretch = Stretch(words=words, language=line.language, engine_may_hold=True)
    return judge.judge(stretch).effect is not Effect.NONE


def _judge_us(judge: Judge, rooms: list[LabelledRoom]) -> float:
    """Measure one judgement: the median over all lines, in µs of CPU."""
    lines = [line for room in rooms for line in room.lines]
    taken = []
    for line in [*lines, *lines]:
        began = time.process_time_ns()
        _is_flagged(judge, line)
        taken.append((time.process_time_ns() - began) / 1e3)
    return round(float(np.median(taken[len(lines) :])), 1)


def _heard(engines: Engines, room: LabelledRoom) -> SpokenRoom:
    """Speak a room and hear it again; labels stay with the line."""
    lines = tuple(
        _heard_line(engines, voiced.path, line)
        for voiced, line in zip(synthesise(room, VOICED), room.spoken().lines, strict=True)
    )
    return SpokenRoom(room.id, lines)


def _heard_line(engines: Engines, path: Path, line: SpokenLine) -> SpokenLine:
    speech = np.concatenate(list(speech_of(path)))
    words = [
        word
        for heard in hear_whole((speech,), engines, "en", length_s=UTTERANCE_S)
        for word in heard.words
    ]
    sure = float(np.mean([word.confidence for word in words])) if words else 0.0
    text = " ".join(word.text for word in words)
    return replace(line, text=text, confidence=sure, seconds=len(speech) / 16_000)


def _show(title: str, trial: Trial) -> None:
    print(f"\n{title}")
    print(f"{'':12}" + "".join(f"{name.replace('_', ' '):>13}" for name in _SHOWN))
    for name, counts in [("all", trial.total), *sorted(trial.languages.items())]:
        figures = counts.figures()
        print(f"{name:12}" + "".join(f"{figures[one]:>13}" for one in _SHOWN))


if __name__ == "__main__":
    main()
