"""The demonstration's dialogue: a script beside its recordings, and who says what when."""

import tomllib
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Final

import av
from pydantic import BaseModel, ConfigDict

from balai.audio.blocks import BLOCK_S

PAUSE_S: Final = 0.45  # between two lines, where the script says nothing else
SILENCE: Final = b"\xf8\xff\xfe"  # an Opus packet of 20 ms in which nothing sounds


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class GuestScript(_Said):
    """One guest; voice, speed and pitch are the synthesiser's."""

    handle: str
    name: str
    voice: str
    speed: int
    pitch: int


class Line(_Said):
    """One line of the dialogue."""

    guest: str
    text: str
    pause_s: float = PAUSE_S


class Script(_Said):
    """What the guests say, and the room they say it in."""

    title: str
    description: str
    language: str
    delay_s: float
    rest_s: float
    spoken: dict[str, str]
    guests: tuple[GuestScript, GuestScript]
    lines: list[Line]


@dataclass(frozen=True, slots=True)
class Dialogue:
    """The script, and one Opus packet for every 20 ms of a round, for each guest."""

    script: Script
    packets: dict[str, list[bytes]]


def load_dialogue() -> Dialogue:
    """Read the script and its recordings, and set one after the other."""
    with as_file(files("balai.demo")) as folder:
        script = Script.model_validate(tomllib.loads((folder / "script.toml").read_text()))
        turns: list[tuple[str, list[bytes]]] = []
        for number, line in enumerate(script.lines, 1):
            turns.append(("", _silence(line.pause_s)))
            turns.append((line.guest, _packets(folder / "recordings" / f"{number:02}.opus")))
        turns.append(("", _silence(script.rest_s)))
    return Dialogue(
        script,
        {
            guest.handle: [
                packet if speaker == guest.handle else SILENCE
                for speaker, turn in turns
                for packet in turn
            ]
            for guest in script.guests
        },
    )


def _silence(seconds: float) -> list[bytes]:
    return [SILENCE] * round(seconds / BLOCK_S)


def _packets(path: Path) -> list[bytes]:
    with av.open(str(path)) as recording:
        return [bytes(packet) for packet in recording.demux(audio=0) if packet.size]
