"""Mixing any voices."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from balai.audio.blocks import Pcm
from balai.audio.mix import mix_minus, mixed, soft_limited

Voices = arrays(np.int16, array_shapes(min_dims=2, max_dims=2, max_side=20))


@given(Voices)
def test_everybody_hears_the_mix_of_the_others(voices: Pcm) -> None:
    mixes = mix_minus(voices)
    for row in range(len(voices)):
        assert mixes[row].tolist() == mixed(np.delete(voices, row, axis=0)).tolist()
    assert mixes[-1].tolist() == mixed(voices).tolist()


@given(st.lists(st.integers(-655_360, 655_360), min_size=1, max_size=50))
def test_louder_in_is_never_quieter_out_and_the_sign_is_kept(sums: list[int]) -> None:
    ordered = np.array(sorted(sums), np.int32)
    limited = soft_limited(ordered).tolist()
    assert limited == sorted(limited)
    assert [np.sign(x) for x in limited] == [np.sign(x) for x in ordered]


@given(arrays(np.int32, array_shapes(max_dims=2), elements=st.integers(-24_576, 24_576)))
def test_what_is_not_loud_is_not_changed(
    sums: np.ndarray[tuple[int, ...], np.dtype[np.int32]],
) -> None:
    assert soft_limited(sums).tolist() == sums.tolist()
