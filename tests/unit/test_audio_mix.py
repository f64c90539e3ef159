"""Mixing without wrapping, and the talk gate."""

import numpy as np

from balai.audio.level import HANGOVER_BLOCKS, TalkGate, loudness
from balai.audio.mix import mix_minus, mixed


def test_quiet_voices_are_added_exactly() -> None:
    voices = np.array([[100, -5, 7], [1, 2, -9]], np.int16)
    assert mixed(voices).tolist() == [101, -3, -2]


def test_no_voices_are_silence() -> None:
    assert mixed(np.empty((0, 4), np.int16)).tolist() == [0, 0, 0, 0]
    assert mix_minus(np.empty((0, 3), np.int16)).tolist() == [[0, 0, 0]]


def test_each_voice_gets_the_others_and_the_last_row_all() -> None:
    voices = np.array([[1, 10], [2, 20], [4, 40]], np.int16)
    assert mix_minus(voices).tolist() == [[6, 60], [5, 50], [3, 30], [7, 70]]


def test_loud_voices_bend_and_never_wrap() -> None:
    voices = np.full((20, 2), 32_767, np.int16)
    voices[:, 1] = -32_768
    high, low = mixed(voices).tolist()
    assert (high, low) == (32_767, -32_767)


def test_loudness_is_the_root_mean_square() -> None:
    blocks = np.array([[3, -3, 3, -3], [0, 0, 0, 0]], np.int16)
    assert loudness(blocks).tolist() == [3.0, 0.0]


def test_the_gate_opens_at_once_and_hangs_over() -> None:
    gate = TalkGate()
    assert not gate.hear(50)
    assert gate.hear(1000)
    assert [gate.hear(0) for _ in range(HANGOVER_BLOCKS)] == [True] * HANGOVER_BLOCKS
    assert not gate.hear(0)


def test_the_hangover_lasts_at_least_a_second() -> None:
    assert HANGOVER_BLOCKS * 20 >= 1000


def test_a_shut_gate_is_closed() -> None:
    gate = TalkGate()
    gate.hear(1000)
    gate.shut()
    assert not gate.is_open
