"""Hostile packs, conditions and words give an error of the house, or a judge that works."""

import contextlib
import dataclasses
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from balai.errors import BalaiError
from balai.policy.condition import problem_of
from balai.policy.errors import PackInvalid
from balai.policy.judge import Judge
from balai.policy.pack import Pack, from_files
from balai.policy.reading import parse
from balai.policy.stretch import Heard, Stretch
from balai.policy.zipped import read_zip
from tests.policy_packs import FILES, encoded, heard
from tests.zipped_packs import in_folder, zipped

PIECES = st.sampled_from(
    [
        *(
            "&a ",
            "*a",
            "!!python/object:x ",
            "!x ",
            "- ",
            ": ",
            "\n",
            "\n  ",
            "{",
            "}",
            "[",
            "]",
        ),
        *('"', "'", "|\n ", ">", "? ", "---\n", "...\n", "%YAML 1.9\n", "<<: ", "#", ",", "\t"),
        *("\\", "@", "id", "en", "true", "null", "~", "0x1F", "1e999", ".nan", "é", "\0"),
        *("99999999999999999999", "\x85", "\u2028", "\ufeff", "text", "hits"),
        *("[[[[[[[[[[[[", "{a: {a: {a: {a: {a: {a: {a: {"),
    ]
)
SOUP = st.lists(PIECES, max_size=40).map("".join)
TERMS = st.sampled_from(
    [
        *("hits", ".exists(h, ", ".all(a, ", ".filter(h, ", ".map(h, ", "h.vetted", "h", "a"),
        *("a.severity", ")", "(", "[", "]", "{", "}", ".", ",", "+", "-", "*", "/", "%", "!"),
        *(
            " && ",
            " || ",
            " == ",
            " >= ",
            " in ",
            " ? ",
            " : ",
            "1",
            "0",
            "2.5",
            "'x'",
            '"',
            "'",
        ),
        *("null", "audience", "speaker.flags_before", "room", "ear.suspected", "confidence"),
        *("size(", "u", "9223372036854775807", "1e308", "string(", "int(", "double(", "has("),
        *("r'", "b'", "//", "true", "-9223372036854775808", ".contains(", "\\", "timestamp("),
        *("type(", "'''", "`"),
    ]
)
CONDITIONS = st.lists(TERMS, max_size=14).map("".join)
NAMES = st.sampled_from(sorted(FILES))


def loaded(files: dict[str, bytes]) -> Pack | None:
    try:
        return from_files(files)
    except PackInvalid as cause:
        error = cause
    assert error.file in FILES
    assert error.remedy != ""
    return None


@given(name=NAMES, data=st.binary(max_size=200) | SOUP.map(lambda text: text.encode()))
@settings(max_examples=500, deadline=None)
def test_any_bytes_are_refused_with_a_remedy(name: str, data: bytes) -> None:
    pack = loaded(encoded() | {name: data})
    assert pack is None or name.startswith("phrases/")


@given(name=NAMES, data=st.data(), piece=PIECES | st.text(max_size=4))
@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_changed_pack_is_refused_with_a_remedy_or_works(
    name: str, data: Any, piece: str
) -> None:
    text = FILES[name]
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(start + 12, len(text))))
    changed = (text[:start] + piece + text[end:]).encode(errors="replace")
    pack = loaded(encoded() | {name: changed})
    if pack is not None:
        verdict = Judge(pack).judge(Stretch(heard("he said kill all of them k i l l")))
        assert verdict.pack_hash == pack.hash


@given(condition=CONDITIONS | st.text(max_size=30))
@settings(max_examples=1000, deadline=None)
def test_any_condition_is_refused_or_answers(condition: str) -> None:
    if problem_of(condition) is None:
        pack = from_files(encoded())
        rule = dataclasses.replace(pack.rules[0], when=condition)
        judge = Judge(dataclasses.replace(pack, rules=(rule,)))
        for text in ("", "kill all of them", "burn it down ass"):
            verdict = judge.judge(Stretch(heard(text)))
            assert len(verdict.spoken) + len(verdict.silent_rules) <= 1


@given(
    words=st.lists(st.builds(Heard, st.text(max_size=20), st.floats()), max_size=30),
    context_words=st.integers(-5, 40),
)
@settings(max_examples=300, deadline=None)
def test_any_words_can_be_judged(words: list[Heard], context_words: int) -> None:
    judge = Judge(from_files(encoded()))
    verdict = judge.judge(Stretch(tuple(words), context_words=context_words))
    assert verdict.silent_rules == ()


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "{a: " * 100_000,
        "- " * 100_000,
        "a: &a [*a]",
        "? " * 50_000,
        "a: " + '"' + "x" * 500_000,
        "\n".join(f"a{number}: 1" for number in range(40_000)) + "\na0: 2",
        "[" + "a," * 200_000 + "]",
    ],
    ids=["lists", "maps", "dashes", "itself", "keys", "open", "twice", "long"],
)
def test_what_is_deep_or_long_is_refused_soon(text: str) -> None:
    with pytest.raises(BalaiError):
        parse("pack.yaml", text.encode())


ZIPPED = zipped(in_folder("pack", encoded()))


@given(data=st.data())
@settings(max_examples=500, deadline=None)
def test_a_damaged_zip_is_refused_or_leads_nowhere(data: Any) -> None:
    damaged = bytearray(ZIPPED)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        damaged[at] = data.draw(st.integers(0, 255))
    end = data.draw(st.just(len(damaged)) | st.integers(0, len(damaged)))
    with contextlib.suppress(PackInvalid):
        files = read_zip(bytes(damaged[:end]))
        assert all(name.count("/") <= 1 and ".." not in name.split("/") for name in files)
