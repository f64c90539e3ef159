"""What has to change in a replay, so that certain voices are not in it. Writes nothing."""

import base64
import hmac
import re
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from balai.air import cmaf, webvtt
from balai.air.caption_files import TRANSCRIPT
from balai.air.encoder import AHEAD_SAMPLES, FRAME_SAMPLES, PART_SAMPLES
from balai.air.omitted import FOR_EVER, Omitted
from balai.air.originals import Folders, Original, Piece
from balai.air.places import Place, places
from balai.air.remake import FADE_SAMPLES

_CAPTIONS: Final = re.compile(r"c(\d{1,9})-[\w-]{8}\.vtt")
_PART_LINE: Final = re.compile(r'#EXT-X-PART:.*URI="([^"]+)"\n')
_NAME_BYTES: Final = 6


@dataclass(frozen=True, slots=True)
class NewSound:
    """A segment to be made anew, and what it plays.

    `is_silent` if not all voices are known that stay, or the original is damaged or gone.
    """

    piece: Piece
    starts_at: datetime
    is_silent: bool

    def chunks(self) -> list[cmaf.Chunk]:
        """Give its parts, as far as a playlist knows them."""
        return Place(self.piece.media_time, self.piece.samples, self.starts_at).chunks()


@dataclass(frozen=True, slots=True)
class Plan:
    """Names of originals that must go, each with its successor's if a playlist lists it.

    `texts` are all playlists and the transcript as they have to be.
    """

    successors: dict[str, str | None] = field(default_factory=dict)
    sounds: dict[str, NewSound] = field(default_factory=dict)
    captions: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)

    @property
    def new_names(self) -> set[str]:
        """Name what is to be written."""
        return {*self.sounds, *self.captions}


def planned(original: Original, omitted: Omitted, folders: Folders) -> Plan:
    """Find what goes and what comes.

    A segment goes if a voice that is left out sounds in it or in the frame after it: half a
    window of that frame is in its last packet. Of one that is damaged it is not known what
    sounds in it: it goes with the first voice, and so does one that is gone.

    Raises:
        OSError: an original cannot be read.
    """
    plan = Plan()
    _plan_sound(plan, original, omitted, folders.there())
    _plan_captions(plan, original, omitted, folders.read)
    plan.texts.update(_texts(original, plan.successors, omitted))
    return plan


def _plan_sound(plan: Plan, original: Original, omitted: Omitted, there: Set[str]) -> None:
    placed = places(original)
    lost = _lost(original, placed, there)
    pieces = [*(each for each in original.pieces if each.name not in lost), *lost.values()]
    is_any_heard = omitted.is_heard(0, FOR_EVER)
    going = {
        piece.name
        for piece in pieces
        if (is_any_heard if piece.name in lost else _is_heard(omitted, piece))
    }
    numbers = {piece.number for piece in pieces if piece.name in going}
    for piece in pieces:
        if piece.name in going and piece.is_segment and piece.name in placed:
            is_lost = omitted.is_lost(piece.media_time, piece.media_end)
            starts_at = placed[piece.name].starts_at
            sound = NewSound(piece, starts_at, is_silent=is_lost or piece.name in lost)
            name = f"s{piece.number}-{_sound_token(original.key, sound, omitted)}.m4s"
            plan.successors[piece.name], plan.sounds[name] = name, sound
        elif piece.name in going or (piece.number in numbers and not piece.is_segment):
            plan.successors[piece.name] = None


def _lost(original: Original, placed: Mapping[str, Place], there: Set[str]) -> dict[str, Piece]:
    """Find sound that is damaged, or that a playlist lists and nobody has; by its name."""
    found = {each.name: each for each in original.pieces if each.samples >= FOR_EVER}
    for name, place in placed.items():
        if name in found or name not in there:
            found[name] = Piece(name, place.media_time, place.samples)
    return found


def _plan_captions(
    plan: Plan, original: Original, omitted: Omitted, read: Callable[[str], bytes]
) -> None:
    listed = original.listed()
    for name in sorted(original.names):
        if match := _CAPTIONS.fullmatch(name):
            data = read(name)
            left = _captions_left(data, omitted)
            if left.encode() != data:
                new_name = f"c{match[1]}-{_token(original.key, f'{name} {left}')}.vtt"
                plan.successors[name] = new_name if name in listed else None
                plan.captions.update({new_name: left} if name in listed else {})


def _is_heard(omitted: Omitted, piece: Piece) -> bool:
    return omitted.is_heard(piece.media_time, piece.media_end + FRAME_SAMPLES)


def _sound_token(key: str, sound: NewSound, omitted: Omitted) -> str:
    """Make the same name for the same sound, so that nothing is made twice."""
    margin = PART_SAMPLES + FADE_SAMPLES
    start = sound.piece.media_time - margin
    end = sound.piece.media_end + AHEAD_SAMPLES + FADE_SAMPLES
    heard = "silent" if sound.is_silent else omitted.of_sounding(start, end)
    return _token(key, f"{sound.piece.name} {heard}")


def _captions_left(data: bytes, omitted: Omitted) -> str:
    """Give what stays of a segment's captions; of a damaged file, nothing."""
    if webvtt.cues_in(data) is None:
        return webvtt.segment([])
    return _cues_left(data.decode(), omitted)


def _cues_left(text: str, omitted: Omitted) -> str:
    def is_dropped(identifier: str, start: int, end: int) -> bool:
        return omitted.is_left_out(identifier.rpartition("-")[0], start, end)

    return webvtt.without(text, is_dropped)


def _texts(
    original: Original, successors: Mapping[str, str | None], omitted: Omitted
) -> dict[str, str]:
    return {
        name: _cues_left(text, omitted) if name == TRANSCRIPT else _renamed(text, successors)
        for name, text in original.texts.items()
    }


def _renamed(text: str, successors: Mapping[str, str | None]) -> str:
    lines = []
    for line in text.splitlines(keepends=True):
        name, part = line.rstrip("\n"), _PART_LINE.fullmatch(line)
        if part is None:
            lines.append(line.replace(name, successors.get(name) or name))
        elif part[1] not in successors:
            lines.append(line)
    return "".join(lines)


def _token(key: str, what: str) -> str:
    made = hmac.digest(bytes.fromhex(key), what.encode(), "sha256")
    return base64.urlsafe_b64encode(made[:_NAME_BYTES]).decode()
