"""libopus, bound by hand."""

import numpy as np
import pytest

from balai.audio.blocks import BLOCK_SAMPLES, RATE_HZ, Pcm, silence
from balai.audio.opus import PACKET_BYTES_MAX, SILENT_PACKET, Decoder, Encoder, packet_samples


def tone(blocks: int) -> Pcm:
    turns = np.arange(blocks * BLOCK_SAMPLES) * 440 / RATE_HZ
    return (8000 * np.sin(2 * np.pi * turns)).astype(np.int16).reshape(blocks, BLOCK_SAMPLES)


def encoded(blocks: Pcm) -> list[bytes]:
    encoder = Encoder(bitrate=32_000, complexity=5, loss_percent=20)
    return [encoder.encode(block) for block in blocks]


def power(block: Pcm) -> float:
    return float(np.mean(block.astype(np.float64) ** 2))


def test_what_is_encoded_is_heard_again() -> None:
    decoder, out = Decoder(), silence()
    heard = []
    for packet in encoded(tone(20)):
        assert decoder.decode(packet, out) == BLOCK_SAMPLES
        heard.append(out.copy())
    assert power(np.concatenate(heard[5:])) == pytest.approx(power(tone(15)), rel=0.1)


def test_the_rate_is_kept() -> None:
    sizes = [len(packet) for packet in encoded(tone(100))]
    assert sum(sizes) * 8 / 2 == pytest.approx(32_000, rel=0.25)


@pytest.mark.parametrize("repair", ["recover", "conceal"])
def test_a_lost_packet_leaves_no_hole(repair: str) -> None:
    packets = encoded(tone(20))
    decoder, out = Decoder(), silence()
    for packet in packets[:10]:
        decoder.decode(packet, out)
    before = power(out)
    out[:] = 0
    if repair == "recover":
        assert decoder.recover(packets[11], out) == BLOCK_SAMPLES
    else:
        assert decoder.conceal(out) == BLOCK_SAMPLES
    assert power(out) > before / 4


def test_a_silent_packet_is_silence() -> None:
    decoder, out = Decoder(), tone(1)[0].copy()
    assert decoder.decode(SILENT_PACKET, out) == BLOCK_SAMPLES
    assert not out.any()


def test_a_reset_decoder_has_forgotten() -> None:
    decoder, out = Decoder(), silence()
    for packet in encoded(tone(10)):
        decoder.decode(packet, out)
    decoder.reset()
    decoder.conceal(out)
    assert not out.any()


def test_what_does_not_fit_is_refused_and_not_written() -> None:
    decoder, short = Decoder(), silence(480)
    assert decoder.decode(encoded(tone(1))[0], short) == 0


@pytest.mark.parametrize(
    ("packet", "samples"),
    [
        (SILENT_PACKET, 960),
        (b"", 0),
        (b"\x00", 480),  # SILK, 10 ms, one frame
        (b"\x18", 2880),  # SILK, 60 ms
        (b"\x19", 5760),  # two of them
        (b"\x1b\x03", 0),  # three of them: more than 120 ms
        (b"\xe3\x04", 480),  # CELT, four frames of 2.5 ms
        (b"\xe3", 0),  # a count is missing
        (b"\x00" * (PACKET_BYTES_MAX + 1), 0),
    ],
)
def test_a_packets_length_is_read_from_its_head(packet: bytes, samples: int) -> None:
    assert packet_samples(packet) == samples
