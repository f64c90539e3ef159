"""Our port of the public database's rules agrees with them: its lists, and each condition."""

import json
from pathlib import Path
from typing import Any

import pytest

from balai.policy import statement as words
from balai.statements import rules
from balai.statements.errors import StatementInvalid

THEIRS = json.loads(Path(__file__).with_name("dsa_statement_rules.json").read_text())


def sound(**more: Any) -> dict[str, Any]:
    """A statement that the database takes."""
    return {
        "puid": "a-Z_9",
        "decision_visibility": ["DECISION_VISIBILITY_CONTENT_REMOVED"],
        "decision_ground": "DECISION_GROUND_INCOMPATIBLE_CONTENT",
        "incompatible_content_ground": "Threats",
        "incompatible_content_explanation": "A threat was spoken.",
        "decision_facts": "A threat was spoken on stage.",
        "content_type": ["CONTENT_TYPE_AUDIO"],
        "category": "STATEMENT_CATEGORY_VIOLENCE",
        "content_date": "2026-08-01",
        "application_date": "2026-08-02",
        "source_type": "SOURCE_VOLUNTARY",
        "automated_detection": "No",
        "automated_decision": "AUTOMATED_DECISION_NOT_AUTOMATED",
        **more,
    }


def fields_of(problems: list[str]) -> list[str]:
    return [one.partition(":")[0] for one in problems]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (words.VISIBILITIES, "DECISION_VISIBILITIES"),
        (words.MONETARIES, "DECISION_MONETARIES"),
        (words.PROVISIONS, "DECISION_PROVISIONS"),
        (words.ACCOUNTS, "DECISION_ACCOUNTS"),
        (words.ACCOUNT_TYPES, "ACCOUNT_TYPES"),
        (words.GROUNDS, "DECISION_GROUNDS"),
        (words.YES_NO, "INCOMPATIBLE_CONTENT_ILLEGALS"),
        (words.YES_NO, "AUTOMATED_DETECTIONS"),
        (words.CONTENT_TYPES, "CONTENT_TYPES"),
        (words.CATEGORIES, "STATEMENT_CATEGORIES"),
        (words.KEYWORDS, "KEYWORDS"),
        (words.SOURCES, "SOURCE_TYPES"),
        (words.AUTOMATIONS, "AUTOMATED_DECISIONS"),
    ],
)
def test_each_list_is_theirs(ours: frozenset[str], theirs: str) -> None:
    assert ours == set(THEIRS["enums"][theirs])


def test_countries_and_languages_are_theirs() -> None:
    assert list(words.COUNTRIES) == THEIRS["countries"]["EUROPEAN_COUNTRY_CODES"]
    assert set(words.COUNTRIES) >= set(THEIRS["countries"]["EUROPEAN_UNION_COUNTRY_CODES"])
    assert len(words.LANGUAGES) == 184
    assert all(len(one) == 2 and one.isupper() for one in words.LANGUAGES)


def test_a_declared_keyword_that_is_not_accepted_is_refused() -> None:
    for keyword in THEIRS["declared_but_not_accepted_keywords"]:
        told = sound(category_specification=[keyword])
        assert fields_of(rules.problems(told)) == ["category_specification"]


def test_a_sound_statement_is_kept_as_it_is() -> None:
    assert rules.problems(sound()) == []
    assert rules.validated(sound()) == sound()


@pytest.mark.parametrize("name", rules.REQUIRED)
@pytest.mark.parametrize("nothing", [None, "", "  ", [], "left out"])
def test_what_is_required_cannot_be_empty(name: str, nothing: object) -> None:
    told = sound(**{name: nothing})
    if nothing == "left out":
        del told[name]
    assert name in fields_of(rules.problems(told))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("decision_monetary", "DECISION_MONETARY_TERMINATION"),
        ("decision_provision", "DECISION_PROVISION_PARTIAL_SUSPENSION"),
        ("decision_account", "DECISION_ACCOUNT_SUSPENDED"),
    ],
)
def test_one_of_four_decisions_is_enough_and_needed(name: str, value: str) -> None:
    assert rules.problems(sound(decision_visibility=None, **{name: value})) == []
    assert fields_of(rules.problems(sound(decision_visibility=[]))) == ["decision_visibility"]


@pytest.mark.parametrize(
    ("other", "because"),
    [
        ("decision_visibility_other", {"decision_visibility": ["DECISION_VISIBILITY_OTHER"]}),
        ("decision_monetary_other", {"decision_monetary": "DECISION_MONETARY_OTHER"}),
        ("content_type_other", {"content_type": ["CONTENT_TYPE_OTHER"]}),
        ("category_specification_other", {"category_specification": ["KEYWORD_OTHER"]}),
    ],
)
def test_other_needs_words_and_words_need_other(other: str, because: dict[str, Any]) -> None:
    assert fields_of(rules.problems(sound(**because))) == [other]
    assert rules.problems(sound(**because, **{other: "x" * 500})) == []
    assert fields_of(rules.problems(sound(**because, **{other: "x" * 501}))) == [other]
    assert rules.validated(sound(**{other: "x" * 501})) == sound()  # dropped, as they drop it


def test_each_ground_has_its_fields_and_drops_the_other_ones() -> None:
    illegal = {"decision_ground": "DECISION_GROUND_ILLEGAL_CONTENT"}
    needed = ["illegal_content_legal_ground", "illegal_content_explanation"]
    assert fields_of(rules.problems(sound(**illegal))) == needed
    told = sound(**illegal, **dict.fromkeys(needed, "x"), incompatible_content_illegal="Yes")
    kept = rules.validated(told)
    assert [one for one in kept if one.startswith("incompatible")] == []
    assert rules.validated(sound(**dict.fromkeys(needed, "x"))) == sound()
    for name in ("incompatible_content_ground", "incompatible_content_explanation"):
        assert fields_of(rules.problems(sound(**{name: ""}))) == [name]


@pytest.mark.parametrize(
    ("name", "length"),
    [
        ("incompatible_content_ground", 500),
        ("incompatible_content_explanation", 2000),
        ("decision_facts", 5000),
        ("puid", 500),
    ],
)
def test_lengths_end_where_theirs_do(name: str, length: int) -> None:
    assert rules.problems(sound(**{name: "x" * length})) == []
    assert fields_of(rules.problems(sound(**{name: "x" * (length + 1)}))) == [name]


@pytest.mark.parametrize("puid", ["a b", "é", "a/b", "a\n", "a.b"])
def test_a_puid_is_letters_digits_and_lines(puid: str) -> None:
    assert fields_of(rules.problems(sound(puid=puid))) == ["puid"]


@pytest.mark.parametrize(
    ("name", "first"), [("content_date", "2000-01-01"), ("application_date", "2020-01-01")]
)
def test_dates_have_one_form_and_bounds(name: str, first: str) -> None:
    for good in (first, "2024-02-29", "2038-01-01"):
        assert rules.problems(sound(**{name: good})) == []
    bad = ["1999-12-31", "2038-01-02", "2026-2-1", "20260201", "2026-02-30", "2026-02-01T00:00"]
    for one in bad:
        assert fields_of(rules.problems(sound(**{name: one}))) == [name]


def test_an_end_has_only_a_last_date() -> None:
    for what in ("account", "monetary", "service", "visibility"):
        name = f"end_date_{what}_restriction"
        assert rules.problems(sound(**{name: "1990-01-01"})) == []
        assert fields_of(rules.problems(sound(**{name: "2038-01-02"}))) == [name]


def test_a_source_is_named_only_when_there_was_a_notice() -> None:
    named = {"source_identity": "A public body"}
    assert rules.validated(sound(**named)) == sound()
    noticed = sound(**named, source_type="SOURCE_TRUSTED_FLAGGER")
    assert rules.validated(noticed) == noticed
    long = sound(source_identity="x" * 501, source_type="SOURCE_ARTICLE_16")
    assert fields_of(rules.problems(long)) == ["source_identity"]


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("decision_visibility", "DECISION_VISIBILITY_CONTENT_REMOVED"),
        ("decision_visibility", ["DECISION_VISIBILITY_CONTENT_REMOVED", "x"]),
        ("decision_visibility", [["x"], {}]),
        ("content_type", ["CONTENT_TYPE_VOICE"]),
        ("territorial_scope", ["EU"]),
        ("territorial_scope", ["GB"]),
        ("category", ["STATEMENT_CATEGORY_VIOLENCE"]),
        ("category_addition", ["KEYWORD_OTHER"]),
        ("content_language", "en"),
        ("content_language", "XX"),
        ("automated_detection", True),
        ("automated_detection", "yes"),
        ("automated_decision", "FULLY"),
        ("account_type", "ACCOUNT_TYPE_STATE"),
        ("decision_ground_reference_url", "balai.example"),
        ("decision_ground_reference_url", "javascript:alert(1)"),
        ("decision_ground_reference_url", "http://[x"),
        ("decision_ground_reference_url", "https://balai.example/" + "x" * 500),
        ("content_id", {"EAN-13": "123"}),
        ("content_id", {"EAN-13": 1234567890123}),
        ("content_date", 20260801),
        ("decision_facts", {"a": 1}),
        ("puid", 7),
        ("decision", "x"),
    ],
)
def test_what_is_out_of_place_is_named(name: str, bad: object) -> None:
    assert fields_of(rules.problems(sound(**{name: bad}))) == [name]


def test_the_error_names_fields_and_remedies_and_nothing_of_the_text() -> None:
    told = sound(decision_facts="Call +62 812 3456 7890", automated_detection="x")
    with pytest.raises(StatementInvalid) as raised:
        rules.validated(told)
    assert str(raised.value) == (
        "automated_detection: choose one of the words of its list. "
        "decision_facts: take a phone number out."
    )
    assert raised.value.kind == "invalid"
