"""Any file becomes sound, or a sentence that names the file and the reason."""

from pathlib import Path

import av
import numpy as np
import pytest

from balai.detect.fingerprint.decode import decode, read_sound
from balai.detect.fingerprint.errors import AudioUnreadable
from tests.ear_sound import RATE, tune, write

FORMATS = {
    "wav": "pcm_s16le",
    "flac": "flac",
    "opus": "libopus",
    "ogg": "libopus",
    "mp3": "libmp3lame",
    "mka": "libopus",
}


def refusal(path: Path) -> str:
    with pytest.raises(AudioUnreadable) as refused:
        decode(path)
    assert str(refused.value).startswith(f"{path}: ")
    return str(refused.value).removeprefix(f"{path}: ")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("whole")
    return {
        ending: write(folder / f"whole.{ending}", tune(1, 12), codec=codec)
        for ending, codec in FORMATS.items()
    }


@pytest.mark.parametrize("ending", FORMATS)
def test_every_format_gives_the_same_sound(whole: dict[str, Path], ending: str) -> None:
    samples = decode(whole[ending])
    assert samples.dtype == np.float32
    assert abs(len(samples) / 8000 - 12) < 0.1
    lossless = decode(whole["wav"])
    energy = [float(np.sqrt(np.mean(one**2))) for one in (samples, lossless)]
    assert abs(energy[0] / energy[1] - 1) < 0.1
    assert read_sound(whole[ending]).remarks == ()


@pytest.mark.parametrize("ending", FORMATS)
def test_a_truncated_file_is_refused(
    whole: dict[str, Path], ending: str, tmp_path: Path
) -> None:
    cut = tmp_path / f"cut.{ending}"
    cut.write_bytes(whole[ending].read_bytes()[: whole[ending].stat().st_size // 2])
    assert refusal(cut).startswith("cut short: it ends after ")


def sound_file(
    path: Path, samples: np.ndarray, *, rate: int = RATE, layout: str = "mono"
) -> Path:
    with av.open(str(path), "w") as file:
        stream = file.add_stream("pcm_s16le", rate=rate, layout=layout)
        assert isinstance(stream, av.AudioStream)
        data = (samples * 32767).astype(np.int16).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(data, "s16", layout)
        frame.sample_rate = rate
        file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return path


def test_what_cannot_be_used_is_refused_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "empty.wav").write_bytes(b"")
    (tmp_path / "text.mp3").write_bytes(b"this is only text " * 200)
    sound_file(tmp_path / "short.wav", tune(1, 0.1))
    sound_file(tmp_path / "silent.wav", np.zeros(3 * RATE))
    reasons = {
        "missing.wav": "no such file or directory",
        "empty.wav": "this file is empty",
        "text.mp3": "this is no sound that can be read",
        "short.wav": "only 0.1 s of sound; 0.5 s are needed",
        "silent.wav": "it is silent",
    }
    assert {name: refusal(tmp_path / name) for name in reasons} == reasons
    assert refusal(tmp_path) == "is a directory"


def test_a_video_without_sound_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "silent film.mp4"
    with av.open(str(path), "w") as file:
        stream = file.add_stream("mpeg4", rate=5, width=64, height=64)
        assert isinstance(stream, av.VideoStream)
        for _ in range(10):
            frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), "rgb24")
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    assert refusal(path) == "there is no sound in this video"


def test_an_encrypted_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "encrypted.mp4"
    options = {
        "encryption_scheme": "cenc-aes-ctr",
        "encryption_key": "76a6c65c5ea762046bd749a2e632ccbb",
        "encryption_kid": "a7e61c373e219033c21091fa607bf3b8",
    }
    with av.open(str(path), "w", options=options) as file:
        stream = file.add_stream("aac", rate=RATE, layout="mono")
        assert isinstance(stream, av.AudioStream)
        sound = tune(1, 5)
        for at in range(0, len(sound) - 1024, 1024):
            frame = av.AudioFrame.from_ndarray(sound[None, at : at + 1024], "fltp", "mono")
            frame.sample_rate, frame.pts = RATE, at
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    assert "encrypted" in refusal(path)


def test_a_small_file_does_not_become_hours_of_sound(tmp_path: Path) -> None:
    slow = sound_file(tmp_path / "slow.wav", tune(1, 3), rate=1)
    assert refusal(slow) == "only 1 samples a second; at least 4000 are needed"
    radio = sound_file(tmp_path / "radio.wav", tune(1, 3)[::12], rate=4_000)
    assert abs(len(decode(radio)) / 8000 - 3) < 0.05


def test_what_is_unusual_is_used_and_said(tmp_path: Path) -> None:
    odd = {
        "192 kHz": sound_file(tmp_path / "fast.wav", np.repeat(tune(1, 3), 4), rate=192_000),
        "8 channels": sound_file(tmp_path / "8.wav", np.repeat(tune(1, 3), 8), layout="7.1"),
        "clipped for": sound_file(tmp_path / "loud.wav", np.clip(tune(1, 3) * 30, -1, 1)),
    }
    for words, path in odd.items():
        sound = read_sound(path)
        assert abs(len(sound.samples) / 8000 - 3) < 0.05
        assert [words in remark for remark in sound.remarks] == [True]
        assert sound.remarks[0].startswith(f"{path}: ")


def test_a_file_that_leads_elsewhere_leads_nowhere(
    whole: dict[str, Path], tmp_path: Path
) -> None:
    target = whole["mp3"]
    traps = {
        "list.m3u8": f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{target}\n",
        "concat.mp3": f"ffconcat version 1.0\nfile '{target}'\n",
    }
    for name, text in traps.items():
        (tmp_path / name).write_text(text)
        assert refusal(tmp_path / name) == "this is no sound that can be read"


def test_no_name_is_an_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("http:nowhere.wav", "concat:a.wav", "pipe:0"):
        sound_file(tmp_path / "plain.wav", tune(1, 2))
        Path("plain.wav").rename(name)
        assert len(decode(Path(name))) == 16_000
