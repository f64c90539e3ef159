"""Recorded rooms made by code, and what is looked for in their replays."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import av
import numpy as np

from balai.air import cmaf
from balai.air.captions import SpokenWord
from balai.air.programme import Programme
from balai.air.rerender import Omission, Rendered, render
from balai.air.ring import Ring
from balai.air.track_reading import TrackReader
from balai.air.tracks import Tracks
from balai.audio.blocks import BLOCK_SAMPLES
from tests.air_sound import FRAME, ON_AIR_AT, Floats, decode, level, tone

SEATS = ("ada", "ben", "eve")
GONE, HEARD = 0.02, 0.6  # of a tone at its full level
FRAMES_OF_LEVEL = 4
ADA, BEN = Omission("ada"), Omission("ben")
EARLY_EVE = Omission("eve", 0, 130_000)


@dataclass
class Room:
    """A recorded room, and the folders it leaves."""

    home: Path
    programme: Programme = field(init=False)
    tracks: Tracks = field(init=False)
    now: int = 0
    phrase: int = 0

    def __post_init__(self) -> None:
        self.tracks = Tracks(self.voices)
        self.programme = Programme(
            ring=Ring(self.ring), on_air_at=ON_AIR_AT, delay_samples=24_000, tracks=self.tracks
        )

    @property
    def ring(self) -> Path:
        return self.home / "air"

    @property
    def voices(self) -> Path:
        return self.home / "tracks"

    def speak(self, seats: Sequence[str], ticks: int) -> None:
        began = self.now
        for _ in range(ticks):
            self.programme.write(self.now, {seat: tone(seat, self.now) for seat in seats})
            self.now += BLOCK_SAMPLES
            self.programme.advance(self.now)
        for seat in seats if ticks > 2 else ():
            self.phrase += 1
            word = SpokenWord(began, self.now - BLOCK_SAMPLES, f"said-by-{seat}", 1.0)
            self.programme.write_words(seat, speaker=seat, phrase=self.phrase, words=[word])

    def end(self) -> None:
        self.speak([], 60)
        assert self.programme.end()
        assert self.programme.lost_track_records == 0

    def act(self, verb: str, what: str, how: int) -> None:
        match verb:
            case "hold":
                self.programme.hold(what)
            case "release":
                self.programme.release(what, air_held=how % 2 == 0)
            case "dump":
                self.programme.dump(self.now, how * 1_000)
            case "delay":
                self.programme.set_delay(how * 1_000)
            case "speak":
                self.speak([seat for i, seat in enumerate(SEATS) if how >> i & 1], 10 + how)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def listed(ring: Path) -> list[str]:
    text = (ring / "replay.m3u8").read_text()
    return re.findall(r"^s\d+-[\w-]{8}\.m4s$", text, re.MULTILINE)


def heard(ring: Path) -> Floats:
    return decode(ring, b"".join((ring / name).read_bytes() for name in listed(ring)))


def check_names(ring: Path) -> None:
    """No playlist names what is missing."""
    for path in ring.glob("*.m3u8"):
        text = path.read_text()
        uris = [line for line in text.splitlines() if line and not line.startswith("#")]
        uris += re.findall(r'URI="([^"]+)"', text)
        assert [uri for uri in uris if not (ring / uri).exists()] == []


def check_timing(before: dict[str, bytes], ring: Path) -> None:
    """Nothing but names and sound has changed."""
    for name in ("replay.m3u8", "rewind.m3u8", "captions.m3u8"):
        now = (ring / name).read_text()
        assert re.sub(r"-[\w-]{8}\.", "-.", now) == re.sub(
            r"-[\w-]{8}\.", "-.", before[name].decode()
        )
    old = re.findall(r"^s.*m4s$", before["replay.m3u8"].decode(), re.MULTILINE)
    for one, other in zip(old, listed(ring), strict=True):
        data = (ring / other).read_bytes()
        assert cmaf.read_chunks(before[one]) == cmaf.read_chunks(data)


def words_in(ring: Path) -> set[str]:
    """Who said anything, in any file of captions."""
    text = "".join(path.read_text() for path in ring.glob("*.vtt"))
    return set(re.findall(r"said-by-(\w+)", text))


def stretches(room: Room, seat: str) -> list[tuple[int, int]]:
    with TrackReader(room.voices) as voices:
        return [(s.media_time, s.media_end) for s in voices.stretches.get(seat, [])]


def overlaps(spans: Sequence[tuple[int, int]], start: int, end: int) -> bool:
    return any(low < end and high > start for low, high in spans)


def check_untouched(ring: Path, before: dict[str, bytes], spans: list[tuple[int, int]]) -> None:
    """A segment is the original if, and only if, nothing that is left out sounds in it."""
    for name in re.findall(r"^s.*m4s$", before["replay.m3u8"].decode(), re.MULTILINE):
        chunks = cmaf.read_chunks(before[name])
        end = chunks[-1].media_time + chunks[-1].samples
        is_there = (ring / name).exists()
        assert is_there != overlaps(spans, chunks[0].media_time, end + FRAME)
        assert not is_there or (ring / name).read_bytes() == before[name]


def said(files: dict[str, bytes]) -> set[str]:
    text = b"".join(data for name, data in files.items() if name.endswith(".vtt"))
    return set(re.findall(r"said-by-(\w+)", text.decode()))


def made(home: Path, *omissions: Omission) -> Rendered:
    return render(home / "air", home / "tracks", omissions)


def fill(home: Path) -> None:
    """A room of fifteen seconds: alone, together, held and aired late, dumped, hurried."""
    one = Room(home)
    one.speak(["ada"], 90)
    one.speak(SEATS, 60)
    one.programme.hold("ben")
    one.speak(["ben", "eve"], 50)
    one.programme.release("ben", air_held=True)
    one.speak(["eve"], 90)
    one.programme.dump(one.now, 12_000)
    one.programme.set_delay(48_000)
    one.speak(["ada"], 40)
    one.programme.set_delay(24_000)
    one.speak(["ben"], 120)
    one.speak([], 80)
    one.speak(["ada", "eve"], 100)
    one.end()


def check_gone(ring: Path, seat: str) -> None:
    """Nothing of a tone is left anywhere in a replay."""
    sound, window = heard(ring), FRAMES_OF_LEVEL * FRAME
    loud = [
        level(sound[at : at + window], seat) for at in range(0, len(sound) - window, window)
    ]
    assert max(loud) < GONE


def loudest(ring: Path, folder: Path, seat: str) -> float:
    """The seat's level where it is loudest in any file of sound, each decoded by itself."""
    (init,) = ring.glob("init-*.mp4")
    levels = [0.0]
    for path in folder.glob("*.m4s"):
        sound = decode_alone(init, path)
        cuts = range(FRAME, len(sound) - 4 * FRAME, FRAME)
        levels += [level(sound[at : at + 4 * FRAME], seat) for at in cuts]
    return max(levels)


def decode_alone(init: Path, path: Path) -> Floats:
    whole = path.parents[1] / "one.mp4"
    whole.write_bytes(init.read_bytes() + path.read_bytes())
    with av.open(str(whole)) as container:
        frames = [frame.to_ndarray()[0] for frame in container.decode(audio=0)]
    whole.unlink()
    return np.concatenate(frames).astype(np.float64) * 32_768
