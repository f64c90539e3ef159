"""The signal type keeps what `threatexchange` asks of one, and its own command can use it.

The library tests its signal types with a helper that it does not install; the same obligations
are written down here.
"""

import os
import subprocess
import sys
import wave
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from threatexchange.extensions.manifest import ThreatExchangeExtensionManifest

from balai.errors import Invalid
from balai.tx import TX_MANIFEST
from balai.tx.content import AudioContent
from balai.tx.signal import BalaiAudioIndex, BalaiAudioSignal

RATE = 16_000


def tune(seed: int, seconds: int = 20) -> NDArray[np.float64]:
    generator = np.random.default_rng(seed)
    at_s = np.arange(RATE // 4) / RATE
    notes = [
        np.hanning(len(at_s)) * np.sin(2 * np.pi * generator.uniform(300, 3000, (3, 1)) * at_s)
        for _ in range(seconds * 4)
    ]
    return np.concatenate([note.sum(axis=0) for note in notes])


def write(path: Path, sound: NDArray[np.float64]) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((sound * 8000).astype("<i2").tobytes())
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sound")
    write(folder / "known.wav", tune(5))
    write(folder / "excerpt.wav", tune(5)[7 * RATE : 13 * RATE])
    write(folder / "other.wav", tune(6))
    (folder / "damaged.wav").write_bytes(b"RIFF no sound")
    return folder


def hashed(path: Path) -> str:
    return BalaiAudioSignal.hash_from_file(path)


def test_it_is_loaded_as_the_library_loads_extensions() -> None:
    loaded = ThreatExchangeExtensionManifest.load_from_module_name("balai.tx")
    assert loaded is TX_MANIFEST
    assert AudioContent.get_name() == "audio"
    assert BalaiAudioSignal.get_name() == "balai_audio"
    assert BalaiAudioSignal.get_content_types() == [AudioContent]


def test_its_examples_are_valid_and_match_themselves() -> None:
    examples = BalaiAudioSignal.get_examples()
    assert len(set(examples)) == len(examples) > 1
    for example in examples:
        assert BalaiAudioSignal.validate_signal_str(example) == example
        assert BalaiAudioSignal.validate_signal_str(f" {example}\n") == example
        result = BalaiAudioSignal.compare_hash(example, example)
        assert (result.match, result.distance.pretty_str()) == (True, "0.0")
    assert not BalaiAudioSignal.compare_hash(*examples[:2]).match


@pytest.mark.parametrize("signal", ["", " ", "text", "AAAA", "é", "=" * 8])
def test_what_is_no_signal_is_refused(signal: str) -> None:
    with pytest.raises(Invalid):
        BalaiAudioSignal.validate_signal_str(signal)


def test_a_damaged_signal_is_refused(folder: Path) -> None:
    signal = hashed(folder / "known.wav")
    flipped = ("B" if signal[40] == "A" else "A").join((signal[:40], signal[41:]))
    for damaged in (flipped, signal[: len(signal) // 8 * 4]):
        with pytest.raises(Invalid):
            BalaiAudioSignal.validate_signal_str(damaged)


def test_an_excerpt_matches_its_recording_both_ways_and_nothing_else(folder: Path) -> None:
    known, excerpt, other = map(
        hashed, (folder / "known.wav", folder / "excerpt.wav", folder / "other.wav")
    )
    for pair in ((known, excerpt), (excerpt, known)):
        assert BalaiAudioSignal.compare_hash(*pair).match
    for pair in ((other, excerpt), (known, other)):
        assert not BalaiAudioSignal.compare_hash(*pair).match


def test_a_file_that_cannot_be_used_has_no_signal(folder: Path) -> None:
    assert hashed(folder / "damaged.wav") == ""
    assert hashed(folder / "missing.wav") == ""


def test_the_index_finds_every_entry_and_survives_being_stored(
    folder: Path, tmp_path: Path
) -> None:
    known, excerpt = hashed(folder / "known.wav"), hashed(folder / "excerpt.wav")
    index = BalaiAudioIndex.build([(known, "a"), (hashed(folder / "other.wav"), "b")])
    index.add(known, "c")
    with (tmp_path / "index").open("wb") as out:
        index.serialize(out)
    with (tmp_path / "index").open("rb") as stored:
        again: BalaiAudioIndex[str] = BalaiAudioIndex.deserialize(stored)
    for one in (index, again):
        assert [match.metadata for match in one.query(excerpt)] == ["a", "c"]
        assert list(one.query("")) == []


def tx(home: Path, *arguments: str) -> list[str]:
    environment = os.environ | {"HOME": str(home)}
    command = [sys.executable, "-m", "threatexchange", *arguments]
    if (beside := Path(sys.executable).with_name("tx")).exists():
        command[:3] = [str(beside)]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=110, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_the_real_command_hashes_stores_and_matches(folder: Path, tmp_path: Path) -> None:
    tx(tmp_path, "config", "extensions", "add", "balai.tx")
    lines = tx(tmp_path, "hash", "audio", str(folder / "known.wav"))
    assert lines == [f"balai_audio {hashed(folder / 'known.wav')}"]
    signals = tmp_path / "signals.txt"
    signals.write_text("".join(f"{line}\n" for line in lines))
    tx(
        tmp_path,
        *("config", "collab", "edit", "local_file", "--create", "Chants"),
        *("--filename", str(signals)),
    )
    tx(tmp_path, "fetch")
    found = tx(tmp_path, "match", "audio", str(folder / "excerpt.wav"))
    assert len(found) == 1
    assert found[0].startswith("balai_audio ")
    assert "(Chants)" in found[0]
    assert tx(tmp_path, "match", "audio", str(folder / "other.wav")) == []
