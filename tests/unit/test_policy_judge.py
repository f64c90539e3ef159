"""A verdict: the strongest effect, why, and a hold only where it is allowed."""

import dataclasses

import pytest

from balai.policy.clause import Effect
from balai.policy.condition import HITS_MAX
from balai.policy.guard import SURE_MIN
from balai.policy.judge import Judge
from balai.policy.pack import from_files
from balai.policy.stretch import WORDS_MAX, Ear, RoomSoFar, SpeakerSoFar, Stretch
from balai.policy.verdict import NotHeld, Verdict
from tests.policy_packs import RULES, encoded, heard, stretch

JUDGE = Judge(from_files(encoded()))


def with_rule(when: str, **fields: object) -> Judge:
    """Give a judge whose second rule has another condition or effect."""
    first, second, third = JUDGE.pack.rules
    second = dataclasses.replace(second, when=when, **fields)  # type: ignore[arg-type]
    return Judge(dataclasses.replace(JUDGE.pack, rules=(first, second, third)))


def test_nothing_said_raises_nothing() -> None:
    for text in ("", "good evening everybody"):
        assert JUDGE.judge(stretch(text)) == Verdict(JUDGE.pack.hash)


def test_the_strongest_effect_and_the_highest_priority_win() -> None:
    verdict = JUDGE.judge(stretch("kill all of them you subhuman filth"))
    assert (verdict.effect, verdict.priority) == (Effect.HOLD, 90)
    assert (verdict.rule, verdict.clause) == ("threat-vetted", "threats")
    assert verdict.why == {"en": "A threat.", "id": "Sebuah ancaman."}
    assert verdict.spoken == ("threat-vetted", "threat-said", "insult")
    assert [hit.phrase.text for hit in verdict.hits] == ["subhuman filth", "kill all of them"]
    assert verdict.not_held_because is None


def test_an_effect_and_a_priority_may_come_from_two_rules() -> None:
    verdict = with_rule("size(hits) > 0", effect=Effect.DELAY).judge(
        stretch("kill all of them", engine_may_hold=False)
    )
    assert (verdict.effect, verdict.rule, verdict.priority) == (Effect.DELAY, "threat-said", 90)
    assert verdict.not_held_because is NotHeld.ENGINE


def test_quoting_and_opposing_hold_nobody() -> None:
    for text in ("he said kill all of them", "never kill all of them"):
        verdict = JUDGE.judge(stretch(text))
        assert (verdict.effect, verdict.rule) == (Effect.NOTICE, "threat-said")
        assert verdict.not_held_because is None


@pytest.mark.parametrize(
    ("text", "known", "because"),
    [
        ("kill all of them", {}, None),
        ("k1ll a l l of them", {}, None),
        ("kill all of them", {"confidence": SURE_MIN}, None),
        ("kill all of them", {"confidence": 0.49}, NotHeld.UNSURE),
        ("kill all of them", {"engine_may_hold": False}, NotHeld.ENGINE),
        ("burn it down", {}, NotHeld.NOT_VETTED),
        ("nothing at all", {}, NotHeld.NO_WORDS),
        ("rampok hartanya", {"language": "id"}, None),
        ("rampok hartannya", {"language": "id"}, NotHeld.NOT_VETTED),
        ("burn it down", {"ear": Ear(suspected=True)}, None),
        ("kill all of them", {"confidence": 0.1, "ear": Ear(suspected=True)}, None),
        ("nothing at all", {"ear": Ear(suspected=True, confirmed=True)}, NotHeld.NO_WORDS),
        ("burn it down", {"ear": Ear(confirmed=True)}, NotHeld.NOT_VETTED),
    ],
)
def test_a_hold_is_guarded_whatever_the_rule_says(
    text: str, known: dict[str, object], because: NotHeld | None
) -> None:
    judge = with_rule("true", effect=Effect.HOLD, priority=77)
    rules = tuple(rule for rule in judge.pack.rules if rule.id == "threat-said")
    verdict = Judge(dataclasses.replace(judge.pack, rules=rules)).judge(
        stretch(text, **known)  # type: ignore[arg-type]
    )
    assert verdict.not_held_because is because
    assert verdict.effect is (Effect.HOLD if because is None else Effect.PRIORITY)
    assert verdict.priority == 77


def test_one_unsure_word_forbids_a_hold() -> None:
    words = list(heard("kill all of them", 0.9))
    words[2] = dataclasses.replace(words[2], confidence=0.3)
    verdict = JUDGE.judge(Stretch(tuple(words), language="en", engine_may_hold=True))
    assert (verdict.effect, verdict.not_held_because) == (Effect.NOTICE, NotHeld.UNSURE)


@pytest.mark.parametrize(
    "when",
    [
        "1 / audience > 0",
        "hits[5].vetted",
        "audience + 9223372036854775807 > 0",
        "int(language) > 1",
    ],
)
def test_a_rule_that_cannot_be_worked_out_is_silent_and_told(when: str) -> None:
    verdict = with_rule(when).judge(stretch("kill all of them", audience=0))
    if verdict.silent_rules == ():
        verdict = with_rule(when).judge(stretch("kill all of them", audience=5))
    assert verdict.silent_rules == ("threat-said",)
    assert (verdict.effect, verdict.spoken) == (Effect.HOLD, ("threat-vetted",))


@pytest.mark.parametrize(
    ("when", "known"),
    [
        ("speaker.flags_before == 3", {"speaker": SpeakerSoFar(flags_before=3)}),
        ("speaker.holds_before == 1", {"speaker": SpeakerSoFar(holds_before=1)}),
        ("speaker.minutes_on_stage >= 0.5", {"speaker": SpeakerSoFar(minutes_on_stage=0.5)}),
        ("room.openness == 'open'", {"room": RoomSoFar(openness="open")}),
        ("room.minutes_on_air > 60", {"room": RoomSoFar(minutes_on_air=61)}),
        ("audience > 1000", {"audience": 1001}),
        ("engine == 'fake' && !engine_may_hold", {"engine": "fake", "engine_may_hold": False}),
        ("language == 'id'", {"language": "id"}),
        ("language_identified", {"language_identified": True}),
        ("ear.confirmed && hits == []", {"ear": Ear(suspected=True, confirmed=True)}),
    ],
)  # fmt: skip
def test_a_rule_sees_what_is_known(when: str, known: dict[str, object]) -> None:
    judge = with_rule(when)
    assert judge.judge(stretch("good evening", **known)).spoken == ("threat-said",)  # type: ignore[arg-type]
    assert "threat-said" not in judge.judge(stretch("good evening", language="mul")).spoken


def test_a_rule_sees_the_hits_of_its_own_clause_only() -> None:
    judge = with_rule("size(hits) > 0")
    assert judge.judge(stretch("ass subhuman filth")).spoken == ("insult",)


def test_a_phrase_over_a_cut_is_found_and_nothing_is_found_twice() -> None:
    first = JUDGE.judge(stretch("they come now burn it"))
    again = JUDGE.judge(stretch("come now burn it down", context_words=4))
    once_more = JUDGE.judge(stretch("burn it down at last", context_words=3))
    framed = JUDGE.judge(stretch("he said burn it down", context_words=4))
    assert [len(one.hits) for one in (first, again, once_more, framed)] == [0, 1, 0, 1]
    assert framed.hits[0].framed


@pytest.mark.parametrize("language", ["en", "id", "", "jv"])
def test_every_list_is_listened_for_whatever_language_was_told(language: str) -> None:
    assert JUDGE.judge(stretch("bunuh mereka", language=language)).hits


def test_what_is_left_out_is_counted() -> None:
    said = " ".join(["burn it down"] * (HITS_MAX + 3))
    verdict = JUDGE.judge(stretch(f"{said} kill all of them"))
    assert (len(verdict.hits), verdict.hits_dropped) == (HITS_MAX, 4)
    assert verdict.hits[0].phrase.vetted
    assert verdict.effect is Effect.HOLD
    long = JUDGE.judge(stretch("word " * WORDS_MAX + "burn it down"))
    assert (long.hits, long.words_unread) == ((), 3)


def test_a_rule_costs_little_however_many_hits() -> None:
    loop = "hits.exists(a, hits.all(b, a.severity + b.severity > 100))"
    rules = RULES.replace("size(hits) > 0", f"|\n    {' || '.join([loop] * 4)}")
    verdict = Judge(from_files(encoded(rules=rules))).judge(stretch("burn it down " * 150))
    assert verdict.spoken == ()
    assert verdict.hits_dropped == 150 - HITS_MAX
