"""Conditions of rules: a small part of CEL, with a bounded cost.

A pack may come from strangers. So a condition is short, loops run over `hits` only and at most
two deep, no function can build something larger than what it is given, `hits` as a whole is no
value, and what a condition costs at worst is known before it is ever asked (`steps_of`).

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
HITS_MAX: Final = 32  # of one clause; the most severe ones stay
# What a condition is made of, in steps of some 40 ns as measured.
_LOOP_STEPS: Final = 40  # for each time round
_LOOP_COSTS: Final = {"filter": 4_000}  # it copies what was found so far each time
_HIT_STEPS: Final = 150  # a hit as a whole, copied or compared field by field
_COSTS: Final = {"+": 10, "hits": 20}  # a longer text is made; one of them is copied
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
_HITS_ALONE: Final = re.compile(r"(?<![\w.])hits\b(?!\s*(?:\.\s*\w+\s*\(|\[|[!=]=\s*\[\s*\]))")
_SIZE_OF_HITS: Final = re.compile(r"\bsize\s*\(\s*hits\s*\)")
_TOKEN: Final = re.compile(r"\w+|\S")
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


def steps_of(text: str) -> int:
    """Count the steps that a right condition takes at worst, when its clause has 32 hits."""
    bare = _TEXT.sub("''", text)
    loops = {found.end() - 1: found[1] for found in _LOOP.finditer(bare)}
    declared = {found.start(1) for found in _OVER_HITS.finditer(bare)}
    hits = set(_OVER_HITS.findall(bare))
    steps = depth = 0
    is_loop: list[bool] = []
    for found in _TOKEN.finditer(bare):
        token, at = found[0], found.start()
        if token == "(":  # noqa: S105 - no password
            is_loop.append(at in loops)
            depth += is_loop[-1]
        is_hit = token in hits and at not in declared and not _is_dotted(bare, found.end())
        steps += HITS_MAX**depth * (_HIT_STEPS if is_hit else _COSTS.get(token, 1))
        if at in loops:
            steps += HITS_MAX**depth * _LOOP_COSTS.get(loops[at], _LOOP_STEPS)
        if token == ")" and is_loop:  # noqa: S105
            depth -= is_loop.pop()
    return steps


def _is_dotted(bare: str, at: int) -> bool:
    return bare[at:].lstrip().startswith(".")


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
    if _HITS_ALONE.search(_SIZE_OF_HITS.sub("1", bare)):
        yield (
            "uses hits as a whole, which may cost too much",
            "use size(hits), hits[0], hits == [], or a loop over them",
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
