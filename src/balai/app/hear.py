"""`balai hear`: what a room would hear in files, in words, and what the policy says of them.

A file is read twice: to know that it is whole before anything is heard, then to be heard. Of
its sound no more than an utterance is in memory, however long it is.
"""

import json as jsons
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from balai.app.ear_sound import check_is_file, find_sound
from balai.app.ear_terminal import complain
from balai.app.speech import engines_of
from balai.database import open_database
from balai.detect.fingerprint.decode import Reading
from balai.detect.speech.hearing import Engines
from balai.detect.speech.recognizer import RATE_HZ, Speech, Transcript, Word
from balai.detect.speech.whole import HeardUtterance, hear_whole
from balai.errors import Invalid
from balai.policy.clause import Effect
from balai.policy.judge import Judge
from balai.policy.pack import Pack, shipped
from balai.policy.stretch import CONTEXT_GAP_S, CONTEXT_WORDS, Heard, Stretch
from balai.policy.verdict import Verdict
from balai.rulebook import packs
from balai.settings import Settings

CONTEXT_SAMPLES: Final = round(CONTEXT_GAP_S * RATE_HZ)
UNKNOWN: Final = "und"
_FULL_SCALE: Final = 32_767


class SomeUnreadable(Invalid):
    """Some of these files could not be read; they are named above."""


@dataclass(frozen=True, slots=True)
class Listener:
    """Hears files with the engines and the policy of one house."""

    engines: Engines
    judge: Judge
    language: str | None
    length_s: float

    def hear(self, pieces: Iterable[Speech]) -> Iterator[tuple[HeardUtterance, Verdict | None]]:
        """Hear speech; each utterance is judged together with the words just before it."""
        before: tuple[Word, ...] = ()
        heard_all = hear_whole(pieces, self.engines, self.language, length_s=self.length_s)
        for heard in heard_all:
            begins = heard.utterance.from_sample
            if before and begins - before[-1].to_sample > CONTEXT_SAMPLES:
                before = ()
            yield heard, self._verdict(before, heard)
            before = (*before, *heard.words)[-CONTEXT_WORDS:]

    def _verdict(self, before: tuple[Word, ...], heard: HeardUtterance) -> Verdict | None:
        transcript = heard.transcript
        if transcript is None or not heard.words:
            return None
        stretch = Stretch(
            words=tuple(Heard(one.text, one.confidence) for one in (*before, *heard.words)),
            context_words=len(before),
            language=transcript.language,
            language_identified=transcript.is_language_identified,
            engine=transcript.engine,
            engine_may_hold=heard.may_hold,
        )
        return self.judge.judge(stretch)


def run(
    settings: Settings, *, audio: Sequence[Path], language: str, pack: str, json: bool
) -> None:
    """Transcribe files; tell what the policy says.

    Raises:
        SomeUnreadable: not every file could be read; the others were heard.
    """
    listener = Listener(
        engines_of(settings),
        Judge(pack_named(settings, pack)),
        None if language == UNKNOWN else language,
        settings.words_utterance_s,
    )
    found = find_sound(audio)
    bad = len(found.missing)
    for sentence in found.missing:
        complain(sentence)
    for sound in found.files:
        try:
            told = _told(sound.path, listener)
        except Invalid as error:
            complain(str(error))
            bad += 1
        else:
            print(jsons.dumps(told, ensure_ascii=False) if json else _text(told), flush=True)
    if bad:
        raise SomeUnreadable


def pack_named(settings: Settings, named: str) -> Pack:
    """Give a pack by name, or without one the pack in force in this house."""
    if named:
        return packs.find(settings.packs_path, named)
    if not settings.database_path.exists():
        return shipped()
    return packs.in_force(open_database(settings), settings.packs_path)


def speech_of(path: Path) -> Iterator[Speech]:
    """Read a file's sound piece by piece, as engines hear it.

    Raises:
        Invalid: the file cannot be used; the sentence names it and the reason.
    """
    for samples in Reading(path, rate_hz=RATE_HZ).pieces():
        clipped = np.clip(samples, -1.0, 1.0)
        yield np.rint(clipped * _FULL_SCALE).astype(np.int16)


def _checked(path: Path) -> float:
    """Read a file to its end before it is heard; give its seconds.

    Raises:
        Invalid: as `speech_of`.
    """
    check_is_file(path)
    reading = Reading(path, rate_hz=RATE_HZ)
    deque(reading.pieces(), maxlen=0)
    for remark in reading.remarks:
        complain(remark)
    return reading.count / RATE_HZ


def _told(path: Path, listener: Listener) -> dict[str, Any]:
    duration_s = _checked(path)
    first: Transcript | None = None
    utterances: list[dict[str, Any]] = []
    hits: list[dict[str, Any]] = []
    unheard_s: list[float] = []
    for heard, verdict in listener.hear(speech_of(path)):
        first = first or heard.transcript
        utterances.append(_utterance(heard))
        unheard_s += [_lasts_s(heard)] if heard.why else []
        hits += [_hit(heard, verdict)] if verdict and verdict.effect is not Effect.NONE else []
    return {
        "file": str(path),
        "duration_s": round(duration_s, 3),
        "language": first.language if first else listener.language,
        "engine": first.engine if first else None,
        "text": " ".join(word["text"] for one in utterances for word in one["words"]),
        "unheard_s": round(sum(unheard_s), 3),
        "utterances": utterances,
        "policy": {"pack_hash": listener.judge.pack.hash, "hits": hits},
    }


def _utterance(heard: HeardUtterance) -> dict[str, Any]:
    return {
        "from_s": _s(heard.utterance.keep_from),
        "to_s": _s(heard.utterance.keep_to),
        "unheard": heard.why,
        "words": [
            {
                "text": one.text,
                "from_s": _s(one.from_sample),
                "to_s": _s(one.to_sample),
                "confidence": round(one.confidence, 3),
            }
            for one in heard.words
        ],
    }


def _hit(heard: HeardUtterance, verdict: Verdict) -> dict[str, Any]:
    return {
        "from_s": _s(heard.utterance.keep_from),
        "to_s": _s(heard.utterance.keep_to),
        "clause": verdict.clause,
        "rule": verdict.rule,
        "effect": str(verdict.effect),
        "priority": verdict.priority,
        "why": dict(verdict.why),
        "not_held_because": str(verdict.not_held_because) if verdict.not_held_because else None,
        "phrases": [hit.phrase.text for hit in verdict.hits],
    }


def _asked(hit: dict[str, Any]) -> str:
    """Say what a rule asks for: a look by people, and what else may be done meanwhile."""
    look = f"priority {hit['priority']}"
    return look if hit["effect"] == Effect.PRIORITY else f"{hit['effect']}, {look}"


def _text(told: dict[str, Any]) -> str:
    lines = [f"{told['file']}  {told['duration_s']:.1f} s  {told['engine'] or 'no engine'}"]
    for one in told["utterances"]:
        said = " ".join(word["text"] for word in one["words"])
        shown = f"[unheard: {one['unheard']}]" if one["unheard"] else said or "[no words]"
        lines.append(f"  {one['from_s']:7.2f}  {shown}")
    lines += [
        f"  {hit['from_s']:7.2f}  policy: {hit['clause']} ({hit['rule']}): "
        f"{_asked(hit)}: {hit['why'].get('en', '')}"
        for hit in told["policy"]["hits"]
    ]
    return "\n".join(lines)


def _s(sample: int) -> float:
    return round(sample / RATE_HZ, 3)


def _lasts_s(heard: HeardUtterance) -> float:
    return (heard.utterance.keep_to - heard.utterance.keep_from) / RATE_HZ
