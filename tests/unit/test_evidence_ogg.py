"""A sealed voice as a file: players hear exactly the window's samples, at their place."""

import io
from pathlib import Path

import av
import numpy as np
import pytest

from balai.audio.blocks import Pcm
from balai.evidence.errors import SealBroken
from balai.evidence.ogg import ogg_opus
from balai.evidence.sound import Packets, Sound, Window, pack, unpack
from tests.evidence_house import RATE_HZ, packets_of


def click(at: int, samples: int = 2 * RATE_HZ) -> Pcm:
    """A loud chirp of 10 ms that begins at a sample."""
    sound = np.zeros(samples, np.int16)
    turns = np.arange(480)
    sound[at : at + 480] = 20_000 * np.sin(turns * turns / 500)
    return sound


def placed(pcm: Pcm) -> Packets:
    return {number * 960: packet for number, packet in enumerate(packets_of(pcm))}


def heard(data: bytes) -> Pcm:
    with av.open(io.BytesIO(data), "r") as container:
        frames = [frame.to_ndarray() for frame in container.decode(audio=0)]
    sound = np.concatenate(frames, axis=1)[0]
    return np.asarray(sound * 32_767, np.int16) if sound.dtype.kind == "f" else sound


@pytest.mark.parametrize("begin_and_end", [(0, 96_000), (1, 50_000), (24_001, 71_337)])
def test_a_player_plays_exactly_the_window(begin_and_end: tuple[int, int]) -> None:
    begin, end = begin_and_end
    sound = heard(ogg_opus(Window("room", begin, end), placed(click(48_000))))
    assert len(sound) == end - begin


@pytest.mark.parametrize("begin", [0, 30_000, 40_003])
def test_what_was_said_is_heard_at_its_sample(begin: int) -> None:
    said = click(48_000)
    sound = heard(ogg_opus(Window("room", begin, 90_000), placed(said)))
    alike = np.correlate(sound.astype(float), said[48_000:48_480].astype(float), "valid")
    assert abs(int(alike.argmax()) - (48_000 - begin)) <= 2


def test_where_nobody_was_heard_it_is_silent() -> None:
    packets = placed(click(10_000))
    some = {place: data for place, data in packets.items() if place < 24_000}
    sound = heard(ogg_opus(Window("room", 0, 96_000), some))
    assert len(sound) == 96_000
    assert np.abs(sound[30_000:]).max() <= 1


def test_a_packet_as_long_as_may_be_is_written(tmp_path: Path) -> None:
    packets = {n * 960: bytes([0xF8]) + bytes(1274) for n in range(60)}
    data = ogg_opus(Window("room", 0, 60 * 960 - 312), packets)
    assert data.count(b"OggS") == 2 + 3


def test_content_is_read_as_it_was_written() -> None:
    sound = Sound(Window("room", 5, 9_000, frozenset({"ada", "ben"})), damaged={3})
    for seat in ("ben", "ada"):
        for place in (1920, 960, 2880):
            sound.add(seat, place, f"{seat}{place}".encode())
    sound.add("eve", 960, b"not asked for")
    sound.add("ada", 9_600, b"too late")
    again = unpack(pack(sound))
    assert (again.window, again.damaged) == (sound.window, {3})
    assert again.voices == {
        seat: {place: f"{seat}{place}".encode() for place in (960, 1920, 2880)}
        for seat in ("ada", "ben")
    }
    assert pack(again) == pack(sound)


@pytest.mark.parametrize(
    "data", [b"", b"BALAI-SOUND-1\n", b"BALAI-SOUND-1\n\0\0\0\2[]", b"x" * 99]
)
def test_other_bytes_are_no_content(data: bytes) -> None:
    with pytest.raises(SealBroken):
        unpack(data)
