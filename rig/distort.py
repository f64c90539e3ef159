"""What happens to a recording on its way into a room: 26 standard conditions and seven more.

Each takes thirteen seconds at 16 kHz and gives ten, with the recording's seconds that pass in
one second of it. The same seed gives the same sound.
"""

import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import av
import numpy as np
from scipy.signal import butter, fftconvolve, resample_poly, sosfilt

from rig.corpus import RATE_HZ, Sound, read

SECONDS: Final = 10
SAMPLES: Final = SECONDS * RATE_HZ
STANDARD: Final = (
    "clean", "opus24", "opus16", "white10", "white5", "white0", "babble10", "babble5",
    "babble0", "talk6", "talk0", "talk-6", "reverb", "tel", "speed2", "speed-2", "speed4",
    "speed-4", "pitch1", "pitch-1", "pitch2", "pitch-2", "tempo4", "tempo-4", "room",
    "roomhard",
)  # fmt: skip
FURTHER: Final = ("loss", "agc", "denoise", "speed8", "speed-8", "music", "loop")


@dataclass(frozen=True, slots=True)
class World:
    """What else is heard: others' talk, other music, and chance."""

    talk: Sequence[Sound]
    music: Sequence[Sound]
    chance: np.random.Generator

    def noise(self) -> Sound:
        """Make ten seconds of white noise."""
        return np.asarray(self.chance.normal(0, 1, SAMPLES), np.float32)

    def speech(self) -> Sound:
        """Take ten seconds of somebody talking."""
        return self._some(self.talk)

    def babble(self) -> Sound:
        """Take eight talking at once."""
        parts = [self.speech() * np.float32(self.chance.uniform(0.6, 1)) for _ in range(8)]
        return np.asarray(np.sum(parts, axis=0), np.float32)

    def other_music(self) -> Sound:
        """Take ten seconds of other music."""
        return self._some(self.music)

    def _some(self, sounds: Sequence[Sound]) -> Sound:
        while True:
            sound = sounds[int(self.chance.integers(len(sounds)))]
            start = int(self.chance.integers(len(sound) - SAMPLES))
            piece = sound[start : start + SAMPLES]
            if loudness(piece) > 5e-3:
                return np.asarray(piece / loudness(piece), np.float32)


def distorted(sound: Sound, condition: str, world: World) -> tuple[Sound, float]:
    """Distort an excerpt; give it with its speed.

    Shapes:
        sound: (13 s,) at 16 kHz
        returns: (10 s,) at 16 kHz
    """
    name = condition.rstrip("-0123456789")
    amount = float(condition[len(name) :] or 0)
    out, speed = _CONDITIONS[name](sound, amount, world)
    return _leveled(out), speed


def loudness(sound: Sound) -> float:
    """Tell the loudness of what is not silence: RMS of frames within 30 dB of the loudest."""
    frames = sound[: len(sound) // 320 * 320].reshape(-1, 320)
    energy = (frames**2).mean(axis=1)
    return float(np.sqrt(energy[energy >= energy.max() * 1e-3].mean() + 1e-12))


def _mixed(sound: Sound, other: Sound, decibels: float) -> Sound:
    gain = loudness(sound) / loudness(other) * 10 ** (-decibels / 20)
    return sound + other * np.float32(gain)


def _band(sound: Sound, low: float, high: float, order: int = 4) -> Sound:
    filters = butter(order, [low, high], "band", fs=RATE_HZ, output="sos")
    return np.asarray(sosfilt(filters, sound), np.float32)


def _room(sound: Sound, seconds: float, direct_decibels: float, world: World) -> Sound:
    """Put a sound into a room of this reverberation time."""
    length = int(seconds * 1.2 * RATE_HZ)
    echo = world.chance.normal(0, 1, length) * np.exp(
        -6.9 * np.arange(length) / (seconds * RATE_HZ)
    )
    echo[:64] = 0
    total = np.sqrt((echo**2).sum())
    for _ in range(8):
        echo[world.chance.integers(64, 640)] += world.chance.choice([-1, 1]) * total * 0.25
    echo[0] = np.sqrt((echo**2).sum()) * 10 ** (direct_decibels / 20)
    return np.asarray(fftconvolve(sound, echo / abs(echo[0]))[: len(sound)], np.float32)


def _faster(sound: Sound, percent: float) -> tuple[Sound, float]:
    up = round(1000 / (1 + percent / 100))
    return np.asarray(resample_poly(sound, up, 1000), np.float32), 1000 / up


def _stretched(sound: Sound, *how: str) -> Sound:
    """Change pitch or tempo alone, by the `rubberband` command."""
    with tempfile.TemporaryDirectory() as folder:
        one, two = Path(folder) / "in.wav", Path(folder) / "out.wav"
        _ffmpeg(sound, "-y", str(one))
        command = ["rubberband", "-q", *how, str(one), str(two)]
        subprocess.run(command, check=True, capture_output=True)
        return read(two)


def _ffmpeg(sound: Sound, *how: str) -> None:
    raw = (np.clip(sound, -1, 1) * 32_767).astype(np.int16).tobytes()
    command = [
        "ffmpeg",
        "-v",
        "error",
        "-f",
        "s16le",
        "-ar",
        str(RATE_HZ),
        "-ac",
        "1",
        "-i",
        "-",
    ]
    subprocess.run([*command, *how], input=raw, check=True)


def opus(sound: Sound, kbit_s: float, world: World, *, lost: float = 0.0) -> Sound:
    """Send a sound through Opus as a call does; lost packets are concealed by the decoder."""
    encoder = av.CodecContext.create("libopus", "w")
    encoder.sample_rate, encoder.layout, encoder.format = RATE_HZ, "mono", "s16"
    encoder.bit_rate, encoder.options = int(kbit_s * 1000), {"application": "voip"}
    pcm = (np.clip(sound, -1, 1) * 32_767).astype(np.int16)
    packets = []
    for start in range(0, len(pcm) - 319, 320):
        frame = av.AudioFrame.from_ndarray(pcm[None, start : start + 320], "s16", "mono")
        frame.sample_rate, frame.pts = RATE_HZ, start
        packets += encoder.encode(frame)
    return _decoded([bytes(packet) for packet in packets], world, lost)[: len(sound)]


def _decoded(packets: list[bytes], world: World, lost: float) -> Sound:
    decoder = av.CodecContext.create("opus", "r")
    decoder.sample_rate, decoder.layout = 48_000, "mono"
    resampler = av.AudioResampler("flt", "mono", RATE_HZ)
    out: list[Sound] = []
    last = np.zeros(320, np.float32)
    for packet in packets:
        if world.chance.random() < lost:
            last = last * np.float32(0.7)  # as decoders conceal: the last again, softer
            out.append(last)
            continue
        pieces = [
            p.to_ndarray()[0]
            for f in decoder.decode(av.Packet(packet))
            for p in resampler.resample(f)
        ]
        last = np.concatenate([*pieces, np.zeros(0, np.float32)])[-320:]
        out += pieces
    return np.concatenate(out).astype(np.float32)


def _agc(sound: Sound) -> Sound:
    """Even out loudness as browsers do: to a target within half a second."""
    frames = np.resize(sound, (len(sound) // 160, 160))
    level = np.sqrt((frames**2).mean(axis=1) + 1e-9)
    smooth = np.asarray(sosfilt(butter(1, 2, fs=100, output="sos"), level)) + 1e-4
    gain = np.clip(0.1 / smooth, 0.2, 12)
    return np.tanh(frames * gain[:, None].astype(np.float32)).reshape(-1)


def _denoised(sound: Sound) -> Sound:
    """Take away what is steady, by spectral subtraction, as noise suppression does."""
    frames = np.lib.stride_tricks.sliding_window_view(sound, 512)[::256] * np.hanning(512)
    spectrum = np.fft.rfft(frames, axis=1)
    size = np.abs(spectrum)
    floor = np.quantile(size, 0.2, axis=0)
    kept = np.maximum(size - 1.5 * floor, 0.1 * size) / (size + 1e-9)
    back = np.fft.irfft(spectrum * kept, axis=1)
    out = np.zeros(len(sound), np.float32)
    for number, frame in enumerate(back):
        out[number * 256 : number * 256 + 512] += frame.astype(np.float32)
    return out


def _leveled(sound: Sound) -> Sound:
    whole = np.zeros(SAMPLES, np.float32)
    whole[: len(sound)] = sound[:SAMPLES]
    return whole * np.float32(0.5 / max(1e-6, float(np.abs(whole).max())))


def _in_room(sound: Sound, _: float, world: World) -> tuple[Sound, float]:
    """Loudspeaker, room, somebody talking 3 dB below, noise, a driven microphone, Opus."""
    out = _room(_band(sound[:SAMPLES], 180, 6_500, 2), 0.5, 0, world)
    out = _mixed(_mixed(out, world.speech(), 3), world.noise(), 15)
    return opus(0.7 * np.tanh(2 * out / np.abs(out).max()), 16, world), 1.0


def _in_hard_room(sound: Sound, _: float, world: World) -> tuple[Sound, float]:
    """The same 2 % faster, in a larger room, with somebody talking as loud."""
    faster, speed = _faster(sound, 2)
    out = _room(_band(faster[:SAMPLES], 250, 5_500, 2), 0.7, -2, world)
    out = _mixed(_mixed(out, world.speech(), 0), world.noise(), 15)
    return opus(0.7 * np.tanh(2 * out / np.abs(out).max()), 16, world), speed


def _looped(sound: Sound, _: float, __: World) -> tuple[Sound, float]:
    """A loop of six seconds, as somebody might repeat one line."""
    return np.concatenate([sound[: 6 * RATE_HZ], sound[: 4 * RATE_HZ]]), 1.0


Condition = Callable[[Sound, float, World], tuple[Sound, float]]
_CONDITIONS: Final[dict[str, Condition]] = {
    "clean": lambda x, _, __: (x[:SAMPLES], 1.0),
    "opus": lambda x, a, w: (opus(x[:SAMPLES], a, w), 1.0),
    "white": lambda x, a, w: (_mixed(x[:SAMPLES], w.noise(), a), 1.0),
    "babble": lambda x, a, w: (_mixed(x[:SAMPLES], w.babble(), a), 1.0),
    "talk": lambda x, a, w: (_mixed(x[:SAMPLES], w.speech(), a), 1.0),
    "music": lambda x, a, w: (_mixed(x[:SAMPLES], w.other_music(), a), 1.0),
    "reverb": lambda x, _, w: (_room(x[:SAMPLES], 0.6, 0, w), 1.0),
    "tel": lambda x, _, __: (_band(x[:SAMPLES], 300, 3_400), 1.0),
    "speed": lambda x, a, _: _faster(x, a),
    "pitch": lambda x, a, _: (_stretched(x, "-p", str(a)), 1.0),
    "tempo": lambda x, a, _: (_stretched(x, "-T", str(1 + a / 100)), 1 + a / 100),
    "room": _in_room,
    "roomhard": _in_hard_room,
    "loss": lambda x, _, w: (opus(x[:SAMPLES], 24, w, lost=0.08), 1.0),
    "agc": lambda x, _, __: (_agc(x[:SAMPLES]), 1.0),
    "denoise": lambda x, _, w: (_denoised(_mixed(x[:SAMPLES], w.noise(), 15)), 1.0),
    "loop": _looped,
}
