"""However a phrase is written it is found, and what is not a phrase is not."""

import unicodedata
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from balai.policy.letters import LOOKALIKE, SIGNS
from balai.policy.matcher import HitKind, Matcher
from balai.policy.normal import readings, sieved, stands_for, tokens
from balai.policy.pack import from_files
from tests.policy_packs import encoded, heard

PACK = from_files(encoded())
MATCHER = Matcher(PACK, None)
PHRASES = [phrase for one in PACK.lists.values() for phrase in one.phrases]
# Signs that are not punctuation when they stand alone.
LEET = {
    letter: [sign for sign, letters in SIGNS.items() if letter in letters and sign not in "!|+"]
    for letter in set("".join(SIGNS.values()))
}
ALIKE: dict[str, list[str]] = {}
for code, looks in LOOKALIKE.items():
    ALIKE.setdefault(str(looks), []).append(chr(code))
HIDDEN = ["\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u034f", "\ufe0f"]
MARKS = ["\u0301", "\u0308", "\u0323", "\u0336", "\u0338", "\u035c"]
ORDINARY = [
    *(
        "class",
        "Scunthorpe",
        "skilled",
        "analysis",
        "kill",
        "all",
        "of",
        "them",
        "they",
        "burn",
    ),
    *("it", "down", "town", "subject", "human", "filthy", "he", "said", "never", "do", "not"),
    *("bangsa", "mereka", "bunuhlah", "assess", "pass", "grass", "skull", "ball", "often"),
    *("theme", "seek", "heal", "sieg", "hell", "a", "i", "o"),
]
Disguise = Callable[[str, Any], str]


def letter_by_letter(text: str, change: Callable[[str], str]) -> str:
    return "".join(change(one) if one.isalnum() or one in "@$€" else one for one in text)


def in_cases(text: str, data: Any) -> str:
    return letter_by_letter(text, lambda one: data.draw(st.sampled_from([one, one.upper()])))


def hidden(text: str, data: Any) -> str:
    return letter_by_letter(text, lambda one: one + data.draw(st.sampled_from(["", *HIDDEN])))


def marked(text: str, data: Any) -> str:
    made = letter_by_letter(text, lambda one: one + data.draw(st.sampled_from(["", *MARKS])))
    return unicodedata.normalize(data.draw(st.sampled_from(["NFC", "NFD"])), made)


def alike(text: str, data: Any) -> str:
    return letter_by_letter(
        text, lambda one: data.draw(st.sampled_from([one, *ALIKE.get(one, [])]))
    )


def leet(text: str, data: Any) -> str:
    words = []
    for word in text.split(" "):
        kept = data.draw(st.integers(0, len(word) - 1))  # without a letter it is a number
        words.append(
            "".join(
                one if at == kept else data.draw(st.sampled_from([one, *LEET.get(one, [])]))
                for at, one in enumerate(word)
            )
        )
    return " ".join(words)


def stretched(text: str, data: Any) -> str:
    times = st.sampled_from([1, 1, 3, 4])
    return letter_by_letter(text, lambda one: one * (data.draw(times) if one.isalpha() else 1))


def wide(text: str, data: Any) -> str:
    def widened(one: str) -> str:
        return chr(ord(one) + 0xFEE0) if one.isascii() and data.draw(st.booleans()) else one

    return letter_by_letter(text, widened)


def spelled(text: str, data: Any) -> str:
    between: str = data.draw(st.sampled_from([" ", "-", ".", "_", " - ", "…"]))
    if data.draw(st.booleans()):
        return between.join(text.replace(" ", ""))
    return " ".join(
        between.join(word) if len(word) > 2 and data.draw(st.booleans()) else word
        for word in text.split(" ")
    )


COMBINATIONS: list[list[Disguise]] = [
    [in_cases],
    [hidden],
    [marked],
    [alike],
    [leet],
    [stretched],
    [wide],
    [spelled],
    [leet, in_cases, hidden],
    [leet, stretched, in_cases],
    [leet, spelled, in_cases],
    [alike, marked, hidden],
    [alike, stretched, hidden],
    [leet, wide, marked],
]


NAMES = ["-".join(one.__name__ for one in combination) for combination in COMBINATIONS]


@pytest.mark.parametrize("combination", COMBINATIONS, ids=NAMES)
@given(data=st.data(), phrase=st.sampled_from(PHRASES))
@settings(max_examples=60, deadline=None)
def test_every_disguise_of_a_phrase_is_found(
    combination: list[Disguise], data: Any, phrase: Any
) -> None:
    said = phrase.text
    for disguise in combination:
        said = disguise(said, data)
    before = data.draw(st.lists(st.sampled_from(["now", "a", "people,", "Kita"]), max_size=3))
    words = heard(" ".join([*before, said, "tonight"]))
    hits = [hit for hit in MATCHER.find(words) if hit.phrase == phrase]
    assert [(hit.kind, hit.first, hit.last) for hit in hits] == [
        (HitKind.EXACT, len(before), len(words) - 2)
    ]


@given(said=st.lists(st.sampled_from(ORDINARY), max_size=30))
@settings(max_examples=400, deadline=None)
def test_plain_words_are_found_exactly_where_a_phrase_stands(said: list[str]) -> None:
    plain = [word.casefold() for word in said]
    there = {
        (phrase.text, at, at + len(meant) - 1)
        for phrase in PHRASES
        for meant in [phrase.text.split()]
        for at in range(len(plain))
        if plain[at : at + len(meant)] == meant
    }
    hits = MATCHER.find(heard(" ".join(said)))
    assert {
        (hit.phrase.text, hit.first, hit.last) for hit in hits if hit.kind is HitKind.EXACT
    } == there


@given(text=st.text(max_size=80))
@settings(max_examples=500, deadline=None)
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = tokens(text)
    assert tokens(" ".join(once)) == once


@given(words=st.lists(st.text(max_size=12), max_size=12))
@settings(max_examples=300, deadline=None)
def test_every_token_belongs_to_a_word(words: list[str]) -> None:
    for reading in readings(words):
        assert len(reading.texts) == len(reading.words)
        assert all(reading.texts)
        assert list(reading.words) == sorted(reading.words)
        assert set(reading.words) <= set(range(len(words)))


LETTERS = st.text("abgilst01256789@$!+|k", min_size=1, max_size=10)


@given(meant=LETTERS, said=LETTERS)
@settings(max_examples=500)
def test_the_sieve_lets_through_all_that_stands_for_a_word(meant: str, said: str) -> None:
    assert stands_for(meant, meant)
    assert not stands_for(said, meant) or sieved(said) == sieved(meant)


@given(meant=st.text("abgilst", min_size=1, max_size=8), data=st.data())
@settings(max_examples=300)
def test_the_sieve_lets_through_every_disguise(meant: str, data: Any) -> None:
    said = stretched(leet(meant, data), data)
    assert stands_for(said, meant)
    assert sieved(said) == sieved(meant)
