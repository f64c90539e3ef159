"""A speaker without a browser: joins a stage over WHIP and says what it is given."""

import asyncio
import time
from fractions import Fraction
from typing import Any, Final
from urllib.parse import urljoin

import numpy as np
from aiortc import (
    AudioStreamTrack,
    MediaStreamTrack,
    RTCPeerConnection,
    RTCSessionDescription,
)
from av import AudioFrame, Packet

from balai.audio.blocks import BLOCK_S, BLOCK_SAMPLES, RATE_HZ, Pcm
from balai.audio.opus import Encoder
from rig.chirps import Sound
from rig.house import Person

_BASE: Final = Fraction(1, RATE_HZ)


def encode(sound: Sound) -> list[bytes]:
    """Encode a sound once, 20 ms a packet, so that saying it costs next to nothing."""
    encoder = Encoder(bitrate=32_000, complexity=5, loss_percent=0)
    pcm = (np.clip(sound, -1, 1) * 32_767).astype(np.int16)
    blocks = pcm[: len(pcm) // BLOCK_SAMPLES * BLOCK_SAMPLES].reshape(-1, BLOCK_SAMPLES)
    return [encoder.encode(block) for block in blocks]


class Script(AudioStreamTrack):
    """Says packets over and over, one every 20 ms; remembers when it said the first."""

    def __init__(self, packets: list[bytes]) -> None:
        super().__init__()
        self.packets = packets
        self.sent = 0
        self.began_at_s = 0.0
        self._began_ns = 0

    async def recv(self) -> "Packet[Any]":  # type: ignore[override]
        """Wait for the next packet's time and give it."""
        if not self.sent:
            self._began_ns = time.monotonic_ns()
            self.began_at_s = time.time()
        due_s = self._began_ns / 1e9 + self.sent * BLOCK_S
        await asyncio.sleep(max(0.0, due_s - time.monotonic()))
        packet = Packet(self.packets[self.sent % len(self.packets)])
        packet.pts = self.sent * BLOCK_SAMPLES
        packet.time_base = _BASE
        self.sent += 1
        return packet


class Speaker:
    """One WebRTC connection to a stage, and what it hears there."""

    def __init__(self, packets: list[bytes], *, keep_heard: bool = False) -> None:
        self.script = Script(packets)
        self.heard: list[tuple[float, Pcm]] = []
        self._keep_heard = keep_heard
        self._peer = RTCPeerConnection()
        self._location = ""
        self._listening: asyncio.Task[None] | None = None

    async def go_on_stage(self, person: Person, room_id: str) -> None:
        """Consent, get a ticket, connect; ends when the media flows."""
        await person.call(
            "POST", f"/api/rooms/{room_id}/seat/consent", alias=None, recording_ok=True
        )
        ticket = (await person.call("POST", f"/api/rooms/{room_id}/seat/ticket")).json()
        self._peer.addTrack(self.script)
        self._peer.on("track", self._listen)
        connected = asyncio.Event()
        self._peer.on(
            "connectionstatechange",
            lambda: connected.set() if self._peer.connectionState == "connected" else None,
        )
        await self._peer.setLocalDescription(await self._peer.createOffer())
        reply = await person.http.post(
            ticket["whip_url"],
            content=self._peer.localDescription.sdp,
            headers={
                "Authorization": f"Bearer {ticket['ticket']}",
                "Content-Type": "application/sdp",
            },
        )
        if reply.is_error:
            raise RuntimeError(f"WHIP: {reply.status_code} {reply.text}")
        self._location = urljoin(str(reply.url), reply.headers["Location"])
        await self._peer.setRemoteDescription(RTCSessionDescription(reply.text, "answer"))
        async with asyncio.timeout(15):
            await connected.wait()

    async def hang_up(self, person: Person) -> None:
        """Leave properly."""
        await person.http.delete(self._location)
        await self.vanish()

    async def vanish(self) -> None:
        """Close the connection without telling anybody."""
        if self._listening is not None:
            self._listening.cancel()
        await self._peer.close()

    def _listen(self, track: MediaStreamTrack) -> None:
        if self._keep_heard:
            self._listening = asyncio.create_task(self._hear(track))

    async def _hear(self, track: MediaStreamTrack) -> None:
        while True:
            frame = await track.recv()
            if isinstance(frame, AudioFrame):
                channels = len(frame.layout.channels)
                pcm = frame.to_ndarray().reshape(-1)[::channels]
                self.heard.append((time.time(), pcm.astype(np.int16)))
