"""Words of all voices of a room: they wait with their sound, and are told after it aired."""

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Final

from balai.air.encoder import PART_SAMPLES
from balai.air.trail import MEMORY_SAMPLES, Course, Trail
from balai.air.webvtt import Cue, CueWord, clean
from balai.audio.blocks import RATE_HZ

CUE_SAMPLES_MAX: Final = 3 * RATE_HZ
CUE_CHARS_MAX: Final = 84
PAUSE_SAMPLES: Final = RATE_HZ // 2  # a voice that says nothing for so long has ended its cue
HEARD_SAMPLES_MIN: Final = RATE_HZ // 1_000  # of a word; WebVTT counts milliseconds
WORDS_MAX: Final = 512  # of one voice: more than a minute and a half of quick speech
VOICES_MAX: Final = 80
NEVER_MAX: Final = 8  # stretches of a voice that never air; of more the last are told
CONFIDENCE_MIN: Final = 0.5


@dataclass(frozen=True, slots=True)
class SpokenWord:
    """A recognised word, and the positions between which it was said."""

    from_position: int
    to_position: int
    text: str
    confidence: float


@dataclass(frozen=True, slots=True)
class _Word:
    """A word that may be told once it has aired."""

    start: int
    end: int
    shown: CueWord
    speaker: str
    phrase: int


@dataclass(frozen=True, slots=True)
class _Told:
    """A word that has aired, between these media times."""

    word: _Word
    from_time: int
    to_time: int


class _Voice:
    """One voice: its trail, its words that wait, and the cue that is being made."""

    def __init__(self, seat: str, position: int) -> None:
        self.seat = seat
        self.trail = Trail(position)
        self.quiet_from: int | None = None
        self._words: deque[_Word] = deque()
        self._open: list[_Told] = []
        self._last_start = self._last_end = position
        self._phrase: int | None = None
        self._cues_of_phrase = 0

    def is_done(self, passed: int) -> bool:
        """Say whether nothing waits, and all that was said has aired long ago."""
        waits = self._words or self._open or self.quiet_from is None
        return not waits and passed - (self.quiet_from or 0) > MEMORY_SAMPLES

    def accept(self, word: _Word) -> bool:
        """Let a word wait for its sound, unless it comes too late or out of its order."""
        middle = (word.start + word.end) // 2
        is_next = self._last_start <= word.start < word.end and middle >= self._last_end
        too_many = len(self._words) >= WORDS_MAX
        if not is_next or too_many or self.trail.is_forgotten(word.start):
            return False
        self._last_start, self._last_end = word.start, word.end
        self._words.append(word)
        return True

    def erase(self, start: int, end: int) -> None:
        """Forget a stretch that has not aired, and the words in it."""
        self.trail.erase(start, end)
        passed_to = self.trail.passed_to
        self._words = deque(
            word
            for word in self._words
            if word.end <= max(start, passed_to) or word.start >= end
        )

    def drop(self, position: int) -> None:
        """Forget all that has not aired."""
        self.erase(self.trail.passed_to, position)
        self.trail.pass_over(position)

    def restart(self, position: int) -> None:
        """Forget everything, also what has aired and was not told."""
        self._words.clear()
        self._open.clear()
        self.trail.restart(position)
        self._last_start = self._last_end = max(position, self._last_end)

    def tell(self, media_time: int) -> Iterator[Cue]:
        """Give the cues that are complete now that all before a media time is published."""
        while self._words and self._words[0].end <= self.trail.passed_to:
            word = self._words.popleft()
            times = self.trail.aired(word.start, word.end)
            if times is None or times[1] - times[0] < HEARD_SAMPLES_MIN:
                continue
            if self._open and not self._takes(word, *times):
                yield self._close()
            self._open.append(_Told(word, *times))
        if self._open and self._is_complete(media_time):
            yield self._close()

    def flush(self, media_time: int) -> Iterator[Cue]:
        """Give what has aired, complete or not."""
        yield from self.tell(media_time)
        if self._open:
            yield self._close()

    def _takes(self, word: _Word, from_time: int, to_time: int) -> bool:
        """Say whether a word belongs to the cue that is being made."""
        first, last = self._open[0], self._open[-1]
        chars = sum(len(told.word.shown.text) + 1 for told in self._open)
        return (
            (word.phrase, word.speaker) == (first.word.phrase, first.word.speaker)
            and chars + len(word.shown.text) <= CUE_CHARS_MAX
            and to_time - first.from_time <= CUE_SAMPLES_MAX
            and from_time - last.to_time < PAUSE_SAMPLES
        )

    def _is_complete(self, media_time: int) -> bool:
        last = self._open[-1]
        if media_time - last.to_time >= PAUSE_SAMPLES:
            return True
        if not self._words:
            return False
        following = self._words[0]  # it has yet to air; as things stand, so long after the last
        after = last.to_time - last.word.end
        return not self._takes(following, following.start + after, following.end + after)

    def _close(self) -> Cue:
        told, self._open = self._open, []
        word = told[0].word
        self._cues_of_phrase += 1
        if word.phrase != self._phrase:
            self._phrase, self._cues_of_phrase = word.phrase, 1
        number = f".{self._cues_of_phrase}" if self._cues_of_phrase > 1 else ""
        return Cue(
            f"{self.seat}-{word.phrase}{number}",
            told[0].from_time,
            told[-1].to_time,
            word.speaker,
            tuple(each.word.shown for each in told),
        )


class Captions:
    """All words of a room that have not been told, each held against its voice's trail.

    On failure: words that come too late, too many, out of their voice's order or for a voice
    that is not on air are dropped and counted; sound is never touched.
    """

    def __init__(self) -> None:
        self.is_on = True
        self.dropped_words = 0
        self._switched_at = 0
        self._voices: dict[str, _Voice] = {}

    def trail(self, seat: str, position: int) -> Trail:
        """Give a voice's trail; a new one knows of nothing that was said before a position."""
        voice = self._voices.get(seat)
        if voice is None:
            voice = _Voice(seat, max(position, self._switched_at))
            if len(self._voices) < VOICES_MAX:
                self._voices[seat] = voice
        voice.quiet_from = None
        return voice.trail

    def course(self, seat: str) -> Course | None:
        """Tell what became of a voice; nothing once it is long gone."""
        voice = self._voices.get(seat)
        return voice.trail.course(never_max=NEVER_MAX) if voice else None

    def write(
        self,
        seat: str,
        words: Sequence[SpokenWord],
        *,
        speaker: str,
        phrase: int,
        heard_to: int,
    ) -> None:
        """Let words of sound that was heard before a position wait until it has aired."""
        voice = self._voices.get(seat)
        for word in words if self.is_on else ():
            shown = CueWord(clean(word.text), not word.confidence >= CONFIDENCE_MIN)
            waiting = _Word(word.from_position, word.to_position, shown, speaker, phrase)
            is_sound = 0 < len(shown.text) <= CUE_CHARS_MAX and word.to_position <= heard_to
            if not (voice and is_sound and voice.accept(waiting)):
                self.dropped_words += 1

    def erase(self, start: int, end: int) -> None:
        """Forget a stretch of every voice that has not aired."""
        for voice in self._voices.values():
            voice.erase(start, end)

    def refuse(self, seat: str, start: int, end: int) -> None:
        """Note that a voice found no line for a stretch of its sound."""
        self.trail(seat, end)
        if seat in self._voices:
            self._voices[seat].erase(start, end)

    def drop(self, seat: str, position: int) -> None:
        """Forget what a voice said before a position and has not aired."""
        if seat in self._voices:
            self._voices[seat].drop(position)

    def switch(self, *, on: bool, position: int) -> None:
        """Begin with what is said from a position on, or end; nothing that waits is told."""
        self.is_on, self._switched_at = on, position
        for voice in self._voices.values():
            voice.restart(position)

    def silent(self, lines: Collection[str], *, passed: int, heard_to: int) -> Iterable[Trail]:
        """Give the trails of voices without a line, which are silent in this part."""
        for seat in [seat for seat in self._voices if seat not in lines]:
            voice = self._voices[seat]
            if voice.quiet_from is None:
                voice.quiet_from = heard_to
            if voice.is_done(passed):
                del self._voices[seat]
            else:
                yield voice.trail

    def publish(self, media_time: int) -> list[Cue]:
        """Note when the part that was taken is out; give the cues complete with it."""
        cues: list[Cue] = []
        for voice in self._voices.values():
            voice.trail.publish(media_time)
            cues += voice.tell(media_time + PART_SAMPLES)
        return sorted(cues, key=attrgetter("from_time"))

    def lose(self) -> None:
        """Note that the part was lost."""
        for voice in self._voices.values():
            voice.trail.lose()

    def flush(self, media_time: int) -> list[Cue]:
        """Give all that has aired and was not told, at the end of a room."""
        cues = [cue for voice in self._voices.values() for cue in voice.flush(media_time)]
        return sorted(cues, key=attrgetter("from_time"))
