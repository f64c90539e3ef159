"""Utterances: every sample of speech is in one, none is too long, joints lose no word."""

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from balai.detect.speech.activity import FRAME_SAMPLES
from balai.detect.speech.recognizer import RATE_HZ, Word
from balai.detect.speech.utterance import SPOKEN_FRAMES_MIN, Cutter, Utterance

runs = st.lists(
    st.tuples(st.sampled_from([0.05, 0.42, 0.6, 0.95]), st.integers(1, 90)), max_size=8
)
pieces = st.lists(st.integers(300, 9_000), min_size=1, max_size=8)


def cut(probabilities: list[float], sizes: list[int], length_s: float) -> list[Utterance]:
    """Feed a voice whose samples are their own numbers, in pieces as they come."""
    cutter, utterances, fed, judged = Cutter(length_s), list[Utterance](), 0, 0
    speech = (np.arange(len(probabilities) * FRAME_SAMPLES) % 30_000).astype(np.int16)
    number = 0
    while fed < len(speech):
        piece = speech[fed : fed + sizes[number % len(sizes)]]
        fed, number = fed + len(piece), number + 1
        frames = fed // FRAME_SAMPLES
        told = np.array(probabilities[judged:frames], np.float32)
        utterances += cutter.feed(piece, told)
        judged = frames
    return utterances + list(cutter.finish())


@settings(deadline=None)
@given(runs=runs, sizes=pieces, length_s=st.sampled_from([1.0, 4.0, 8.0]))
def test_every_long_enough_speech_is_kept_once(
    runs: list[tuple[float, int]], sizes: list[int], length_s: float
) -> None:
    probabilities = [p for p, count in runs for _ in range(count)]
    utterances = cut(probabilities, sizes, length_s)
    kept = np.zeros(len(probabilities) * FRAME_SAMPLES, np.int32)
    for one in utterances:
        expected = (np.arange(one.from_sample, one.to_sample) % 30_000).astype(np.int16)
        assert np.array_equal(one.speech, expected)
        assert one.from_sample <= one.keep_from < one.keep_to <= one.to_sample
        assert len(one.speech) <= round(length_s * RATE_HZ) + FRAME_SAMPLES
        kept[one.keep_from : one.keep_to] += 1
    assert kept.max(initial=0) <= 1
    spoken = [p >= 0.5 for p in probabilities]
    for frame in range(len(spoken) - SPOKEN_FRAMES_MIN + 1):
        if all(spoken[frame : frame + SPOKEN_FRAMES_MIN]):
            assert kept[frame * FRAME_SAMPLES] == 1
    for before, after in pairwise(utterances):
        assert after.continues == (before.keep_to < before.to_sample)
        assert after.from_sample >= before.from_sample


@settings(deadline=None, max_examples=30)
@given(sizes=pieces)
def test_how_it_arrives_changes_nothing(sizes: list[int]) -> None:
    probabilities = [0.1] * 20 + [0.9] * 200 + [0.1] * 20 + [0.8] * 30 + [0.0] * 30
    given_whole = cut(probabilities, [10**6], 4.0)
    spans = [(u.from_sample, u.keep_from, u.keep_to) for u in cut(probabilities, sizes, 4.0)]
    assert spans == [(u.from_sample, u.keep_from, u.keep_to) for u in given_whole]


def test_a_word_at_a_joint_counts_once() -> None:
    first, second = cut([0.9] * 150, [8_000], 4.0)[:2]
    assert second.continues
    joint = first.keep_to
    for middle in (joint - 1, joint, joint + 1):
        in_first = Word("x", middle - first.from_sample, middle - first.from_sample, 1.0)
        in_second = Word("x", middle - second.from_sample, middle - second.from_sample, 1.0)
        assert first.keeps(in_first) + second.keeps(in_second) == 1
