"""Phrase lists: for each language what is listened for, and the words that turn its meaning."""

from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from balai.policy.normal import tokens
from balai.policy.reading import Node, parse, suggestion

EVERY_LANGUAGE: Final = "mul"  # ISO 639-2's code for several languages: always listened for
SEVERITY_MIN: Final = 1
SEVERITY_MAX: Final = 5
PHRASE_LETTERS_MAX: Final = 200
PHRASE_WORDS_MAX: Final = 16
FUZZY_LETTERS_MIN: Final = 5
_LETTERS_MIN: Final = 2
_NOTE_LETTERS_MAX: Final = 1_000
_CUES_MAX: Final = 500


class Matching(StrEnum):
    """How near to a phrase speech must come."""

    EXACT = "exact"
    FUZZY = "fuzzy"  # also near spellings and soundalikes


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that are listened for."""

    text: str
    language: str
    clause: str
    severity: int
    vetted: bool = False
    match: Matching = Matching.EXACT
    note: str = ""
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class PhraseList:
    """What is listened for in one language; frames introduce what others said."""

    language: str
    phrases: tuple[Phrase, ...]
    frames: tuple[str, ...] = ()
    negations: tuple[str, ...] = ()


def read_phrases(
    file: str, data: bytes, *, language: str, clauses: Collection[str]
) -> PhraseList:
    """Read one language's list.

    Raises:
        PackInvalid: something is wrong with it.
    """
    root = parse(file, data)
    fields = root.fields(("phrases",), optional=("frames", "negations"))
    phrases: list[Phrase] = []
    seen: dict[tuple[tuple[str, ...], str], int] = {}
    for node in fields["phrases"].items():
        phrase = _phrase(node, language, clauses)
        line = seen.setdefault((tokens(phrase.text), phrase.clause), node.line)
        if line != node.line:
            raise node.wrong(f"says the same as line {line}", "keep one of them")
        phrases.append(phrase)
    return PhraseList(
        language,
        tuple(phrases),
        frames=_cues(fields.get("frames")),
        negations=_cues(fields.get("negations")),
    )


def _phrase(node: Node, language: str, clauses: Collection[str]) -> Phrase:
    fields = node.fields(("text", "clause", "severity"), optional=("vetted", "match", "note"))
    return Phrase(
        text=_text(fields["text"]),
        language=language,
        clause=clause_of(fields["clause"], clauses),
        severity=fields["severity"].whole(SEVERITY_MIN, SEVERITY_MAX),
        vetted="vetted" in fields and fields["vetted"].truth(),
        match=_match(fields),
        note=fields["note"].text(at_most=_NOTE_LETTERS_MAX) if "note" in fields else "",
        line=node.line,
    )


def clause_of(node: Node, clauses: Collection[str]) -> str:
    """Read the id of a clause that there is."""
    clause = node.text(at_most=PHRASE_LETTERS_MAX)
    if clause not in clauses:
        raise node.wrong(
            f'names "{clause}", which clauses.yaml lacks', suggestion(clause, clauses)
        )
    return clause


def _text(node: Node) -> str:
    text = node.text(at_most=PHRASE_LETTERS_MAX)
    words = tokens(text)
    if len("".join(words)) < _LETTERS_MIN:
        raise node.wrong("has fewer than two letters", "write a longer phrase")
    if len(words) > PHRASE_WORDS_MAX:
        raise node.wrong(f"has more than {PHRASE_WORDS_MAX} words", "shorten it")
    return text


def _match(fields: dict[str, Node]) -> Matching:
    if "match" not in fields:
        return Matching.EXACT
    match = fields["match"].one_of({str(one): one for one in Matching})
    words = tokens(str(fields["text"].content))
    if match is Matching.FUZZY and max(map(len, words)) < FUZZY_LETTERS_MIN:
        raise fields["match"].wrong(
            f"cannot be fuzzy: no word has {FUZZY_LETTERS_MIN} letters, and short words "
            "have too many neighbours",
            "write match: exact",
        )
    return match


def _cues(node: Node | None) -> tuple[str, ...]:
    if node is None:
        return ()
    cues = []
    for one in node.items(at_most=_CUES_MAX):
        cues.append(one.text(at_most=PHRASE_LETTERS_MAX))
        if not tokens(cues[-1]):
            raise one.wrong("has no letters", "write words")
    return tuple(cues)
