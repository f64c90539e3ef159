"""Flags of the policy: a rule spoke about words; which words is kept apart from the flag.

What was said is read by operators, and by the reviewer who holds the case of the flag; it goes
when the room's recording goes.
"""

from collections.abc import Collection, Set
from dataclasses import asdict, dataclass
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from balai.clock import now
from balai.ids import new_id
from balai.people.accounts import require_operator
from balai.people.model import Person
from balai.rooms.announce import tell_flag
from balai.rooms.errors import FlagMissing
from balai.rooms.model import Flag, FlagKind, FlagStage, FlagState, FlagWords, Room

_SAME_WITHIN: Final = 10 * 48_000  # said again so soon, it is the same matter
SPANS_MAX: Final = 50  # of one flag; what is said beyond them is counted in its end only
LET_GO_MAX: Final = 1_000
_TITLE_MAX: Final = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One phrase that was said, by samples at 48 kHz on the room's clock."""

    text: str
    from_position: int
    to_position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """What a rule found in words; `is_sure`: the guard of holds was satisfied."""

    room_id: str
    seat_id: str
    from_position: int
    to_position: int
    clause: str
    rule: str
    title: dict[str, str]
    why: dict[str, str]
    priority: int
    category: str
    pack_hash: str
    pack_name: str
    language: str
    confidence: float
    not_held_because: str | None
    is_sure: bool
    spans: tuple[Span, ...]
    engine: str


def raise_spoken(session: Session, spoken: Spoken, *, held: bool) -> Flag:
    """Raise a flag, or go on with the open one of the same clause, and tell the hosts."""
    flag = _same_matter(session, spoken)
    if flag is None:
        flag = _new(session, spoken)
    else:
        _go_on(session, flag, spoken)
    if held:
        flag.held, flag.hold_ended_at = True, None
    tell_flag(session, flag)
    return flag


def words_of(session: Session, room: Room, flag_id: str, *, by: Person) -> list[Span]:
    """Read what was said, for an operator.

    Raises:
        OperatorsOnly: this is somebody else.
        FlagMissing: there is no such flag, or its words are gone with the recording.
    """
    require_operator(by)
    flag, kept = session.get(Flag, flag_id), session.get(FlagWords, flag_id)
    if flag is None or flag.room_id != room.id or kept is None:
        raise FlagMissing
    spans = kept.words["spans"]
    return [Span(**one) for one in spans] if isinstance(spans, list) else []


def let_go(session: Session, room_ids: Collection[str]) -> Set[str]:
    """Name the flags of rooms' words that a person found to be nothing, the newest 1,000."""
    query = select(Flag.id).where(
        Flag.room_id.in_(room_ids),
        Flag.kind == FlagKind.WORDS,
        Flag.state == FlagState.RELEASED,
    )
    return frozenset(session.scalars(query.order_by(Flag.at.desc()).limit(LET_GO_MAX)))


def forget_words(session: Session, room_id: str) -> None:
    """Forget what was said in a room: its recording is gone."""
    flags = select(Flag.id).where(Flag.room_id == room_id)
    session.execute(delete(FlagWords).where(FlagWords.flag_id.in_(flags)))


def _same_matter(session: Session, spoken: Spoken) -> Flag | None:
    query = (
        select(Flag)
        .where(
            Flag.seat_id == spoken.seat_id,
            Flag.kind == FlagKind.WORDS,
            Flag.state == FlagState.OPEN,
            Flag.to_position >= spoken.from_position - _SAME_WITHIN,
        )
        .order_by(Flag.at.desc())
    )
    same = (flag for flag in session.scalars(query) if _clause(flag) == spoken.clause)
    return next(same, None)


def _clause(flag: Flag) -> object:
    return (flag.policy or {}).get("clause")


def _new(session: Session, spoken: Spoken) -> Flag:
    flag = Flag(
        id=new_id(),
        kind=FlagKind.WORDS,
        room_id=spoken.room_id,
        seat_id=spoken.seat_id,
        title=spoken.title.get("en", spoken.clause)[:_TITLE_MAX],
        category=spoken.category,
        list_name=spoken.pack_name,
        stage=FlagStage.CONFIRMED if spoken.is_sure else FlagStage.SUSPECTED,
        from_position=spoken.from_position,
        to_position=spoken.to_position,
        policy=_told(spoken, [_place(span) for span in spoken.spans]),
        detector=spoken.engine,
        held=False,
        state=FlagState.OPEN,
        at=now(),
    )
    session.add(flag)
    session.flush()
    session.add(FlagWords(flag_id=flag.id, words={"spans": [asdict(s) for s in spoken.spans]}))
    return flag


def _go_on(session: Session, flag: Flag, spoken: Spoken) -> None:
    flag.to_position = max(flag.to_position, spoken.to_position)
    before = flag.policy or {}
    places = _listed(before.get("spans")) + [_place(span) for span in spoken.spans]
    is_worse = spoken.priority >= int(str(before.get("priority", 0)))
    told = _told(spoken, []) if is_worse else before
    flag.policy = {**told, "spans": places[:SPANS_MAX]}
    if spoken.is_sure:
        flag.stage = FlagStage.CONFIRMED
    kept = session.get(FlagWords, flag.id)
    if kept is not None:
        said = _listed(kept.words.get("spans")) + [asdict(span) for span in spoken.spans]
        kept.words = {"spans": said[:SPANS_MAX]}


def _told(spoken: Spoken, places: list[object]) -> dict[str, object]:
    return {
        "pack_hash": spoken.pack_hash,
        "clause": spoken.clause,
        "rule": spoken.rule,
        "title": spoken.title,
        "why": spoken.why,
        "priority": spoken.priority,
        "language": spoken.language,
        "confidence": spoken.confidence,
        "spans": places,
        "not_held_because": spoken.not_held_because,
    }


def _place(span: Span) -> object:
    return {"from_position": span.from_position, "to_position": span.to_position}


def _listed(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else []
