"""Speakers and a mixer thread for the stage's contract: one kind for each engine."""

import asyncio
import collections
import contextlib
import threading
import time
from collections.abc import Callable
from fractions import Fraction
from typing import Protocol

import av
import numpy as np
import pylibsrtp
from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamError

from balai.audio.blocks import BLOCK_S, BLOCK_SAMPLES, RATE_HZ, Pcm, silence
from balai.stage.engine import Stage
from balai.stage.fake import MONITOR_OFFER, OFFER, FakeStage

SECOND_BLOCKS = round(1 / BLOCK_S)


def tone(hz: float, samples: int, *, at: int = 0, peak: int = 6000) -> Pcm:
    """A sine, continued from sample `at`."""
    turns = np.arange(at, at + samples) * hz / RATE_HZ
    return (peak * np.sin(2 * np.pi * turns)).astype(np.int16)


def pitches(sound: Pcm) -> set[int]:
    """The tones in a stretch of sound, to the nearest 50 Hz."""
    if not sound.any():
        return set()
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    loud = np.nonzero(spectrum > max(spectrum.max() / 8, len(sound) * 50))[0]
    return {round(i * RATE_HZ / len(sound) / 50) * 50 for i in loud.tolist()}


async def until(holds: Callable[[], bool], *, seconds: float = 8.0) -> None:
    """Wait for a condition; fail when it does not come."""
    async with asyncio.timeout(seconds):
        while not holds():
            await asyncio.sleep(BLOCK_S)


class Mixer:
    """Ticks a stage every 20 ms in a thread of its own and keeps the last second of voices."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.last: collections.deque[dict[str, Pcm]] = collections.deque(maxlen=SECOND_BLOCKS)
        self.error: Exception | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()
        if self.error is not None:
            raise self.error

    def sound(self, seat: str, *, blocks: int = 20) -> Pcm:
        """The last 400 ms of a seat; silence where it was absent."""
        last = list(self.last)[-blocks:]
        return np.concatenate([voices.get(seat, silence()) for voices in last] or [silence()])

    def is_absent(self, seat: str, *, blocks: int = 20) -> bool:
        last = list(self.last)[-blocks:]
        return len(last) == blocks and not any(seat in voices for voices in last)

    def _run(self) -> None:
        due_at = time.monotonic()
        while not self._stopping.is_set():
            try:
                self.last.append(dict(self.stage.tick()))
            except Exception as error:  # noqa: BLE001 - the test fails with it
                self.error = error
                return
            due_at += BLOCK_S
            time.sleep(max(0.0, due_at - time.monotonic()))


class Speaker(Protocol):
    """One person with a microphone and headphones."""

    async def join(self, stage: Stage) -> str: ...
    async def listen(self, stage: Stage) -> None: ...
    def talk(self, hz: float) -> None: ...
    def hears(self) -> set[int]: ...
    def vanish(self) -> None: ...
    async def leave(self) -> None: ...


class FakeSpeaker:
    """Somebody on the fake stage."""

    def __init__(self, seat: str) -> None:
        self.seat = seat
        self._stage: FakeStage | None = None

    async def join(self, stage: Stage) -> str:
        assert isinstance(stage, FakeStage)
        self._stage = stage
        return await stage.connect(self.seat, OFFER)

    async def listen(self, stage: Stage) -> None:
        assert isinstance(stage, FakeStage)
        self._stage = stage
        await stage.let_in(self.seat, MONITOR_OFFER)

    def talk(self, hz: float) -> None:
        assert self._stage is not None
        self._stage.say(self.seat, tone(hz, 60 * RATE_HZ))

    def hears(self) -> set[int]:
        assert self._stage is not None
        return pitches(self._stage.heard_by(self.seat))

    def vanish(self) -> None:
        assert self._stage is not None
        self._stage.drop(self.seat)

    async def leave(self) -> None:
        """Nothing to put away."""


class Microphone(MediaStreamTrack):
    """A microphone that gives a tone, or silence, in real time."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self.hz = 0.0
        self._sent = 0
        self._began_at = time.monotonic()

    async def recv(self) -> av.AudioFrame:
        due_at = self._began_at + self._sent / RATE_HZ
        await asyncio.sleep(max(0.0, due_at - time.monotonic()))
        if self.readyState != "live":
            raise MediaStreamError
        peak = 6000 if self.hz else 0
        pcm = tone(self.hz, BLOCK_SAMPLES, at=self._sent, peak=peak)
        frame = av.AudioFrame.from_ndarray(pcm[None], format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = (
            RATE_HZ,
            self._sent,
            Fraction(1, RATE_HZ),
        )
        self._sent += BLOCK_SAMPLES
        return frame


class RealSpeaker:
    """Somebody with a WebRTC client: aiortc as it comes, talking to the stage over loopback."""

    def __init__(self, seat: str) -> None:
        self.seat = seat
        self.microphone = Microphone()
        self.peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.transceiver = self.peer.addTransceiver(self.microphone, direction="sendrecv")
        self._headphones: collections.deque[Pcm] = collections.deque(maxlen=20)
        self._listening: asyncio.Task[None] | None = None

    async def join(self, stage: Stage) -> str:
        await self.peer.setLocalDescription(await self.peer.createOffer())
        answer = await stage.connect(self.seat, self.peer.localDescription.sdp)
        await self.accept(answer)
        return answer

    async def listen(self, stage: Stage) -> None:
        """Hear the stage as a monitor: receive, and send nothing."""
        self.transceiver.direction = "recvonly"
        await self.peer.setLocalDescription(await self.peer.createOffer())
        await self.accept(await stage.let_in(self.seat, self.peer.localDescription.sdp))

    async def accept(self, answer: str) -> None:
        await self.peer.setRemoteDescription(RTCSessionDescription(sdp=answer, type="answer"))
        self._listening = asyncio.create_task(self._listen())

    def talk(self, hz: float) -> None:
        self.microphone.hz = hz

    def hears(self) -> set[int]:
        return pitches(np.concatenate([silence(), *self._headphones]))

    def vanish(self) -> None:
        ice = self.transceiver.receiver.transport.transport._connection
        for protocol in list(ice._protocols):
            protocol.transport.abort()

    async def send_raw(self, packet: bytes) -> None:
        """Send something as RTP, sealed like the rest; what cannot be sealed is left out."""
        with contextlib.suppress(pylibsrtp.Error):
            await self.transceiver.sender.transport._send_rtp(packet)

    async def leave(self) -> None:
        self.microphone.stop()
        if self._listening is not None:
            self._listening.cancel()
        await self.peer.close()

    async def _listen(self) -> None:
        track = self.transceiver.receiver.track
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            assert isinstance(frame, av.AudioFrame)
            stereo = frame.to_ndarray().reshape(-1, len(frame.layout.channels))
            self._headphones.append(stereo[:, 0].astype(np.int16))
