"""Whatever a sound file holds, it is sound or refused; nothing crashes and nothing leaks."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from balai.detect.fingerprint.decode import decode
from balai.detect.fingerprint.errors import AudioUnreadable, FingerprintDamaged
from balai.detect.fingerprint.fingerprint import Fingerprint, fingerprint
from tests.ear_sound import tune, write

ENDINGS = {"wav": "pcm_s16le", "opus": "libopus", "mp3": "libmp3lame", "flac": "flac"}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("whole")
    return {
        ending: write(folder / f"whole.{ending}", tune(1, 2), codec=codec).read_bytes()
        for ending, codec in ENDINGS.items()
    }


def try_to_decode(data: bytes) -> None:
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        try:
            samples = decode(Path(file.name))
        except AudioUnreadable:
            return
    assert len(samples) >= 4000
    again = fingerprint(samples)
    assert Fingerprint.from_bytes(again.to_bytes()).frames == again.frames


@given(data=st.binary(max_size=500))
@settings(max_examples=100, deadline=None)
def test_any_bytes(data: bytes) -> None:
    try_to_decode(data)


@given(
    ending=st.sampled_from(sorted(ENDINGS)),
    changes=st.lists(
        st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=30
    ),
    keep=st.floats(0.1, 1),
)
@settings(max_examples=150, deadline=None)
def test_any_damage(
    whole: dict[str, bytes], ending: str, changes: list[tuple[float, int]], keep: float
) -> None:
    data = bytearray(whole[ending])
    for place, value in changes:
        data[int(place**3 * len(data))] = value  # headers, at the beginning, are hit most
    try_to_decode(bytes(data[: int(keep * len(data))]))


@given(data=st.binary(max_size=200) | st.binary(max_size=80).map(lambda one: b"EARP\1\0" + one))
@settings(max_examples=300, deadline=None)
def test_any_fingerprint(data: bytes) -> None:
    with pytest.raises(FingerprintDamaged):
        Fingerprint.from_bytes(data)
