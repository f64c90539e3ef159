"""Agreement between reviewers who judged the same things without knowing of each other.

Source: Krippendorff, Computing Krippendorff's Alpha-Reliability, 2011 (nominal data, any number
    of observers, missing data).
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from typing import TypeVar

_Value = TypeVar("_Value", bound=Hashable)
_PAIR = 2


def alpha(units: Iterable[Sequence[_Value | None]]) -> float | None:
    """Give Krippendorff's α of nominal judgements; 1 is agreement, 0 what chance gives.

    None: nothing was judged by two, or all judgements were alike: chance cannot be told.

    Shapes:
        units: for each thing judged, the judgements it got; None for one that is missing
    """
    judged = [[one for one in unit if one is not None] for unit in units]
    pairable = [unit for unit in judged if len(unit) >= _PAIR]
    totals: Counter[_Value] = Counter(one for unit in pairable for one in unit)
    n = totals.total()
    expected = n * n - sum(count * count for count in totals.values())
    if expected == 0:
        return None
    observed = sum(_disagreement(unit) for unit in pairable)
    return 1.0 - (n - 1) * observed / expected


def _disagreement(unit: Sequence[_Value]) -> float:
    """Count the ordered pairs that differ, by the number of judgements less one."""
    counts = Counter(unit)
    pairs = len(unit) * len(unit) - sum(count * count for count in counts.values())
    return pairs / (len(unit) - 1)
