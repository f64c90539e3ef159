"""What one room's hall hears: delay lines, mix, encoder and ring, in step with the stage."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from balai.air.captions import Captions, SpokenWord
from balai.air.encoder import Encoder
from balai.air.ring import Ring
from balai.air.tracks import Tracks
from balai.air.trail import Course
from balai.air.voices import Cut, Dumped, Released, Take, Voices
from balai.audio.blocks import RATE_HZ, Pcm

PARTS_PER_ADVANCE_MAX: Final = 4  # after a stall, the mixer's other rooms come first


@dataclass(frozen=True, slots=True)
class Aired:
    """One part has left the delay lines; it was published, or lost to a full disk."""

    from_position: int
    to_position: int
    is_published: bool


class Programme:
    """One room on air. Called from the mixer thread only; never waits, never raises there.

    A part [p, p + 12288) is published when `p + 12288 <= now - delay`; the least delay is the
    encoder's look-ahead of 2048 samples. An effect works on everything from `aired_to` on.
    Published bytes hold one thing more: half an AAC window, which fades over the 1024 samples
    after `aired_to` and which a decoder completes only with the next part.

    Captions wait with the sound and are told only of what has aired. With `tracks`, each voice
    is also kept apart, as it aired.

    On failure: see `Ring`; sound that could not be written is gone, never late.
    """

    def __init__(
        self,
        *,
        ring: Ring,
        on_air_at: datetime,
        delay_samples: int,
        language: str = "en",
        tracks: Tracks | None = None,
    ) -> None:
        self._ring = ring
        self._tracks = tracks
        self._on_air_at = on_air_at
        self._captions = Captions()
        keeps_shares = tracks is not None
        self._voices = Voices(delay_samples, self._captions, keeps_shares=keeps_shares)
        self._encoder = Encoder()
        self._is_over = False
        ring.begin(self._encoder.config, language=language)

    @property
    def aired_to(self) -> int:
        """The stage position up to which the hall has been served; nothing from it on has."""
        return self._voices.aired_to

    @property
    def delay_samples(self) -> int:
        """How far the air is behind the stage now."""
        return self._voices.delay_samples

    @property
    def lost_parts(self) -> int:
        """Parts that the disk refused."""
        return self._ring.lost_parts

    @property
    def lost_track_records(self) -> int:
        """Published parts whose voices were not kept apart."""
        return self._tracks.lost_records if self._tracks else 0

    def held_from(self) -> dict[str, int]:
        """Give the voices that are held, each with the first position that was kept."""
        return self._voices.held_from()

    def courses(self, seats: Iterable[str]) -> dict[str, Course]:
        """Tell of these voices what aired and what never does, as far as it is still known."""
        told = {seat: self._captions.course(seat) for seat in seats}
        return {seat: course for seat, course in told.items() if course}

    @property
    def dropped_samples(self) -> int:
        """Sound of held voices that became too old to keep."""
        return self._voices.dropped_samples

    @property
    def refused_blocks(self) -> int:
        """Blocks of voices for which there was no line left."""
        return self._voices.refused_blocks

    @property
    def captions_on(self) -> bool:
        """Whether words are told; if not, they are dropped as they come."""
        return self._captions.is_on

    @property
    def dropped_words(self) -> int:
        """Words that came too late, too many, or out of their voice's order."""
        return self._captions.dropped_words

    @property
    def lost_cues(self) -> int:
        """Captions that the disk did not take."""
        return self._ring.lost_cues

    def write(self, position: int, voices: Mapping[str, Pcm]) -> None:
        """Let this tick's voices into their delay lines.

        Shapes:
            each value: (960,)
        """
        if not self._is_over:
            self._voices.write(position, voices)

    def write_words(
        self, seat: str, *, speaker: str, phrase: int, words: Sequence[SpokenWord]
    ) -> None:
        """Let recognised words wait with their sound; they are told once it has aired.

        A voice's words come in the order in which they were said; up to 30 s after it aired is
        not too late. `speaker` is the name as shown; a new `phrase` begins a new caption.
        """
        if not self._is_over:
            self._voices.write_words(seat, speaker=speaker, phrase=phrase, words=words)

    def set_captions(self, *, on: bool) -> None:
        """Tell words from now on, or drop all that wait and all that come."""
        if on != self._captions.is_on:
            self._voices.switch_captions(on=on)
            self._ring.forget_cues()

    def advance(self, now: int) -> list[Aired]:
        """Air every part that is due at this stage position; usually none."""
        aired: list[Aired] = []
        while not self._is_over and len(aired) < PARTS_PER_ADVANCE_MAX:
            take = self._voices.take(now)
            if take is None:
                break
            aired.append(self._publish(take))
        return aired

    def hold(self, seat: str) -> int:
        """Silence one voice on air; give the first position that is silent."""
        return self._voices.hold(seat)

    def release(self, seat: str, *, air_held: bool) -> Released:
        """End a hold. What was held airs late if asked for, else never.

        Without it the voice returns with what it says from now on, after the room's delay.
        """
        return self._voices.release(seat, air_held=air_held)

    def dump(self, now: int, length_samples: int | None) -> Dumped:
        """Erase the last stretch before `now` from every line; None: all that is unaired."""
        return self._voices.dump(now, length_samples)

    def drop_voice(self, seat: str) -> None:
        """Erase a removed speaker: call it after the stage has muted the seat."""
        self._voices.drop(seat)

    def set_delay(self, samples: int) -> None:
        """Lengthen the delay at once by silence, or begin to shorten it.

        Raises:
            DelayOutOfRange: nothing was changed.
        """
        self._voices.set_delay(samples)

    def end(self) -> bool:
        """Close the programme with what has aired. Unaired sound is gone.

        False when the disk refused; `recover` then completes the folder later.
        """
        self._is_over = True
        self._voices = Voices(0)
        is_whole = self._ring.finish(self._captions.flush(self._ring.media_time))
        if self._tracks:
            self._tracks.end()
        return is_whole

    def _publish(self, take: Take) -> Aired:
        begins_at = self._ring.media_time
        is_published = self._ring.publish(
            self._encoder.part(take.pcm),
            starts_at=self._on_air_at + _duration(take.from_position),
            new_segment=take.cut is Cut.SEGMENT,
            discontinuity=take.cut is Cut.DISCONTINUITY,
            cues=self._captions.publish,
        )
        if not is_published:
            self._captions.lose()
        elif self._tracks:
            self._tracks.give(begins_at, take.shares)
        return Aired(take.from_position, take.to_position, is_published)


def _duration(samples: int) -> timedelta:
    return timedelta(microseconds=samples * 1_000_000 // RATE_HZ)
