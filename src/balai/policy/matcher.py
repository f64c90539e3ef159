"""Finding a pack's phrases in what was heard, whatever it is made to look like."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate
from typing import Final

from ahocorasick_rs import AhoCorasick

from balai.policy.near import NearIndex
from balai.policy.normal import (
    Reading,
    readings,
    sieved,
    spaced,
    spelled_form,
    stands_for,
    tokens,
    whole_form,
)
from balai.policy.pack import Pack
from balai.policy.phrase import EVERY_LANGUAGE, Matching, Phrase, PhraseList
from balai.policy.stretch import Heard

FRAME_WORDS: Final = 6  # a frame speaks of what begins within so many words after it
NEGATION_WORDS: Final = 3
SPELLED_MIN: Final = 3  # so many single letters in a row may be a word taken apart


class HitKind(StrEnum):
    """How a phrase was found: in its own letters, disguised or not; near them; by sound."""

    EXACT = "exact"
    FUZZY = "fuzzy"
    PHONETIC = "phonetic"


@dataclass(frozen=True, slots=True)
class Hit:
    """A phrase found in words `first` to `last`; no surer than the least sure of them."""

    phrase: Phrase
    kind: HitKind
    first: int
    last: int
    confidence: float
    distance: float = 0.0
    framed: bool = False
    negated: bool = False


@dataclass(frozen=True, slots=True)
class _Found:
    entry: int
    first: int
    last: int
    kind: HitKind = HitKind.EXACT
    distance: float = 0.0


class Matcher:
    """Finds the phrases of one language and of all; of every language when it is unknown."""

    def __init__(self, pack: Pack, language: str | None) -> None:
        lists = _listened_to(pack, language)
        self._phrases = [phrase for one in lists for phrase in one.phrases]
        self._tokens = [tokens(phrase.text) for phrase in self._phrases]
        self._whole = _Patterns(map(whole_form, self._tokens))
        self._spelled = _Patterns(map(spelled_form, self._tokens))
        self._near = NearIndex(
            {
                number: (phrase.language, self._tokens[number])
                for number, phrase in enumerate(self._phrases)
                if phrase.match is Matching.FUZZY
            }
        )
        self._frames = _Cues(cue for one in lists for cue in one.frames)
        self._negations = _Cues(cue for one in lists for cue in one.negations)

    def find(self, words: Sequence[Heard]) -> list[Hit]:
        """Find every phrase in these words, in the order of the words."""
        read = readings([word.text for word in words])
        found = {one for reading in read for one in self._found(reading)}
        if not found:
            return []
        framed = self._frames.ends(read)
        negated = self._negations.ends(read)
        hits = [
            Hit(
                self._phrases[one.entry],
                one.kind,
                one.first,
                one.last,
                confidence=min(word.sureness for word in words[one.first : one.last + 1]),
                distance=one.distance,
                framed=_is_after(framed, one.first, FRAME_WORDS),
                negated=_is_after(negated, one.first, NEGATION_WORDS),
            )
            for one in _best(found)
        ]
        return sorted(hits, key=_order)

    def _found(self, reading: Reading) -> Iterator[_Found]:
        words = reading.words
        for entry, start, end in self._found_whole(reading):
            yield _Found(entry, words[start], words[end])
        for entry, start, end in self._found_spelled(reading):
            yield _Found(entry, words[start], words[end])
        for near in self._near.find(reading.texts):
            end = near.start + len(self._tokens[near.entry]) - 1
            kind = HitKind.PHONETIC if near.by_sound else HitKind.FUZZY
            yield _Found(near.entry, words[near.start], words[end], kind, near.distance)

    def _found_whole(self, reading: Reading) -> Iterator[tuple[int, int, int]]:
        texts = [sieved(text) for text in reading.texts]
        token_at = {at: token for token, at in enumerate(_starts(texts, gap=1))}
        for entry, at, _ in self._whole.find(spaced(texts)):
            start, meant = token_at[at], self._tokens[entry]
            said = reading.texts[start : start + len(meant)]
            if all(map(stands_for, said, meant)):
                yield entry, start, start + len(meant) - 1

    def _found_spelled(self, reading: Reading) -> Iterator[tuple[int, int, int]]:
        if not _has_spelled(reading.texts):
            return
        starts = _starts(reading.texts, gap=0)
        token_at = {at: token for token, at in enumerate([*starts, _length(reading.texts)])}
        for entry, at, end_at in self._spelled.find(spelled_form(reading.texts)):
            if at in token_at and end_at in token_at:
                start, end = token_at[at], token_at[end_at]
                if _is_spelled(reading.texts[start:end], self._tokens[entry]):
                    yield entry, start, end - 1


class _Patterns:
    """One automaton over texts, some of which may be the same for several phrases."""

    def __init__(self, texts: Iterable[str]) -> None:
        entries: dict[str, list[int]] = defaultdict(list)
        for number, text in enumerate(texts):
            entries[text].append(number)
        self._entries = list(entries.values())
        self._automaton = AhoCorasick(list(entries))

    def find(self, text: str) -> Iterator[tuple[int, int, int]]:
        """Give the number of each phrase that may be there, from where to where."""
        found = self._automaton.find_matches_as_indexes(text, overlapping=True)
        for pattern, start, end in found:
            for entry in self._entries[pattern]:
                yield entry, start, end


class _Cues:
    """Words that turn the meaning of what comes after them."""

    def __init__(self, cues: Iterable[str]) -> None:
        self._automaton = AhoCorasick([spaced(one) for one in {tokens(cue) for cue in cues}])

    def ends(self, read: Iterable[Reading]) -> frozenset[int]:
        """Give the last word of each that is there."""
        found: set[int] = set()
        for reading in read:
            token_at = {at: token for token, at in enumerate(_starts(reading.texts, gap=1))}
            token_at[_length(reading.texts) + len(reading.texts)] = len(reading.texts)
            text = spaced(reading.texts)
            for _, _, end in self._automaton.find_matches_as_indexes(text, overlapping=True):
                found.add(reading.words[token_at[end - 1] - 1])
        return frozenset(found)


def _listened_to(pack: Pack, language: str | None) -> list[PhraseList]:
    if language is None:
        return list(pack.lists.values())
    return [one for one in pack.lists.values() if one.language in {language, EVERY_LANGUAGE}]


def _length(texts: Sequence[str]) -> int:
    return sum(map(len, texts))


def _starts(texts: Sequence[str], *, gap: int) -> list[int]:
    return (
        list(accumulate((len(text) + gap for text in texts[:-1]), initial=0)) if texts else []
    )


def _has_spelled(texts: Sequence[str]) -> bool:
    run = 0
    for text in texts:
        run = run + 1 if len(text) == 1 else 0
        if run == SPELLED_MIN:
            return True
    return False


def _is_spelled(said: Sequence[str], meant: Sequence[str]) -> bool:
    """Tell whether each word is there whole, or taken apart into single letters."""
    at, spelled = 0, 0
    for word in meant:
        end = at + 1 if len(said[at]) > 1 else at + len(word)
        if not all(len(one) == 1 for one in said[at:end]) and end - at > 1:
            return False
        if not stands_for("".join(said[at:end]), word):
            return False
        spelled += end - at if end - at > 1 else 0
        at = end
    return at == len(said) and spelled >= SPELLED_MIN


def _is_after(ends: frozenset[int], first: int, reach: int) -> bool:
    return any(first - reach <= end < first for end in ends)


def _best(found: Iterable[_Found]) -> list[_Found]:
    """Keep one of those that are the same phrase in overlapping words: the nearest."""
    kept: list[_Found] = []
    taken: set[tuple[int, int]] = set()  # words in which a phrase was found, by its number
    for one in sorted(found, key=lambda one: (one.distance, one.first, one.last, one.kind)):
        words = {(one.entry, word) for word in range(one.first, one.last + 1)}
        if not words & taken:
            taken |= words
            kept.append(one)
    return kept


def _order(hit: Hit) -> tuple[int, int, str, str, str]:
    return hit.first, hit.last, hit.phrase.language, hit.phrase.clause, hit.phrase.text
