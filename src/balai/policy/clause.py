"""Clauses: what may not be said, in plain words, with examples of what is meant and not."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from balai.policy import statement
from balai.policy.reading import Node, parse

CLAUSES_MAX: Final = 200
EXAMPLES_MAX: Final = 100
ID_PATTERN: Final = r"[a-z0-9-]{1,40}"
ID_REMEDY: Final = "use 1 to 40 of a to z, 0 to 9 and -"
TITLE_LETTERS_MAX: Final = 200
TEXT_LETTERS_MAX: Final = 4_000
_EXAMPLE_LETTERS_MAX: Final = 600
PROTECTED_GROUNDS: Final = (
    "race",
    "ethnicity",
    "national-origin",
    "caste",
    "sexual-orientation",
    "gender",
    "gender-identity",
    "religious-affiliation",
    "age",
    "disability",
    "serious-disease",
)


class Effect(StrEnum):
    """What a machine may do until a person decides, weakest first."""

    NONE = "none"
    PRIORITY = "priority"  # people look here sooner
    NOTICE = "notice"  # the host is told
    DELAY = "delay"  # the programme waits longer between stage and hall
    HOLD = "hold"  # the voice stays silent on air

    @property
    def strength(self) -> int:
        """How far it reaches: 0 for none."""
        return list(Effect).index(self)


class ExampleKind(StrEnum):
    """What somebody does with words: only use is meant by a clause."""

    USE = "use"
    QUOTE = "quote"
    REPORT = "report"
    COUNTER = "counter"
    IRONY = "irony"
    HARMLESS = "harmless"


@dataclass(frozen=True, slots=True)
class Example:
    """Words that a clause means, or that it does not mean though they sound alike."""

    text: str
    language: str
    kind: ExampleKind
    note: str = ""
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Statement:
    """What a statement of reasons says about a clause."""

    category: str
    ground: str
    keywords: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Clause:
    """One thing that may not be said here."""

    id: str
    title: Mapping[str, str]
    text: Mapping[str, str]
    statement: Statement
    effects: frozenset[Effect]
    examples: tuple[Example, ...]
    grounds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tongues:
    """The languages in which a pack's texts are written, and those it has phrases for."""

    written: Collection[str]
    spoken: Collection[str]


def read_clauses(file: str, data: bytes, tongues: Tongues) -> dict[str, Clause]:
    """Read the clauses, by id.

    Raises:
        PackInvalid: something is wrong with one of them.
    """
    clauses: dict[str, Clause] = {}
    for node in parse(file, data).items(at_least=1, at_most=CLAUSES_MAX):
        clause = _clause(node, tongues)
        if clause.id in clauses:
            raise node.wrong(f"repeats the id {clause.id}", "give each clause its own id")
        clauses[clause.id] = clause
    return clauses


def _clause(node: Node, tongues: Tongues) -> Clause:
    fields = node.fields(
        ("id", "title", "text", "statement", "effects", "examples"), optional=("grounds",)
    )
    return Clause(
        id=fields["id"].matching(ID_PATTERN, ID_REMEDY),
        title=fields["title"].translated(tongues.written, at_most=TITLE_LETTERS_MAX),
        text=fields["text"].translated(tongues.written, at_most=TEXT_LETTERS_MAX),
        statement=_statement(fields["statement"]),
        effects=_effects(fields["effects"]),
        examples=_examples(fields["examples"], tongues),
        grounds=_names(fields["grounds"], PROTECTED_GROUNDS) if "grounds" in fields else (),
    )


def _statement(node: Node) -> Statement:
    fields = node.fields(("category", "ground"), optional=("keywords",))
    return Statement(
        category=fields["category"].one_of(_themselves(statement.CATEGORIES)),
        ground=fields["ground"].one_of(_themselves(statement.GROUNDS)),
        keywords=_names(fields["keywords"], statement.KEYWORDS_ALONE)
        if "keywords" in fields
        else (),
    )


def _effects(node: Node) -> frozenset[Effect]:
    known = {str(effect): effect for effect in Effect if effect is not Effect.NONE}
    return frozenset(one.one_of(known) for one in node.items(at_least=1, at_most=len(known)))


def _examples(node: Node, tongues: Tongues) -> tuple[Example, ...]:
    examples = tuple(_example(one, tongues) for one in node.items(at_most=EXAMPLES_MAX))
    kinds = {one.kind for one in examples}
    if ExampleKind.USE not in kinds:
        raise node.wrong("have none of kind use", "add an example that the clause means")
    if kinds == {ExampleKind.USE}:
        raise node.wrong(
            "are all of kind use", "add one that sounds alike and is not meant, like a quote"
        )
    return examples


def _example(node: Node, tongues: Tongues) -> Example:
    fields = node.fields(("text", "language", "kind"), optional=("note",))
    return Example(
        text=fields["text"].text(at_most=_EXAMPLE_LETTERS_MAX),
        language=fields["language"].one_of(_themselves(tongues.spoken)),
        kind=fields["kind"].one_of({str(kind): kind for kind in ExampleKind}),
        note=fields["note"].text(at_most=TEXT_LETTERS_MAX) if "note" in fields else "",
        line=fields["text"].line,
    )


def _names(node: Node, known: Collection[str]) -> tuple[str, ...]:
    return tuple(one.one_of(_themselves(known)) for one in node.items(at_most=len(known)))


def _themselves(names: Collection[str]) -> dict[str, str]:
    return {name: name for name in sorted(names)}
