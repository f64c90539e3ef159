"""What speakers hear: the mix of the others, encoded once for all who are not talking."""

from typing import Final

from balai.audio.blocks import Pcm
from balai.audio.mix import mix_minus
from balai.audio.opus import SILENT_PACKET, Encoder

BITRATE: Final = 32_000
LOSS_PERCENT: Final = 5
COMPLEXITY: Final = 4  # less is heard, more is not: measured in docs/decisions/0002-stage.md
SILENT_BLOCKS: Final = 5


class Feed:
    """One mix on its way out, as Opus.

    Digital silence is encoded for 100 ms, so that the sound dies away, then costs nothing: the
    same few bytes are sent until there is sound again.
    """

    def __init__(self) -> None:
        self._encoder = Encoder(
            bitrate=BITRATE, complexity=COMPLEXITY, loss_percent=LOSS_PERCENT
        )
        self._silent_blocks = SILENT_BLOCKS

    def encode(self, block: Pcm) -> bytes:
        """Encode the next block.

        Shapes:
            block: (960,), contiguous
        """
        if block.any():
            if self._silent_blocks > SILENT_BLOCKS:
                self._encoder.reset()
            self._silent_blocks = 0
        else:
            self._silent_blocks += 1
        if self._silent_blocks > SILENT_BLOCKS:
            return SILENT_PACKET
        return self._encoder.encode(block)

    def begin(self) -> None:
        """Begin anew: whoever hears this feed next has heard another one before."""
        self._silent_blocks = SILENT_BLOCKS + 1


class Foldback:
    """One stage's feeds: the shared one and one for each seat that talks.

    Belongs to the mixer thread.
    """

    def __init__(self) -> None:
        self._shared = Feed()
        self._own: dict[str, Feed] = {}
        self._talked: frozenset[str] = frozenset()

    def encode(
        self, talkers: list[str], voices: Pcm, *, all_talk: bool = False
    ) -> tuple[bytes, dict[str, bytes]]:
        """Give the packet for everybody who is not talking, and one for each talker.

        When all talk, nobody hears the shared feed, and it is silent.

        Shapes:
            voices: (len(talkers), 960)
        """
        mixes = mix_minus(voices)
        own = {
            seat: self._feed(seat).encode(mix)
            for seat, mix in zip(talkers, mixes[:-1], strict=True)
        }
        self._talked = frozenset(talkers)
        if all_talk:
            self._shared.begin()
            return SILENT_PACKET, own
        return self._shared.encode(mixes[-1]), own

    def forget(self, seats: frozenset[str]) -> None:
        """Free the feeds of all seats but these."""
        for seat in self._own.keys() - seats:
            del self._own[seat]

    def _feed(self, seat: str) -> Feed:
        feed = self._own.get(seat)
        if feed is None:
            feed = self._own[seat] = Feed()
        if seat not in self._talked:
            feed.begin()
        return feed
