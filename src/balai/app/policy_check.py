"""`balai policy check`: whether a pack can be used, and what it makes of its own examples."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from balai.app.ear_terminal import counted, printable, table
from balai.policy.clause import Clause, Effect, Example, ExampleKind
from balai.policy.errors import PackInvalid
from balai.policy.judge import Judge
from balai.policy.pack import Pack, load, shipped
from balai.policy.phrase import Matching
from balai.policy.stretch import Heard, Stretch
from balai.policy.verdict import Verdict
from balai.settings import Settings

_SHOWN_LETTERS: Final = 60
_ENGINE: Final = "check"


@dataclass(frozen=True, slots=True)
class Judged:
    """One example and what the pack says of it, as if every word were surely heard."""

    clause: Clause
    example: Example
    verdict: Verdict

    @property
    def is_meant(self) -> bool:
        """Whether the clause means what is said here."""
        return self.example.kind is ExampleKind.USE

    @property
    def remark(self) -> str:
        """What is wrong with the verdict; "" when it is right."""
        if self.is_meant:
            return "raises nothing" if self.verdict.effect is Effect.NONE else ""
        return "would be held" if self.verdict.effect is Effect.HOLD else ""


def run(settings: Settings, *, folder: Path | None) -> None:  # noqa: ARG001 - as every command
    """Check a pack and try its examples; without a folder, the one that comes with Balai.

    Raises:
        PackMissing, PackInvalid: it cannot be used, it would hold an example that its clause
            does not mean, or a rule's explanation repeats the words.
    """
    pack = load(folder) if folder else shipped()
    judge = Judge(pack)
    judged = [
        Judged(clause, example, judge.judge(said(example.text, example.language)))
        for clause in pack.clauses.values()
        for example in clause.examples
    ]
    _print_pack(pack)
    _print_examples(judged)
    for defect in [*_wrongly_held(judged), *_repeating(judge)]:
        raise defect
    print("This pack can be used.")


def said(text: str, language: str) -> Stretch:
    """Give a text as if an engine that may hold had surely heard every word of it."""
    return Stretch(
        words=tuple(Heard(word, 1.0) for word in text.split()),
        language=language,
        engine=_ENGINE,
        engine_may_hold=True,
        audience=1,
    )


def _print_pack(pack: Pack) -> None:
    print(f"{pack.name}: {printable(next(iter(pack.title.values())))}")
    print(f"hash: {pack.hash}\n")
    heading = ("language", "phrases", "vetted", "fuzzy", "frames", "negations")
    rows = [
        (
            one.language,
            f"{len(one.phrases):,}",
            f"{sum(phrase.vetted for phrase in one.phrases):,}",
            f"{sum(phrase.match is Matching.FUZZY for phrase in one.phrases):,}",
            f"{len(one.frames):,}",
            f"{len(one.negations):,}",
        )
        for one in pack.lists.values()
    ]
    print(table([heading, *rows]))
    used = {phrase.clause for one in pack.lists.values() for phrase in one.phrases}
    silent = [clause for clause in pack.clauses if clause not in used]
    print(f"\n{counted(len(pack.clauses), 'clause')}, {counted(len(pack.rules), 'rule')}")
    if silent:
        print(f"clauses without phrases: {', '.join(silent)}")


def _print_examples(judged: Iterable[Judged]) -> None:
    meant = [one for one in judged if one.is_meant]
    others = [one for one in judged if not one.is_meant]
    raised = sum(one.verdict.effect is not Effect.NONE for one in meant)
    false = sum(one.verdict.effect is not Effect.NONE for one in others)
    held = sum(one.verdict.effect is Effect.HOLD for one in others)
    print(f"{counted(len(meant), 'example')} of use: {raised:,} raise something")
    print(
        f"{counted(len(others), 'example')} that {'is' if len(others) == 1 else 'are'} "
        f"not meant: {false:,} raise something, {held:,} would be held"
    )
    heading = ("remark", "clause", "language", "kind", "line", "example")
    rows = [
        (
            one.remark,
            one.clause.id,
            one.example.language,
            str(one.example.kind),
            str(one.example.line),
            printable(one.example.text[:_SHOWN_LETTERS]),
        )
        for one in judged
        if one.remark
    ]
    print(f"\n{table([heading, *rows])}" if rows else "")


def _wrongly_held(judged: Iterable[Judged]) -> Iterator[PackInvalid]:
    for one in judged:
        if one.remark and not one.is_meant:
            yield PackInvalid(
                f"this example of kind {one.example.kind} would be held by the rule "
                f"{one.verdict.rule}",
                file="clauses.yaml",
                line=one.example.line,
                remedy="narrow the rule or the phrase, or add what introduces it to frames",
            )


def _repeating(judge: Judge) -> Iterator[PackInvalid]:
    for rule in judge.pack.rules:
        for language, why in rule.why.items():
            hits = judge.judge(said(why, language)).hits
            if any(hit.phrase.clause == rule.clause for hit in hits):
                yield PackInvalid(
                    f"why of the rule {rule.id} repeats words of its clause's phrases",
                    file="rules.yaml",
                    line=rule.line,
                    remedy="say it without the words; people read it on their screens",
                )
