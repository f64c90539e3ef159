"""Samples that nobody can choose or foresee: by a thing's id and the house's key alone."""

from typing import Final

from balai.people.keys import HouseKey

_DIGITS: Final = 16  # hexadecimal ones, of a hash
_AMONG: Final = 16**_DIGITS


def is_among(key: HouseKey, purpose: str, name: str, *, share: float) -> bool:
    """Tell whether something belongs to a share of all such things."""
    return int(key.sign(purpose, name)[:_DIGITS], 16) / _AMONG < share
