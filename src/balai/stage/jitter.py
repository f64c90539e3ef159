"""Packets that come when they like, handed out one after another in their time.

Pure: knows no clock, no network and no codec. One call of `next` stands for the moment at which
more sound is due.
"""

from enum import Enum, auto
from typing import Final, NamedTuple

from balai.audio.blocks import BLOCK_SAMPLES, RATE_HZ
from balai.stage.engine import StageCounters

TARGET_SAMPLES: Final = 40 * RATE_HZ // 1000
TARGET_SAMPLES_MAX: Final = 80 * RATE_HZ // 1000
WAITING_SAMPLES_MAX: Final = 200 * RATE_HZ // 1000
CONCEALED_SAMPLES_MAX: Final = 100 * RATE_HZ // 1000
DRIFT_SAMPLES: Final = 2 * RATE_HZ  # at most one frame is dropped in this time
CALM_SAMPLES: Final = 10 * RATE_HZ  # without a late packet, the target comes down again
RESTART_PACKETS: Final = 100  # a jump in numbers beyond this is a new stream, not loss


class What(Enum):
    """What to do for the next stretch of sound."""

    PLAY = auto()  # decode `payload`
    MERGE = auto()  # decode `payload` and `other`, and fade one into the other
    RECOVER = auto()  # lost: take the copy inside `payload`, which followed it
    CONCEAL = auto()  # lost: let the decoder guess
    REST = auto()  # nothing to hear


class Cue(NamedTuple):
    """The next thing to do; `samples` is how long it lasts."""

    what: What
    samples: int = BLOCK_SAMPLES
    payload: bytes = b""
    other: bytes = b""


class _Waiting(NamedTuple):
    samples: int
    payload: bytes


_REST: Final = Cue(What.REST)


class JitterBuffer:
    """One voice's waiting room: 40 to 80 ms as a rule, never more than 200.

    On failure: what is missing is made up for 100 ms at most; then there is silence until the
    target is reached again. What waits too long is dropped, oldest first. All is counted.
    """

    def __init__(self, counters: StageCounters) -> None:
        self.counters = counters
        self.target_samples = TARGET_SAMPLES
        self._waiting: dict[int, _Waiting] = {}
        self._waiting_samples = 0
        self._highest: int | None = None
        self._next = 0  # number of the packet that is due
        self._playing = False
        self._concealed = 0
        self._last_samples = BLOCK_SAMPLES
        self._starved = False
        self._calm = 0
        self._least = WAITING_SAMPLES_MAX
        self._since_shortened = 0

    @property
    def waiting_samples(self) -> int:
        """How much sound waits."""
        return self._waiting_samples

    def reset(self) -> None:
        """Forget everything that waits, and begin like new."""
        self._waiting.clear()
        self._waiting_samples = 0
        self._highest = None
        self._playing = self._starved = False

    def push(self, sequence: int, payload: bytes, samples: int) -> None:
        """Take a packet with its 16-bit number and its length in samples."""
        number = self._numbered(sequence)
        if self._playing and number < self._next:
            self.counters.late += 1
            return
        if number in self._waiting:
            self.counters.rejected += 1  # the same packet again
            return
        self._waiting[number] = _Waiting(samples, payload)
        self._waiting_samples += samples
        if self._starved and number == self._next:
            self._came_late()
        if self._waiting_samples > WAITING_SAMPLES_MAX:
            self._drop_oldest()

    def next(self) -> Cue:
        """Give what is due now."""
        if not self._playing and not self._begin():
            return _REST
        self._calm += self._last_samples
        if self._calm >= CALM_SAMPLES:
            self.target_samples = max(TARGET_SAMPLES, self.target_samples - BLOCK_SAMPLES)
            self._calm = 0
        if self._next in self._waiting:
            return self._play()
        return self._bridge() if self._waiting else self._starve()

    def _numbered(self, sequence: int) -> int:
        """Continue 16-bit numbers without wrapping; a jump begins a new stream."""
        if self._highest is None:
            self._highest = 0x10000 + sequence
            return self._highest
        step = (sequence - self._highest) & 0xFFFF
        if step >= 0x8000:  # noqa: PLR2004 - half the range: forwards or backwards
            step -= 0x10000
        if abs(step) > RESTART_PACKETS:
            self.counters.dropped += len(self._waiting)
            self.reset()
            return self._numbered(sequence)
        number = self._highest + step
        self._highest = max(self._highest, number)
        return number

    def _begin(self) -> bool:
        if not self._waiting or self._waiting_samples < self.target_samples:
            return False
        self._next = min(self._waiting)
        self._playing, self._starved = True, False
        self._concealed = self._since_shortened = 0
        self._least = WAITING_SAMPLES_MAX
        return True

    def _play(self) -> Cue:
        self._least = min(self._least, self._waiting_samples)
        self._concealed, self._starved = 0, False
        packet = self._take()
        self._since_shortened += packet.samples
        if self._since_shortened < DRIFT_SAMPLES:
            return Cue(What.PLAY, packet.samples, packet.payload)
        too_much = self._least >= self.target_samples + BLOCK_SAMPLES
        self._since_shortened, self._least = 0, WAITING_SAMPLES_MAX
        if too_much and self._next in self._waiting:
            self.counters.shortened += 1
            other = self._take()
            return Cue(What.MERGE, packet.samples, packet.payload, other.payload)
        return Cue(What.PLAY, packet.samples, packet.payload)

    def _take(self) -> _Waiting:
        packet = self._waiting.pop(self._next)
        self._waiting_samples -= packet.samples
        self._last_samples = packet.samples
        self._next += 1
        return packet

    def _bridge(self) -> Cue:
        """A packet is missing, but later ones are here."""
        earliest = min(self._waiting)
        gap = (earliest - self._next) * self._last_samples
        if gap + self._concealed > CONCEALED_SAMPLES_MAX:
            self.counters.lost += earliest - self._next
            self._next = earliest
            return self._play()
        self._concealed += self._last_samples
        self.counters.lost += 1
        self._next += 1
        following = self._waiting.get(self._next)
        if following is None:
            self.counters.concealed += 1
            return Cue(What.CONCEAL, self._last_samples)
        self.counters.recovered += 1
        return Cue(What.RECOVER, self._last_samples, following.payload)

    def _starve(self) -> Cue:
        """Nothing is here. What is due may be late rather than lost, so it stays due."""
        if self._concealed + self._last_samples > CONCEALED_SAMPLES_MAX:
            self._playing = self._starved = False
            return _REST
        self._starved = True
        self._concealed += self._last_samples
        self.counters.concealed += 1
        return Cue(What.CONCEAL, self._last_samples)

    def _came_late(self) -> None:
        self._starved = False
        self._calm = 0
        self.target_samples = min(TARGET_SAMPLES_MAX, self.target_samples + BLOCK_SAMPLES)

    def _drop_oldest(self) -> None:
        while self._waiting_samples > self.target_samples and len(self._waiting) > 1:
            packet = self._waiting.pop(min(self._waiting))
            self._waiting_samples -= packet.samples
            self.counters.dropped += 1
        if self._playing:
            self._next = min(self._waiting, default=self._next)
