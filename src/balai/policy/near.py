"""Near spellings and soundalikes, found through a phrase's rarest word: never one by one.

Speech is looked up word by word: as it is, with one letter left out, and by sound. What is
found names the few phrases whose rarest word is like it, and only those are compared whole.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from rapidfuzz.distance import OSA, Levenshtein

from balai.policy.phonetic import key
from balai.policy.phrase import FUZZY_LETTERS_MIN

SPELLING_DISTANCE_MAX: Final = 0.2  # share of a phrase's letters that may differ
SOUND_DISTANCE_MAX: Final = 0.5
COMPARED_MAX: Final = 64  # phrases compared for one word; those later in the pack are left out
Entry = tuple[str, tuple[str, ...]]  # language and tokens of a phrase
_CACHED: Final = 16_384


@dataclass(frozen=True, slots=True)
class Near:
    """A phrase that speech comes near to: which, from which token, how."""

    entry: int
    start: int
    by_sound: bool
    distance: float


class NearIndex:
    """Finds phrases by what their rarest word is like."""

    def __init__(self, entries: Mapping[int, Entry]) -> None:
        """Take language and tokens of each phrase that may be matched so, by its number."""
        self._entries = entries
        self._like = lru_cache(_CACHED)(self._look_up)  # people use few words, again and again
        self._rare_at: dict[int, int] = {}
        self._by_spelling: dict[str, list[int]] = defaultdict(list)
        self._by_sound: dict[tuple[str, str], list[int]] = defaultdict(list)
        self._languages = {language for language, _ in entries.values()}
        for number, at in rarest_words(entries).items():
            language, tokens = entries[number]
            self._rare_at[number] = at
            for form in _forms(tokens[at]):
                _add(self._by_spelling[form], number)
            if sound := key(language, tokens[at]):
                _add(self._by_sound[language, sound], number)

    def find(self, heard: Sequence[str]) -> Iterator[Near]:
        """Find the phrases that these tokens come near to, those that are equal left out."""
        if not self._entries:
            return
        for at, token in enumerate(heard):
            if len(token) >= FUZZY_LETTERS_MIN - 1:
                for number in self._like(token):
                    near = self._compared(number, heard, at - self._rare_at[number])
                    if near is not None:
                        yield near

    def _look_up(self, token: str) -> list[int]:
        found: set[int] = set()
        for form in _forms(token):
            found.update(self._by_spelling.get(form, ()))
        for language in self._languages:
            if sound := key(language, token):
                found.update(self._by_sound.get((language, sound), ()))
        return sorted(found)[:COMPARED_MAX]

    def _compared(self, number: int, heard: Sequence[str], start: int) -> Near | None:
        language, meant = self._entries[number]
        said = heard[start : start + len(meant)] if start >= 0 else ()
        if len(said) != len(meant):
            return None
        distance = Levenshtein.normalized_distance(" ".join(said), " ".join(meant))
        if not distance:
            return None
        rare = self._rare_at[number]
        if distance <= SPELLING_DISTANCE_MAX and _is_near(said[rare], meant[rare]):
            return Near(number, start, by_sound=False, distance=distance)
        if distance <= SOUND_DISTANCE_MAX and _sound_alike(language, said, meant):
            return Near(number, start, by_sound=True, distance=distance)
        return None


def rarest_words(entries: Mapping[int, Entry]) -> dict[int, int]:
    """Say by which of its words each phrase is found: the rarest of all phrases'."""
    counts = Counter(token for _, tokens in entries.values() for token in set(tokens))
    return {number: _rarest(tokens, counts) for number, (_, tokens) in entries.items()}


def _add(numbers: list[int], number: int) -> None:
    """Note a phrase, unless so many come before it that it is compared with nothing."""
    if len(numbers) < COMPARED_MAX:
        numbers.append(number)


def _rarest(tokens: Sequence[str], counts: Mapping[str, int]) -> int:
    long = [at for at, token in enumerate(tokens) if len(token) >= FUZZY_LETTERS_MIN]
    return min(
        long or range(len(tokens)), key=lambda at: (counts[tokens[at]], -len(tokens[at]), at)
    )


def _forms(token: str) -> set[str]:
    return {token, *(token[:at] + token[at + 1 :] for at in range(len(token)))}


def _is_near(said: str, meant: str) -> bool:
    # A word that begins otherwise is another word: class and glass, bomber and comber.
    return said[0] == meant[0] and OSA.distance(said, meant) <= 1


def _sound_alike(language: str, said: Sequence[str], meant: Sequence[str]) -> bool:
    return all(
        one == other or (key(language, one) and key(language, one) == key(language, other))
        for one, other in zip(said, meant, strict=True)
    )
