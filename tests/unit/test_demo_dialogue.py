from importlib.resources import files
from itertools import pairwise

import numpy as np

from balai.audio.blocks import BLOCK_S, BLOCK_SAMPLES
from balai.audio.opus import Decoder
from balai.demo.dialogue import SILENCE, load_dialogue


def test_the_guests_take_turns() -> None:
    dialogue = load_dialogue()
    one, two = dialogue.packets.values()
    assert len(one) == len(two)
    both = [a != SILENCE and b != SILENCE for a, b in zip(one, two, strict=True)]
    assert not any(both)
    turns = [line.guest for line in dialogue.script.lines]
    assert all(before != after for before, after in pairwise(turns))
    assert 60 < len(one) * BLOCK_S < 120


def test_every_line_is_recorded_and_every_recording_has_its_text() -> None:
    lines = load_dialogue().script.lines
    recordings = sorted(
        entry.name for entry in files("balai.demo").joinpath("recordings").iterdir()
    )
    assert recordings == [f"{number:02}.opus" for number in range(1, len(lines) + 1)]


def test_the_recordings_are_opus_that_the_stage_can_decode() -> None:
    for packets in load_dialogue().packets.values():
        decoder, block, levels = Decoder(), np.zeros(BLOCK_SAMPLES, np.int16), []
        for packet in packets[:1500]:
            assert decoder.decode(packet, block) == BLOCK_SAMPLES
            levels.append(float(np.abs(block.astype(np.float32)).mean()))
        assert max(levels) > 1_000
        assert min(levels) < 10


def test_the_recordings_are_small() -> None:
    folder = files("balai.demo").joinpath("recordings")
    assert sum(len(entry.read_bytes()) for entry in folder.iterdir()) < 400_000


def test_nobody_could_take_a_recording_for_a_person() -> None:
    script = load_dialogue().script
    assert "recorded demonstration" in script.title
    assert all("recorded" in guest.name for guest in script.guests)
    assert "nobody is behind them" in script.description
