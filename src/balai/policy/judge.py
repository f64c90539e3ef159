"""Judging a stretch of speech by a pack: find its phrases, ask its rules, guard the hold.

A verdict depends on the pack and the stretch and on nothing else, so that it can be had again.
"""

import dataclasses
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cel

from balai.policy.clause import Effect
from balai.policy.condition import HITS_MAX, Condition
from balai.policy.guard import refusal
from balai.policy.matcher import Hit, Matcher
from balai.policy.pack import Pack
from balai.policy.rules import Rule
from balai.policy.stretch import WORDS_MAX, Stretch
from balai.policy.verdict import NotHeld, Verdict


@dataclass(frozen=True, slots=True)
class _Spoken:
    rule: Rule
    effect: Effect
    refused: NotHeld | None = None

    @property
    def weight(self) -> tuple[int, int]:
        return self.effect.strength, self.rule.priority


class Judge:
    """A pack made ready: its phrases in automata, its conditions compiled."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self._matcher = Matcher(pack, None)
        self._conditions = [(rule, Condition(rule.when)) for rule in pack.rules]

    def judge(self, stretch: Stretch) -> Verdict:
        """Say what may be done about a stretch."""
        unread = max(len(stretch.words) - WORDS_MAX, 0)
        stretch = dataclasses.replace(stretch, words=stretch.words[:WORDS_MAX])
        by_clause, dropped = _by_clause(self._hits(stretch))
        spoken, silent = self._asked(by_clause, stretch)
        return dataclasses.replace(
            self._verdict(spoken),
            hits=tuple(hit for hits in by_clause.values() for hit in hits),
            silent_rules=tuple(silent),
            hits_dropped=dropped,
            words_unread=unread,
        )

    def _hits(self, stretch: Stretch) -> list[Hit]:
        # People mix languages, and who chooses another one is heard all the same.
        found = self._matcher.find(stretch.words)
        return [hit for hit in found if hit.last >= stretch.context_words]

    def _asked(
        self, by_clause: dict[str, list[Hit]], stretch: Stretch
    ) -> tuple[list[_Spoken], list[str]]:
        known = _facts(stretch)
        without = cel.Context(variables={**known, "hits": []})
        facts = {
            clause: cel.Context(variables={**known, "hits": [_as_fact(hit) for hit in hits]})
            for clause, hits in by_clause.items()
        }
        spoken: list[_Spoken] = []
        silent: list[str] = []
        for rule, condition in self._conditions:
            answer = condition.holds(facts.get(rule.clause, without))
            if answer is None:
                silent.append(rule.id)
            elif answer:
                spoken.append(_guarded(rule, by_clause.get(rule.clause, []), stretch))
        return spoken, silent

    def _verdict(self, spoken: Sequence[_Spoken]) -> Verdict:
        if not spoken:
            return Verdict(self.pack.hash)
        strongest = max(spoken, key=lambda one: one.weight)
        refused = [one for one in spoken if one.refused and strongest.effect is not Effect.HOLD]
        return Verdict(
            self.pack.hash,
            effect=strongest.effect,
            priority=max(one.rule.priority for one in spoken),
            rule=strongest.rule.id,
            clause=strongest.rule.clause,
            why=strongest.rule.why,
            spoken=tuple(one.rule.id for one in spoken),
            not_held_because=max(refused, key=lambda one: one.weight).refused
            if refused
            else None,
        )


def _guarded(rule: Rule, hits: Sequence[Hit], stretch: Stretch) -> _Spoken:
    refused = refusal(hits, stretch) if rule.effect is Effect.HOLD else None
    return _Spoken(rule, Effect.PRIORITY if refused else rule.effect, refused)


def _by_clause(hits: Sequence[Hit]) -> tuple[dict[str, list[Hit]], int]:
    found: dict[str, list[Hit]] = defaultdict(list)
    for hit in hits:
        found[hit.phrase.clause].append(hit)
    kept = {clause: _most_severe(found[clause]) for clause in sorted(found)}
    return kept, len(hits) - sum(map(len, kept.values()))


def _most_severe(hits: list[Hit]) -> list[Hit]:
    if len(hits) <= HITS_MAX:
        return hits
    return sorted(hits, key=lambda hit: (not hit.phrase.vetted, -hit.phrase.severity))[
        :HITS_MAX
    ]


def _facts(stretch: Stretch) -> dict[str, Any]:
    """Give what rules may ask; what is unknown is not there, for 0 would be an answer."""
    known = {} if stretch.audience is None else {"audience": stretch.audience}
    return {
        **known,
        "confidence": float(stretch.confidence),
        "language": stretch.language,
        "language_identified": stretch.language_identified,
        "engine": stretch.engine,
        "engine_may_hold": stretch.engine_may_hold,
        "speaker": dataclasses.asdict(stretch.speaker),
        "room": dataclasses.asdict(stretch.room),
        "ear": dataclasses.asdict(stretch.ear),
    }


def _as_fact(hit: Hit) -> dict[str, Any]:
    return {
        "phrase": hit.phrase.text,
        "clause": hit.phrase.clause,
        "severity": hit.phrase.severity,
        "vetted": hit.phrase.vetted,
        "kind": str(hit.kind),
        "distance": float(hit.distance),
        "framed": hit.framed,
        "negated": hit.negated,
        "confidence": float(hit.confidence),
    }
