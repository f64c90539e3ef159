"""Whether a pack can be used: what it makes of its own examples and explanations."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from balai.policy.clause import Clause, Effect, Example, ExampleKind
from balai.policy.errors import PackInvalid
from balai.policy.judge import Judge
from balai.policy.pack import Pack
from balai.policy.stretch import Heard, Stretch
from balai.policy.verdict import Verdict

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


class Checked:
    """A pack that was tried on its own examples."""

    def __init__(self, pack: Pack) -> None:
        self._judge = Judge(pack)
        self.judged: Sequence[Judged] = [
            Judged(clause, one, self._judge.judge(said(one.text, one.language)))
            for clause in pack.clauses.values()
            for one in clause.examples
        ]

    def require_usable(self) -> None:
        """Refuse a pack that holds what its clauses do not mean, or repeats the words.

        Raises:
            PackInvalid: the first mistake, with all others in its `also`.
        """
        mistakes = [*self._wrongly_held(), *self._repeating()]
        if mistakes:
            first, *others = mistakes
            first.also = others
            raise first

    def _wrongly_held(self) -> Iterator[PackInvalid]:
        for one in self.judged:
            if one.remark and not one.is_meant:
                yield PackInvalid(
                    f"this example of kind {one.example.kind} would be held by the rule "
                    f"{one.verdict.rule}",
                    file="clauses.yaml",
                    line=one.example.line,
                    remedy="narrow the rule or the phrase, or add what introduces it to frames",
                )

    def _repeating(self) -> Iterator[PackInvalid]:
        for rule in self._judge.pack.rules:
            for language, why in rule.why.items():
                hits = self._judge.judge(said(why, language)).hits
                if any(hit.phrase.clause == rule.clause for hit in hits):
                    yield PackInvalid(
                        f"why of the rule {rule.id} repeats words of its clause's phrases",
                        file="rules.yaml",
                        line=rule.line,
                        remedy="say it without the words; people read it on their screens",
                    )


def said(text: str, language: str) -> Stretch:
    """Give a text as if an engine that may hold had surely heard every word of it."""
    return Stretch(
        words=tuple(Heard(word, 1.0) for word in text.split()),
        language=language,
        engine=_ENGINE,
        engine_may_hold=True,
        audience=1,
    )
