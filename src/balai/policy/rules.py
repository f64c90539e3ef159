"""Rules: when something is true of speech, what may be done until people decide."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from balai.policy.clause import (
    ID_PATTERN,
    ID_REMEDY,
    TEXT_LETTERS_MAX,
    Clause,
    Effect,
)
from balai.policy.condition import LETTERS_MAX, problem_of, steps_of
from balai.policy.phrase import clause_of
from balai.policy.reading import Node, parse

RULES_MAX: Final = 200
PRIORITY_MAX: Final = 100
STEPS_MAX: Final = 2_000_000  # of all rules together: at worst a tenth of a second or two


@dataclass(frozen=True, slots=True)
class Rule:
    """What is asked for when a condition is true."""

    id: str
    clause: str
    when: str
    effect: Effect
    priority: int
    why: Mapping[str, str]
    line: int = field(default=0, compare=False)


def read_rules(
    file: str, data: bytes, *, clauses: Mapping[str, Clause], languages: Collection[str]
) -> tuple[Rule, ...]:
    """Read the rules, in their order.

    Raises:
        PackInvalid: something is wrong with one of them.
    """
    rules: dict[str, Rule] = {}
    steps = 0
    for node in parse(file, data).items(at_least=1, at_most=RULES_MAX):
        rule = _rule(node, clauses, languages)
        if rule.id in rules:
            raise node.wrong(f"repeats the id {rule.id}", "give each rule its own id")
        steps += steps_of(rule.when)
        if steps > STEPS_MAX:
            raise node.wrong(
                f"makes the pack's rules take {steps:,} steps, more than {STEPS_MAX:,}",
                "use fewer loops inside each other, or exists instead of filter",
            )
        rules[rule.id] = rule
    return tuple(rules.values())


def _rule(node: Node, clauses: Mapping[str, Clause], languages: Collection[str]) -> Rule:
    fields = node.fields(("id", "clause", "when", "effect", "priority", "why"))
    clause = clause_of(fields["clause"], clauses)
    return Rule(
        id=fields["id"].matching(ID_PATTERN, ID_REMEDY),
        clause=clause,
        when=_when(fields["when"]),
        effect=_effect(fields["effect"], clauses[clause]),
        priority=fields["priority"].whole(0, PRIORITY_MAX),
        why=fields["why"].translated(languages, at_most=TEXT_LETTERS_MAX),
        line=fields["why"].line,
    )


def _when(node: Node) -> str:
    text = node.text(at_most=LETTERS_MAX)
    problem = problem_of(text)
    if problem is not None:
        raise node.wrong(*problem)
    return text


def _effect(node: Node, clause: Clause) -> Effect:
    effect = node.one_of({str(one): one for one in Effect if one is not Effect.NONE})
    if effect not in clause.effects:
        raise node.wrong(
            f"is {effect}, which the clause {clause.id} does not permit",
            f"choose one of its effects, or add {effect} to the clause",
        )
    return effect
