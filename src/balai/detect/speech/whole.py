"""Hears the words of a whole recording, as a room would have heard them live."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Final

import numpy as np

from balai.detect.speech.activity import Activity
from balai.detect.speech.hearing import Engines
from balai.detect.speech.recognizer import (
    RATE_HZ,
    DeadlineMissed,
    Doubtful,
    RecognizerFailed,
    Speech,
    Transcript,
    Word,
)
from balai.detect.speech.utterance import Cutter, Utterance

PATIENCE_S: Final = 60.0  # for one utterance: a recording can wait
_SILENCE: Final = RATE_HZ // 2  # after the last word, so that its last frame is whole


@dataclass(frozen=True, slots=True)
class HeardUtterance:
    """One utterance: its words, by the recording's samples, or why there are none.

    `why` is None when it was heard, else one word: language, deadline, engine or doubt.
    """

    utterance: Utterance
    words: tuple[Word, ...] = ()
    transcript: Transcript | None = None
    may_hold: bool = False
    why: str | None = None


def hear_whole(
    pieces: Iterable[Speech], engines: Engines, language: str | None, *, length_s: float
) -> Iterator[HeardUtterance]:
    """Hear a recording, utterance by utterance; of its sound no more than one is kept.

    Shapes:
        pieces: any number of (n,), int16 at 16 kHz; they follow each other
    """
    for utterance in cut_whole(pieces, length_s=length_s):
        yield _heard(utterance, engines, language)


def cut_whole(pieces: Iterable[Speech], *, length_s: float) -> Iterator[Utterance]:
    """Cut a recording into utterances, wherever its pieces end."""
    activity, cutter = Activity(), Cutter(length_s)
    for piece in chain(pieces, [np.zeros(_SILENCE, np.int16)]):
        yield from cutter.feed(piece, activity(piece))
    yield from cutter.finish()


def _heard(utterance: Utterance, engines: Engines, language: str | None) -> HeardUtterance:
    try:
        engine = engines.for_language(language)
        if engine is None:
            return HeardUtterance(utterance, why="language")
        transcript = engine.hear(utterance.speech, language=language, within_s=PATIENCE_S)
    except DeadlineMissed:
        return HeardUtterance(utterance, why="deadline")
    except Doubtful:
        return HeardUtterance(utterance, why="doubt")
    except RecognizerFailed:
        return HeardUtterance(utterance, why="engine")
    begins = utterance.from_sample
    words = tuple(
        Word(one.text, begins + one.from_sample, begins + one.to_sample, one.confidence)
        for one in transcript.words
        if utterance.keeps(one)
    )
    may_hold = engine.may_hold(transcript.language)
    return HeardUtterance(utterance, words, transcript, may_hold)
