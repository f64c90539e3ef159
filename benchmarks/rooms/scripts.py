"""Lets espeak-ng speak the acted rooms of this folder.

README.md says how they were made and what figures from them are worth; `balai.policy.labelled`
reads them.
"""

import hashlib
import shutil
import subprocess
import tempfile
import wave
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from scipy.signal import resample_poly

from balai.errors import Invalid, Unavailable
from balai.policy.labelled import LabelledLine, LabelledRoom

ROOMS: Final = Path(__file__).parent
RATE_HZ: Final = 16_000
LONGEST_S: Final = 12.0
SPEAKING_S: Final = 30


class LineTooLong(Invalid):
    """A line of an acted room lasts longer than a person would speak without a pause."""


class NoSpeech(Unavailable):
    """espeak-ng cannot speak here; install it and try again."""


@dataclass(frozen=True)
class VoicedLine:
    """A line and the sound file that says it: 16 kHz, mono, 16 bits."""

    line: LabelledLine
    path: Path
    duration_s: float


def synthesise(room: LabelledRoom, folder: Path) -> list[VoicedLine]:
    """Speak every line of a room into a file of its own; what is there already is kept.

    A file is named by the hash of voice, speed and words, so that a changed line is spoken
    anew and an unchanged one never is.

    Raises:
        NoSpeech: espeak-ng is missing or does not know the voice.
        LineTooLong: a line lasts longer than 12 s.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return [_voiced(line, folder) for line in room.lines]


def _voiced(line: LabelledLine, folder: Path) -> VoicedLine:
    said = "\0".join((line.speaker.voice, str(line.speaker.speed), line.text))
    path = folder / f"{hashlib.sha256(said.encode()).hexdigest()[:32]}.wav"
    if not path.exists():
        _speak(line, path)
    with wave.open(str(path)) as sound:
        duration_s = sound.getnframes() / sound.getframerate()
    if duration_s > LONGEST_S:
        raise LineTooLong(f"lasts {duration_s:.1f} s, at most {LONGEST_S}: {line.text}")
    return VoicedLine(line, path, duration_s)


def _speak(line: LabelledLine, path: Path) -> None:
    """Write the file under another name first, so that a cut-off one is never kept."""
    program = shutil.which("espeak-ng")
    if program is None:
        raise NoSpeech
    with tempfile.TemporaryDirectory(dir=path.parent) as name:
        raw, done = Path(name) / "raw.wav", Path(name) / "done.wav"
        voice = ("-v", line.speaker.voice, "-s", str(line.speaker.speed), "-w", str(raw))
        try:
            subprocess.run(
                (program, *voice, "--stdin"),
                input=line.text.encode(),
                check=True,
                capture_output=True,
                timeout=SPEAKING_S,
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise NoSpeech(f"voice {line.speaker.voice}") from error
        _resample(raw, done)
        done.replace(path)


def _resample(raw: Path, done: Path) -> None:
    with wave.open(str(raw)) as sound:
        rate_hz = sound.getframerate()
        pcm = np.frombuffer(sound.readframes(sound.getnframes()), np.int16)
    same = resample_poly(pcm.astype(np.float64), RATE_HZ, rate_hz)
    with wave.open(str(done), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE_HZ)
        sound.writeframes(np.clip(np.rint(same), -32_768, 32_767).astype("<i2").tobytes())
