"""Compare what was said with what was heard: the lag, and what is missing."""

from collections.abc import Sequence

import numpy as np

from rig.chirps import Heard

_NEAR_S = 0.25  # chirps are 0.5 s apart


def lag(said: Sequence[Heard], heard: Sequence[Heard], *, most_s: float = 45.0) -> float:
    """Find by how many seconds what was heard follows what was said; NaN when nothing fits.

    Every pair of equal symbols votes for its distance; the true lag gets one from each chirp,
    a wrong one only by chance. The median of the votes near the winner is given.
    """
    votes = np.array(
        [h.at_s - s.at_s for s in said for h in heard if s.symbol == h.symbol], np.float64
    )
    votes = votes[(votes > -1.0) & (votes < most_s)]
    if not len(votes):
        return float("nan")
    near = np.array([np.count_nonzero(np.abs(votes - vote) < _NEAR_S / 2) for vote in votes])
    winner = votes[int(near.argmax())]
    return float(np.median(votes[np.abs(votes - winner) < _NEAR_S]))


def lags(said: Sequence[Heard], heard: Sequence[Heard]) -> list[float]:
    """Give the lag of every chirp that was heard, in order."""
    typical = lag(said, heard)
    return [
        h.at_s - s.at_s
        for h in heard
        for s in said
        if s.symbol == h.symbol and abs(h.at_s - s.at_s - typical) < _NEAR_S
    ]


def said_times(said: Sequence[Heard], heard: Sequence[Heard], lag_s: float) -> list[float]:
    """Give, for every chirp heard, when it was said; only those that fit the lag."""
    return [
        s.at_s
        for h in heard
        for s in said
        if s.symbol == h.symbol and abs(h.at_s - s.at_s - lag_s) < _NEAR_S
    ]
