"""PocketSphinx: English words without a download, for trying things out.

It hears more than half of the words of synthetic speech wrong, so no rule ever holds on them.
"""

import re
import time
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pocketsphinx

from balai.detect.speech.guards import Placed, Signs, believed, is_silent, placed
from balai.detect.speech.recognizer import (
    RATE_HZ,
    DeadlineMissed,
    RecognizerFailed,
    Speech,
    Transcript,
)

_LANGUAGE: Final = "en"
_FRAMES_PER_S: Final = 100
_BLOCK: Final = RATE_HZ // 10  # after each the clock is looked at
# Ending an utterance takes half as long as all before it, and cannot be left out.
_PATIENCE_BEFORE_END: Final = 0.65
# States tried in one frame. Of three minutes of synthetic speech 58 % of the words were wrong
# without a limit, in 0.53 of its length; with 3000 59 % in 0.30; with 2000 61 % in 0.24.
_STATES_MAX: Final = 3_000
# The model was trained in rooms, not in the perfect silence of synthesis or of a noise gate:
# as it comes, and from voice to voice, it hears 76 % of the same words wrong instead of 59 %.
_NOISE_RMS: Final = 130.0  # -48 dB
_LOUD_RMS: Final = 2_500.0  # of what is loud in the utterance
_GAIN_MAX: Final = 30.0
_LEVEL_SAMPLES: Final = 320
_LOUD_SHARE: Final = 0.1
# The mean of its features over such speech. Each utterance begins with it: what is heard in
# one voice never depends on the voice before.
_MEAN: Final = "60.24,-3.17,0.04,5.69,-6.44,-2.93,-8.63,-6.39,-4.94,-0.36,3.99,-5.35,1.71"
_FILLER: Final = re.compile(r"[<\[+].*")  # <s>, <sil>, [NOISE], ++UH++
_VARIANT: Final = re.compile(r"\(\d+\)$")  # read(2): the second way to say it


class SphinxRecognizer:
    """One PocketSphinx decoder with the American English model of its wheel.

    On failure: it gives up while there is time to end the utterance; the next one finds the
    decoder as new.
    """

    def __init__(self) -> None:
        self._decoder = pocketsphinx.Decoder(loglevel="FATAL", maxhmmpf=_STATES_MAX)

    @property
    def name(self) -> str:
        """Engine and model."""
        return "pocketsphinx/en-us"

    @property
    def languages(self) -> frozenset[str] | None:
        """English alone; it takes everything for English."""
        return frozenset({_LANGUAGE})

    def may_hold(self, language: str) -> bool:  # noqa: ARG002 - the seam's signature
        """Say no: its words are for demonstration."""
        return False

    def hear(self, speech: Speech, *, language: str | None, within_s: float) -> Transcript:
        """Recognise one utterance; see `Recognizer`.

        Raises:
            Doubtful: somebody spoke, but these words cannot be believed.
        """
        if language not in {None, _LANGUAGE}:
            raise RecognizerFailed("pocketsphinx hears English only")
        if within_s <= 0:
            raise DeadlineMissed
        if is_silent(speech):
            return Transcript((), _LANGUAGE, self.name)
        try:
            words = self._words(_levelled(speech), within_s)
        except (RuntimeError, ValueError, IndexError) as cause:
            raise RecognizerFailed("pocketsphinx failed") from cause
        transcript = Transcript(placed(words, len(speech)), _LANGUAGE, self.name)
        return believed(transcript, Signs(), len(speech))

    def _words(self, speech: Speech, within_s: float) -> list[Placed]:
        begun = time.monotonic()
        self._decoder.reinit_feat()  # forgets the noise behind the voice before
        self._decoder.set_cmn(_MEAN)
        self._decoder.start_utt()
        try:
            for at in range(0, len(speech), _BLOCK):
                _keep(begun + _PATIENCE_BEFORE_END * within_s)
                self._decoder.process_raw(speech[at : at + _BLOCK].tobytes())
        finally:
            self._decoder.end_utt()
        words = list(_said(self._decoder.seg() or ()))  # None: nothing was heard
        _keep(begun + within_s)
        return words


def _keep(due_at: float) -> None:
    if time.monotonic() >= due_at:
        raise DeadlineMissed


def _said(segments: Any) -> Iterator[Placed]:
    for one in segments:
        text = _VARIANT.sub("", one.word)
        if not _FILLER.fullmatch(text):
            # Rounding of its logarithms brings sums a little above 1.
            sure = min(max(float(one.prob), 0.0), 1.0)
            end = (one.end_frame + 1) / _FRAMES_PER_S
            yield Placed(text, one.start_frame / _FRAMES_PER_S, end, sure)


def _levelled(speech: Speech) -> Speech:
    """Bring speech to the loudness of `_MEAN`, and lay a quiet room under it.

    Shapes:
        speech: (n,), int16, not silent
        returns: the same
    """
    sound = speech.astype(np.float32)
    whole = sound[: len(sound) // _LEVEL_SAMPLES * _LEVEL_SAMPLES]
    levels = np.sqrt((whole.reshape(-1, _LEVEL_SAMPLES) ** 2).mean(axis=1))
    loud = levels[levels > _LOUD_SHARE * levels.max(initial=0.0)]
    gain = min(_LOUD_RMS / np.sqrt((loud**2).mean()), _GAIN_MAX) if len(loud) else 1.0
    noise = np.random.default_rng(1).normal(0, _NOISE_RMS, len(sound)).astype(np.float32)
    bound = np.iinfo(np.int16)
    return np.clip(sound * gain + noise, bound.min, bound.max).astype(np.int16)
