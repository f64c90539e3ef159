"""Hostile packets: from strangers and from a speaker with a valid key. The room goes on."""

import random
import socket
import struct
from collections.abc import AsyncIterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from balai.audio.blocks import silence
from balai.stage.embedded import EmbeddedEngine
from balai.stage.engine import SeatChange, StageEvent
from balai.stage.rtp import Reception, is_rtcp, read_packet
from balai.stage.voice import Voice
from tests.contract.stage_speakers import Mixer, RealSpeaker, pitches, until

PACKETS = 400


@given(st.binary(max_size=80))
def test_any_datagram_is_a_packet_or_nothing(datagram: bytes) -> None:
    is_rtcp(datagram)
    packet = read_packet(datagram)
    if packet is not None:
        assert len(packet.payload) <= len(datagram) - 12
        reception = Reception()
        reception.arrived(packet, 0.0)
        reception.reported(datagram, 1.0)
        assert len(reception.block(2.0)) == 24


@settings(deadline=None)
@given(
    st.lists(st.lists(st.tuples(st.integers(0, 65_535), st.binary(max_size=60)), max_size=4))
)
def test_any_payloads_give_20_ms_or_nothing(ticks: list[list[tuple[int, bytes]]]) -> None:
    voice, out = Voice(), silence()
    for arrivals in ticks:
        for number, payload in arrivals:
            voice.arrive(number, payload)
        voice.hear(out)
    assert voice.counters.received == sum(len(arrivals) for arrivals in ticks)


class Room:
    """A stage with a hostile speaker, eve, and an ordinary one, ben."""

    def __init__(self, engine: EmbeddedEngine) -> None:
        self.engine = engine
        self.events: list[StageEvent] = []
        self.eve, self.ben = RealSpeaker("eve"), RealSpeaker("ben")
        self.answer = ""

    async def open(self) -> None:
        self.stage = await self.engine.open("room", tell=self.events.append)
        self.mixer = Mixer(self.stage)
        self.answer = await self.eve.join(self.stage)
        await self.ben.join(self.stage)
        self.ben.talk(900)
        await until(lambda: len(self.events) == 2)
        await until(self.ben_is_heard)

    def ben_is_heard(self) -> bool:
        return pitches(self.mixer.sound("ben")) == {900}

    async def close(self) -> None:
        for speaker in (self.eve, self.ben):
            await speaker.leave()
        self.mixer.stop()
        await self.engine.close()


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    room = Room(EmbeddedEngine(stages_max=1))
    await room.open()
    yield room
    await room.close()


def hostile_packets(source: int, payload_type: int) -> list[bytes]:
    """Sealed with a valid key, but wrong in every way we could think of."""
    dice = random.Random(7)
    packets = []
    for number in range(PACKETS):
        first = dice.choice([0x80, 0x80, 0x90, 0xA0, 0x8F, 0xBF])
        kind = dice.choice([payload_type, payload_type, 0, 127, 13])
        sequence = dice.choice([number, dice.randrange(65_536), 0, 65_535])
        payload = dice.randbytes(dice.choice([0, 1, 3, 60, 1100]))
        who = dice.choice([source, source, dice.randrange(2**32)])
        stamp = dice.randrange(2**32)
        packets.append(struct.pack("!BBHII", first, kind, sequence, stamp, who) + payload)
        packets.append(
            struct.pack("!BBHI", 0x80 | dice.randrange(32), 200 + number % 8, 1, who)
        )
    return packets


async def test_a_speakers_garbage_harms_nobody_else(room: Room) -> None:
    # Under a source beside her own: her client would refuse to seal its own numbers twice.
    sender = room.eve.transceiver.sender
    for number, packet in enumerate(hostile_packets(sender._ssrc ^ 1, 96)):
        await room.eve.send_raw(packet)
        if number % 20 == 0:
            await until(room.ben_is_heard)
    room.eve.talk(500)
    await until(lambda: pitches(room.mixer.sound("eve")) == {500})
    await until(lambda: room.ben.hears() == {500})
    assert room.ben_is_heard()
    assert room.stage.counters.rejected > 0
    assert {event.change for event in room.events} == {SeatChange.CONNECTED}


async def test_a_strangers_datagrams_are_dropped(room: Room) -> None:
    ports = [
        int(line.split()[5])
        for line in room.answer.splitlines()
        if line.startswith("a=candidate:") and " 127.0.0.1 " in line
    ]
    assert len(ports) == 1
    dice = random.Random(3)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        for number in range(1500):
            head = bytes([dice.choice([0, 1, 20, 22, 63, 128, 144, 191, 255])])
            datagram = b"" if number % 50 == 0 else head + dice.randbytes(dice.randrange(1400))
            stranger.sendto(datagram, ("127.0.0.1", ports[0]))
            if number % 30 == 0:
                await until(room.ben_is_heard)
    room.eve.talk(500)
    await until(lambda: pitches(room.mixer.sound("eve")) == {500})
    assert room.ben_is_heard()
    assert {event.change for event in room.events} == {SeatChange.CONNECTED}
