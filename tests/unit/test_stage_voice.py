"""One voice on its way in, one feed on its way out."""

import numpy as np
import pytest

from balai.audio.blocks import BLOCK_SAMPLES, RATE_HZ, Pcm, silence
from balai.audio.opus import SILENT_PACKET, Decoder, Encoder
from balai.stage.foldback import SILENT_BLOCKS, Feed, Foldback
from balai.stage.voice import INBOX_PACKETS_MAX, Voice


def tone(blocks: int, hz: float = 440) -> Pcm:
    turns = np.arange(blocks * BLOCK_SAMPLES) * hz / RATE_HZ
    return (8000 * np.sin(2 * np.pi * turns)).astype(np.int16).reshape(blocks, BLOCK_SAMPLES)


def packets(blocks: Pcm) -> list[bytes]:
    encoder = Encoder(bitrate=32_000, complexity=5, loss_percent=10)
    return [encoder.encode(block) for block in blocks]


def power(block: Pcm) -> float:
    return float(np.mean(block.astype(np.float64) ** 2))


def test_a_voice_is_heard_20_ms_at_a_time() -> None:
    voice, out = Voice(), silence()
    heard = []
    for number, packet in enumerate(packets(tone(30))):
        voice.arrive(number, packet)
        heard.append(voice.hear(out))
    assert heard == [False] + [True] * 29
    assert power(out) == pytest.approx(power(tone(1)), rel=0.2)


def test_packets_of_another_length_give_20_ms_too() -> None:
    voice, out = Voice(), silence()
    ten_ms = b"\xf0\xff\xfe"  # CELT, full band, 10 ms
    for number in range(8):
        voice.arrive(number, ten_ms)
    assert [voice.hear(out) for _ in range(4)] == [True] * 4
    forty_ms = b"\xf9\xff\xfe"  # CELT, full band, two frames of 20 ms
    voice.discard()
    voice.arrive(100, forty_ms)
    voice.arrive(101, forty_ms)
    assert [voice.hear(out) for _ in range(4)] == [True] * 4


def test_a_full_inbox_drops_the_oldest_and_counts() -> None:
    voice = Voice()
    for number in range(INBOX_PACKETS_MAX + 3):
        voice.arrive(number, SILENT_PACKET)
    assert (voice.counters.received, voice.counters.dropped) == (INBOX_PACKETS_MAX + 3, 3)


def test_garbage_is_counted_and_concealed() -> None:
    voice, out = Voice(), silence()
    for number, packet in enumerate([SILENT_PACKET, SILENT_PACKET, b"", b"\xff" * 3]):
        voice.arrive(number, packet)
    for _ in range(4):
        voice.hear(out)
    assert voice.counters.rejected == 2


def test_what_came_while_muted_is_never_heard() -> None:
    voice, out = Voice(), silence()
    loud = packets(tone(20))
    for number, packet in enumerate(loud[:10]):
        voice.arrive(number, packet)
        voice.hear(out)
    voice.gate.hear(1000.0)
    for number, packet in enumerate(loud[10:], 10):
        voice.arrive(number, packet)
        voice.discard()
    assert not voice.gate.is_open
    assert not voice.hear(out)
    quiet = packets(np.zeros((10, BLOCK_SAMPLES), np.int16))
    for number, packet in enumerate(quiet, 20):
        voice.arrive(number, packet)
        if voice.hear(out):
            assert power(out) < 10


def test_a_mixer_that_comes_late_hears_what_it_would_have_heard_in_time() -> None:
    voice, out = Voice(), silence()
    for number in range(25):  # half a second, during which nobody took anything
        voice.arrive(number, SILENT_PACKET, at=number * 0.02)
    heard = [voice.hear(out, until=tick * 0.02) for tick in range(25)]
    assert heard == [False] + [True] * 24
    assert (voice.counters.dropped, voice.counters.concealed) == (0, 0)


def test_silence_is_encoded_for_100_ms_then_costs_nothing() -> None:
    feed = Feed()
    assert feed.encode(silence()) == SILENT_PACKET
    feed.encode(tone(1)[0])
    dying = [feed.encode(silence()) for _ in range(SILENT_BLOCKS + 2)]
    assert [packet == SILENT_PACKET for packet in dying] == [False] * SILENT_BLOCKS + [True] * 2


def decoded(stream: list[bytes]) -> Pcm:
    decoder, out = Decoder(), silence()
    heard = []
    for packet in stream:
        decoder.decode(packet, out)
        heard.append(out.copy())
    return np.concatenate(heard[10:])


def pitch(sound: Pcm) -> float:
    return float(np.argmax(np.abs(np.fft.rfft(sound)))) * RATE_HZ / len(sound)


def test_a_talker_hears_the_others_and_the_rest_hear_all() -> None:
    foldback = Foldback()
    low, high = tone(60, 400), tone(60, 1000)
    feeds: dict[str, list[bytes]] = {"low": [], "high": [], "all": []}
    for pair in zip(low, high, strict=True):
        shared, own = foldback.encode(["low", "high"], np.stack(pair))
        feeds["all"].append(shared)
        for seat in ("low", "high"):
            feeds[seat].append(own[seat])
    assert pitch(decoded(feeds["low"])) == pytest.approx(1000, abs=10)
    assert pitch(decoded(feeds["high"])) == pytest.approx(400, abs=10)
    both = np.abs(np.fft.rfft(decoded(feeds["all"])))
    step = RATE_HZ / (50 * BLOCK_SAMPLES)
    assert both[round(400 / step)] == pytest.approx(both[round(1000 / step)], rel=0.5)


def test_the_shared_feed_begins_anew_after_all_have_talked() -> None:
    foldback = Foldback()
    block = tone(1)
    foldback.encode(["ada"], block)
    assert foldback.encode(["ada"], block, all_talk=True)[0] == SILENT_PACKET
    again, _ = foldback.encode(["ada"], block)
    assert again == Foldback().encode(["ada"], block)[0]


def test_a_lone_talker_hears_nothing() -> None:
    foldback = Foldback()
    own = [foldback.encode(["ada"], block[None])[1]["ada"] for block in tone(5)]
    assert own == [SILENT_PACKET] * 5
    foldback.forget(frozenset())
