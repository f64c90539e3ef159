"""Reading any file that FFmpeg reads, as mono sound at 8 kHz; what cannot be used is named."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.container import InputContainer
from av.error import FFmpegError

from balai.detect.fingerprint.errors import AudioUnreadable
from balai.detect.fingerprint.spectrum import RATE_HZ, Samples

RATE: Final = RATE_HZ
SECONDS_MIN: Final = 0.5
HOURS_MAX: Final = 48
_SILENT: Final = 1e-4  # peak; -80 dBFS
_LOST_SHARE_MAX: Final = 0.1


def decode(path: Path) -> Samples:
    """Read a file's first audio track, all channels mixed.

    Shapes:
        returns: (n,) at 8 kHz, full scale 1.0

    Raises:
        AudioUnreadable: it is empty, too short or too long, silent, without sound, encrypted,
            damaged or no audio at all; the sentence names the file and the reason.
    """
    try:
        with av.open(str(path), metadata_errors="ignore") as container:
            samples = _samples(path, container)
    except FFmpegError as cause:
        raise _unreadable(path, _reason(path)) from cause
    except OSError as cause:
        raise _unreadable(path, cause.strerror or "it cannot be opened") from cause
    seconds = len(samples) / RATE
    if seconds < SECONDS_MIN:
        raise _unreadable(
            path, f"it holds {seconds:.1f} s of sound, {SECONDS_MIN} s are needed"
        )
    if float(np.abs(samples).max()) < _SILENT:
        raise _unreadable(path, "it is silent")
    return samples


def _samples(path: Path, container: InputContainer) -> Samples:
    if not container.streams.audio:
        raise _unreadable(path, "there is no audio track in it")
    stream = container.streams.audio[0]
    if stream.codec_context is None:
        raise _unreadable(path, "no decoder knows its audio, or it is encrypted")
    resampler = AudioResampler(format="flt", layout="mono", rate=RATE)
    pieces: list[Samples] = []
    count = 0
    for frame in _frames(path, container):
        for piece in resampler.resample(frame):
            pieces.append(piece.to_ndarray()[0])
            count += len(pieces[-1])
        if count > HOURS_MAX * 3600 * RATE:
            raise _unreadable(path, f"it is longer than {HOURS_MAX} hours")
    pieces += [piece.to_ndarray()[0] for piece in resampler.resample(None)]
    return np.concatenate([*pieces, np.zeros(0, np.float32)]).astype(np.float32, copy=False)


def _frames(path: Path, container: InputContainer) -> Iterator[AudioFrame]:
    """Decode packet by packet: one that is damaged is left out, many are not forgiven."""
    packets = lost = 0
    for packet in container.demux(audio=0):
        packets += 1
        try:
            decoded = packet.decode()
        except FFmpegError:
            lost += 1
            continue
        for frame in decoded:
            if isinstance(frame, AudioFrame):
                yield frame
    if lost > packets * _LOST_SHARE_MAX:
        raise _unreadable(path, f"{lost} of {packets} packets are damaged or encrypted")


def _reason(path: Path) -> str:
    if path.is_file() and path.stat().st_size == 0:
        return "it is empty"
    return "it is no audio that FFmpeg knows, or it is damaged or encrypted"


def _unreadable(path: Path, reason: str) -> AudioUnreadable:
    return AudioUnreadable(f"{path}: {reason}.")
