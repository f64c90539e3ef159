"""One seat's voice on its way in: from packets to 20 ms of sound at a time."""

import collections
import math
from typing import Final

import numpy as np

from balai.audio.blocks import BLOCK_SAMPLES, Pcm, silence
from balai.audio.level import TalkGate
from balai.audio.opus import PACKET_SAMPLES_MAX, Decoder, packet_samples
from balai.stage.engine import StageCounters
from balai.stage.jitter import Cue, JitterBuffer, What

INBOX_PACKETS_MAX: Final = 32

_FADE_IN: Final = np.linspace(0, 1, BLOCK_SAMPLES, dtype=np.float32)
_FADE_OUT: Final = 1 - _FADE_IN


class Voice:
    """Waiting room, decoder and talk gate of one seat.

    `arrive` is called on the event loop, everything else by the mixer thread. Between them is a
    bounded inbox, which needs no lock: appending and taking from the left are single steps.

    On failure: when the mixer is not taking, the oldest packet is dropped and counted.
    """

    def __init__(self) -> None:
        self.gate = TalkGate()
        self._network = StageCounters()  # written on the event loop
        self._sound = StageCounters()  # written by the mixer thread
        self._inbox: collections.deque[tuple[float, int, bytes]] = collections.deque()
        self._jitter = JitterBuffer(self._sound)
        self._decoder = Decoder()
        self._spare = silence(PACKET_SAMPLES_MAX)
        self._left = silence(0)  # of a packet longer than 20 ms, or shorter ones together
        self._is_fresh = True

    @property
    def counters(self) -> StageCounters:
        """What happened to this voice's packets so far; a copy."""
        total = StageCounters()
        total.add(self._network)
        total.add(self._sound)
        return total

    def reject(self) -> None:
        """Count a datagram that is no packet of this voice; called on the event loop."""
        self._network.rejected += 1

    def arrive(self, sequence: int, payload: bytes, *, at: float = 0.0) -> None:
        """Take a packet from the network, with the moment of its arrival."""
        self._network.received += 1
        if len(self._inbox) >= INBOX_PACKETS_MAX:
            self._inbox.popleft()
            self._network.dropped += 1
        self._inbox.append((at, sequence, payload))

    def hear(self, out: Pcm, *, until: float = math.inf) -> bool:
        """Fill `out` with the next 20 ms; False when there is nothing to hear.

        Only what arrived until then is considered: a mixer that comes late and makes up for it
        hears what it would have heard in time, instead of a crowd of packets at once.

        Shapes:
            out: (960,)
        """
        self._is_fresh = False
        self._empty_inbox(until)
        if not len(self._left):
            cue = self._jitter.next()
            if cue.what is What.REST:
                return False
            if cue.samples == BLOCK_SAMPLES:
                self._render(cue, out)
                return True
            self._left = self._rendered(cue)
        return self._fill(out)

    def discard(self) -> None:
        """Throw away what came, unheard; whoever hears it again begins anew."""
        self._inbox.clear()
        if not self._is_fresh:
            self._jitter.reset()
            self._decoder.reset()
            self._left = silence(0)
            self.gate.shut()
            self._is_fresh = True

    def _empty_inbox(self, until: float) -> None:
        while self._inbox and self._inbox[0][0] <= until:
            _, sequence, payload = self._inbox.popleft()
            samples = packet_samples(payload)
            if samples:
                self._jitter.push(sequence, payload, samples)
            else:
                self._sound.rejected += 1

    def _fill(self, out: Pcm) -> bool:
        """Piece 20 ms together from packets of another length."""
        while len(self._left) < BLOCK_SAMPLES:
            cue = self._jitter.next()
            if cue.what is What.REST:
                self._left = np.concatenate((self._left, silence(BLOCK_SAMPLES)))
            else:
                self._left = np.concatenate((self._left, self._rendered(cue)))
        out[:], self._left = self._left[:BLOCK_SAMPLES], self._left[BLOCK_SAMPLES:]
        return True

    def _rendered(self, cue: Cue) -> Pcm:
        rendered = silence(cue.samples)
        self._render(cue, rendered)
        return rendered

    def _render(self, cue: Cue, out: Pcm) -> None:
        if cue.what is What.PLAY:
            written = self._decoder.decode(cue.payload, out)
        elif cue.what is What.MERGE:
            written = self._merge(cue, out)
        elif cue.what is What.RECOVER:
            written = self._decoder.recover(cue.payload, out)
        else:
            written = self._decoder.conceal(out)
        if not written:  # not Opus after all: as if it had been lost
            self._sound.rejected += 1
            written = self._decoder.conceal(out)
        out[written:] = 0

    def _merge(self, cue: Cue, out: Pcm) -> int:
        """Play two frames in the time of one, the first fading into the second."""
        written = self._decoder.decode(cue.payload, out)
        other = self._decoder.decode(cue.other, self._spare)
        if written == other == BLOCK_SAMPLES:
            faded = out * _FADE_OUT + self._spare[:BLOCK_SAMPLES] * _FADE_IN
            out[:] = faded.astype(np.int16)
        return written
