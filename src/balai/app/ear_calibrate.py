"""`balai ear calibrate`: learns from sound that is not known what a score is worth."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from balai.app.ear_segments import follow, naming, segments_folder
from balai.app.ear_sound import find_sound
from balai.app.ear_terminal import Progress, complain, hours, printable
from balai.catalogue.folder import Catalogue
from balai.detect.fingerprint.calibration import FILE, LENGTHS_S
from balai.detect.fingerprint.decode import RATE, decode
from balai.detect.fingerprint.index import Index
from balai.detect.fingerprint.learning import Looks, fitted, looks_at
from balai.detect.fingerprint.spectrum import FRAMES_PER_S, resampled, spectrogram
from balai.errors import Invalid

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
    seen: list[list[Looks]] = []
    sound_s = 0.0
    with Catalogue(catalogue) as records:
        follow(records)
        with naming(records):
            index = Index.open(segments_folder(records))
        progress = Progress(total=len(found.files))
        for sound in found.files:
            heard_s = 0.0
            try:
                looks, heard_s = _listen(index, sound.path)
                seen.append(looks)
            except Invalid as error:
                progress.complain(str(error))
                bad += 1
            sound_s += heard_s
            progress.step(sound.relative, heard_s)
        progress.clear()
    return _fit(seen, sound_s, out or catalogue / FILE) and bad == 0


def _listen(index: Index, path: Path) -> tuple[list[Looks], float]:
    """Look at a file at each length every step; give what was seen, and the seconds heard."""
    energy = spectrogram(resampled(decode(path), RATE))
    return looks_at(energy, index.in_force()), len(energy) / FRAMES_PER_S


def _fit(seen: Sequence[list[Looks]], sound_s: float, out: Path) -> bool:
    if sound_s < SOUND_S_MIN:
        raise NegativesTooShort(
            f"{hours(sound_s)} is too little sound to learn from: {hours(SOUND_S_MIN)} at least"
        )
    made = fitted(seen)
    made.save(out)
    print(f"{printable(str(out))}: learned from {hours(sound_s)} of sound.")
    for rate in (0.1, 1.0, 10.0):
        scores_for = (made.threshold_for(rate, length) for length in LENGTHS_S)
        told = ", ".join(
            f"{score:.2f} ({length:g} s)"
            for score, length in zip(scores_for, LENGTHS_S, strict=True)
        )
        print(f"{rate:>5g} false alarms in 1,000 hours: score {told}")
    return True
