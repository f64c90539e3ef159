"""A verdict is the same whenever it is asked for, and never a hold without its reasons."""

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from balai.policy import store
from balai.policy.clause import Effect
from balai.policy.judge import Judge
from balai.policy.matcher import HitKind
from balai.policy.pack import Pack, from_files
from balai.policy.rules import Rule
from balai.policy.stretch import Ear, Heard, RoomSoFar, SpeakerSoFar, Stretch
from balai.policy.verdict import NotHeld, Verdict
from tests.policy_packs import encoded, written

PACK = from_files(encoded())
WORDS = [
    *("kill", "all", "of", "them", "k1ll", "a11", "burn", "it", "down", "subhuman", "subhumen"),
    *("filth", "ass", "he", "said", "do", "not", "never", "bunuh", "mereka", "bangsat"),
    *("bangsad", "rampok", "hartannya", "katanya", "jangan", "sieg", "heil", "k", "i", "l"),
]
PHRASES = [phrase.text for one in PACK.lists.values() for phrase in one.phrases]
SAID = st.lists(st.sampled_from([*WORDS, *PHRASES]), max_size=6).map(
    lambda parts: " ".join(parts).split()
)
CONFIDENCES = st.sampled_from([1.0, 0.9, 0.5, 0.49, 0.0]) | st.floats()
STRETCHES = st.builds(
    lambda said, sure, **known: Stretch(
        tuple(Heard(word, sure[at % len(sure)]) for at, word in enumerate(said)), **known
    ),
    SAID,
    st.lists(CONFIDENCES, min_size=1, max_size=4),
    context_words=st.integers(0, 4),
    language=st.sampled_from(["", "en", "id", "mul", "fr"]),
    language_identified=st.booleans(),
    engine=st.sampled_from(["", "fake"]),
    engine_may_hold=st.booleans(),
    speaker=st.builds(SpeakerSoFar, st.integers(0, 9), st.integers(0, 9), st.floats(0, 99)),
    room=st.builds(RoomSoFar, st.integers(0, 9), st.just("open"), st.floats(0, 99)),
    audience=st.none() | st.integers(0, 2**70),
    ear=st.builds(Ear, st.booleans(), st.booleans()),
)
CONDITIONS = st.sampled_from(
    [
        "true",
        "size(hits) > 0",
        "hits.exists(h, !h.vetted)",
        "hits.exists(h, h.kind == 'phonetic')",
        "hits[0].vetted",
        "ear.confirmed",
        "1 / (audience - 1) > 0",
        "confidence < 0.5",
        "speaker.flags_before > 2 || !language_identified",
    ]
)
RULES = st.lists(
    st.builds(
        Rule,
        id=st.uuids().map(str),
        clause=st.sampled_from(list(PACK.clauses)),
        when=CONDITIONS,
        effect=st.sampled_from([Effect.HOLD, Effect.HOLD, *Effect]),
        priority=st.integers(0, 100),
        why=st.just({"en": "Why."}),
    ),
    max_size=5,
)


def may_hold(stretch: Stretch, verdict: Verdict) -> bool:
    """Say whether a hold of the verdict's clause is allowed, after the words of the format."""
    hits = [hit for hit in verdict.hits if hit.phrase.clause == verdict.clause]
    surely_vetted = any(
        hit.phrase.vetted
        and hit.kind is HitKind.EXACT
        and all(word.confidence >= 0.5 for word in stretch.words[hit.first : hit.last + 1])
        for hit in hits
    )
    return (surely_vetted and stretch.engine_may_hold) or (bool(hits) and stretch.ear.suspected)


@given(rules=RULES, stretch=STRETCHES)
@settings(max_examples=400, deadline=None)
def test_a_hold_has_its_reasons_whatever_the_rules(rules: list[Rule], stretch: Stretch) -> None:
    verdict = Judge(dataclasses.replace(PACK, rules=tuple(rules))).judge(stretch)
    asked = [rule for rule in rules if rule.id in verdict.spoken]
    wants = [rule for rule in asked if rule.effect is Effect.HOLD]
    if verdict.effect is Effect.HOLD:
        assert may_hold(stretch, verdict)
        assert verdict.rule in {rule.id for rule in wants}
    for rule in wants:
        if may_hold(stretch, dataclasses.replace(verdict, clause=rule.clause)):
            assert verdict.effect is Effect.HOLD
    refused = bool(wants) and verdict.effect is not Effect.HOLD
    assert (verdict.not_held_because is not None) == refused
    assert verdict.priority == max((rule.priority for rule in asked), default=0)
    others = [rule.effect for rule in asked if rule.effect is not Effect.HOLD]
    assert verdict.effect.strength >= max((one.strength for one in others), default=0)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    folder = tmp_path_factory.mktemp("policy")
    return store.get(folder / "store", store.put(folder / "store", written(folder / "pack")))


@given(stretch=STRETCHES)
@settings(max_examples=200, deadline=None)
def test_a_verdict_can_be_had_again_from_the_kept_pack(kept: Pack, stretch: Stretch) -> None:
    judge = Judge(PACK)
    first = judge.judge(stretch)
    assert judge.judge(stretch) == first
    assert Judge(kept).judge(stretch) == first
    assert first.pack_hash == kept.hash


@given(stretch=STRETCHES)
@settings(max_examples=200, deadline=None)
def test_nothing_that_lies_in_the_context_counts(stretch: Stretch) -> None:
    verdict = Judge(PACK).judge(stretch)
    for hit in verdict.hits:
        assert stretch.context_words <= hit.last < len(stretch.words)
        assert 0 <= hit.first <= hit.last
        assert 0.0 <= hit.confidence <= 1.0
    assert verdict.silent_rules == ()
    assert verdict.not_held_because in {None, *NotHeld}
