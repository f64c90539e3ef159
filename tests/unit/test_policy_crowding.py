"""A pack whose phrases or rules would cost everybody too much is refused, with a remedy."""

import itertools

import pytest

from balai.policy.condition import steps_of
from balai.policy.crowding import ALIKE_MAX
from balai.policy.errors import PackInvalid
from balai.policy.judge import Judge
from balai.policy.near import COMPARED_MAX
from balai.policy.pack import from_files, shipped
from balai.policy.rules import STEPS_MAX
from tests.policy_packs import RULES, encoded, stretch


def listing(*phrases: str, match: str = "exact") -> str:
    rows = (
        f"  - {{text: {one}, clause: insults, severity: 1, match: {match}}}" for one in phrases
    )
    return "\n".join(["phrases:", *rows, ""])


def refused(**changed: str) -> str:
    with pytest.raises(PackInvalid) as caught:
        from_files(encoded(**changed))
    return str(caught.value)


def alike(count: int) -> list[str]:
    """Give words that are one to the sieve: of i and l only."""
    return ["a" + "".join(one) for one in itertools.product("il", repeat=6)][:count]


def test_words_that_are_one_to_the_sieve_are_limited() -> None:
    assert len(from_files(encoded(en=listing(*alike(ALIKE_MAX)))).lists["en"].phrases) == 16
    assert refused(en=listing(*alike(ALIKE_MAX + 1))) == (
        "phrases/en.yaml, line 18: more than 16 phrases are like this one, or the beginning of "
        "it; keep those that say it in the fewest words."
    )


def test_they_are_counted_over_all_lists_and_clauses() -> None:
    english, indonesian = listing(*alike(9)), listing(*alike(17)[9:])
    assert refused(en=english, id=indonesian).startswith("phrases/id.yaml, line 9: more than")
    both = listing(*alike(9)) + listing(*alike(9)).replace("insults", "threats")[9:]
    assert refused(en=both).startswith("phrases/en.yaml, line 1")


@pytest.mark.parametrize(
    ("phrases", "more"),
    [
        (["kill", *(f"kill {' '.join('abcdefghijklmno'[:n])}" for n in range(1, 16))], "killl"),
        (["zo" + "no" * count for count in range(16)], "zo" + "no" * 16),
    ],
    ids=["words", "letters"],
)
def test_phrases_that_begin_each_other_are_limited(phrases: list[str], more: str) -> None:
    assert len(from_files(encoded(en=listing(*phrases))).lists["en"].phrases) == 16
    message = refused(en=listing(more, *phrases))
    assert message.startswith("phrases/en.yaml, line ")
    assert ": more than 16 phrases are like this one, or the beginning of it; " in message


def test_one_text_spaced_in_many_ways_counts_as_one() -> None:
    letters = "abcdefg"
    spaced = [
        "".join(letter + gap for letter, gap in zip(letters, [*gaps, ""], strict=True))
        for gaps in itertools.product(["", " "], repeat=6)
    ]
    assert "more than 16 phrases are like this one" in refused(en=listing(*spaced[:17]))


def test_fuzzy_phrases_that_one_word_would_find_are_limited() -> None:
    names = ["".join(one) for one in itertools.product("abcdefghijklmnop", repeat=2)]
    phrases = [f"subhuman {name}" for name in names[: COMPARED_MAX + 1]]
    pack = from_files(encoded(en=listing(*phrases[:-1], match="fuzzy")))
    last = f"subhumen {phrases[-2].split()[1]}"
    found = {hit.phrase.text for hit in Judge(pack).judge(stretch(last)).hits}
    assert phrases[-2] in found  # none is left out for being late in the list
    assert refused(en=listing(*phrases, match="fuzzy")) == (
        'phrases/en.yaml, line 66: more than 64 fuzzy phrases have "subhuman" as rarest word; '
        "write match: exact for some of them."
    )
    assert from_files(encoded(en=listing(*phrases))).id == "small"


def rules(*conditions: str) -> str:
    return "".join(
        RULES.split("- id: threat-said")[0]
        .replace("id: threat-vetted", f"id: r{number}")
        .replace("hits.exists(h, h.vetted && h.severity >= 4 && !h.framed && !h.negated)", one)
        for number, one in enumerate(conditions)
    )


def test_rules_that_cost_too_much_together_are_refused() -> None:
    costly = "hits.exists(a, hits.exists(b, a.severity > b.severity))"
    count = STEPS_MAX // steps_of(costly)
    assert len(from_files(encoded(rules=rules(*[costly] * count))).rules) == count
    assert refused(rules=rules(*[costly] * (count + 1))) == (
        f"rules.yaml, line {6 * count + 1}: an entry makes the pack's rules take "
        f"{steps_of(costly) * (count + 1):,} steps, more than 2,000,000; use fewer loops "
        "inside each other, or exists instead of filter."
    )


def test_one_rule_can_cost_too_much() -> None:
    body = " || ".join(["[a, b] == []"] * 10)
    message = refused(rules=rules(f"hits.exists(a, hits.exists(b, {body}))"))
    assert message.startswith("rules.yaml, line 1: an entry makes the pack's rules take ")


def test_deeper_loops_filters_and_whole_hits_cost_more() -> None:
    inside = "hits.exists(a, hits.exists(b, a.vetted))"
    costs = [
        steps_of(one)
        for one in (
            "ear.suspected",
            "hits.exists(a, a.vetted)",
            "size(hits.filter(a, a.vetted)) > 2",
            "hits.exists(a, size(hits.filter(b, b.vetted)) > 2)",
        )
    ]
    assert costs == sorted(costs)
    assert steps_of(inside) > 32 * steps_of("hits.exists(b, a.vetted)")
    assert steps_of(inside.replace("a.vetted", "a == b")) > 4 * steps_of(inside)
    assert steps_of("'hits.exists(a, a)' == language") < 10  # what is quoted is not code


def test_the_shipped_pack_is_far_from_any_of_these() -> None:
    assert sum(steps_of(rule.when) for rule in shipped().rules) < STEPS_MAX / 10
