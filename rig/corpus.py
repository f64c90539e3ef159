"""Sounds for the ear's benchmarks, made from Debian packages and by code; none is in git.

Packages are fetched (`apt-get download`) and unpacked, never installed. What is made stays in
a cache folder. Roles never share a sound: each package has one role, synthetic speech of
different roles has different sentences, and files that begin alike are taken once.
"""

import hashlib
import json
import random
import subprocess
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

Sound = NDArray[np.float32]
Role = Literal["reference", "unknown", "talk"]
Made = Iterator[tuple[str, Role, str, Sound]]

RATE_HZ: Final = 16_000
ROLES: Final[tuple[Role, ...]] = ("reference", "unknown", "talk")
MANIFEST: Final = Path(__file__).parents[1] / "benchmarks" / "ear_corpus.json"
_SUFFIXES: Final = frozenset({".ogg", ".wav", ".mp3", ".flac", ".opus"})
_ARCHIVES: Final = frozenset({".pk3", ".wz"})
_MUSIC_S_MIN: Final = 20.0
_CLIP_S_MIN: Final = 1.0
_PIECE_S: Final = 600.0  # short clips of one package are strung together to this length
_SILENT_RMS: Final = 1e-3
_EFFECTS: Final = ("beep", "silence", "tone", "pound", "/sound/", "moh")
_STARTS: Final = "bdfghjklmnprstvz"
_ENDS: Final = ("a", "e", "i", "o", "u", "ai", "an", "el", "or", "um")
VOICES: Final = ("en-us", "en-gb", "de", "fr", "es", "ar", "ru", "tr")


@dataclass(frozen=True, slots=True)
class Piece:
    """One sound of the corpus: 16 kHz, one channel."""

    name: str
    kind: str
    role: Role
    path: Path

    def sound(self) -> Sound:
        """Read it.

        Shapes:
            returns: (n,) at 16 kHz, full scale 1.0
        """
        return from_pcm(np.fromfile(self.path, np.int16))

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.path.stat().st_size / 2 / RATE_HZ


def corpus(folder: Path) -> list[Piece]:
    """Make what is missing of the corpus in a folder; give all of it."""
    for package in json.loads(MANIFEST.read_text(encoding="utf-8"))["packages"]:
        _make_once(folder, package["package"], _from_package(folder, package))
    for role in ROLES[:2]:
        _make_once(folder, f"sermons-{role}", _sermons(role))
        _make_once(folder, f"chants-{role}", _chants(role))
    return [
        Piece(path.stem, *_kind_and_role(path.parent.name), path)
        for path in sorted(folder.glob("*/*/*.pcm"))
    ]


def _kind_and_role(name: str) -> tuple[str, Role]:
    kind, _, role = name.partition("-")
    return kind, _role(role)


def _role(name: str) -> Role:
    for role in ROLES:
        if role == name:
            return role
    raise ValueError(name)


def _make_once(folder: Path, name: str, pieces: Iterable[tuple[str, Role, str, Sound]]) -> None:
    """Write pieces under a name of their own, unless that was done before."""
    done = folder / name / "done"
    if done.exists():
        return
    print(f"corpus: {name}", flush=True)
    for kind, role, title, sound in pieces:
        place = folder / name / f"{kind}-{role}"
        place.mkdir(parents=True, exist_ok=True)
        loudest = float(np.abs(sound).max(initial=1e-9))
        (sound * (32_000 * min(1.0, 0.97 / loudest))).astype(np.int16).tofile(
            place / f"{name}__{title}.pcm"
        )
    done.parent.mkdir(parents=True, exist_ok=True)
    done.touch()


def _from_package(folder: Path, package: dict[str, Any]) -> Made:
    unpacked = unpack(folder, package)
    for archive in [f for f in unpacked.rglob("*") if f.suffix in _ARCHIVES]:
        zipfile.ZipFile(archive).extractall(archive.with_suffix(""))
    files = sorted(f for f in unpacked.rglob("*") if f.suffix in _SUFFIXES and f.is_file())
    kind, role = package["kind"], _role(package["role"])
    made = _music(files) if kind == "music" else _strung(files, package.get("without", []))
    for title, sound in made:
        yield kind, role, title, sound
    subprocess.run(["rm", "-rf", unpacked], check=True)


def unpack(folder: Path, package: dict[str, Any]) -> Path:
    """Fetch a package and unpack it; its hash must be the manifest's for that version."""
    folder.mkdir(parents=True, exist_ok=True)
    name: str = package["package"]
    subprocess.run(["apt-get", "download", "-q", name], cwd=folder, check=True)
    (deb,) = folder.glob(f"{name}_*.deb")
    found = hashlib.sha256(deb.read_bytes()).hexdigest()
    if found != package["sha256"]:
        print(f"corpus: {deb.name} is another version than {package['version']}")
    unpacked = folder / name / "unpacked"
    unpacked.mkdir(parents=True, exist_ok=True)
    subprocess.run(["dpkg-deb", "-x", deb, unpacked], check=True)
    deb.unlink()
    return unpacked


def _music(files: Iterable[Path]) -> Iterator[tuple[str, Sound]]:
    seen: set[bytes] = set()
    for file in files:
        sound = read(file)
        mark = hashlib.md5(
            (sound[5 * RATE_HZ : 15 * RATE_HZ] * 100).astype(np.int16).tobytes(),
            usedforsecurity=False,
        ).digest()
        if len(sound) < _MUSIC_S_MIN * RATE_HZ or mark in seen or _is_silent(sound):
            continue
        seen.add(mark)
        yield _title(file), sound


def _strung(files: list[Path], without: list[str]) -> Iterator[tuple[str, Sound]]:
    """String short clips together, a quarter of a second apart, in a fixed random order."""
    left_out = (*_EFFECTS, *without)
    random.Random(7).shuffle(files)
    parts: list[Sound] = []
    count = number = 0
    for file in files:
        if any(word in str(file) for word in left_out):
            continue
        sound = read(file)
        if len(sound) < _CLIP_S_MIN * RATE_HZ or _is_silent(sound):
            continue
        parts += [sound, np.zeros(RATE_HZ // 4, np.float32)]
        count += len(sound)
        if count > _PIECE_S * RATE_HZ:
            yield f"{number:02d}", np.concatenate(parts)
            parts, count, number = [], 0, number + 1
    if count > RATE_HZ * 60:
        yield f"{number:02d}", np.concatenate(parts)


def read(file: Path) -> Sound:
    """Read any file, one channel at 16 kHz; what cannot be read is empty.

    Shapes:
        returns: (n,)
    """
    command = ["ffmpeg", "-v", "quiet", "-i", str(file), "-ac", "1", "-ar", str(RATE_HZ)]
    done = subprocess.run([*command, "-f", "s16le", "-"], capture_output=True, check=False)
    return from_pcm(np.frombuffer(done.stdout, np.int16))


def from_pcm(pcm: NDArray[np.int16]) -> Sound:
    """Bring 16-bit samples to full scale 1.0.

    Shapes:
        pcm: (n,)
    """
    return np.asarray(pcm / np.float32(32_768), np.float32)


def _is_silent(sound: Sound) -> bool:
    return float(np.sqrt((sound**2).mean())) < _SILENT_RMS


def _title(file: Path) -> str:
    return "".join(c if c.isalnum() else "_" for c in file.stem)[:48]


def say(text: str, *, voice: str, words_a_minute: int, pitch: int) -> Sound:
    """Let espeak-ng say something.

    Shapes:
        returns: (n,) at 16 kHz
    """
    command = ["espeak-ng", "-v", voice, "-s", str(words_a_minute), "-p", str(pitch)]
    said = subprocess.run(
        [*command, "--stdout"], input=text.encode(), capture_output=True, check=True
    )
    wav = np.frombuffer(said.stdout[44:], np.int16) / 32_768
    at = np.arange(0, len(wav) - 1, 22_050 / RATE_HZ)
    return np.asarray(np.interp(at, np.arange(len(wav)), wav), np.float32)


def _words(chance: random.Random) -> str:
    """Make a sentence of words that nobody else says: sounds of a language of its own."""
    return " ".join(
        "".join(chance.choice(_STARTS) + chance.choice(_ENDS) for _ in range(syllables))
        for syllables in (chance.randint(1, 4) for _ in range(chance.randint(7, 14)))
    )


def _sermons(role: Role) -> Made:
    """Make four minutes of speech in each of eight voices; no two sentences are alike."""
    for number, voice in enumerate(VOICES):
        chance = random.Random(f"sermon {role} {number}")
        parts: list[Sound] = []
        while sum(map(len, parts)) < 240 * RATE_HZ:
            speed, pitch = chance.randint(130, 190), chance.randint(20, 80)
            parts.append(say(_words(chance), voice=voice, words_a_minute=speed, pitch=pitch))
        yield "speech", role, voice, np.concatenate(parts)


def _chants(role: Role) -> Made:
    for number in range(10):
        yield "chant", role, f"{number:02d}", _chant(f"chant {role} {number}")


def _chant(seed: str) -> Sound:
    """Make a leader, a crowd of five that answers, and a drum: two minutes."""
    chance = random.Random(seed)
    noise = np.random.default_rng(chance.randrange(2**32))
    beat = round(60 / chance.uniform(80, 140) * RATE_HZ)
    out = np.zeros(140 * RATE_HZ, np.float32)
    calls = []
    for _ in range(4):
        text = " ".join(_words(chance).split()[:4])
        calls.append([_call(text, chance) for _ in range(6)])
    at = 0
    while at < 120 * RATE_HZ:
        leader, *crowd = calls[chance.randrange(4)]
        at = _lay(out, leader, at) + beat // 2
        ends = [
            _lay(out, one * 0.45, at + int(abs(noise.normal(0, 0.03)) * RATE_HZ))
            for one in crowd
        ]
        at = max(ends) + beat
    drum = np.exp(-np.arange(4_000) / 700) * np.sin(np.arange(4_000) * 0.03)
    for start in range(0, 120 * RATE_HZ, beat):
        _lay(
            out,
            (0.35 * drum).astype(np.float32),
            start + int(abs(noise.normal(0, 0.006)) * RATE_HZ),
        )
    return out[: 120 * RATE_HZ] * 0.5


def _call(text: str, chance: random.Random) -> Sound:
    voice = chance.choice(("en-us", "es", "ar", "tr"))
    return say(
        text, voice=voice, words_a_minute=chance.randint(120, 165), pitch=chance.randint(10, 90)
    )


def _lay(out: Sound, sound: Sound, at: int) -> int:
    end = min(len(out), at + len(sound))
    out[at:end] += sound[: max(0, end - at)]
    return end
