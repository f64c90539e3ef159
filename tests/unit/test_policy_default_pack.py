"""The pack that ships and the acted rooms that measure it, read as plain YAML."""

from collections import Counter
from typing import Any

import pytest
import yaml

from balai.policy.clause import PROTECTED_GROUNDS, Effect, ExampleKind
from balai.policy.labelled import labelled_rooms
from balai.policy.normal import tokens
from balai.policy.pack import default_folder, load
from benchmarks.rooms.scripts import ROOMS as ACTED

LANGUAGES = {"en", "id"}
GROUNDS = {
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
}
# What nobody says but does: people find it in what a host did, and no machine looks for it.
DEEDS = {"host-tools"}
HOLDING = {"threats", "incitement", "recruitment", "doxxing", "glorification"}

Row = dict[str, Any]
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def rows(name: str) -> Any:
    return yaml.load((default_folder() / name).read_text(encoding="utf-8"), Loader=LOADER)


CLAUSES: list[Row] = rows("clauses.yaml")
RULES: list[Row] = rows("rules.yaml")
LISTS: dict[str, Row] = {one: rows(f"phrases/{one}.yaml") for one in sorted(LANGUAGES)}
ROOMS = labelled_rooms(ACTED)


def contains(said: str, phrase: str) -> bool:
    return f" {' '.join(tokens(phrase))} " in f" {' '.join(tokens(said))} "


def test_the_loader_takes_the_pack_as_it_is() -> None:
    pack = load(default_folder())
    assert (pack.id, pack.version) == ("balai-default", "1.0.0")
    assert list(pack.clauses) == [clause["id"] for clause in CLAUSES]
    assert set(pack.languages) == LANGUAGES


def test_every_protected_ground_is_carried_by_incitement_and_by_abuse() -> None:
    carried = {clause["id"]: set(clause.get("grounds", ())) for clause in CLAUSES}
    assert carried["incitement"] == GROUNDS == set(PROTECTED_GROUNDS)
    abuse = [grounds for name, grounds in carried.items() if name.startswith("abuse-")]
    assert set().union(*abuse) == GROUNDS
    assert sum(map(len, abuse)) == len(GROUNDS)


@pytest.mark.parametrize("clause", CLAUSES, ids=lambda one: str(one["id"]))
def test_a_clause_shows_what_it_means_and_what_it_does_not(clause: Row) -> None:
    assert set(clause["title"]) == set(clause["text"]) == LANGUAGES
    examples = clause["examples"]
    assert 5 <= len(examples) <= 10
    assert {one["language"] for one in examples if one["kind"] == "use"} == LANGUAGES
    assert {one["language"] for one in examples if one["kind"] != "use"} == LANGUAGES
    assert {one["kind"] for one in examples} >= {
        "use",
        "quote",
        "report",
        "counter",
        "harmless",
    }


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_a_list_is_short_explained_and_has_phrases_for_every_clause(language: str) -> None:
    listed = LISTS[language]
    assert 150 <= len(listed["phrases"]) <= 310
    assert min(len(listed["frames"]), len(listed["negations"])) >= 30
    spoken = {one["id"] for one in CLAUSES} - DEEDS
    assert {one["clause"] for one in listed["phrases"]} == spoken
    assert [one["text"] for one in listed["phrases"] if not one["note"]] == []


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_only_severe_phrases_of_several_words_in_their_own_letters_are_vetted(
    language: str,
) -> None:
    vetted = [one for one in LISTS[language]["phrases"] if one["vetted"]]
    assert [one for one in vetted if one["severity"] < 4 or one["match"] != "exact"] == []
    assert {one["clause"] for one in vetted} == HOLDING
    assert [one for one in vetted if len(tokens(one["text"])) < 2] == []


def test_single_words_are_rare_and_never_vetted() -> None:
    phrases = [one for listed in LISTS.values() for one in listed["phrases"]]
    single = [one for one in phrases if len(tokens(one["text"])) == 1]
    assert {one["text"] for one in single} == {"untermenschen", "subhumans", "atomwaffen"}
    assert not any(one["vetted"] for one in single)


def test_abuse_and_danger_never_hold_and_danger_never_does_more_than_call_a_person() -> None:
    allowed = {clause["id"]: set(clause["effects"]) for clause in CLAUSES}
    assert {name for name, effects in allowed.items() if "hold" in effects} == HOLDING
    assert allowed["danger"] == {"priority"}
    asked = Counter((rule["clause"], rule["effect"]) for rule in RULES)
    assert {clause for clause, effect in asked if effect == Effect.HOLD} == HOLDING


def test_no_machine_looks_for_what_hosts_do() -> None:
    assert [rule["id"] for rule in RULES if rule["clause"] in DEEDS] == []
    allowed = {clause["id"]: clause["effects"] for clause in CLAUSES}
    assert [allowed[name] for name in DEEDS] == [["priority"]]


def test_a_rule_holds_on_own_words_heard_surely_or_with_another_detector() -> None:
    for rule in (one for one in RULES if one["effect"] == "hold"):
        assert "!h.framed && !h.negated" in rule["when"]
        needs = ("h.vetted", "h.severity >= 4", "confidence >= 0.7", "!language_identified")
        assert "ear.suspected" in rule["when"] or all(one in rule["when"] for one in needs)


def test_what_is_said_about_a_flag_never_repeats_the_words() -> None:
    assert [rule["id"] for rule in RULES if set(rule["why"]) != LANGUAGES] == []
    said = " | ".join(why for rule in RULES for why in rule["why"].values())
    spoken = f" {' '.join(tokens(said))} "
    phrases = [one["text"] for listed in LISTS.values() for one in listed["phrases"]]
    assert [one for one in phrases if f" {' '.join(tokens(one))} " in spoken] == []


def test_the_acted_rooms_have_the_size_and_the_labels_that_their_page_names() -> None:
    lines = [line for room in ROOMS for line in room.lines]
    used = [line for line in lines if line.clause]
    assert Counter(room.language for room in ROOMS) == {"en": 16, "id": 11, "en-id": 3}
    assert (len(lines), len(used)) == (525, 78)
    assert sum(line.listed for line in used) == len(used) // 2
    assert {line.label for line in used} == {clause["id"] for clause in CLAUSES} - DEEDS
    assert {line.kind for line in lines} == set(ExampleKind)


def test_a_line_marked_as_listed_says_a_phrase_of_its_clause() -> None:
    phrases = [one for listed in LISTS.values() for one in listed["phrases"]]
    listed = [line for room in ROOMS for line in room.lines if line.listed]
    for line in listed:
        own = [one["text"] for one in phrases if one["clause"] == line.label]
        assert any(contains(line.text, one) for one in own), line.text
