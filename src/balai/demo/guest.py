"""A recorded guest: an ordinary client that comes by link, consents, connects and speaks."""

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import AsyncGenerator
from fractions import Fraction
from typing import Any, Final
from urllib.parse import urlsplit

import av
import httpx
from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCPeerConnection,
    RTCSessionDescription,
)

from balai.audio.blocks import BLOCK_S, BLOCK_SAMPLES, RATE_HZ
from balai.errors import NotAllowed, Unavailable

log = logging.getLogger(__name__)

REQUEST_S: Final = 10.0
STREAM_S: Final = 60.0  # the house says something at least every 15 s
RETRY_S: Final = 2.0
CONNECT_S: Final = 15.0
_LOST: Final = frozenset({"closed", "failed", "disconnected"})


class GuestRefused(NotAllowed):
    """The house does not let this guest of the demonstration do that."""


class HouseSilent(Unavailable):
    """The house does not answer the guests of the demonstration."""


class Part:
    """What a guest says: a round again and again, and once in between what it is asked for.

    The round goes on underneath meanwhile, so that the guests stay together.
    """

    def __init__(self, round_: list[bytes]) -> None:
        self._round = round_
        self._once: list[bytes] = []
        self._once_from: int | None = None

    def play_once(self, packets: list[bytes]) -> None:
        """Say something once, from the next packet on; a second wish starts it anew."""
        self._once, self._once_from = packets, None

    def packet(self, number: int) -> bytes:
        """Give the packet of a number; numbers only grow."""
        if self._once and self._once_from is None:
            self._once_from = number
        if self._once_from is not None and number - self._once_from < len(self._once):
            return self._once[number - self._once_from]
        self._once, self._once_from = [], None
        return self._round[number % len(self._round)]


class RecordedVoice(MediaStreamTrack):
    """A track of packets made beforehand, each at its time; both guests keep one clock."""

    kind = "audio"

    def __init__(self, part: "Part", *, began_at: float) -> None:
        super().__init__()
        self._part = part
        self._began_at = began_at
        self._next = int((time.monotonic() - began_at) / BLOCK_S) + 1

    async def recv(self) -> "av.Packet[Any]":
        """Give the next packet when it is due; after a stall the lost ones are left out."""
        wait_s = self._began_at + self._next * BLOCK_S - time.monotonic()
        if wait_s > 0:
            await asyncio.sleep(wait_s)
        else:
            self._next += int(-wait_s / BLOCK_S)
        packet = av.Packet(self._part.packet(self._next))
        packet.pts = self._next * BLOCK_SAMPLES
        packet.time_base = Fraction(1, RATE_HZ)
        self._next += 1
        return packet


class Guest:
    """One guest's way through the house.

    On failure: a guest that loses its connection comes back; one that is sent away stays away.
    """

    def __init__(self, house_url: str) -> None:
        self._client = httpx.AsyncClient(base_url=house_url, timeout=REQUEST_S, trust_env=False)

    async def close(self) -> None:
        """Let go of the house."""
        await self._client.aclose()

    async def sign_in(self, token: str) -> None:
        """Come in by a link."""
        me = await self.post(f"/api/invitations/{token}/accept", {})
        self._client.headers["x-csrf-token"] = me["csrf_token"]

    async def get(self, path: str) -> dict[str, Any]:
        """Read something.

        Raises:
            GuestRefused, HouseSilent: see `post`.
        """
        return await self._ask("GET", path)

    async def post(self, path: str, body: dict[str, object] | None = None) -> dict[str, Any]:
        """Ask for something.

        Raises:
            GuestRefused: the answer is no.
            HouseSilent: there is no answer, or it may be another one later.
        """
        return await self._ask("POST", path, json=body)

    async def news(self, room_id: str) -> AsyncGenerator[tuple[str, dict[str, Any]], None]:
        """Follow the room: first what it is, then every entry that it tells this guest.

        Raises:
            GuestRefused, HouseSilent: see `post`.
        """
        view = await self.get(f"/api/rooms/{room_id}")
        yield "room", {"room": view["room"]}
        path = f"/api/rooms/{room_id}/events?after={view['last_event_id']}"
        try:
            async with self._client.stream("GET", path, timeout=STREAM_S) as stream:
                _require_success(stream)
                kind = ""
                async for line in stream.aiter_lines():
                    name, _, value = line.partition(": ")
                    if name == "event":
                        kind = value
                    elif name == "data":
                        yield kind, json.loads(value)
        except httpx.TransportError as error:
            raise HouseSilent from error
        raise HouseSilent  # a stream ends only with the house

    async def speak(self, room_id: str, part: Part, *, began_at: float) -> None:
        """Stand on stage until sent away or cancelled."""
        while True:
            try:
                await self._stand(room_id, RecordedVoice(part, began_at=began_at))
            except GuestRefused as refusal:
                log.info("a guest of the demonstration leaves: %s", refusal)
                return
            except (HouseSilent, TimeoutError):
                log.info("a guest of the demonstration lost the stage and comes back")
            await asyncio.sleep(RETRY_S)

    async def _stand(self, room_id: str, voice: RecordedVoice) -> None:
        """Connect, and stay until the connection is lost."""
        room = f"/api/rooms/{room_id}"
        await self.post(f"{room}/seat/consent", {"alias": None, "recording_ok": True})
        ticket = await self.post(f"{room}/seat/ticket")
        peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        lost, connected = asyncio.Event(), asyncio.Event()

        @peer.on("connectionstatechange")
        def changed() -> None:
            if peer.connectionState == "connected":
                connected.set()
            if peer.connectionState in _LOST:
                lost.set()

        try:
            peer.addTransceiver(voice, direction="sendonly")
            await peer.setLocalDescription(await peer.createOffer())
            answer = await self._offer(ticket, peer.localDescription.sdp)
            await peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))
            async with asyncio.timeout(CONNECT_S):
                await connected.wait()
            await lost.wait()
        finally:
            await peer.close()

    async def _offer(self, ticket: dict[str, Any], offer: str) -> str:
        headers = {
            "authorization": f"Bearer {ticket['ticket']}",
            "content-type": "application/sdp",
        }
        path = urlsplit(ticket["whip_url"]).path  # people may reach the house by another name
        try:
            answer = await self._client.post(path, content=offer, headers=headers)
        except httpx.TransportError as error:
            raise HouseSilent from error
        _require_success(answer)
        return answer.text

    async def _ask(
        self, method: str, path: str, **more: dict[str, object] | None
    ) -> dict[str, Any]:
        try:
            answer = await self._client.request(method, path, **more)  # type: ignore[arg-type]
        except httpx.TransportError as error:
            raise HouseSilent from error
        _require_success(answer)
        found: dict[str, Any] = answer.json()
        return found


def _require_success(answer: httpx.Response) -> None:
    if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
        raise HouseSilent
    if answer.status_code >= httpx.codes.BAD_REQUEST:
        code = ""
        with contextlib.suppress(ValueError, KeyError, httpx.ResponseNotRead):
            code = answer.json()["error"]["code"]
        raise GuestRefused(code)
