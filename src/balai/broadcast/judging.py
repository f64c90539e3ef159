"""What the policy says of words on air, and what is done and recorded because of it."""

import asyncio
import contextlib
import functools
import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy.orm import Session

from balai.audio.blocks import RATE_HZ
from balai.bell import Bell
from balai.broadcast import by_rule
from balai.broadcast.by_rule import Because, Done
from balai.broadcast.effects import OnAir
from balai.broadcast.pulse import Finding
from balai.broadcast.studio import Studio
from balai.clock import now
from balai.detect.wire import Recognised, Said, SaidWord
from balai.errors import BalaiError
from balai.policy.clause import Clause, Effect
from balai.policy.judge import Judge
from balai.policy.matcher import Hit
from balai.policy.pack import shipped
from balai.policy.stretch import Ear, Heard, RoomSoFar, SpeakerSoFar, Stretch
from balai.policy.verdict import Verdict
from balai.rooms import audience, spoken
from balai.rooms.spoken import Span, Spoken
from balai.rulebook import packs, promoting
from balai.rulebook.model import Promotion
from balai.settings import Settings

RENEW_S: Final = 1.0
SILENCE_S: Final = 20.0  # listeners are counted without a bell
_UNWRITTEN: Final = ""
_MINUTE_SAMPLES: Final = 60 * RATE_HZ

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class History:
    """What the policy said of a voice, and of its room, since the room is on air.

    What a person found to be nothing, at once or after an appeal, is not among it.
    `audience`: how many listen now; None: nobody counted them lately.
    """

    flags: int
    holds: int
    on_stage_from: int
    room_flags: int
    openness: str
    audience: int | None = None


@dataclass(slots=True)
class SoFar:
    """How often the policy spoke of a voice and held it, by flag: some are let go later."""

    flags: Counter[str] = field(default_factory=Counter)
    holds: Counter[str] = field(default_factory=Counter)

    def add(self, *, is_hold: bool) -> None:
        """Count an answer of the policy whose flag is not written yet."""
        self.flags[_UNWRITTEN] += 1
        self.holds[_UNWRITTEN] += is_hold

    def undone(self) -> None:
        """Say that a hold could not be written down, and was undone."""
        self.holds[_UNWRITTEN] -= 1

    def written(self, flag_id: str, *, is_hold: bool) -> None:
        """Say in which flag an answer was written down."""
        self.flags.subtract({_UNWRITTEN: 1, flag_id: -1})
        self.holds.subtract({_UNWRITTEN: is_hold, flag_id: -is_hold})


@dataclass(frozen=True, slots=True)
class Judged:
    """An utterance of which the policy in force says something."""

    said: Said
    words: Sequence[SaidWord]
    verdict: Verdict
    clause: Clause
    pack_name: str

    @property
    def wants_hold(self) -> bool:
        """Say whether the voice is to be held."""
        return self.verdict.effect is Effect.HOLD


class Judging:
    """The pack in force, made ready, and the one that is tried in the shadow.

    On failure: while a pack cannot be read, the one before stays in force, and the log says so.
    """

    def __init__(self, studio: Studio, bell: Bell) -> None:
        self._studio = studio
        self._bell = bell
        self._judge: Judge | None = None
        self._shadow: tuple[int, Judge] | None = None
        self._let_go: Set[str] = frozenset()
        self._counts: Mapping[str, audience.Count] = {}

    async def follow(self) -> None:
        """Keep up with promotions until cancelled; each takes effect at the next utterance."""
        ear = self._bell.listen()
        while True:
            await self._studio.records.insist(self._renew)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(SILENCE_S):
                    await ear.heard()
            await asyncio.sleep(RENEW_S)  # the bell rings for everything

    def judge(self, said: Said, words: Sequence[SaidWord], stretch: Stretch) -> Judged | None:
        """Judge an utterance together with the words before it; None: nothing to say."""
        if self._judge is None:
            return None
        verdict = self._judge.judge(stretch)
        if verdict.effect is Effect.NONE:
            return None
        pack = self._judge.pack
        return Judged(said, words, verdict, pack.clauses[verdict.clause], pack.name)

    def try_in_shadow(self, stretch: Stretch, judged: Judged | None) -> None:
        """Count what the proposed pack says of a stretch; call it when all else is done."""
        if self._shadow is None:
            return
        number, judge = self._shadow
        would = judge.judge(stretch).effect
        did = judged.verdict.effect if judged else Effect.NONE
        if would is not Effect.NONE or did is not Effect.NONE:
            self._studio.records.note(functools.partial(_shadowed, number, would, did))

    def weighs(self, times: Counter[str]) -> int:
        """Count what the policy did, without the flags that a person found to be nothing."""
        return sum(count for flag_id, count in times.items() if flag_id not in self._let_go)

    def audience(self, room_id: str) -> int | None:
        """Give how many listen to a room, as counted in the last minutes; None: unknown."""
        count = self._counts.get(room_id)
        return count.at(now()) if count else None

    def _renew(self) -> None:
        rooms = tuple(self._studio.rooms)
        with self._studio.database.reading() as session:
            self._let_go = spoken.let_go(session, rooms)
            self._counts = audience.last_counts(session, rooms)
            in_force = promoting.in_force(session)
            shadow = promoting.in_shadow(session)
        self._judge = self._ready(self._judge, in_force) or self._judge or Judge(shipped())
        before = self._shadow[1] if self._shadow else None
        judge = self._ready(before, shadow) if shadow else None
        self._shadow = (shadow.id, judge) if shadow and judge else None

    def _ready(self, before: Judge | None, promotion: Promotion | None) -> Judge | None:
        """Make a pack ready, unless it is the one before; None: it cannot be read."""
        if before is not None and promotion and before.pack.hash == promotion.pack_hash:
            return before
        try:
            pack = packs.promoted(self._studio.settings.packs_path, promotion)
        except BalaiError:
            log.exception("a policy cannot be read; the one before stays in force")
            return None
        return before if before is not None and before.pack.hash == pack.hash else Judge(pack)


async def act(judged: Judged, on_air: OnAir, settings: Settings) -> Done:
    """Do at once what the policy says, as far as the operator lets it."""
    effect = judged.verdict.effect
    if effect is Effect.HOLD and settings.words_hold:
        return await by_rule.hold(on_air, judged.said.seat_id)
    if effect is Effect.DELAY:
        return await by_rule.lengthen_delay(on_air, settings.words_delay_s)
    return Done()


def record(
    judged: Judged, done: Done, tell: Callable[[str], object]
) -> Callable[[Session], None]:
    """Give what writes a flag, and what was done because of it, in one transaction.

    `tell` hears which flag it is, once for each attempt to write.
    """
    return functools.partial(_record, judged, done, tell)


def _record(
    judged: Judged, done: Done, tell: Callable[[str], object], session: Session
) -> None:
    said = judged.said
    reason = judged.clause.title.get("en", judged.clause.id)
    because = Because(said.seat_id, reason, _clause(judged.clause))
    by_rule.record(session, said.room_id, done, because)
    is_hold = done.silent_from is not None
    tell(spoken.raise_spoken(session, _spoken(judged), held=is_hold).id)


def _clause(clause: Clause) -> dict[str, object]:
    """Give a clause as a statement of reasons names it."""
    return {
        "id": clause.id,
        "title": dict(clause.title),
        "category": clause.statement.category,
        "keywords": list(clause.statement.keywords),
    }


def finding(judged: Judged) -> Finding:
    """Give what the desk is shown of it, before it airs."""
    spans = [_span(hit, judged.words) for hit in judged.verdict.hits]
    return Finding(
        clause=judged.clause.id,
        title=judged.clause.title,
        why=judged.verdict.why,
        spans=[(span.from_position, span.to_position) for span in spans],
    )


def _spoken(judged: Judged) -> Spoken:
    said, verdict = judged.said, judged.verdict
    spans = tuple(_span(hit, judged.words) for hit in verdict.hits)
    return Spoken(
        room_id=said.room_id,
        seat_id=said.seat_id,
        from_position=min((one.from_position for one in spans), default=said.from_position),
        to_position=max((one.to_position for one in spans), default=said.to_position),
        clause=verdict.clause,
        rule=verdict.rule,
        title=dict(judged.clause.title),
        why=dict(verdict.why),
        priority=verdict.priority,
        category=judged.clause.statement.category,
        pack_hash=verdict.pack_hash,
        pack_name=judged.pack_name,
        language=said.language,
        confidence=_confidence(said.words),
        not_held_because=str(verdict.not_held_because) if verdict.not_held_because else None,
        is_sure=verdict.effect is Effect.HOLD,
        spans=spans,
        engine=said.engine,
    )


def _span(hit: Hit, words: Sequence[SaidWord]) -> Span:
    found = words[hit.first : hit.last + 1]
    return Span(
        text=" ".join(word.text for word in found),
        from_position=found[0].from_position,
        to_position=found[-1].to_position,
    )


def stretch_of(
    said: Said, context: Sequence[SaidWord], history: History, seen: Recognised | None
) -> Stretch:
    """Give an utterance as it is judged: with the words before it, and what is known."""
    return Stretch(
        words=tuple(Heard(word.text, word.confidence) for word in (*context, *said.words)),
        context_words=len(context),
        language=said.language,
        language_identified=said.is_language_identified,
        engine=said.engine,
        engine_may_hold=said.may_hold,
        speaker=SpeakerSoFar(
            flags_before=history.flags,
            holds_before=history.holds,
            minutes_on_stage=(said.to_position - history.on_stage_from) / _MINUTE_SAMPLES,
        ),
        room=RoomSoFar(
            flags_before=history.room_flags,
            openness=history.openness,
            minutes_on_air=said.to_position / _MINUTE_SAMPLES,
        ),
        audience=history.audience,
        ear=Ear(
            suspected=seen is not None, confirmed=seen is not None and seen.stage != "suspected"
        ),
    )


def _confidence(words: Sequence[SaidWord]) -> float:
    return round(sum(word.confidence for word in words) / max(len(words), 1), 3)


def _shadowed(number: int, shadow: Effect, in_force: Effect, session: Session) -> None:
    promoting.shadowed(session, number, would=str(shadow), did=str(in_force))
