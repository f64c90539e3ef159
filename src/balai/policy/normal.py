"""One form for words however they are written, so that writing them oddly hides nothing.

Order for each word: apostrophes removed; NFKD; invisible signs and the marks over letters
removed; NFC; split at punctuation; in a word that mixes Latin letters with Cyrillic or Greek
ones look-alikes are read as what they look like, and a word wholly in those scripts is read by
sound; case, digits and forms of Arabic letters are folded.

What stays for the comparison (`stands_for`): digits and signs for letters, and stretched
letters, because both depend on the phrase that is meant. `tokens` of tokens are the same.

Source: UAX 15 (normalisation forms), UTS 39 (confusables; the table is a small part of it).
"""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Final

from balai.policy.letters import ARABIC, LATIN, LOOKALIKE, MARK_RANGES, SIEVE, SIGNS, SOUND

WORD_LETTERS_MAX: Final = 64  # what follows in a longer word is not read
_SIGNS_MAX: Final = 1_024  # the same before invisible signs are removed
STRETCHED_MIN: Final = 3  # from this many times the same letter is said for show
_CACHED: Final = 65_536
_APOSTROPHES: Final = dict.fromkeys(map(ord, "'’‘ʼ`´ʻ"))
_INSIDE: Final = "!|+"  # at the ends of a word these are punctuation
_WORD_SIGNS: Final = frozenset("@$€" + _INSIDE)
_SOUND_SCRIPTS: Final = (("\u0370", "\u03ff"), ("\u0400", "\u052f"))


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a sequence of words: normalised tokens, and the word each came from."""

    texts: tuple[str, ...]
    words: tuple[int, ...]


def readings(words: Sequence[str]) -> list[Reading]:
    """Give the ways in which words can be read, at most two.

    The first takes words apart at punctuation and reads foreign scripts by sound. The second,
    only where it differs, takes punctuation out of words and reads letters by their looks.
    """
    both = [pieces(word) for word in words]
    first = _reading(one for one, _ in both)
    if all(one == other for one, other in both):
        return [first]
    return [first, _reading(other for _, other in both)]


def tokens(text: str) -> tuple[str, ...]:
    """Give the normalised tokens of a phrase."""
    return tuple(one for word in text.split() for one in pieces(word)[0])


@lru_cache(_CACHED)
def pieces(word: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Read one word in both ways."""
    word = word[:_SIGNS_MAX]
    if word.isascii() and word.isalnum():
        one = (word.lower()[:WORD_LETTERS_MAX],)
        return one, one
    first: list[str] = []
    second: list[str] = []
    for chunk in _taken_apart(word):
        apart = [one for one in (part.strip(_INSIDE) for part in chunk.split()) if one]
        first += [_by_sound(one) for one in apart]
        second += [_by_look("".join(apart))] if apart else []
    return _cut(first), _cut(second)


@lru_cache(_CACHED)
def sieved(token: str) -> str:
    """Give what a token has in common with all that may stand for it."""
    return "".join(letter for letter, _ in groupby(token.translate(SIEVE)))


def spaced(texts: Iterable[str]) -> str:
    """Join tokens so that a phrase begins and ends only where a token does."""
    return f" {' '.join(texts)} "


def whole_form(found: Iterable[str]) -> str:
    """Give what tokens have in common with all that may stand for them, word by word."""
    return spaced(map(sieved, found))


def spelled_form(found: Iterable[str]) -> str:
    """Give the same for tokens whose words may be taken apart into letters."""
    return "".join(found).translate(SIEVE)


@lru_cache(_CACHED)
def stands_for(heard: str, meant: str) -> bool:
    """Tell whether a token is another one, in disguise or not.

    Digits and signs stand for letters in a word that has letters too; a letter said three times
    or more may be meant once, or as often as the phrase has it.
    """
    if heard == meant:
        return True
    is_mixed = any(one.isalpha() for one in heard)
    ends, last = {0}, len(heard) - len(meant)
    for letter, run in groupby(meant):
        count = len(list(run))
        last += count  # the rest of what is meant needs as many letters at least
        ends = {
            end
            for end in _ends_after(heard, ends, letter, count, is_mixed=is_mixed)
            if end <= last
        }
        if not ends:
            return False
    return len(heard) in ends


def _cut(found: Iterable[str]) -> tuple[str, ...]:
    return tuple(one[:WORD_LETTERS_MAX] for one in found if one)


def _ends_after(
    heard: str, starts: set[int], letter: str, count: int, *, is_mixed: bool
) -> set[int]:
    ends: set[int] = set()
    end = 0
    for start in sorted(starts):
        end = max(end, start)  # what is the same letter from here on is looked at once
        while end < len(heard) and _may_be(heard[end], letter, is_mixed=is_mixed):
            end += 1
        if end - start >= count:
            ends.add(start + count)
        if letter.isalpha():
            ends.update(range(start + max(count + 1, STRETCHED_MIN), end + 1))
    return ends


def _may_be(sign: str, letter: str, *, is_mixed: bool) -> bool:
    return sign == letter or (is_mixed and letter in SIGNS.get(sign, ""))


def _reading(tokens_of_words: Iterable[tuple[str, ...]]) -> Reading:
    texts: list[str] = []
    words: list[int] = []
    for word, found in enumerate(tokens_of_words):
        texts += found
        words += [word] * len(found)
    return Reading(tuple(texts), tuple(words))


def _taken_apart(word: str) -> list[str]:
    """Split at white space, and put a space for each sign that is not part of a word."""
    plain = unicodedata.normalize("NFKD", word.translate(_APOSTROPHES))
    kept = unicodedata.normalize("NFC", "".join(one for one in plain if not _is_unseen(one)))
    return ["".join(one if _is_of_word(one) else " " for one in part) for part in kept.split()]


def _is_unseen(letter: str) -> bool:
    if letter.isascii():
        return False
    code = ord(letter)
    is_mark = any(low <= code <= high for low, high in MARK_RANGES)
    return is_mark or unicodedata.category(letter) == "Cf"


def _is_of_word(letter: str) -> bool:
    return letter in _WORD_SIGNS or unicodedata.category(letter)[0] in "LMN"


def _by_sound(piece: str) -> str:
    return _folded(_mixed_by_look(piece).casefold().translate(SOUND))


def _by_look(piece: str) -> str:
    looked = piece.translate(LOOKALIKE)
    return _by_sound(piece if _has_sound_script(looked) else looked)


def _mixed_by_look(piece: str) -> str:
    is_mixed = any("a" <= one.lower() <= "z" for one in piece) and _has_sound_script(piece)
    return piece.translate(LOOKALIKE) if is_mixed else piece


def _has_sound_script(piece: str) -> bool:
    return any(low <= one <= high for one in piece for low, high in _SOUND_SCRIPTS)


def _folded(piece: str) -> str:
    folded = piece.casefold().translate(LATIN).translate(ARABIC)
    if folded.isascii():
        return folded
    return "".join(_digit(one) for one in folded)


def _digit(letter: str) -> str:
    value = unicodedata.decimal(letter, None)
    return letter if value is None else str(value)
