"""Where in a replay each segment lies, also one that is damaged or gone."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from balai.air import cmaf, playlist
from balai.air.encoder import PART_SAMPLES
from balai.air.omitted import FOR_EVER
from balai.air.originals import Original, Piece, is_sound


class Place(NamedTuple):
    """What a segment plays, and the time of day when it was said."""

    media_time: int
    samples: int
    starts_at: datetime

    def chunks(self) -> list[cmaf.Chunk]:
        """Give the parts that belong here; a playlist tells times of day to a millisecond."""
        step = timedelta(seconds=PART_SAMPLES / playlist.RATE_HZ)
        return [
            cmaf.Chunk(self.media_time + at, PART_SAMPLES, self.starts_at + number * step)
            for number, at in enumerate(range(0, self.samples, PART_SAMPLES))
        ]


def places(original: Original) -> dict[str, Place]:
    """Find the place of all segments that a playlist lists.

    What is damaged or gone lies where the segment before it ends; ahead of all that are whole,
    where the next one begins.
    """
    known = {each.name: each for each in original.pieces if each.samples < FOR_EVER}
    found: dict[str, Place] = {}
    for text in original.texts.values():
        found = {**_places_in(text, known), **found}
    return found


def media_end(original: Original, found: Mapping[str, Place]) -> int:
    """Tell how long a replay is."""
    whole = [each.media_end for each in original.pieces if each.samples < FOR_EVER]
    return max(
        [*whole, *(each.media_time + each.samples for each in found.values())], default=0
    )


def _places_in(text: str, known: Mapping[str, Piece]) -> dict[str, Place]:
    entries = [entry for entry in playlist.timed(text) if is_sound(entry[0])]
    at, found = _begin(entries, known), {}
    for name, starts_at, parts in entries:
        if piece := known.get(name):
            found[name] = Place(piece.media_time, piece.samples, starts_at)
        else:
            found[name] = Place(at, parts * PART_SAMPLES, starts_at)
        at = found[name].media_time + found[name].samples
    return found


def _begin(entries: list[tuple[str, datetime, int]], known: Mapping[str, Piece]) -> int:
    ahead = 0
    for name, _, parts in entries:
        if name in known:
            return max(0, known[name].media_time - ahead)
        ahead += parts * PART_SAMPLES
    return 0
