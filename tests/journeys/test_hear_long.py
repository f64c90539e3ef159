"""`balai hear` with a long file: the words of an hour in the memory of a minute."""

import json
import subprocess
import sys
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from balai.app import hear
from balai.app.hear import speech_of
from balai.detect.fingerprint.errors import AudioUnreadable
from balai.detect.speech.utterance import Utterance
from balai.detect.speech.whole import cut_whole
from tests.long_hearing import LINE

RATE = 16_000
SECOND = bytes(2 * RATE)
WORDS = (np.sin(np.arange(RATE) * 0.05) * 9_000).astype("<i2").tobytes()
MORE_MIB = 96.0  # an hour at 16 kHz, whole, is 110 MiB as it lies in the file, and 220 decoded


def recorded(path: Path, seconds: int, spoken: tuple[int, ...]) -> Path:
    """Write silence in which somebody speaks for a second, at these seconds."""
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        for second in range(seconds):
            file.writeframesraw(WORDS if second in spoken else SECOND)
    return path


def heard(path: Path) -> Any:
    """Hear a file in a process of its own."""
    done = subprocess.run(
        (sys.executable, "-m", "tests.long_hearing", str(path)),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def test_an_hour_is_heard_to_its_end_in_the_memory_of_a_minute(tmp_path: Path) -> None:
    spoken = (2, 1_800, 3_597)
    hour = heard(recorded(tmp_path / "hour.wav", 3_600, spoken))
    (tmp_path / "hour.wav").unlink()
    minute = heard(recorded(tmp_path / "minute.wav", 60, (2,)))
    assert hour["duration_s"] == 3_600.0
    assert hour["text"] == " ".join([LINE] * 3)
    for one, at in zip(hour["utterances"], spoken, strict=True):
        assert one["from_s"] <= at < one["words"][0]["to_s"]
        assert one["words"][-1]["to_s"] <= one["to_s"] <= at + 2
    assert [hit["rule"] for hit in hour["policy"]["hits"]] == ["threat-vetted"] * 3
    assert hour["utterances"][0] == minute["utterances"][0]
    assert hour["peak_mib"] < minute["peak_mib"] + MORE_MIB


def test_a_file_that_is_cut_short_is_refused_before_anything_is_heard(tmp_path: Path) -> None:
    path = recorded(tmp_path / "cut.wav", 4, (1,))
    path.write_bytes(path.read_bytes()[:-RATE])
    nobody: Any = None  # who would hear it
    with pytest.raises(AudioUnreadable, match="cut short"):
        hear._told(path, nobody)


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Give some seconds of speech."""
    path = tmp_path_factory.mktemp("said") / "said.wav"
    text = "good evening and welcome, everybody, to the news that never comes to an end"
    subprocess.run(("espeak-ng", "-v", "en-us+m3", "-w", str(path), text), check=True)
    return np.concatenate(list(speech_of(path)))


@pytest.mark.parametrize("length", [100, 513, 8_000, 1_000_000])
def test_it_is_the_same_wherever_the_pieces_end(said: Any, length: int) -> None:
    pieces = [said[at : at + length] for at in range(0, len(said), length)]

    def told(one: Utterance) -> tuple[object, ...]:
        return (one.from_sample, one.keep_from, one.keep_to, one.speech.tobytes())

    whole = [told(one) for one in cut_whole([said], length_s=2.0)]
    assert len(whole) > 1
    assert [told(one) for one in cut_whole(pieces, length_s=2.0)] == whole
