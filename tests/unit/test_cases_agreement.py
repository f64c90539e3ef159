"""Krippendorff's α against the examples of his paper of 2011."""

import pytest

from balai.cases.agreement import alpha


def test_binary_data_of_two_observers() -> None:
    """Example A: ten units, two observers, no data missing."""
    meg = [0, 1, 0, 0, 0, 0, 0, 0, 1, 0]
    owen = [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]
    assert alpha(zip(meg, owen, strict=True)) == pytest.approx(0.095, abs=5e-4)


def test_nominal_data_of_two_observers() -> None:
    """Example B: twelve units, five categories."""
    ben = list("aabbdcccedda")
    gerry = list("babbbccceddd")
    assert alpha(zip(ben, gerry, strict=True)) == pytest.approx(0.692, abs=5e-4)


def test_nominal_data_of_four_observers_with_missing_ones() -> None:
    """Example C: twelve units, four observers, some units judged by fewer."""
    a = [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None]
    b = [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3]
    c = [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None]
    d = [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None]
    assert alpha(zip(a, b, c, d, strict=True)) == pytest.approx(0.743, abs=5e-4)


def test_where_chance_cannot_be_told_there_is_no_figure() -> None:
    assert alpha([]) is None
    assert alpha([("yes", None), (None, "no")]) is None
    assert alpha([("yes", "yes"), ("yes", "yes")]) is None


def test_perfect_agreement_is_one_and_its_opposite_below_zero() -> None:
    assert alpha([("a", "a"), ("b", "b")]) == 1.0
    assert alpha([("a", "b"), ("b", "a")]) == pytest.approx(-0.5)
