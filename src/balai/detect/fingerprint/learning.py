"""Learning from sound that is known to be none of the catalogue's what scores chance gives."""

from collections.abc import Iterable, Sequence
from typing import Final

from balai.detect.fingerprint.calibration import LENGTHS_S, Calibration, Tail, paired
from balai.detect.fingerprint.index import Rated, Sight, pairs_with
from balai.detect.fingerprint.landmarks import BLOCK_FRAMES
from balai.detect.fingerprint.search import InForce, Search
from balai.detect.fingerprint.spectrum import FRAMES_PER_S, Spectrogram
from balai.detect.fingerprint.verify import NOTHING

STEP_BLOCKS: Final = 5  # two and a half seconds

Looks = dict[float, Sight | None]  # one moment's, by length in seconds


def looks_at(energy: Spectrogram, index: InForce) -> list[Looks]:
    """Look at every length, every two and a half seconds from the tenth on.

    Shapes:
        energy: (n, 92)
    """
    search, seen = Search(), []
    for block in range(len(energy) // BLOCK_FRAMES):
        search.hear(energy[block * BLOCK_FRAMES : (block + 1) * BLOCK_FRAMES], index)
        is_due = search.heard >= max(LENGTHS_S) * FRAMES_PER_S and block % STEP_BLOCKS == 0
        if is_due:
            seen.append({length: _sight(search, length, index) for length in LENGTHS_S})
    return seen


def seconds_of(sounds: Iterable[list[Looks]]) -> float:
    """Tell how much sound was looked at: of each, what its first ten seconds leave."""
    return sum(map(len, sounds)) * STEP_BLOCKS * BLOCK_FRAMES / FRAMES_PER_S


def fitted(sounds: Sequence[list[Looks]]) -> Calibration:
    """Fit a calibration to what was seen in some sounds.

    Raises:
        CalibrationInvalid: that is too little, or all the same.
    """
    hours = seconds_of(sounds) / 3600
    tails = {
        length: Tail.fit([_score(one[length]) for looks in sounds for one in looks], hours)
        for length in LENGTHS_S
    }
    singles = Calibration(tails, Tail.of_pairs([], hours), hours)
    pairs = [score for looks in sounds for score in _pairs(looks, singles)]
    return Calibration(tails, Tail.of_pairs(pairs, hours), hours)


def _sight(search: Search, length: float, index: InForce) -> Sight | None:
    finding = search.look(round(length * FRAMES_PER_S), index)
    if finding is None:
        return None
    return Sight(search.heard / FRAMES_PER_S - finding.window_s, finding)


def _score(sight: Sight | None) -> float:
    return NOTHING if sight is None else sight.finding.score


def _pairs(looks: Iterable[Looks], singles: Calibration) -> list[float]:
    """Give the best score of each sight together with an earlier one."""
    before: list[Rated] = []
    found = []
    for one in looks:
        now = [
            (sight, singles.rate_of(sight.finding.score, sight.finding.window_s))
            for sight in one.values()
            if sight is not None
        ]
        scores = [
            paired(earlier[1], later[1])
            for later in now
            for earlier in before
            if pairs_with(earlier, later)
        ]
        found += [max(scores)] if scores else []
        before += now
        del before[: -8 * len(LENGTHS_S)]
    return found
