import numpy as np

from balai.air.stretch import JOINT_SAMPLES, Splice, best_splice, spliced
from balai.audio.blocks import RATE_HZ, silence


def wave(hz: float, samples: int) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    at = np.arange(samples)
    return (10_000 * np.sin(2 * np.pi * hz * at / RATE_HZ)).astype(np.int16)


def test_a_periodic_sound_loses_whole_periods() -> None:
    splice = best_splice(wave(125.0, 12_800), first=2_048, skip_max=600)
    assert splice is not None
    assert splice.skip == RATE_HZ // 125


def test_the_joint_of_a_periodic_sound_is_not_heard() -> None:
    sound = wave(200.0, 12_800)
    out = spliced(sound.astype(np.int32), Splice(4_000, RATE_HZ // 200))
    assert len(out) == 12_800 - 240
    assert int(np.abs(out - wave(200.0, len(out))).max()) <= 1


def test_outside_the_joint_nothing_is_changed() -> None:
    sound = np.arange(8_000, dtype=np.int32)
    out = spliced(sound, Splice(3_000, 500))
    np.testing.assert_array_equal(out[:3_000], sound[:3_000])
    np.testing.assert_array_equal(out[3_000 + JOINT_SAMPLES :], sound[3_500 + JOINT_SAMPLES :])


def test_silence_loses_as_much_as_it_may() -> None:
    splice = best_splice(silence(12_800), first=2_048, skip_max=512)
    assert splice is not None
    assert splice.skip == 512


def test_less_than_two_milliseconds_is_not_worth_a_splice() -> None:
    assert best_splice(silence(12_800), first=2_048, skip_max=95) is None
