"""A listener without a browser: reads playlists and decodes what the hall gets."""

import asyncio
import io
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urljoin

import av
import httpx
import numpy as np

from rig.chirps import Heard, Sound, find

RATE_HZ = 48_000
SURELY_S = 1.5  # a segment, and what publishing takes


@dataclass(frozen=True, slots=True)
class Entry:
    """One segment or part of a playlist; `said_at_s` is the wall clock of its first sample."""

    url: str
    duration_s: float
    said_at_s: float
    is_part: bool


@dataclass(frozen=True, slots=True)
class Playlist:
    """What a playlist says."""

    text: str
    init_url: str
    entries: Sequence[Entry]
    media_sequence: int
    has_ended: bool

    @property
    def segments(self) -> list[Entry]:
        """The whole segments."""
        return [entry for entry in self.entries if not entry.is_part]


def parse(text: str, url: str) -> Playlist:
    """Read a media playlist as far as Balai writes them."""
    entries: list[Entry] = []
    init_url, sequence, said_at_s, duration_s, part_at_s = "", 0, 0.0, 0.0, 0.0
    for line in text.splitlines():
        tag, _, value = line.partition(":")
        if tag == "#EXT-X-MAP":
            init_url = urljoin(url, _attribute(value, "URI"))
        elif tag == "#EXT-X-MEDIA-SEQUENCE":
            sequence = int(value)
        elif tag == "#EXT-X-PROGRAM-DATE-TIME":
            said_at_s = part_at_s = datetime.fromisoformat(value).timestamp()
        elif tag == "#EXT-X-PART":
            part_s = float(_attribute(value, "DURATION"))
            entries.append(
                Entry(urljoin(url, _attribute(value, "URI")), part_s, part_at_s, is_part=True)
            )
            part_at_s += part_s
        elif tag == "#EXTINF":
            duration_s = float(value.split(",")[0])
        elif line and not line.startswith("#"):
            entries.append(Entry(urljoin(url, line), duration_s, said_at_s, is_part=False))
            said_at_s = part_at_s = said_at_s + duration_s
    return Playlist(text, init_url, entries, sequence, "#EXT-X-ENDLIST" in text)


async def fetch(http: httpx.AsyncClient, url: str) -> Playlist:
    """Get and read one playlist."""
    reply = await http.get(url)
    reply.raise_for_status()
    return parse(reply.text, url)


async def hear(http: httpx.AsyncClient, playlist: Playlist) -> Sound:
    """Get and decode every segment of a playlist, one after the other."""
    media = (await http.get(playlist.init_url)).raise_for_status().content
    for segment in playlist.segments:
        media += (await http.get(segment.url)).raise_for_status().content
    return decode(media)


def decode(media: bytes) -> Sound:
    """Decode initialisation and segments to mono float samples at 48 kHz."""
    with av.open(io.BytesIO(media), "r") as container:
        frames = [frame.to_ndarray()[0] for frame in container.decode(audio=0)]
    return np.concatenate(frames).astype(np.float32) if frames else np.zeros(0, np.float32)


def said_between(playlist: Playlist, sound: Sound, from_s: float, to_s: float) -> Sound:
    """Cut out of a decoded playlist what was said between two wall-clock seconds."""
    pieces, place_s = [], 0.0
    for segment in playlist.segments:
        first = place_s + max(0.0, from_s - segment.said_at_s)
        last = place_s + min(segment.duration_s, to_s - segment.said_at_s)
        if last > first:
            pieces.append(sound[round(first * RATE_HZ) : round(last * RATE_HZ)])
        place_s += segment.duration_s
    return np.concatenate(pieces) if pieces else np.zeros(0, np.float32)


async def aired(
    http: httpx.AsyncClient, url: str, from_s: float, to_s: float, *, delay_s: float
) -> Sound:
    """Wait until a stretch of a room has aired; give what the hall heard of it."""
    await asyncio.sleep(max(0.0, to_s + delay_s + SURELY_S - time.time()))
    playlist = await fetch(http, url)
    return said_between(playlist, await hear(http, playlist), from_s, to_s)


async def chirps_said(http: httpx.AsyncClient, url: str) -> list[Heard]:
    """Find the chirps of a playlist; times are wall-clock seconds at which they were said."""
    playlist = await fetch(http, url)
    sound = await hear(http, playlist)
    found = []
    for heard in find(sound, RATE_HZ):
        place = 0.0
        for segment in playlist.segments:
            if place <= heard.at_s < place + segment.duration_s:
                at_s = segment.said_at_s + heard.at_s - place
                found.append(Heard(heard.symbol, at_s, heard.clarity))
            place += segment.duration_s
    return found


def _attribute(attributes: str, name: str) -> str:
    value = attributes.split(f"{name}=", 1)[1]
    return value[1:].split('"', 1)[0] if value.startswith('"') else value.split(",", 1)[0]
