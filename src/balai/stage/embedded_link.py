"""One speaker's WebRTC connection: ICE and DTLS by aiortc, the sound straight past it.

aiortc's own sender and receiver are never started: its jitter buffer, decoder and tasks for
each packet cost more than the rest of the stage (docs/decisions/0002-stage.md). Datagrams are
taken where ICE hands them over, and sent where ICE would send them. What is used of aiortc's
and aioice's insides is all in this file, and tests/contract/test_stage_hooks.py fails by name
when a release changes it.
"""

import asyncio
import contextlib
import secrets
import time
from collections.abc import Callable, Sequence
from typing import Final

import pylibsrtp
from aiortc import RTCConfiguration, RTCIceServer, RTCPeerConnection, RTCSessionDescription

from balai.audio.blocks import BLOCK_SAMPLES
from balai.errors import Unavailable
from balai.stage.rtp import (
    DATAGRAM_BYTES_MAX,
    HEADER_BYTES,
    Reception,
    RtpPacket,
    Sending,
    is_rtcp,
    read_packet,
    write_packet,
)
from balai.stage.sdp import Offer, with_opus_settings
from balai.stage.voice import Voice

HANDSHAKE_DATAGRAMS_MAX: Final = 64
SOURCES_MAX: Final = 4  # each new one costs memory in libsrtp for as long as the link lives
UNSENT_BYTES_MAX: Final = 16 * 1024
CLOSE_S: Final = 5
_ICE_COMPONENT: Final = 1


class StageUnreachable(Unavailable):
    """This server has no network address on which a speaker could reach it."""


class Link:
    """Carries one voice in and one feed out. Belongs to the event loop.

    On failure: a datagram that is not authentic, not ours or not RTP is counted and dropped; a
    feed packet that cannot leave at once is dropped and counted.
    """

    def __init__(
        self,
        voice: Voice,
        *,
        ice_servers: Sequence[RTCIceServer],
        on_heard: Callable[[], None],
        on_closed: Callable[[], None],
    ) -> None:
        """Prepare; `on_heard` is called for each packet, `on_closed` when the peer has gone."""
        self.unsent = 0
        self._voice = voice
        self._on_heard = on_heard
        self._on_closed = on_closed
        self._peer = RTCPeerConnection(RTCConfiguration(iceServers=list(ice_servers)))
        self._peer.on("connectionstatechange", self._changed)
        self._transceiver = self._peer.addTransceiver("audio", direction="sendrecv")
        self._dtls = self._transceiver.receiver.transport
        self._ice = self._dtls.transport._connection
        self._sources: set[int] = set()
        self._reception = Reception()
        self._sending = Sending(self._transceiver.sender._ssrc, secrets.token_hex(8).encode())
        # The lower half keeps the sequence number from wrapping while the peer's SRTP has not
        # settled; the timestamp's origin is free.
        self._first_sequence = secrets.randbelow(0x8000)
        self._first_timestamp = secrets.randbits(32)
        self._payload_type = 0
        self._sends = False
        self._hook()

    async def answer(self, offer: Offer) -> str:
        """Take an offer and give the whole answer, every address in it.

        Raises:
            StageUnreachable: there is no address to offer.
        """
        self._payload_type = offer.payload_type
        await self._peer.setRemoteDescription(
            RTCSessionDescription(sdp=offer.text(), type="offer")
        )
        await self._peer.setLocalDescription(await self._peer.createAnswer())
        if not self._ice.local_candidates:
            raise StageUnreachable
        return with_opus_settings(self._peer.localDescription.sdp, offer.payload_type)

    def send(self, number: int, payload: bytes) -> None:
        """Send the feed's packet of one tick; ticks count up, a missing one counts as lost."""
        if not self._sends:
            return
        sending = self._sending
        sending.timestamp = (self._first_timestamp + number * BLOCK_SAMPLES) & 0xFFFFFFFF
        sequence = (self._first_sequence + number) & 0xFFFF
        packet = RtpPacket(
            self._payload_type, sequence, sending.timestamp, sending.source, payload
        )
        try:
            self._transmit(self._dtls._tx_srtp.protect(write_packet(packet)))
        except (
            pylibsrtp.Error,
            OSError,
            RuntimeError,
        ):  # a closing socket is the last of these
            self.unsent += 1
            return
        sending.packets += 1
        sending.octets += len(payload)

    def report(self) -> None:
        """Tell the other end how its packets arrive, so that it adds error correction."""
        if not self._sends:
            return
        block = self._reception.block(time.monotonic())
        report = self._sending.report(unix_s=time.time(), block=block)
        with contextlib.suppress(pylibsrtp.Error, OSError, RuntimeError):
            self._transmit(self._dtls._tx_srtp.protect_rtcp(report))

    async def close(self) -> None:
        """Hang up. Gives up waiting after 5 s."""
        self._sends = False
        self._on_closed = self._on_heard = _nothing
        try:
            await asyncio.wait_for(self._peer.close(), CLOSE_S)
        except TimeoutError:
            return

    def _transmit(self, sealed: bytes) -> None:
        pair = self._ice._nominated.get(_ICE_COMPONENT)
        if pair is None:
            raise BrokenPipeError
        transport = pair.protocol.transport
        if _unsent_bytes(transport) > UNSENT_BYTES_MAX:
            raise BlockingIOError
        transport.sendto(sealed, pair.remote_addr)

    def _hook(self) -> None:
        """Step between ICE and aiortc's own sound path."""
        self._pass_on = self._ice.data_received
        self._ice.data_received = self._arrived  # type: ignore[method-assign]
        self._transceiver.sender.send = self._begin_sending  # type: ignore[method-assign]
        self._transceiver.receiver.receive = _begin_receiving  # type: ignore[method-assign]

    async def _begin_sending(self, parameters: object) -> None:  # noqa: ARG002 - aiortc's own
        self._sends = True

    def _arrived(self, data: bytes, component: int) -> None:
        if not data:  # aiortc would fall over it
            return
        if 127 < data[0] < 192:  # noqa: PLR2004 - SRTP's share of the first byte (RFC 7983)
            self._unseal(data)
        elif self._ice._queue.qsize() < HANDSHAKE_DATAGRAMS_MAX:
            self._pass_on(data, component)

    def _unseal(self, datagram: bytes) -> None:
        session = self._dtls._rx_srtp
        if session is None or not HEADER_BYTES <= len(datagram) <= DATAGRAM_BYTES_MAX:
            return
        report = is_rtcp(datagram)
        source = int.from_bytes(datagram[4:8] if report else datagram[8:12], "big")
        if source not in self._sources and len(self._sources) >= SOURCES_MAX:
            self._voice.reject()
            return
        try:
            plain = session.unprotect_rtcp(datagram) if report else session.unprotect(datagram)
        except pylibsrtp.Error:
            self._voice.reject()
            return
        self._sources.add(source)
        if report:
            self._reception.reported(plain, time.monotonic())
        else:
            self._take(plain)

    def _take(self, plain: bytes) -> None:
        packet = read_packet(plain)
        if packet is None or packet.payload_type != self._payload_type:
            self._voice.reject()
            return
        at = time.monotonic()
        self._reception.arrived(packet, at)
        self._voice.arrive(packet.sequence, packet.payload, at=at)
        self._on_heard()

    def _changed(self) -> None:
        if self._peer.connectionState in ("failed", "closed"):
            self._on_closed()


async def _begin_receiving(parameters: object) -> None:
    """Nothing to begin: datagrams are taken from ICE."""


def _unsent_bytes(transport: asyncio.DatagramTransport) -> int:
    waiting = getattr(transport, "get_write_buffer_size", None)  # a TURN transport has none
    return waiting() if waiting else 0


def _nothing() -> None:
    """After the end nobody is told."""
