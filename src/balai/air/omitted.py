"""Where in a replay voices are left out: stage positions of a voice, turned into media time."""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from balai.air.shares import Stretch
from balai.air.track_reading import Span

FOR_EVER: Final = 1 << 62


@dataclass(frozen=True, slots=True)
class Omission:
    """A voice is left out of the replay between these stage positions of its own."""

    seat: str
    from_position: int = 0
    to_position: int = FOR_EVER


class Omitted:
    """What is left out of a replay, by media time.

    Between two stretches that were kept of a voice, and after the last, its time is thought to
    go on; so words said too quietly to be kept have a place. A hole, of which it is not known
    what sounded there, is left out as a whole if any of what is omitted can have been there.
    """

    def __init__(
        self,
        kept: Mapping[str, Sequence[Stretch]],
        holes: Sequence[Span],
        omissions: Collection[Omission],
    ) -> None:
        self._spans: dict[str, list[Span]] = {}
        self._sounding: dict[str, list[Span]] = {}
        heard: list[Span] = []
        lost: list[Span] = []
        for seat in sorted({omission.seat for omission in omissions}):
            stretches = kept.get(seat, ())
            wanted = [omission for omission in omissions if omission.seat == seat]
            doubtful = [hole for hole in holes if _may_sound(stretches, hole, wanted)]
            spans = _merged([*_placed(stretches, wanted), *doubtful])
            sounding = _merged((each.media_time, each.media_end) for each in stretches)
            self._spans[seat], self._sounding[seat] = spans, sounding
            heard += _common(sounding, spans)
            lost += doubtful
        self._heard, self._lost = _merged([*heard, *lost]), _merged(lost)

    def is_heard(self, start: int, end: int) -> bool:
        """Say whether anything that is left out sounds, or may sound, between media times."""
        return bool(_within(self._heard, start, end))

    def is_lost(self, start: int, end: int) -> bool:
        """Say whether the other voices are not all known there."""
        return bool(_within(self._lost, start, end))

    def is_left_out(self, seat: str, start: int, end: int) -> bool:
        """Say whether any of a voice is left out between media times."""
        return bool(_within(self._spans.get(seat, []), start, end))

    def spans(self, seat: str, start: int, end: int) -> list[Span]:
        """Give the media times in which a voice is left out, cut to a stretch."""
        return _within(self._spans.get(seat, []), start, end)

    def of_sounding(self, start: int, end: int) -> list[tuple[str, list[Span]]]:
        """Give what is left out of the voices that sound in a stretch."""
        return [
            (seat, self.spans(seat, start, end))
            for seat, sounding in self._sounding.items()
            if _within(sounding, start, end)
        ]


def _placed(stretches: Sequence[Stretch], omissions: Iterable[Omission]) -> list[Span]:
    """Give the media times of omitted positions; without a stretch, all of them."""
    if not stretches:
        return [(0, FOR_EVER)]
    first = stretches[0]
    ahead = min(first.media_time, max(0, first.position))
    begin = Stretch(first.media_time - ahead, first.position - ahead, 0)
    following = [*stretches[1:], Stretch(FOR_EVER, FOR_EVER, 0)]
    tiles = [(begin, first), *zip(stretches, following, strict=True)]
    found = [_in_tile(*tile, omission) for tile in tiles for omission in omissions]
    return [span for span in found if span[0] < span[1]]


def _in_tile(here: Stretch, then: Stretch, omission: Omission) -> Span:
    start = here.media_time + max(0, omission.from_position - here.position)
    if omission.from_position >= then.position:
        return (0, 0)
    if omission.to_position >= then.position:
        return start, then.media_time
    return start, min(here.media_time + omission.to_position - here.position, then.media_time)


def _may_sound(stretches: Sequence[Stretch], hole: Span, omissions: Iterable[Omission]) -> bool:
    """Say whether omitted positions can have been played in a hole: they never go back."""
    before = [stretch for stretch in stretches if stretch.media_time < hole[1]]
    after = stretches[len(before) :]
    low = before[-1].end_position if before else 0
    high = after[0].position if after else FOR_EVER
    return any(each.from_position < high and each.to_position > low for each in omissions)


def _within(spans: Sequence[Span], start: int, end: int) -> list[Span]:
    first = bisect_right(spans, start, key=lambda span: span[1])
    found = []
    for low, high in spans[first:]:
        if low >= end:
            break
        found.append((max(low, start), min(high, end)))
    return found


def _common(ones: Iterable[Span], others: Sequence[Span]) -> list[Span]:
    return [span for low, high in ones for span in _within(others, low, high)]


def _merged(spans: Iterable[Span]) -> list[Span]:
    found: list[Span] = []
    for low, high in sorted(spans):
        if found and low <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], high))
        else:
            found.append((low, high))
    return found
