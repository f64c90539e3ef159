"""From a file of any format that FFmpeg reads to sound, or to a sentence why not.

The file may be hostile: FFmpeg gets its bytes only and may open nothing else, and every length
has a limit.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import av
import numpy as np
from av.error import FFmpegError

from balai.detect.fingerprint.errors import AudioUnreadable
from balai.detect.fingerprint.spectrum import RATE_HZ, Samples
from balai.detect.fingerprint.wholeness import ends_early

RATE: Final = RATE_HZ
SECONDS_MIN: Final = 0.5
SECONDS_MAX: Final = 10 * 3_600.0  # ten hours are 1.2 GB of memory
SILENT_PEAK: Final = 3e-4  # -70 dBFS
RATE_HZ_MIN: Final = 4_000  # a telephone has 8,000; what has less becomes much more here
RATE_HZ_USUAL: Final = 48_000
CHANNELS_USUAL: Final = 2
CLIPPED_SHARE: Final = 0.01
_FULL: Final = 0.999
_BAD_SHARE_MAX: Final = 0.05  # of packets; a file may have a scratch
_WHOLE_SHARE: Final = 0.95  # of the announced length, below which a file is cut short
_ANNOUNCED_S_MIN: Final = 2.0  # shorter announcements are too coarse to be held against
# What leads elsewhere is refused before FFmpeg follows it: no address, and no other file.
_OPTIONS: Final = {"protocol_whitelist": "none"}
_ENCRYPTED_TAGS: Final = frozenset({"enca", "drms"})


@dataclass(frozen=True, slots=True)
class Sound:
    """The sound of a file, and what a person should know of it.

    Shapes:
        samples: (n,) mono float32, at 8 kHz or at the rate that was asked for
    """

    samples: Samples
    remarks: tuple[str, ...]


def decode(path: Path) -> Samples:
    """Give the sound of a file at 8 kHz, mixed to one channel.

    Raises:
        AudioUnreadable: the sentence names the file and the reason.
    """
    return read_sound(path).samples


def read_sound(path: Path, *, rate_hz: int = RATE_HZ) -> Sound:
    """Give the sound of a file, with remarks on what was unusual.

    Raises:
        AudioUnreadable: as `decode`.
    """
    reading = Reading(path, rate_hz=rate_hz)
    samples = np.concatenate([*reading.pieces(), np.zeros(0, np.float32)])
    return Sound(samples, reading.remarks)


class Reading:
    """One file on its way from bytes to sound, piece by piece.

    `remarks` and `count`, the number of samples, are whole when all pieces were taken.
    """

    def __init__(self, path: Path, *, rate_hz: int) -> None:
        self.remarks: tuple[str, ...] = ()
        self.count = 0
        self._path = path
        self._rate_hz = rate_hz
        self._resampler = av.AudioResampler("flt", "mono", rate_hz)
        self._packets = 0
        self._bad = 0
        self._is_broken_off = False
        self._is_finite = True
        self._peak = 0.0
        self._clipped = 0

    def pieces(self) -> Iterator[Samples]:
        """Give the sound as it is decoded, so that no length of it fills the memory; once.

        Shapes:
            each piece: (n,) mono float32; they follow each other

        Raises:
            AudioUnreadable: as `decode`; what is found at the end is told at the end.
        """
        try:
            with self._path.open("rb") as file:
                for piece in self._decoded(file):
                    self._note(piece)
                    yield piece
        except FFmpegError as cause:
            raise self._refused("this is no sound that can be read") from cause
        except OSError as cause:
            raise self._refused((cause.strerror or "unreadable").lower()) from cause

    def _decoded(self, file: BinaryIO) -> Iterator[Samples]:
        if not file.seek(0, 2):
            raise self._refused("this file is empty")
        self._is_broken_off = ends_early(file)
        file.seek(0)
        # The names in a file are nothing to us, and may be in any encoding.
        with av.open(file, options=_OPTIONS, metadata_errors="ignore") as container:
            stream = self._stream(container)
            announced_s = _announced_s(container, stream)
            for packet in self._packets_of(container, stream):
                yield from self._decode(stream, packet)
            yield from self._flush()
            remarks = self._remarks(stream)
            is_mixed = stream.codec_context.channels > CHANNELS_USUAL
        self._check(announced_s)
        clipping = [] if is_mixed else self._clipping()  # a sum may be louder than full
        self.remarks = (*remarks, *clipping)

    def _note(self, piece: Samples) -> None:
        self.count += len(piece)
        loud = np.abs(piece)
        self._peak = max(self._peak, float(loud.max(initial=0.0)))
        self._is_finite = self._is_finite and bool(np.isfinite(piece).all())
        self._clipped += int((loud >= _FULL).sum())

    def _refused(self, reason: str) -> AudioUnreadable:
        return AudioUnreadable(f"{self._path}: {reason}")

    def _stream(self, container: Any) -> Any:
        if not container.streams.audio:
            has_pictures = bool(container.streams.video)
            raise self._refused(
                "there is no sound in this video" if has_pictures else "no sound"
            )
        stream = container.streams.audio[0]
        if stream.codec_context is None:
            raise self._refused("its sound is coded in a way that is not known here")
        if stream.codec_context.codec_tag.lower() in _ENCRYPTED_TAGS:
            raise self._refused("this file is encrypted")
        stream.thread_type = "NONE"  # several files are read at once; each keeps to one core
        return stream

    def _packets_of(self, container: Any, stream: Any) -> Iterator[Any]:
        try:
            yield from container.demux(stream)
        except FFmpegError:
            self._is_broken_off = True

    def _decode(self, stream: Any, packet: Any) -> list[Samples]:
        self._packets += 1
        pieces: list[Samples] = []
        try:
            frames = stream.codec_context.decode(packet if packet.size else None)
            for frame in frames:
                pieces += self._resampled(frame)
        except (FFmpegError, ValueError):  # a frame of another layout is refused as a value
            self._bad += 1
        if self.count + sum(map(len, pieces)) > SECONDS_MAX * self._rate_hz:
            raise self._refused(
                f"longer than {SECONDS_MAX / 3600:.0f} hours; cut it into parts"
            )
        return pieces

    def _resampled(self, frame: Any) -> list[Samples]:
        if frame.sample_rate < RATE_HZ_MIN:
            needed = f"at least {RATE_HZ_MIN} are needed"
            raise self._refused(f"only {frame.sample_rate} samples a second; {needed}")
        return [piece.to_ndarray()[0] for piece in self._resampler.resample(frame)]

    def _flush(self) -> list[Samples]:
        if not self.count:
            return []
        return [piece.to_ndarray()[0] for piece in self._resampler.resample(None)]

    def _check(self, announced_s: float | None) -> None:
        length_s = self.count / self._rate_hz
        if self._bad and self._bad >= _BAD_SHARE_MAX * self._packets:
            raise self._refused("its sound is damaged or encrypted")
        is_short = announced_s is not None and length_s < _WHOLE_SHARE * announced_s
        if self._is_broken_off or (is_short and length_s >= SECONDS_MIN):
            much = f" instead of {announced_s:.1f} s" if is_short else ""
            raise self._refused(f"cut short: it ends after {length_s:.1f} s{much}")
        if length_s < SECONDS_MIN:
            raise self._refused(f"only {length_s:.1f} s of sound; {SECONDS_MIN} s are needed")
        if not self._is_finite:
            raise self._refused("its sound is damaged: not a number")
        if self._peak < SILENT_PEAK:
            raise self._refused("it is silent")

    def _remarks(self, stream: Any) -> list[str]:
        context, remarks = stream.codec_context, []
        if context.sample_rate > RATE_HZ_USUAL:
            rate_khz = self._rate_hz / 1000
            remarks.append(f"{context.sample_rate / 1000:g} kHz, brought to {rate_khz:g}")
        if context.channels > CHANNELS_USUAL:
            remarks.append(f"{context.channels} channels, mixed to one")
        if self._bad:
            remarks.append("damaged in some places")
        return [f"{self._path}: {one}" for one in remarks]

    def _clipping(self) -> list[str]:
        share = self._clipped / self.count
        if share < CLIPPED_SHARE:
            return []
        return [f"{self._path}: clipped for {share:.0%} of its length; it may match less well"]


def _announced_s(container: Any, stream: Any) -> float | None:
    """Tell how long the file says it is; None when it says nothing to rely on."""
    if stream.duration is not None and stream.time_base is not None:
        announced = float(stream.duration * stream.time_base)
    elif container.duration is not None:
        announced = container.duration / 1e6
    else:
        return None
    return announced if announced >= _ANNOUNCED_S_MIN else None
