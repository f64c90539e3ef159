"""Conditions of rules: a small part of CEL, with a bounded cost.

A pack may come from strangers. So a condition is short, loops run over `hits` only and at most
two deep, and no function can build something larger than what it is given.

Source: Common Expression Language, language definition (google/cel-spec).
"""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

import cel

from balai.policy.reading import quoted, suggestion

LETTERS_MAX: Final = 1_000
LOOPS_MAX: Final = 8
LOOP_DEPTH_MAX: Final = 2
_FIELDS: Final[Mapping[str, Mapping[str, Any]]] = {
    "hits": {
        "phrase": "words",
        "clause": "clause",
        "severity": 3,
        "vetted": True,
        "kind": "exact",
        "distance": 0.5,
        "framed": False,
        "negated": False,
        "confidence": 0.5,
    },
    "speaker": {"flags_before": 1, "holds_before": 1, "minutes_on_stage": 1.5},
    "room": {"flags_before": 1, "openness": "open", "minutes_on_air": 1.5},
    "ear": {"suspected": True, "confirmed": True},
}
_TYPICAL: Final[Mapping[str, Any]] = {
    **_FIELDS,
    "hits": [_FIELDS["hits"]],
    "confidence": 0.5,
    "language": "en",
    "language_identified": True,
    "engine": "engine",
    "engine_may_hold": True,
    "audience": 1,
}
VARIABLES: Final = frozenset(_TYPICAL)
_NAMED: Final = ("size", "int", "double", "string", "contains", "startsWith", "endsWith")
_OPERATORS: Final = (
    *("!_", "_&&_", "_||_", "_?_:_", "@not_strictly_false"),
    *("_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_", "@in", "_[_]"),
    *("_+_", "_-_", "_*_", "_/_", "_%_", "-_"),
)
_ERRORS: Final = (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError)
_UNREADABLE: Final = ("\\", "'''", '"""')  # would make the search for loops a parser
_TEXT: Final = re.compile(r"'[^'\n]*'|\"[^\"\n]*\"")
_LOOP: Final = re.compile(r"\.\s*(all|exists|exists_one|existsOne|filter|map)\s*\(")
_OVER_HITS: Final = re.compile(
    r"(?<![\w.])hits\s*\.\s*(?:all|exists|exists_one|filter)\s*\(\s*(\w+)\s*,"
)
_FIELD: Final = re.compile(r"(?<![\w.])(\w+)\s*\.\s*(\w+)\b(?!\s*\()")


class Condition:
    """A condition that was found right, ready to be asked."""

    def __init__(self, text: str) -> None:
        self._program = cel.compile(text)

    def holds(self, facts: cel.Context) -> bool | None:
        """Tell whether it is true; None when it cannot be worked out."""
        try:
            answer = self._program.execute(facts)
        except _ERRORS:
            return None
        return answer if isinstance(answer, bool) else None


def problem_of(text: str) -> tuple[str, str] | None:
    """Tell what is wrong with a condition and what to do about it; None when it is right."""
    return next(_problems(text), None)


def _problems(text: str) -> Iterator[tuple[str, str]]:
    if len(text) > LETTERS_MAX:
        yield f"is longer than {LETTERS_MAX:,} characters", "split the rule in two"
    bare = _TEXT.sub("''", text)
    is_odd = bare.count("'") % 2 or '"' in bare or any(one in text for one in _UNREADABLE)
    if is_odd or "//" in bare:
        yield "has a comment, a backslash or an open quote", "write plain texts in quotes"
    yield from _loop_problems(bare)
    try:
        program = cel.compile(text)
    except ValueError as cause:
        yield f"is not CEL: {_first_line(str(cause))}", "correct the expression"
        return
    loop_names = set(_OVER_HITS.findall(bare))
    yield from _name_problems(program, loop_names)
    yield from _field_problems(bare, loop_names)
    yield from _trial_problems(program)


def _loop_problems(bare: str) -> Iterator[tuple[str, str]]:
    loops = len(_LOOP.findall(bare))
    names = _OVER_HITS.findall(bare)
    if loops != len(names):
        yield (
            "loops over something else than hits",
            "use hits.exists, hits.all, hits.exists_one or hits.filter",
        )
    if loops > LOOPS_MAX or _loop_depth(bare) > LOOP_DEPTH_MAX:
        yield (
            f"has more than {LOOPS_MAX} loops, or more than {LOOP_DEPTH_MAX} inside each other",
            "split the rule in two",
        )
    for name in names:
        if name in VARIABLES:
            yield f"uses {name} for a hit, which has a meaning already", "use h"


def _loop_depth(bare: str) -> int:
    starts = {found.end() - 1 for found in _LOOP.finditer(bare)}
    deepest = 0
    is_loop: list[bool] = []
    for at, sign in enumerate(bare):
        if sign == "(":
            is_loop.append(at in starts)
            deepest = max(deepest, sum(is_loop))
        elif sign == ")" and is_loop:
            is_loop.pop()
    return deepest


def _name_problems(program: Any, loop_names: Collection[str]) -> Iterator[tuple[str, str]]:
    for name in program.variables():
        if name not in VARIABLES and name not in loop_names:
            yield (
                f"uses {quoted(name)}, which is not known",
                suggestion(name, sorted(VARIABLES)),
            )
    for name in program.functions():
        if name not in _NAMED and name not in _OPERATORS:
            yield (
                f"uses the function {quoted(name)}, which is not allowed",
                suggestion(name, _NAMED),
            )


def _field_problems(bare: str, loop_names: Collection[str]) -> Iterator[tuple[str, str]]:
    for owner, field in _FIELD.findall(bare):
        known = _FIELDS.get("hits" if owner in loop_names else owner)
        if known is not None and owner != "hits" and field not in known:
            yield f"uses {owner}.{field}, which there is not", suggestion(field, known)


def _trial_problems(program: Any) -> Iterator[tuple[str, str]]:
    """Try it on a typical stretch: what cannot be worked out there never can."""
    try:
        answer = program.execute(dict(_TYPICAL))
    except (TypeError, KeyError) as cause:
        yield f"cannot be worked out: {_first_line(str(cause))}", "compare like with like"
    except _ERRORS:
        return  # a division by nothing is a matter of the moment
    else:
        if not isinstance(answer, bool):
            yield "gives no true or false", "end with a comparison"


def _first_line(text: str) -> str:
    return text.partition("\n")[0].partition(". ")[0].rstrip(".")
