"""Restrictions: recorded with who, why and how long, shown to the person, contestable.

None exists without a statement of reasons: `record` is the only way to make one, and writes
both or neither.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from balai.clock import now
from balai.ids import new_id
from balai.people.model import Person
from balai.policy.statement import CATEGORIES, KEYWORDS_ALONE
from balai.rooms import by_safety
from balai.rooms.announce import tell_restriction
from balai.rooms.errors import (
    AlreadyContested,
    DoneBySafety,
    RestrictionMissing,
    RulesOnlyHold,
)
from balai.rooms.model import (
    Flag,
    FlagKind,
    FlagState,
    Restriction,
    RestrictionKind,
    Role,
    Room,
    Seat,
)
from balai.statements import issuing
from balai.statements.model import Measure, Statement
from balai.statements.reasons import (
    OTHER_VIOLATION,
    SPOKEN,
    WRITTEN,
    Automation,
    Clause,
    Decider,
    Reasons,
    RoomRules,
)

REASON_MAX: Final = 500
SHOWN_MAX: Final = 50
_NAMED_MAX: Final = 200  # people of a room, newest seats first, whose names are kept private
_CONTENT: Final[Mapping[RestrictionKind, tuple[str, ...]]] = {
    RestrictionKind.TAKE_LINE: WRITTEN
}
_DECIDERS: Final[Mapping[Role | None, Decider]] = {
    Role.HOST: Decider.HOST,
    Role.COHOST: Decider.COHOST,
}


@dataclass(frozen=True, slots=True)
class Ruling:
    """Who restricts and why; without a person it is a rule of the house.

    `clause` is the one that was broken, if any was. `statement_id` names the statement that
    came with a decision of the safety team; without it, one is issued.
    """

    by_person_id: str | None
    by_name: str
    by_role: Role | None
    reason: str
    clause: Clause | None = None
    statement_id: str | None = None


def record(
    session: Session,
    seat: Seat,
    kind: RestrictionKind,
    ruling: Ruling,
    *,
    until_at: datetime | None,
) -> Restriction:
    """Record a restriction with its statement, and show both to the person.

    `until_at` None means until lifted.

    Raises:
        RulesOnlyHold: no person stands behind it, and it is more than a hold.
        StatementInvalid, StatementMissing: it cannot be stated, so it does not happen.
    """
    if ruling.by_person_id is None and kind is not RestrictionKind.HOLD:
        raise RulesOnlyHold
    restriction_id, from_at = new_id(), now()
    if ruling.statement_id is None:
        statement = issuing.issue(
            session,
            _reasons(session, seat, kind, ruling, from_at=from_at, until_at=until_at),
            for_person_id=seat.person_id,
            room_id=seat.room_id,
            restriction_id=restriction_id,
        )
    else:
        statement = issuing.attach(
            session,
            ruling.statement_id,
            restriction_id=restriction_id,
            for_person_id=seat.person_id,
        )
    restriction = Restriction(
        id=restriction_id,
        room_id=seat.room_id,
        person_id=seat.person_id,
        seat_id=seat.id,
        kind=kind,
        by_person_id=ruling.by_person_id,
        by_name=ruling.by_name,
        by_role=ruling.by_role,
        reason=ruling.reason,
        statement_id=statement.id,
        from_at=from_at,
        until_at=until_at,
    )
    session.add(restriction)
    tell_restriction(session, restriction)
    return restriction


def lift(session: Session, seat: Seat, kind: RestrictionKind) -> None:
    """Lift every restriction of a kind that still weighs on a seat."""
    for restriction in weighing(session, seat, kind):
        restriction.lifted_at = now()
        issuing.ended(session, restriction.statement_id)
        tell_restriction(session, restriction)


def weighing(session: Session, seat: Seat, kind: RestrictionKind) -> list[Restriction]:
    """Read the restrictions of a kind that nobody has lifted, run out or not."""
    return list(
        session.scalars(
            select(Restriction).where(
                Restriction.seat_id == seat.id,
                Restriction.kind == kind,
                Restriction.lifted_at.is_(None),
            )
        )
    )


def is_by_safety(session: Session, seat: Seat, kind: RestrictionKind) -> bool:
    """Tell whether the safety team took it, for a time that is not over."""
    return kind in by_safety.taken(session, seat).get(seat.id, ())


def require_not_by_safety(session: Session, seat: Seat, kind: RestrictionKind) -> None:
    """Keep hosts from undoing what the safety team did to a voice.

    Raises:
        DoneBySafety: it did.
    """
    if is_by_safety(session, seat, kind):
        raise DoneBySafety


def stands() -> ColumnElement[bool]:
    """Give the condition for restrictions that nobody found to be wrong."""
    return ~exists().where(
        Statement.id == Restriction.statement_id, Statement.withdrawn_at.is_not(None)
    )


def of_person(session: Session, room_id: str, person_id: str) -> list[Restriction]:
    """Read a person's restrictions in a room, newest first, 50 at most.

    Of more, lines taken out are left out first: what weighs on a voice is always there.
    """
    is_line = Restriction.kind == RestrictionKind.TAKE_LINE
    newest = Restriction.from_at.desc()
    return list(
        session.scalars(
            select(Restriction)
            .where(Restriction.room_id == room_id, Restriction.person_id == person_id)
            .order_by(is_line, newest, Restriction.id)
            .limit(SHOWN_MAX)
        )
    )


def contest(
    session: Session, restriction_id: str, *, by_person_id: str, text: str
) -> Restriction:
    """Record that the person concerned contests a restriction, for the safety team to read.

    Raises:
        RestrictionMissing: there is none with this id that concerns this person.
        AlreadyContested: it is on record already.
    """
    restriction = session.get(Restriction, restriction_id)
    if restriction is None or restriction.person_id != by_person_id:
        raise RestrictionMissing
    if restriction.contested_at is not None:
        raise AlreadyContested
    restriction.contested_at = now()
    restriction.contest_text = text
    tell_restriction(session, restriction)
    return restriction


def clause_of(told: object) -> Clause | None:
    """Read a clause from a wish: id, title by language, category, keywords, why.

    What is not of its form is no clause: the hold must stand, on the rules of the room.
    """
    if not isinstance(told, Mapping) or not isinstance(told.get("id"), str):
        return None
    title, category, keywords = (told.get(one) for one in ("title", "category", "keywords"))
    is_known = isinstance(category, str) and category in CATEGORIES
    return Clause(
        id=str(told["id"]),
        title={str(k): str(v) for k, v in title.items()} if isinstance(title, Mapping) else {},
        category=str(category) if is_known else OTHER_VIOLATION,
        keywords=tuple(str(one) for one in keywords if one in KEYWORDS_ALONE)
        if isinstance(keywords, list | tuple)
        else (),
        why=str(told.get("why") or ""),
    )


def _reasons(
    session: Session,
    seat: Seat,
    kind: RestrictionKind,
    ruling: Ruling,
    *,
    from_at: datetime,
    until_at: datetime | None,
) -> Reasons:
    by_rule = ruling.by_person_id is None
    decider = Decider.RULE if by_rule else _DECIDERS.get(ruling.by_role, Decider.REVIEWER)
    clause = ruling.clause or (_flagged(session, seat, ruling.reason) if by_rule else None)
    language = seat.language or seat.room.language
    return Reasons(
        measure=Measure(kind),
        from_at=from_at,
        until_at=until_at,
        ground=clause or RoomRules(),
        decided_by=decider,
        words=ruling.reason,
        names=_names(session, seat, ruling),
        automated_detection=by_rule,
        automated_decision=Automation.FULLY if by_rule else Automation.NONE,
        content_types=_CONTENT.get(kind, SPOKEN),
        content_language=language,
        language=language,
    )


def _flagged(session: Session, seat: Seat, title: str) -> Clause | None:
    """Find the clause of the open flag that goes on while a rule holds the voice."""
    flags = session.scalars(
        select(Flag)
        .where(
            Flag.seat_id == seat.id,
            Flag.kind == FlagKind.WORDS,
            Flag.state == FlagState.OPEN,
            Flag.title == title,
        )
        .order_by(Flag.at.desc())
        .limit(1)
    )
    flag = flags.first()
    if flag is None or flag.policy is None:
        return None
    policy = flag.policy
    told = {"id": policy["clause"], "title": policy["title"], "category": flag.category}
    return clause_of(told)


def _names(session: Session, seat: Seat, ruling: Ruling) -> frozenset[str]:
    """Give the names of those who may be spoken of: the room's people, and who decides."""
    person = seat.person
    return names_in(session, seat.room) | {person.display_name, person.handle, ruling.by_name}


def names_in(session: Session, room: Room) -> frozenset[str]:
    """Give the names of a room's host and of its newest 200 seats, in every form."""
    rows = session.execute(
        select(Person.display_name, Person.handle, Seat.alias)
        .join(Seat, Seat.person_id == Person.id)
        .where(Seat.room_id == room.id)
        .order_by(Seat.joined_at.desc())
        .limit(_NAMED_MAX)
    )
    own = (room.host.display_name, room.host.handle)
    return frozenset({*own, *(name for row in rows for name in row if name)})
