"""The tap: copies every voice of a room, as it comes from the stage, for those who listen.

It runs in the mixer's thread, before delay and hold: what a held voice says is heard too.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from balai.audio.blocks import BLOCK_SAMPLES, Pcm, silence
from balai.detect.chunk import CHUNK_SAMPLES, Chunk

Give = Callable[[Chunk], None]


class Tap:
    """Gathers one room's voices into chunks that begin at multiples of half a second.

    A voice of which nothing was heard during a whole chunk gives none. `give` is called in the
    mixer's thread and must neither wait nor raise.
    """

    def __init__(
        self, room_id: str, give: Give, languages: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        """Prepare; `languages` tells what a seat speaks, and may change meanwhile."""
        self._room_id = room_id
        self._give = give
        self._languages = languages
        self._begins_at = 0
        self._filling: dict[str, Pcm] = {}

    def write(self, position: int, voices: Mapping[str, Pcm]) -> None:
        """Take this tick's voices; a chunk is divided into ticks without a rest.

        Shapes:
            each value: (960,)
        """
        at = position % CHUNK_SAMPLES
        if position - at != self._begins_at:  # ticks were skipped
            self.flush()
            self._begins_at = position - at
        for seat, pcm in voices.items():
            if seat not in self._filling:
                self._filling[seat] = silence(CHUNK_SAMPLES)
            self._filling[seat][at : at + len(pcm)] = pcm
        if at + BLOCK_SAMPLES == CHUNK_SAMPLES:
            self.flush()

    def flush(self) -> None:
        """Give what was gathered of the present chunk."""
        for seat, pcm in self._filling.items():
            language = self._languages.get(seat, "")
            self._give(Chunk(self._room_id, seat, self._begins_at, pcm, language))
        self._filling = {}
