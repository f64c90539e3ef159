"""What the policy says of words on air, and what is done and recorded because of it."""

import asyncio
import functools
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from balai.audio.blocks import RATE_HZ
from balai.bell import Bell
from balai.broadcast.effects import OnAir
from balai.broadcast.studio import Studio
from balai.detect.wire import Recognised, Said, SaidWord
from balai.errors import BalaiError
from balai.policy.clause import Clause, Effect
from balai.policy.judge import Judge
from balai.policy.matcher import Hit
from balai.policy.pack import Pack, default_folder, load
from balai.policy.store import get
from balai.policy.stretch import Ear, Heard, RoomSoFar, SpeakerSoFar, Stretch
from balai.policy.verdict import Verdict
from balai.rooms import spoken, wishes
from balai.rooms.model import WishKind
from balai.rooms.spoken import Span, Spoken
from balai.rulebook import promoting
from balai.settings import Settings

RENEW_S: Final = 1.0
_MINUTE_SAMPLES: Final = 60 * RATE_HZ

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class History:
    """What the policy said of a voice, and of its room, since the room is on air."""

    flags: int
    holds: int
    on_stage_from: int
    room_flags: int
    openness: str


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


@dataclass(frozen=True, slots=True)
class Done:
    """What was done at once: positions as the mixer observed them."""

    silent_from: int | None = None
    delay_s: float | None = None
    delayed_from: int | None = None


class Judging:
    """The pack in force, made ready, and the one that is tried in the shadow.

    On failure: while a pack cannot be read, the one before stays in force, and the log says so.
    """

    def __init__(self, studio: Studio, bell: Bell) -> None:
        self._studio = studio
        self._bell = bell
        self._judge: Judge | None = None
        self._shadow: tuple[int, Judge] | None = None

    async def follow(self) -> None:
        """Keep up with promotions until cancelled; each takes effect at the next utterance."""
        ear = self._bell.listen()
        while True:
            await self._studio.records.insist(self._renew)
            await ear.heard()
            await asyncio.sleep(RENEW_S)  # the bell rings for everything

    def judge(
        self, said: Said, context: Sequence[SaidWord], history: History, seen: Recognised | None
    ) -> Judged | None:
        """Judge an utterance together with the words before it; None: nothing to say."""
        if self._judge is None:
            return None
        words = (*context, *said.words)
        stretch = _stretch(said, words, len(context), history, seen)
        verdict = self._judge.judge(stretch)
        if self._shadow is not None:
            number, shadow = self._shadow
            self._note_shadow(number, shadow.judge(stretch), verdict)
        if verdict.effect is Effect.NONE:
            return None
        pack = self._judge.pack
        clause = pack.clauses[verdict.clause]
        return Judged(said, words, verdict, clause, f"{pack.id} {pack.version}")

    def _renew(self) -> None:
        with self._studio.database.reading() as session:
            in_force = promoting.in_force(session)
            shadow = promoting.in_shadow(session)
        self._judge = self._ready(self._judge, in_force.pack_hash if in_force else None)
        before = self._shadow[1] if self._shadow else None
        judge = self._ready(before, shadow.pack_hash) if shadow else None
        self._shadow = (shadow.id, judge) if shadow and judge else None

    def _ready(self, before: Judge | None, pack_hash: str | None) -> Judge | None:
        try:
            if before is not None and before.pack.hash == (pack_hash or _shipped().hash):
                return before
            packs = self._studio.settings.packs_path
            return Judge(_shipped() if pack_hash is None else get(packs, pack_hash))
        except BalaiError:
            log.exception("a policy cannot be read; the one before stays in force")
            return before or Judge(_shipped())

    def _note_shadow(self, number: int, shadow: Verdict, in_force: Verdict) -> None:
        if shadow.effect is Effect.NONE and in_force.effect is Effect.NONE:
            return
        record = functools.partial(_shadowed, number, shadow.effect, in_force.effect)
        self._studio.records.note(record)


@functools.cache
def _shipped() -> Pack:
    return load(default_folder())


async def act(judged: Judged, on_air: OnAir, settings: Settings) -> Done:
    """Do at once what the policy says, as far as the operator lets it."""
    programme, effect = on_air.room.programme, judged.verdict.effect
    if effect is Effect.HOLD and settings.words_hold:
        seat = judged.said.seat_id
        return Done(silent_from=await on_air.clock.run(lambda: programme.hold(seat)))
    samples = round(settings.words_delay_s * RATE_HZ)
    if effect is not Effect.DELAY or programme.delay_samples >= samples:
        return Done()
    await on_air.clock.run(lambda: programme.set_delay(samples))
    return Done(delay_s=settings.words_delay_s, delayed_from=on_air.room.position)


def record(judged: Judged, done: Done) -> Callable[[Session], None]:
    """Give what writes a flag, and what was done because of it, in one transaction."""
    return functools.partial(_record, judged, done)


def _record(judged: Judged, done: Done, session: Session) -> None:
    said = judged.said
    if done.silent_from is not None:
        reason = judged.clause.title.get("en", judged.clause.id)
        args: dict[str, object] = {"seat_id": said.seat_id, "reason": reason}
        observed: dict[str, object] = {"silent_from": done.silent_from}
        wishes.done_by_rule(session, said.room_id, WishKind.HOLD, args, observed)
    if done.delay_s is not None:
        wishes.done_by_rule(
            session,
            said.room_id,
            WishKind.SET_DELAY,
            {"delay_s": done.delay_s},
            {"delay_s": done.delay_s, "from_position": done.delayed_from},
        )
    spoken.raise_spoken(session, _spoken(judged), held=done.silent_from is not None)


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


def _stretch(
    said: Said,
    words: Sequence[SaidWord],
    context_words: int,
    history: History,
    seen: Recognised | None,
) -> Stretch:
    return Stretch(
        words=tuple(Heard(word.text, word.confidence) for word in words),
        context_words=context_words,
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
        ear=Ear(
            suspected=seen is not None, confirmed=seen is not None and seen.stage != "suspected"
        ),
    )


def _confidence(words: Sequence[SaidWord]) -> float:
    return round(sum(word.confidence for word in words) / max(len(words), 1), 3)


def _shadowed(number: int, shadow: Effect, in_force: Effect, session: Session) -> None:
    promoting.shadowed(session, number, would=str(shadow), did=str(in_force))
