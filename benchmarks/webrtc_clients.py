"""Light WebRTC clients for benchmarks: they send Opus made before, and throw away what comes.

Run as `python -m benchmarks.webrtc_clients WHERE SPEAKERS TALKING SECONDS`, in a process of
their own, so that what they cost is not counted. WHERE is the socket of stage_server.py, or the
address of a Janus. Prints `ready`, then, after SECONDS, what came back as one JSON object.
"""

import asyncio
import contextlib
import json
import secrets
import struct
import sys
import time
from collections.abc import Callable, Coroutine

import aioice.ice
import numpy as np
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription

from balai.audio.blocks import BLOCK_S, BLOCK_SAMPLES, RATE_HZ
from balai.audio.opus import Encoder
from balai.stage.sdp import with_opus_settings
from benchmarks.janus import join_janus

CONNECT_S = 20
PAYLOAD_TYPE = 96  # aiortc's own number for Opus

Join = Callable[[int, str], Coroutine[None, None, str]]


def speech(seconds: float, *, seed: int) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    """Make something like speech: a buzzing voice in syllables with hiss between them."""
    random = np.random.default_rng(seed)
    at = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    pitch = 110 + 15 * (seed % 7) + 12 * np.sin(2 * np.pi * 0.7 * at)
    phase = 2 * np.pi * np.cumsum(pitch) / RATE_HZ
    voiced = sum(np.sin(n * phase) / (1 + abs(n - 5)) for n in range(1, 24))
    syllables = np.clip(np.sin(2 * np.pi * 3.7 * at) + 0.4, 0, 1)
    sound = 0.12 * voiced * syllables + 0.01 * random.standard_normal(len(at))
    return (np.clip(sound, -1, 1) * 32_000).astype(np.int16)


def packets(*, talking: bool, seed: int) -> list[bytes]:
    """Four seconds of a browser's microphone as Opus: speech, or a quiet room."""
    sound = speech(4, seed=seed)
    if not talking:
        sound = np.random.default_rng(seed).normal(0, 8, len(sound)).astype(np.int16)
    encoder = Encoder(bitrate=32_000, complexity=9, loss_percent=5)
    return [encoder.encode(block) for block in sound.reshape(-1, BLOCK_SAMPLES)]


class Client:
    """One speaker, connected by aiortc, sending and receiving past it."""

    def __init__(self, script: list[bytes]) -> None:
        self.received = self.received_bytes = 0
        self._script = script
        self._sent = 0
        self._peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        transceiver = self._peer.addTransceiver("audio", direction="sendrecv")
        self._dtls = transceiver.receiver.transport
        self._ice = self._dtls.transport._connection
        self._source = transceiver.sender._ssrc
        self._start = secrets.randbelow(0x8000), secrets.randbits(31)
        self.is_connected = asyncio.Event()
        self._pass_on = self._ice.data_received
        self._ice.data_received = self._arrived  # type: ignore[method-assign]
        transceiver.sender.send = self._ready  # type: ignore[method-assign]
        transceiver.receiver.receive = self._ready  # type: ignore[method-assign]

    async def join(self, number: int, join: Join) -> None:
        await self._peer.setLocalDescription(await self._peer.createOffer())
        offer = with_opus_settings(self._peer.localDescription.sdp, PAYLOAD_TYPE)
        answer = await join(number, offer)
        await self._peer.setRemoteDescription(RTCSessionDescription(sdp=answer, type="answer"))
        async with asyncio.timeout(CONNECT_S):
            await self.is_connected.wait()

    async def talk(self, begin_at: float) -> None:
        """Send a packet every 20 ms, for ever."""
        first_sequence, first_timestamp = self._start
        while True:
            await asyncio.sleep(begin_at + self._sent * BLOCK_S - time.monotonic())
            header = struct.pack(
                "!BBHII",
                0x80,
                PAYLOAD_TYPE,
                (first_sequence + self._sent) & 0xFFFF,
                (first_timestamp + self._sent * BLOCK_SAMPLES) & 0xFFFFFFFF,
                self._source,
            )
            packet = header + self._script[self._sent % len(self._script)]
            pair = self._ice._nominated[1]
            sealed = self._dtls._tx_srtp.protect(packet)
            pair.protocol.transport.sendto(sealed, pair.remote_addr)
            self._sent += 1

    async def leave(self) -> None:
        await self._peer.close()

    async def _ready(self, parameters: object) -> None:
        self.is_connected.set()

    def _arrived(self, data: bytes, component: int) -> None:
        if data and 127 < data[0] < 192:
            self.received += 1
            self.received_bytes += len(data)
        else:
            self._pass_on(data, component)


async def join_balai(path: str) -> Join:
    """Open a stage on benchmarks/stage_server.py."""
    reader, writer = await asyncio.open_unix_connection(path, limit=2**20)

    async def join(number: int, offer: str) -> str:
        writer.write(json.dumps({"seat": str(number), "offer": offer}).encode() + b"\n")
        answer: str = json.loads(await reader.readline())
        return answer

    return join


async def run(where: str, speakers: int, talking: int, seconds: float) -> None:
    # Janus never listens on 127.0.0.1; packets to this machine's own address stay in it too.
    own = aioice.ice.get_host_addresses(use_ipv4=True, use_ipv6=False)[:1] or ["127.0.0.1"]
    aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: own
    scripts = [packets(talking=number < talking, seed=number) for number in range(speakers)]
    clients = [Client(script) for script in scripts]
    join = await (join_janus(where) if where.startswith("http") else join_balai(where))
    for number, client in enumerate(clients):
        await client.join(number, join)
    begin_at = time.monotonic() + 0.1
    talks = [
        asyncio.create_task(client.talk(begin_at + number * BLOCK_S / speakers))
        for number, client in enumerate(clients)
    ]
    await asyncio.sleep(1.5)  # until the server's own buffers have settled: part of the recipe
    print("ready", flush=True)
    before = [(client.received, client.received_bytes) for client in clients]
    await asyncio.sleep(seconds)
    rates = [(c.received - b[0]) / seconds for c, b in zip(clients, before, strict=True)]
    sizes = [
        (c.received_bytes - b[1]) * 8 / seconds for c, b in zip(clients, before, strict=True)
    ]
    print(json.dumps({"packets_per_s": rates, "bits_per_s": sizes}), flush=True)
    for talk in talks:
        talk.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.gather(*talks)
    await asyncio.gather(*(client.leave() for client in clients))


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])))
