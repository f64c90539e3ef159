"""Conditions of rules: what they may say, and what is refused with a remedy."""

import pytest

from balai.policy.errors import PackInvalid
from balai.policy.pack import from_files
from tests.policy_packs import RULES, encoded


def refused(**changed: str) -> str:
    with pytest.raises(PackInvalid) as caught:
        from_files(encoded(**changed))
    return str(caught.value)


def when(condition: str) -> str:
    """Give what is wrong with a condition."""
    text = RULES.replace("size(hits) > 0", f"|\n    {condition}")
    prefix = "rules.yaml, line 9: when "
    message = refused(rules=text)
    assert message.startswith(prefix), message
    return message.removeprefix(prefix)


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        (
            "hits.exists(h, h.vettd)",
            "uses h.vettd, which there is not; perhaps vetted is meant.",
        ),
        (
            "speeker.flags_before > 1",
            'uses "speeker", which is not known; perhaps speaker is meant.',
        ),
        (
            "room.flags > 1",
            "uses room.flags, which there is not; perhaps flags_before is meant.",
        ),
        ("size(hits)", "gives no true or false; end with a comparison."),
        (
            "confidence > 'high'",
            "cannot be worked out: No such overload: the operation is not "
            "defined for the given operand types; compare like with like.",
        ),
        (
            "[1, 2].exists(i, i > 1)",
            "loops over something else than hits; use hits.exists, "
            "hits.all, hits.exists_one or hits.filter.",
        ),
        (
            "hits.map(h, h.severity) == []",
            "loops over something else than hits; use "
            "hits.exists, hits.all, hits.exists_one or hits.filter.",
        ),
        (
            "hits + hits == []",
            "uses hits as a whole, which may cost too much; use size(hits), hits[0], "
            "hits == [], or a loop over them.",
        ),
        (
            "size(hits + hits) > 1",
            "uses hits as a whole, which may cost too much; use size(hits), hits[0], "
            "hits == [], or a loop over them.",
        ),
        (
            "[hits] == []",
            "uses hits as a whole, which may cost too much; use size(hits), hits[0], "
            "hits == [], or a loop over them.",
        ),
        (
            "hits.exists(a, a in hits)",
            "uses hits as a whole, which may cost too much; use size(hits), hits[0], "
            "hits == [], or a loop over them.",
        ),
        (
            "hits != hits",
            "uses hits as a whole, which may cost too much; use size(hits), hits[0], "
            "hits == [], or a loop over them.",
        ),
        (
            "hits.exists(h, h.phrase.matches('a+'))",
            'uses the function "matches", which is not allowed; use size, int, double, string, '
            "contains, startsWith, endsWith.",
        ),
        (
            "hits.exists(audience, audience.vetted)",
            "uses audience for a hit, which has a meaning already; use h.",
        ),
        (
            "hits.exists(a, hits.exists(b, hits.exists(c, a == c)))",
            "has more than 8 loops, or more than 2 inside each other; split the rule in two.",
        ),
        (
            "true // hits.map(h, h)",
            "has a comment, a backslash or an open quote; write plain texts in quotes.",
        ),
        (
            "'''x''' == 'x'",
            "has a comment, a backslash or an open quote; write plain texts in quotes.",
        ),
    ],
)
def test_a_condition_that_cannot_be_used_is_named(condition: str, message: str) -> None:
    assert when(condition) == message


def test_a_condition_that_is_no_cel_is_named() -> None:
    assert when("confidence >=").startswith("is not CEL: Failed to parse expression")
    assert when("true" + " || true" * 150) == "is longer than 1,000 characters; shorten it."


@pytest.mark.parametrize(
    "condition",
    [
        "hits.exists(h, h.phrase == 'hits.map(a, b)')",
        "hits.filter(h, h.kind in ['exact', 'fuzzy']).size() >= 2 && !ear.suspected",
        "1 / (speaker.flags_before - 1) > 0",
        "hits.all(h, !h.framed) ? audience > 10 : room.openness == 'open'",
        "language.startsWith('en') && engine_may_hold && !language_identified",
        "hits.exists(a, hits.exists(b, a.confidence > b.confidence))",
        "size( hits ) > 1 && hits != [] && hits.size() > 1 && !hits[0].framed",
    ],
)
def test_a_condition_may_say_what_a_rule_needs(condition: str) -> None:
    rules = RULES.replace("size(hits) > 0", f"|\n    {condition}")
    assert from_files(encoded(rules=rules)).rules[1].when == condition
