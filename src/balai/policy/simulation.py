"""What a pack would have done: run over labelled rooms, and over rooms that were recorded.

Words are taken as they are written: what a recogniser mishears is measured by the benchmark
`policy`, not here.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from balai.policy.clause import Effect
from balai.policy.judge import Judge
from balai.policy.stretch import CONTEXT_WORDS, Heard, SpeakerSoFar, Stretch
from balai.policy.verdict import Verdict

SHOWN_MAX: Final = 200  # examples of what was missed and of what was wrong
_WORDS_PER_S: Final = 2.6  # conversational speech, when nobody measured a line


@dataclass(frozen=True, slots=True)
class SpokenLine:
    """What one person said, and, in a labelled room, what a careful team says of it.

    `clause` is the one it breaks, None for none; `is_labelled` tells whether anybody looked.
    """

    speaker: str
    text: str
    language: str
    group: str = ""
    clause: str | None = None
    hold_wanted: bool = False
    is_labelled: bool = True
    confidence: float = 1.0
    seconds: float | None = None

    @property
    def lasts_s(self) -> float:
        """How long it took to say."""
        measured = self.seconds
        return measured if measured is not None else len(self.text.split()) / _WORDS_PER_S


@dataclass(frozen=True, slots=True)
class SpokenRoom:
    """One room, line by line."""

    id: str
    lines: tuple[SpokenLine, ...]


@dataclass(frozen=True, slots=True)
class Assumed:
    """What a trial cannot know: how the house would have listened and decided.

    Shapes:
        engine_s: from the end of an utterance to its words
        utterance_s: the longest stretch that is recognised at once
        decision_s: how long people take to release what was wrongly held
    """

    engine_s: float = 1.0
    utterance_s: float = 4.0
    decision_s: float = 30.0
    engine_may_hold: bool = True


USUAL: Final = Assumed()


@dataclass(slots=True)
class Counts:
    """What was counted of some lines."""

    lines: int = 0
    speech_s: float = 0.0
    flags: int = 0
    caught: int = 0
    missed: int = 0
    false_flags: int = 0
    holds: int = 0
    held_rightly: int = 0
    holds_missed: int = 0
    wrong_holds: int = 0
    held_s: float = 0.0
    wrong_hold_s: float = 0.0
    labelled_lines: int = 0
    labelled_s: float = 0.0

    def figures(self) -> dict[str, float | int | None]:
        """Give counts and the shares that follow from them; None where nothing was counted."""
        hours = self.speech_s / 3_600
        return {
            **{name: round(value, 3) for name, value in asdict(self).items()},
            "precision": _share(self.caught, self.caught + self.false_flags),
            "recall": _share(self.caught, self.caught + self.missed),
            "flags_per_h": _share(self.flags, hours),
            "wrong_hold_s_per_h": _share(self.wrong_hold_s, self.labelled_s / 3_600),
        }


@dataclass(frozen=True, slots=True)
class Example:
    """One line that a person should look at."""

    room: str
    speaker: str
    text: str
    clause: str | None
    found: str | None
    rule: str


@dataclass(slots=True)
class Trial:
    """What a pack did on some rooms."""

    pack_hash: str
    total: Counts = field(default_factory=Counts)
    languages: defaultdict[str, Counts] = field(default_factory=lambda: defaultdict(Counts))
    groups: defaultdict[str, Counts] = field(default_factory=lambda: defaultdict(Counts))
    missed: list[Example] = field(default_factory=list)
    wrong: list[Example] = field(default_factory=list)
    waits_s: list[float] = field(default_factory=list)

    def summary(self) -> dict[str, Any]:
        """Give the figures by which a pack is judged; `None`: nothing was there to count."""
        waits = sorted(self.waits_s)
        needed_s = waits[round(0.95 * (len(waits) - 1))] if waits else None
        return {
            "pack_hash": self.pack_hash,
            **self.total.figures(),
            "delay_needed_s": needed_s and round(needed_s, 1),
            "languages": {name: one.figures() for name, one in sorted(self.languages.items())},
            "groups": {name: one.figures() for name, one in sorted(self.groups.items())},
        }


def simulate(
    judge: Judge,
    rooms: Iterable[SpokenRoom],
    assumed: Assumed = USUAL,
    *,
    step: Callable[[str], None] = lambda _room: None,
) -> Trial:
    """Run a pack over rooms; `step` is told of each room that is done."""
    trial = Trial(judge.pack.hash)
    for room in rooms:
        _hear(judge, room, assumed, trial)
        step(room.id)
    return trial


def _hear(judge: Judge, room: SpokenRoom, assumed: Assumed, trial: Trial) -> None:
    before: dict[str, Sequence[Heard]] = {}
    flags: dict[str, int] = defaultdict(int)
    for line in room.lines:
        words = tuple(Heard(text, line.confidence) for text in line.text.split())
        context = before.get(line.speaker, ())
        stretch = Stretch(
            words=(*context, *words),
            context_words=len(context),
            language=line.language,
            engine="simulation",
            engine_may_hold=assumed.engine_may_hold,
            speaker=SpeakerSoFar(flags_before=flags[line.speaker]),
        )
        verdict = judge.judge(stretch)
        flags[line.speaker] += verdict.effect is not Effect.NONE
        before[line.speaker] = words[-CONTEXT_WORDS:]
        _count(trial, room, line, verdict, assumed)
        if verdict.effect is Effect.HOLD:
            trial.waits_s.append(min(line.lasts_s, assumed.utterance_s) + assumed.engine_s)


def _count(
    trial: Trial, room: SpokenRoom, line: SpokenLine, verdict: Verdict, assumed: Assumed
) -> None:
    for counts in (trial.total, trial.languages[line.language], trial.groups[line.group]):
        _add(counts, line, verdict, assumed)
    if not line.is_labelled:
        return
    is_flagged = verdict.effect is not Effect.NONE
    example = Example(
        room.id, line.speaker, line.text, line.clause, verdict.clause or None, verdict.rule
    )
    if line.clause is not None and not is_flagged and len(trial.missed) < SHOWN_MAX:
        trial.missed.append(example)
    elif line.clause is None and is_flagged and len(trial.wrong) < SHOWN_MAX:
        trial.wrong.append(example)


def _add(counts: Counts, line: SpokenLine, verdict: Verdict, assumed: Assumed) -> None:
    is_flagged = verdict.effect is not Effect.NONE
    is_held = verdict.effect is Effect.HOLD
    counts.lines += 1
    counts.speech_s += line.lasts_s
    counts.flags += is_flagged
    counts.holds += is_held
    counts.held_s += (line.lasts_s + assumed.decision_s) * is_held
    if not line.is_labelled:
        return
    is_use = line.clause is not None
    counts.labelled_lines += 1
    counts.labelled_s += line.lasts_s
    counts.caught += is_use and is_flagged
    counts.missed += is_use and not is_flagged
    counts.false_flags += is_flagged and not is_use
    counts.held_rightly += line.hold_wanted and is_held
    counts.holds_missed += line.hold_wanted and not is_held
    counts.wrong_holds += is_held and not line.hold_wanted
    counts.wrong_hold_s += (line.lasts_s + assumed.decision_s) * (
        is_held and not line.hold_wanted
    )


def _share(part: float, whole: float) -> float | None:
    return round(part / whole, 4) if whole else None
