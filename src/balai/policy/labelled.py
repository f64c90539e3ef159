"""Labelled rooms: what was said by whom, and what a careful team says of each line.

One YAML file a room; benchmarks/rooms/README.md describes them, and how ours were made.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from balai.policy.clause import ID_PATTERN, ID_REMEDY, ExampleKind
from balai.policy.errors import PackInvalid
from balai.policy.reading import Node, parse
from balai.policy.simulation import SpokenLine, SpokenRoom

ROOMS_MAX: Final = 2_000
LINES_MAX: Final = 5_000
TEXT_LETTERS_MAX: Final = 240
LANGUAGE_PATTERN: Final = r"[a-z]{2,3}"
LANGUAGES_PATTERN: Final = rf"{LANGUAGE_PATTERN}(-{LANGUAGE_PATTERN})?"
SPEEDS: Final = (80, 260)
# What a voice may be called: it is handed to a program, so it is never taken as an option.
VOICE_PATTERN: Final = r"[a-z]{2,3}(-[a-z0-9]+)*(\+([mf][1-5]|m[678]))?"
_BYTES_MAX: Final = 1 << 20
_NAME_MAX: Final = 60
_SPEAKERS_MAX: Final = 40


@dataclass(frozen=True, slots=True)
class Speaker:
    """One acted speaker; `group` is what an operator compares for fairness.

    `voice` and `speed` (words a minute) are for a synthesiser.
    """

    name: str
    group: str
    voice: str
    speed: int


@dataclass(frozen=True, slots=True)
class LabelledLine:
    """One line; `label` is the clause it is about, which only kind `use` breaks.

    `hold_wanted`: a careful team wants it kept from air. `listed`: it was written with the
    pack's phrases at hand, so that it tells nothing about whether they are enough.
    """

    speaker: Speaker
    language: str
    text: str
    label: str | None
    kind: ExampleKind
    hold_wanted: bool
    listed: bool

    @property
    def clause(self) -> str | None:
        """The clause it breaks."""
        return self.label if self.kind is ExampleKind.USE else None


@dataclass(frozen=True, slots=True)
class LabelledRoom:
    """One room, line by line."""

    id: str
    language: str
    title: str
    topic: str
    lines: tuple[LabelledLine, ...]

    def spoken(self) -> SpokenRoom:
        """Give it as a simulation hears it: the words as they are written."""
        return SpokenRoom(
            self.id,
            tuple(
                SpokenLine(
                    speaker=line.speaker.name,
                    text=line.text,
                    language=line.language,
                    group=line.speaker.group,
                    clause=line.clause,
                    hold_wanted=line.hold_wanted,
                )
                for line in self.lines
            ),
        )


def read_rooms(folder: Path) -> list[SpokenRoom]:
    """Read every labelled room below a folder, as a simulation hears it.

    Raises:
        PackInvalid: one cannot be used; the message names file, line and remedy.
    """
    return [room.spoken() for room in labelled_rooms(folder)]


def labelled_rooms(folder: Path) -> list[LabelledRoom]:
    """Read every labelled room below a folder, by id.

    Raises:
        PackInvalid: one cannot be used; the message names file, line and remedy.
    """
    rooms: dict[str, LabelledRoom] = {}
    paths = sorted(folder.rglob("*.yaml"))
    if len(paths) > ROOMS_MAX:
        raise PackInvalid(f"more than {ROOMS_MAX} rooms", remedy="try fewer at once")
    for path in paths:
        node = parse(path.name, _bytes(path))
        room = _room(node)
        if room.id in rooms:
            raise node.wrong(f"repeats the id {room.id}", "give each room its own id")
        rooms[room.id] = room
    return [rooms[one] for one in sorted(rooms)]


def _bytes(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise PackInvalid("is no file", file=path.name, remedy="put a file there")
        if path.stat().st_size > _BYTES_MAX:
            raise PackInvalid("too long", file=path.name, remedy=f"{_BYTES_MAX} bytes at most")
        return path.read_bytes()
    except OSError as cause:
        raise PackInvalid(
            f"cannot be read: {cause.strerror}", file=path.name, remedy="look at its rights"
        ) from cause


def _room(node: Node) -> LabelledRoom:
    fields = node.fields(("id", "language", "title", "topic", "speakers", "lines"))
    speakers: dict[str, Speaker] = {}
    for one in fields["speakers"].items(at_least=1, at_most=_SPEAKERS_MAX):
        speaker = _speaker(one)
        if speaker.name in speakers:
            raise one.wrong(f"repeats the name {speaker.name}", "give each speaker a name")
        speakers[speaker.name] = speaker
    language = fields["language"].matching(LANGUAGES_PATTERN, "write en, id or en-id")
    return LabelledRoom(
        id=fields["id"].matching(ID_PATTERN, ID_REMEDY),
        language=language,
        title=fields["title"].text(at_most=TEXT_LETTERS_MAX),
        topic=fields["topic"].text(at_most=TEXT_LETTERS_MAX),
        lines=tuple(
            _line(one, speakers, language)
            for one in fields["lines"].items(at_least=1, at_most=LINES_MAX)
        ),
    )


def _speaker(node: Node) -> Speaker:
    fields = node.fields(("name", "group", "voice", "speed"))
    return Speaker(
        name=fields["name"].text(at_most=_NAME_MAX),
        group=fields["group"].matching(ID_PATTERN, ID_REMEDY),
        voice=fields["voice"].matching(VOICE_PATTERN, "name an espeak-ng voice like en-gb+f3"),
        speed=fields["speed"].whole(*SPEEDS),
    )


def _line(node: Node, speakers: Mapping[str, Speaker], language: str) -> LabelledLine:
    fields = node.fields(
        ("speaker", "text"),
        optional=("language", "label", "kind", "hold_wanted", "listed"),
    )
    line = LabelledLine(
        speaker=fields["speaker"].one_of(speakers),
        language=_language(node, fields, language),
        text=fields["text"].text(at_most=TEXT_LETTERS_MAX),
        label=fields["label"].matching(ID_PATTERN, ID_REMEDY) if "label" in fields else None,
        kind=fields["kind"].one_of({str(one): one for one in ExampleKind})
        if "kind" in fields
        else ExampleKind.HARMLESS,
        hold_wanted="hold_wanted" in fields and fields["hold_wanted"].truth(),
        listed="listed" in fields and fields["listed"].truth(),
    )
    if (line.kind is ExampleKind.HARMLESS) != (line.label is None):
        raise node.wrong(
            "has a label and a kind that disagree", "every line but a harmless one has both"
        )
    if (line.hold_wanted or line.listed) and line.clause is None:
        raise node.wrong("is no use", "only a use has hold_wanted or listed")
    return line


def _language(node: Node, fields: Mapping[str, Node], language: str) -> str:
    if "language" in fields:
        return fields["language"].matching(LANGUAGE_PATTERN, "write en or id")
    if re.fullmatch(LANGUAGE_PATTERN, language):
        return language
    raise node.wrong("has no language", "in a room of two languages, say it on each line")
