"""The words of a worker's rooms: captions for what was said, answers of the policy to it.

Recognisers tell utterances; each becomes a caption in its voice's delay line, and is judged by
the policy in force. A hold is carried out before anything is written down.
"""

import asyncio
import contextlib
import logging
import time
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from balai.air.captions import SpokenWord
from balai.audio.blocks import RATE_HZ
from balai.bell import Bell
from balai.broadcast import by_rule, judging, watch
from balai.broadcast.by_rule import Done
from balai.broadcast.effects import OnAir
from balai.broadcast.judging import Judged, Judging, SoFar
from balai.broadcast.pace import Pace
from balai.broadcast.studio import Studio
from balai.broadcast.watch import WORDS, Unwatched, Watch, WatchedAgain
from balai.detect.chunk import Chunk
from balai.detect.wire import Missed, Recognised, Said, SaidWord
from balai.errors import BalaiError
from balai.policy.stretch import CONTEXT_GAP_S, CONTEXT_WORDS
from balai.rooms.languages import spoken
from balai.rooms.model import Gap, Room, Seat, WatchState
from balai.rooms.views import seat_name

LASTING: Final = frozenset({"language", "engine"})  # of these the next words are missed too
CONTEXT_SAMPLES: Final = round(CONTEXT_GAP_S * RATE_HZ)

Key = tuple[str, str]
Ear = Callable[[Said], Recognised | None]
log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Voice:
    """What is remembered of one voice's words."""

    name: str = ""
    openness: str = ""
    on_stage_from: int = 0
    phrases: int = 0
    so_far: SoFar = field(default_factory=SoFar)
    context: deque[SaidWord] = field(default_factory=lambda: deque(maxlen=CONTEXT_WORDS))
    pace: Pace = field(default_factory=Pace)


class Words:
    """Hears the words of a worker's rooms and does what the policy says.

    On failure: a recogniser that dies or lags leaves words *unheard*, told to the sample; a
    policy that cannot be read leaves the one before in force. A room never waits for either.
    A recogniser that tells more than anybody can say is not answered, then given up.
    """

    def __init__(
        self,
        studio: Studio,
        bell: Bell,
        ear: Ear,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare; `ear` gives what was recognised in the same stretch of a voice."""
        self._clock = clock
        self._studio = studio
        self.languages: dict[str, str] = {}  # by seat; read by the taps
        self._is_on = bool(studio.settings.words_engines)
        self._watch = Watch(WORDS, self._hear, position_of=studio.position_of)
        self._judging = Judging(studio, bell)
        self._voices: defaultdict[Key, _Voice] = defaultdict(_Voice)
        self._strangers = Pace()
        self._utterances_dropped = 0
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
        voice = self._voices[room.id, seat.id]
        voice.name, voice.openness = seat_name(seat), str(room.openness)
        voice.on_stage_from = self._studio.position_of(room.id) or 0

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
            "utterances_dropped": self._utterances_dropped,
        }

    # ── what recognisers tell ────────────────────────────────────────────────────────────────

    def _hear(self, news: watch.News) -> None:
        match news:
            case Unwatched(room_id, seat_id, position):
                gap = Gap(WatchState.UNHEARD, position, "detector")
                self._studio.gaps.begin((room_id, seat_id), gap)
            case WatchedAgain(room_id, seat_id, _, position):
                self._studio.gaps.end((room_id, seat_id), WatchState.UNHEARD, position)
            case Missed() if self._passes(news):
                self._missed(news)
            case Said() if self._passes(news):
                key = (news.room_id, news.seat_id)
                self._studio.gaps.heard(key, WatchState.UNHEARD, news.to_position)
                answering = asyncio.create_task(self._answer(news))
                self._answering.add(answering)
                answering.add_done_callback(self._answering.discard)

    def _passes(self, news: Said | Missed) -> bool:
        """Say whether to answer: a recogniser may be broken, and tell of strangers, or a flood.

        Raises:
            DetectorGarbled: it goes on and on; whoever tells this is given up.
        """
        is_known, now_s = self._is_known(news), self._clock()
        key = (news.room_id, news.seat_id)
        pace = self._voices[key].pace if is_known else self._strangers
        if pace.passes(now_s):
            return is_known
        self._utterances_dropped += 1
        if is_known:
            gap = Gap(WatchState.UNHEARD, news.from_position, "detector")
            self._studio.gaps.begin(key, gap)
        pace.check()
        return False

    def _is_known(self, news: Said | Missed) -> bool:
        """Say whether this is about somebody who joined: a recogniser may be broken."""
        position = self._studio.position_of(news.room_id)
        is_seat = (news.room_id, news.seat_id) in self._voices
        return is_seat and position is not None and news.to_position <= position

    def _missed(self, missed: Missed) -> None:
        """Tell a stretch that nobody heard; a lasting cause stays told until somebody does."""
        key = (missed.room_id, missed.seat_id)
        gap = Gap(WatchState.UNHEARD, missed.from_position, missed.why)
        self._studio.gaps.begin(key, gap)
        if missed.why not in LASTING:
            self._studio.gaps.heard(key, WatchState.UNHEARD, missed.to_position)
        self._voices[key].context.clear()

    async def _answer(self, said: Said) -> None:
        on_air = self._studio.on_air(said.room_id)
        if on_air is None or not said.words:
            return
        voice = self._voices[said.room_id, said.seat_id]
        context = self._context(voice, said)
        voice.context.extend(said.words)
        history = self._history(said)
        stretch = judging.stretch_of(said, context, history, self._ear(said))
        judged = self._judging.judge(said, (*context, *said.words), stretch)
        self._studio.pulse.said(said, judging.finding(judged) if judged else None)
        is_hold = judged is not None and judged.wants_hold
        with self._studio.rule_holds.holding((said.room_id, said.seat_id), is_hold=is_hold):
            done = await self._act(on_air, judged) if judged else None
            await self._caption(on_air, voice, said)
            if judged and done:
                await self._record(voice.so_far, judged, done)
        self._judging.try_in_shadow(stretch, judged)

    async def _record(self, so_far: SoFar, judged: Judged, done: Done) -> None:
        is_hold, flags = done.silent_from is not None, list[str]()
        so_far.add(is_hold=is_hold)
        key = (judged.said.room_id, judged.said.seat_id)
        stands = await by_rule.write(
            self._studio, key, done, lambda it: judging.record(judged, it, flags.append)
        )
        if is_hold and stands.silent_from is None:
            so_far.undone()
        if flags:
            so_far.written(flags[-1], is_hold=stands.silent_from is not None)

    def _history(self, said: Said) -> judging.History:
        voice = self._voices[said.room_id, said.seat_id]
        weighs, own = self._judging.weighs, voice.so_far
        in_room = (one for key, one in self._voices.items() if key[0] == said.room_id)
        return judging.History(
            flags=weighs(own.flags),
            holds=weighs(own.holds),
            on_stage_from=voice.on_stage_from,
            room_flags=sum(weighs(one.so_far.flags) for one in in_room),
            openness=voice.openness,
            audience=self._judging.audience(said.room_id),
        )

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

    async def _act(self, on_air: OnAir, judged: Judged) -> Done:
        try:
            return await judging.act(judged, on_air, self._studio.settings)
        except BalaiError:
            log.exception("what the policy wants could not be done")
            return Done()
