"""`balai ear calibrate`: learns from sound that is not known what a score is worth."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from balai.app.ear_match import CALIBRATION_FILE
from balai.app.ear_segments import follow, naming, segments_folder
from balai.app.ear_sound import find_sound
from balai.app.ear_terminal import Progress, complain, hours, printable
from balai.catalogue.folder import Catalogue
from balai.detect.fingerprint.calibration import Calibration
from balai.detect.fingerprint.decode import RATE, decode
from balai.detect.fingerprint.index import Index
from balai.errors import Invalid

WINDOW_S: Final = 5.0
SOUND_S_MIN: Final = 1_800.0  # a tail fitted to less than half an hour says nothing


class NegativesTooShort(Invalid):
    """This is too little sound to learn from: half an hour at least, better ten hours."""


def run_calibrate(*, catalogue: Path, audio: Sequence[Path], out: Path | None) -> bool:
    """Match sound that is known to be none of the catalogue's, and fit the tail of its scores.

    Raises:
        NegativesTooShort: less than half an hour could be used.
    """
    found = find_sound(audio)
    for sentence in found.missing:
        complain(sentence)
    bad = len(found.missing)
    scores: list[float] = []
    with Catalogue(catalogue) as records:
        follow(records)
        with naming(records):
            index = Index.open(segments_folder(records))
        given = Calibration.default()
        progress = Progress(total=len(found.files))
        for sound in found.files:
            try:
                new = list(_scores(index, given, sound.path))
            except Invalid as error:
                progress.complain(str(error))
                bad, new = bad + 1, []
            scores += new
            progress.step(sound.relative, len(new) * WINDOW_S)
        progress.clear()
    return _fit(scores, out or catalogue / CALIBRATION_FILE) and bad == 0


def _scores(index: Index, calibration: Calibration, path: Path) -> Iterator[float]:
    samples, step = decode(path), round(WINDOW_S * RATE)
    for at in range(0, len(samples) - step + 1, step):
        yield index.match(samples[at : at + step], RATE, calibration=calibration).score


def _fit(scores: list[float], out: Path) -> bool:
    sound_s = len(scores) * WINDOW_S
    if sound_s < SOUND_S_MIN:
        raise NegativesTooShort(
            f"{hours(sound_s)} is too little sound to learn from: {hours(SOUND_S_MIN)} at least"
        )
    made = Calibration.fit(scores, sound_s / 3600)
    made.save(out)
    print(f"{printable(str(out))}: learned from {hours(sound_s)} of sound.")
    for rate in (0.1, 1.0, 10.0):
        print(f"{rate:>5g} false alarms in 1,000 hours: score {made.threshold_for(rate):.2f}")
    return True
