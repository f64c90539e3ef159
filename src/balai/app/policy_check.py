"""`balai policy check`: whether a pack can be used, and what it makes of its own examples."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from balai.app.ear_terminal import counted, printable, table
from balai.policy.checking import Checked, Judged
from balai.policy.clause import Effect
from balai.policy.pack import Pack, load, shipped
from balai.policy.phrase import Matching
from balai.settings import Settings

_SHOWN_LETTERS: Final = 60


def run(settings: Settings, *, folder: Path | None) -> None:  # noqa: ARG001 - as every command
    """Check a pack and try its examples; without a folder, the one that comes with Balai.

    Raises:
        PackMissing, PackInvalid: it cannot be used, it would hold an example that its clause
            does not mean, or a rule's explanation repeats the words.
    """
    pack = load(folder) if folder else shipped()
    checked = Checked(pack)
    _print_pack(pack)
    _print_examples(checked.judged)
    checked.require_usable()
    print("This pack can be used.")


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
