"""The words of a worker's rooms: captions for what was said, answers of the policy to it.

Recognisers tell utterances; each becomes a caption in its voice's delay line, and is judged by
the policy in force. A hold is carried out before anything is written down.
"""

import asyncio
import contextlib
import logging
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from balai.air.captions import SpokenWord
from balai.audio.blocks import RATE_HZ
from balai.bell import Bell
from balai.broadcast import judging, watch
from balai.broadcast.effects import OnAir
from balai.broadcast.judging import Judged, Judging
from balai.broadcast.studio import Studio
from balai.broadcast.watch import WORDS, Unwatched, Watch, WatchedAgain
from balai.detect.chunk import Chunk
from balai.detect.wire import Missed, Recognised, Said, SaidWord
from balai.errors import BalaiError
from balai.rooms.languages import spoken
from balai.rooms.model import Gap, Room, Seat, WatchState
from balai.rooms.views import seat_name

CONTEXT_WORDS: Final = 12  # of the utterance before: a phrase may be cut in two
CONTEXT_SAMPLES: Final = 2 * RATE_HZ  # between them at most

Key = tuple[str, str]
Ear = Callable[[str, str, int], Recognised | None]
log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Voice:
    """What is remembered of one voice's words."""

    name: str = ""
    phrases: int = 0
    flags: int = 0
    holds: int = 0
    heard_from: int | None = None
    context: deque[SaidWord] = field(default_factory=lambda: deque(maxlen=CONTEXT_WORDS))


class Words:
    """Hears the words of a worker's rooms and does what the policy says.

    On failure: a recogniser that dies or lags leaves words *unheard*, told to the sample; a
    policy that cannot be read leaves the one before in force. A room never waits for either.
    """

    def __init__(self, studio: Studio, bell: Bell, ear: Ear) -> None:
        """Prepare; `ear` gives what was recognised in a voice from a position on."""
        self._studio = studio
        self.languages: dict[str, str] = {}  # by seat; read by the taps
        self._is_on = bool(studio.settings.words_engines)
        self._watch = Watch(WORDS, self._hear, position_of=studio.position_of)
        self._judging = Judging(studio, bell)
        self._voices: defaultdict[Key, _Voice] = defaultdict(_Voice)
        self._answering: set[asyncio.Task[None]] = set()
        self._ear = ear

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Let recognisers connect while the context lasts."""
        async with self._watch.serving(self._studio.settings.run_path):
            yield

    async def follow_policy(self) -> None:
        """Keep the policy in force up to date until cancelled."""
        await self._judging.follow()

    def give(self, chunk: Chunk) -> None:
        """Take a chunk; callable from the mixer's thread, never waits."""
        if self._is_on:
            self._watch.give(chunk)

    def joined(self, room: Room, seat: Seat) -> None:
        """Take note of who connects: their name, and what they speak."""
        self.languages[seat.id] = spoken(room, seat)
        self._voices[room.id, seat.id].name = seat_name(seat)

    def forget(self, room_id: str) -> None:
        """Forget a room that is off the air."""
        self._watch.forget(room_id)
        for key in [key for key in self._voices if key[0] == room_id]:
            del self._voices[key]
            self.languages.pop(key[1], None)

    def health(self) -> dict[str, int]:
        """Count who hears words, and what nobody got."""
        return {
            "recognisers": self._watch.detectors,
            "words_chunks_dropped": self._watch.dropped,
        }

    # ── what recognisers tell ────────────────────────────────────────────────────────────────

    def _hear(self, news: watch.News) -> None:
        match news:
            case Unwatched(room_id, seat_id, position):
                gap = Gap(WatchState.UNHEARD, position, "detector")
                self._studio.gaps.begin((room_id, seat_id), gap)
            case WatchedAgain(room_id, seat_id, _, position):
                self._studio.gaps.end((room_id, seat_id), WatchState.UNHEARD, position)
            case Missed(room_id, seat_id, position, _, why):
                gap = Gap(WatchState.UNHEARD, position, why)
                self._studio.gaps.begin((room_id, seat_id), gap)
                self._voices[room_id, seat_id].context.clear()
            case Said():
                key = (news.room_id, news.seat_id)
                self._studio.gaps.end(key, WatchState.UNHEARD, news.from_position)
                answering = asyncio.create_task(self._answer(news))
                self._answering.add(answering)
                answering.add_done_callback(self._answering.discard)

    async def _answer(self, said: Said) -> None:
        on_air = self._studio.on_air(said.room_id)
        if on_air is None or not said.words:
            return
        voice = self._voices[said.room_id, said.seat_id]
        context = self._context(voice, said)
        voice.context.extend(said.words)
        await self._caption(on_air, voice, said)
        seen = self._ear(said.room_id, said.seat_id, said.from_position)
        in_room = sum(one.flags for key, one in self._voices.items() if key[0] == said.room_id)
        history = judging.History(voice.flags, voice.holds, in_room)
        judged = self._judging.judge(said, context, history, seen)
        if judged is not None:
            await self._act(on_air, voice, judged)

    def _context(self, voice: _Voice, said: Said) -> Sequence[SaidWord]:
        """Give the words just before, unless there was a longer pause."""
        last = voice.context[-1].to_position if voice.context else None
        if last is None or said.from_position - last > CONTEXT_SAMPLES:
            voice.context.clear()
        return tuple(voice.context)

    async def _caption(self, on_air: OnAir, voice: _Voice, said: Said) -> None:
        voice.phrases += 1
        phrase, speaker = voice.phrases, voice.name
        words = [
            SpokenWord(one.from_position, one.to_position, one.text, one.confidence)
            for one in said.words
        ]
        with contextlib.suppress(BalaiError):  # the mixer is busy or stops: sound comes first
            await on_air.clock.run(
                lambda: on_air.room.programme.write_words(
                    said.seat_id, speaker=speaker, phrase=phrase, words=words
                )
            )

    async def _act(self, on_air: OnAir, voice: _Voice, judged: Judged) -> None:
        try:
            done = await judging.act(judged, on_air, self._studio.settings)
        except BalaiError:
            log.exception("what the policy wants could not be done")
            done = judging.Done()
        voice.flags += 1
        voice.holds += done.silent_from is not None
        await self._studio.records.write(judging.record(judged, done))
