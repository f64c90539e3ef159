"""Strict reading of YAML: what a value means is decided by its key, never by YAML's guesses.

Values come from the parser's events, so that an alias, an anchor or a tag is refused before
anything is built from it, and every value knows its line. A plain `no` is the text "no".
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import yaml
from rapidfuzz import process

from balai.policy.errors import PackInvalid

DEPTH_MAX: Final = 8
ITEMS_MAX: Final = 20_000
_NEAR: Final = 70  # percent of likeness from which a misspelt name is guessed
_QUOTED_MAX: Final = 40
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})?")
_WHOLE: Final = re.compile(r"-?[0-9]{1,9}")
_LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

T = TypeVar("T")
Content = str | list["Node"] | dict[str, "Node"]


@dataclass(frozen=True, slots=True)
class Node:
    """One value of a file, with the place where it stands."""

    content: Content
    file: str
    line: int
    name: str  # what errors call it: its key
    is_plain: bool = True

    def wrong(self, what: str, remedy: str) -> PackInvalid:
        """Give the error that says what is wrong with this value."""
        return PackInvalid(f"{self.name} {what}", file=self.file, line=self.line, remedy=remedy)

    def fields(
        self, required: Collection[str], optional: Collection[str] = ()
    ) -> dict[str, "Node"]:
        """Read a mapping that has these keys and no others."""
        if not isinstance(self.content, dict):
            raise self.wrong(
                "must have keys", f"write {' '.join(f'{one}:' for one in required)}"
            )
        known = [*required, *optional]
        for key, node in self.content.items():
            if key not in known:
                raise PackInvalid(
                    f"the key {quoted(key)} is not known here",
                    file=node.file,
                    line=node.line,
                    remedy=suggestion(key, known),
                )
        for key in required:
            if key not in self.content:
                raise self.wrong(f"has no {key}", f"add {key}:")
        return self.content

    def items(self, *, at_least: int = 0, at_most: int = ITEMS_MAX) -> list["Node"]:
        """Read a list."""
        if not isinstance(self.content, list):
            raise self.wrong("must be a list", "begin each entry with a dash")
        if not at_least <= len(self.content) <= at_most:
            raise self.wrong(
                f"must have {at_least} to {at_most:,} entries", "add or remove entries"
            )
        return self.content

    def text(self, *, at_most: int) -> str:
        """Read one text, spaces at its ends removed."""
        if not isinstance(self.content, str):
            raise self.wrong("must be one text", "write it on one line, in quotes")
        text = self.content.strip()
        if not text:
            raise self.wrong("is empty", "write a text")
        if len(text) > at_most:
            raise self.wrong(f"is longer than {at_most:,} characters", "shorten it")
        if any(not one.isprintable() and one not in "\n\t" for one in text):
            raise self.wrong("has characters that cannot be shown", "remove them")
        return text

    def matching(self, pattern: str, remedy: str) -> str:
        """Read a text of this form."""
        text = self.text(at_most=_QUOTED_MAX * 2)
        if not re.fullmatch(pattern, text):
            raise self.wrong(f"cannot be {quoted(text)}", remedy)
        return text

    def whole(self, low: int, high: int) -> int:
        """Read a whole number."""
        text = self.content
        is_whole = isinstance(text, str) and self.is_plain and _WHOLE.fullmatch(text)
        if not is_whole or not low <= int(str(text)) <= high:
            raise self.wrong(f"must be {low} to {high}", "write a whole number")
        return int(str(text))

    def truth(self) -> bool:
        """Read true or false."""
        if not self.is_plain or self.content not in ("true", "false"):
            raise self.wrong("must be true or false", "write true or false, without quotes")
        return self.content == "true"

    def one_of(self, known: Mapping[str, T]) -> T:
        """Read one of these names."""
        text = self.text(at_most=_QUOTED_MAX * 2)
        if text not in known:
            raise self.wrong(f"cannot be {quoted(text)}", suggestion(text, known))
        return known[text]

    def language(self) -> str:
        """Read a language's code."""
        text = self.text(at_most=_QUOTED_MAX)
        if not _LANGUAGE.fullmatch(text):
            raise self.wrong(f"cannot be {quoted(text)}", "write a language code, like id")
        return text

    def translated(self, languages: Collection[str], *, at_most: int) -> dict[str, str]:
        """Read one text in several languages: at least in these."""
        if not isinstance(self.content, dict) or not self.content:
            raise self.wrong("must be given by language", "write {en: …, id: …}")
        for key, node in self.content.items():
            if not _LANGUAGE.fullmatch(key):
                raise node.wrong("is not a language", "write a language code, like id")
        for language in languages:
            if language not in self.content:
                raise self.wrong(f"is not given in {language}", f"add {language}:")
        return {key: node.text(at_most=at_most) for key, node in self.content.items()}


def parse(file: str, data: bytes) -> Node:
    """Read one file.

    Raises:
        PackInvalid: it is not UTF-8, not YAML, or uses what a pack may not use.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as cause:
        raise PackInvalid(
            "the file is not UTF-8",
            file=file,
            line=data.count(b"\n", 0, cause.start) + 1,
            remedy="save it as UTF-8",
        ) from cause
    try:
        return _Builder(file, iter(yaml.parse(text, Loader=_LOADER))).document()
    except yaml.YAMLError as cause:
        raise _not_yaml(file, text, cause) from cause


def quoted(text: str) -> str:
    """Quote what the pack says, cut short."""
    return f'"{text}"' if len(text) <= _QUOTED_MAX else f'"{text[:_QUOTED_MAX]}…"'


def suggestion(given: str, known: Collection[str]) -> str:
    """Say which known name may be meant, or which there are."""
    shortest_first = sorted(known, key=len)
    near = process.extractOne(given, shortest_first, score_cutoff=_NEAR)
    if near is not None:
        return f"perhaps {near[0]} is meant"
    return f"use {', '.join(known)}"


def _not_yaml(file: str, text: str, cause: yaml.YAMLError) -> PackInvalid:
    mark = getattr(cause, "problem_mark", None)
    at = getattr(cause, "position", 0)
    line = text.count("\n", 0, at) if mark is None else mark.line
    problem = getattr(cause, "problem", None) or "a character is not allowed"
    return PackInvalid(
        f"this is not YAML: {problem}",
        file=file,
        line=line + 1,
        remedy="look at the quotes, colons and indentation here",
    )


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 0


class _Builder:
    """Builds values from the parser's events, refusing what costs more than it says."""

    def __init__(self, file: str, events: Iterator[yaml.Event]) -> None:
        self._file = file
        self._events = events

    def document(self) -> Node:
        """Read the file's only document."""
        next(self._events)  # the start of the stream
        if isinstance(next(self._events), yaml.StreamEndEvent):
            raise PackInvalid("the file is empty", file=self._file, remedy="write its contents")
        node = self._node(next(self._events), "the file", depth=0)
        next(self._events)  # the end of the document
        after = next(self._events)
        if not isinstance(after, yaml.StreamEndEvent):
            raise self._wrong(after, "a second document begins", "remove the line ---")
        return node

    def _node(self, event: yaml.Event, name: str, *, depth: int) -> Node:
        self._check(event, depth)
        line = _line(event)
        if isinstance(event, yaml.ScalarEvent):
            return Node(event.value, self._file, line, name, is_plain=event.implicit[0])
        content: Content
        if isinstance(event, yaml.SequenceStartEvent):
            content = self._list(name, depth + 1)
        else:
            content = self._mapping(depth + 1)
        return Node(content, self._file, line, name)

    def _list(self, name: str, depth: int) -> list[Node]:
        nodes: list[Node] = []
        one = f"an entry of {name}" if depth > 1 else "an entry"
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            if len(nodes) == ITEMS_MAX:
                raise self._wrong(event, f"more than {ITEMS_MAX:,} entries", "remove some")
            nodes.append(self._node(event, one, depth=depth))
        return nodes

    def _mapping(self, depth: int) -> dict[str, Node]:
        nodes: dict[str, Node] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            self._check(event, depth)
            if not isinstance(event, yaml.ScalarEvent):
                raise self._wrong(event, "a key is not a text", "write a plain key")
            key = event.value
            if key in nodes:
                raise self._wrong(event, f"the key {quoted(key)} is given twice", "keep one")
            value = self._node(next(self._events), key, depth=depth)
            # A value may begin on a later line; people look for its key.
            nodes[key] = Node(value.content, self._file, _line(event), key, value.is_plain)
        return nodes

    def _check(self, event: yaml.Event, depth: int) -> None:
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise self._wrong(
                event, "aliases and anchors are not allowed", "write the value out"
            )
        if getattr(event, "tag", None) is not None:
            raise self._wrong(event, "tags are not allowed", "remove the word after the !")
        if depth > DEPTH_MAX:
            raise self._wrong(event, "values are nested too deeply", "write them flatter")

    def _wrong(self, event: yaml.Event, what: str, remedy: str) -> PackInvalid:
        return PackInvalid(what, file=self._file, line=_line(event), remedy=remedy)
