"""Makes one segment of a replay anew, from the voices that stay."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from balai.air import cmaf
from balai.air.encoder import AHEAD_SAMPLES, PART_SAMPLES, Encoder
from balai.air.omitted import Omitted
from balai.air.track_reading import TrackReader
from balai.audio.blocks import Pcm, silence
from balai.audio.mix import soft_limited

FADE_SAMPLES: Final = 240  # where a voice is cut off, on the side that stays


def remade(chunks: Sequence[cmaf.Chunk], voices: TrackReader, omitted: Omitted | None) -> bytes:
    """Make a segment anew, part by part; None: not all is known, all is silent.

    The encoder hears the part before and two frames after, so that a decoder joins it with its
    neighbours by the ordinary overlap, whether these are made anew or not.

    Raises:
        OSError: the voices cannot be read.
    """
    start = chunks[0].media_time - PART_SAMPLES
    samples = (len(chunks) + 1) * PART_SAMPLES + AHEAD_SAMPLES
    sound = mix(voices, omitted, start, samples) if omitted else silence(samples)
    encoder, made = Encoder(), []
    for number in range(len(chunks) + 1):
        part = sound[number * PART_SAMPLES :][: PART_SAMPLES + AHEAD_SAMPLES]
        made.append(encoder.part(part))
    return b"".join(
        cmaf.chunk(
            packets,
            number=chunk.media_time // PART_SAMPLES + 1,
            media_time=chunk.media_time,
            starts_at=chunk.starts_at,
        )
        for chunk, packets in zip(chunks, made[1:], strict=True)
    )


def mix(voices: TrackReader, omitted: Omitted, start: int, samples: int) -> Pcm:
    """Mix all that is not left out, by media time.

    Shapes:
        returns: (samples,)
    """
    total = np.zeros(samples, np.int32)
    for seat in voices.stretches:
        gaps = omitted.spans(seat, start - FADE_SAMPLES, start + samples + FADE_SAMPLES)
        if gaps[:1] != [(start - FADE_SAMPLES, start + samples + FADE_SAMPLES)]:
            sound = voices.read(seat, start, samples).astype(np.float32)
            for low, high in gaps:
                _fade(sound, low - start, high - start)
            total += np.rint(sound).astype(np.int32)
    return soft_limited(total)


def _fade(sound: NDArray[np.float32], low: int, high: int) -> None:
    """Silence a stretch, and fade what stays beside it."""
    at = np.arange(len(sound))
    beside = np.maximum(low - at, at - high + 1)
    sound *= np.clip(beside / FADE_SAMPLES, 0, 1).astype(np.float32)
