"""The ladder: what each measure asks of the worker and writes down at once.

A row is one thing that can be observed. What reaches into several rooms has a row for each, so
that none of them can be forgotten.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from balai.cases import lines
from balai.cases.model import Case, DecidedEffect, Decision, EffectState, Measure
from balai.clock import now
from balai.ids import new_id
from balai.people.keys import HouseKey
from balai.people.model import Invitation, Person
from balai.rooms import bans, chat, duty, green_room, replays, restrictions, wishes
from balai.rooms.announce import tell_restriction
from balai.rooms.model import (
    CONNECTED,
    ON_AIR,
    OVER,
    Ban,
    Restriction,
    RestrictionKind,
    Role,
    Room,
    Seat,
    SeatState,
    Wish,
    WishKind,
)
from balai.rooms.requests import request
from balai.rooms.restrictions import Ruling
from balai.rooms.safety import TEAM_NAME
from balai.statements.model import Statement

ROOM_OVER: Final = "room_over"
NOT_ON_STAGE: Final = "not_on_stage"
NOT_COLLECTED: Final = "not_collected"
NOT_SHOWN: Final = "not_shown"
NOTHING_DONE: Final = frozenset({ROOM_OVER, NOT_ON_STAGE, NOT_COLLECTED, NOT_SHOWN})
IN_PLACE: Final = "in_place"
_SENDING_AWAY: Final = frozenset({WishKind.MOVE_TO_HALL, WishKind.REMOVE})


@dataclass(frozen=True, slots=True)
class Acting:
    """Who has something done, and the reason that is shown for it."""

    by: Person
    reason: str


@dataclass(frozen=True, slots=True)
class Banning(Acting):
    """The same, with the key by which somebody banned is known again."""

    key: HouseKey


def is_moot(session: Session, measure: Measure, case: Case) -> str | None:
    """Tell in one word why a measure has nothing to act on; None: it has."""
    if measure is Measure.TAKE_LINE:
        return None if lines.to_take(session, case) else NOT_SHOWN
    if measure not in {Measure.TIMED_MUTE, Measure.OFF_STAGE}:
        return None
    if case.room.state in OVER:
        return ROOM_OVER
    is_away = case.seat is None or case.seat.state is SeatState.LEFT
    return NOT_ON_STAGE if is_away and measure is Measure.OFF_STAGE else None


def start(session: Session, effect: DecidedEffect, case: Case, acting: Banning) -> None:
    """Begin with one effect of a decision that is in force now."""
    moot = is_moot(session, effect.measure, case)
    if moot is not None or (effect.measure is Measure.TIMED_MUTE and case.seat is None):
        observed(effect, moot or NOT_ON_STAGE)
    else:
        _STARTS[effect.measure](session, effect, case, acting)


def observed(effect: DecidedEffect, what: str) -> None:
    """Note that an effect was seen to be there, and what was seen."""
    effect.state, effect.observed, effect.error = EffectState.CARRIED_OUT, what, None
    effect.observed_at = now()


def send(
    session: Session, effect: DecidedEffect, seat: Seat, kind: WishKind, acting: Acting
) -> None:
    """Wish something for a seat; who is not connected has nothing to hang up or to silence."""
    args: dict[str, object] = {
        "seat_id": seat.id,
        "by_name": TEAM_NAME,
        "by_role": Role.SAFETY.value,
        "reason": acting.reason,
        "statement_id": effect.statement_id,
    }
    if kind is WishKind.MUTE and effect.until_at is not None:
        args["seconds"] = max((effect.until_at - now()).total_seconds(), 1.0)
    if kind is WishKind.RELEASE:
        args["air_held"] = False
    wish = request(session, seat.room_id, kind, args, by_person_id=acting.by.id)
    effect.wish_id, effect.room_id = wish.id, seat.room_id
    if seat.state in CONNECTED:
        return
    if kind in _SENDING_AWAY:
        green_room.empty(session, seat, by=acting.by)
    wishes.carried_out(session, wish, {"on_stage": False})


def again(session: Session, effect: DecidedEffect, wish: Wish, acting: Acting) -> None:
    """Wish once more for what failed."""
    seat = session.get(Seat, wish.seat_id) if wish.seat_id else None
    if seat is not None:
        send(session, effect, seat, wish.kind, acting)
        return
    same = request(session, wish.room_id, wish.kind, dict(wish.args), by_person_id=acting.by.id)
    effect.wish_id = same.id


def restriction_of(session: Session, effect: DecidedEffect) -> Restriction | None:
    """Find the restriction that an effect gave back, or was."""
    if effect.restriction_id is not None:
        return session.get(Restriction, effect.restriction_id)
    statement = session.get(Statement, effect.statement_id) if effect.statement_id else None
    if statement is None or statement.restriction_id is None:
        return None
    return session.get(Restriction, statement.restriction_id)


def others_weighing(
    session: Session, seat: Seat, kind: RestrictionKind, own: Restriction | None
) -> list[Restriction]:
    """Read what else of a kind weighs on a seat."""
    weighing = restrictions.weighing(session, seat, kind)
    return [one for one in weighing if own is None or one.id != own.id]


def lift_record(session: Session, effect: DecidedEffect) -> None:
    """Lift the restriction of an effect where no worker has anything to do about it."""
    own = restriction_of(session, effect)
    if own is None or own.lifted_at is not None:
        return
    own.lifted_at = now()
    tell_restriction(session, own)
    seat = session.get_one(Seat, own.seat_id)
    if others_weighing(session, seat, own.kind, own):
        return
    if own.kind is RestrictionKind.MUTE:
        seat.muted = False
    if own.kind is RestrictionKind.HOLD:
        seat.held = False


def seats_on_air(session: Session, person_id: str, room_id: str | None) -> list[Seat]:
    """Read somebody's seats, given or taken, in rooms on air: in one room, or in all."""
    query = (
        select(Seat)
        .join(Seat.room)
        .where(
            Seat.person_id == person_id,
            Seat.state != SeatState.LEFT,
            Room.state.in_(ON_AIR),
        )
        .order_by(Seat.id)
    )
    if room_id is not None:
        query = query.where(Seat.room_id == room_id)
    return list(session.scalars(query))


def _nudge(_session: Session, effect: DecidedEffect, _case: Case, _acting: Banning) -> None:
    """The person reads it among the decisions about them; that they did is observed there."""
    effect.room_id = None


def _mute(session: Session, effect: DecidedEffect, case: Case, acting: Banning) -> None:
    if case.seat is not None:
        send(session, effect, case.seat, WishKind.MUTE, acting)


def _off_stage(session: Session, effect: DecidedEffect, case: Case, acting: Banning) -> None:
    if case.seat is not None:
        send(session, effect, case.seat, WishKind.MOVE_TO_HALL, acting)


def _listen_only(session: Session, effect: DecidedEffect, case: Case, acting: Banning) -> None:
    _ban(session, effect, case, acting)
    for seat in seats_on_air(session, _concerned(case).id, effect.room_id):
        send(session, _part(session, effect), seat, WishKind.REMOVE, acting)


def _room_ban(session: Session, effect: DecidedEffect, case: Case, acting: Banning) -> None:
    _ban(session, effect, case, acting)
    _restrict(session, effect, case, acting)
    for seat in seats_on_air(session, _concerned(case).id, case.room_id):
        send(session, _part(session, effect), seat, WishKind.REMOVE, acting)


def _house_ban(session: Session, effect: DecidedEffect, case: Case, acting: Banning) -> None:
    """Nobody else is touched: who invited them keeps all they have."""
    person = _concerned(case)
    _ban(session, effect, case, acting)
    _restrict(session, effect, case, acting)
    for seat in seats_on_air(session, person.id, None):
        send(session, _part(session, effect), seat, WishKind.REMOVE, acting)
    hosted = select(Room).where(Room.host_id == person.id, Room.state.in_(ON_AIR))
    for room in session.scalars(hosted).all():
        _end(session, _part(session, effect), room, acting)
    _revoke_invitations(session, effect, person)
    duty.end(session, person)


def _out_of_replay(
    session: Session, effect: DecidedEffect, case: Case, _acting: Banning
) -> None:
    """It is pending until the room is over, and its replay made without these words."""
    begin, end = effect.from_position, effect.to_position
    if case.seat is not None and begin is not None and end is not None:  # see finding.checked
        replays.leave_out(
            session, case.seat, from_position=begin, to_position=end, effect_id=effect.id
        )


def _take_lines(session: Session, effect: DecidedEffect, case: Case, acting: Banning) -> None:
    """Nobody reads them any more, from this moment on: that is how it is observed."""
    seat = chat.seat_for(session, case.room, _concerned(case))
    restriction = restrictions.record(
        session, seat, RestrictionKind.TAKE_LINE, _ruling(effect, acting), until_at=None
    )
    session.flush()
    effect.restriction_id = restriction.id
    for line in lines.to_take(session, case):
        chat.take_for(session, line, restriction)
    observed(effect, IN_PLACE)


def _end(session: Session, effect: DecidedEffect, room: Room, acting: Acting) -> None:
    args: dict[str, object] = {
        "by_name": TEAM_NAME,
        "by_role": Role.SAFETY.value,
        "reason": acting.reason,
    }
    wish = request(session, room.id, WishKind.END, args, by_person_id=acting.by.id)
    effect.wish_id, effect.room_id = wish.id, room.id


def _ban(session: Session, effect: DecidedEffect, case: Case, acting: Banning) -> None:
    ban: Ban = bans.record(
        session,
        effect.room_id,
        _concerned(case),
        _ruling(effect, acting),
        key=acting.key,
        until_at=effect.until_at,
        stage_only=effect.measure is Measure.LISTEN_ONLY,
    )
    effect.ban_id = ban.id
    observed(effect, IN_PLACE)


def _restrict(session: Session, effect: DecidedEffect, case: Case, acting: Acting) -> None:
    """Show the removal in the room of the case to whoever had a seat there."""
    if case.seat is None:
        return
    restriction = restrictions.record(
        session,
        case.seat,
        RestrictionKind.REMOVE,
        _ruling(effect, acting),
        until_at=effect.until_at,
    )
    session.flush()
    effect.restriction_id = restriction.id


def _ruling(effect: DecidedEffect, acting: Acting) -> Ruling:
    return Ruling(
        by_person_id=acting.by.id,
        by_name=TEAM_NAME,
        by_role=Role.SAFETY,
        reason=acting.reason,
        statement_id=effect.statement_id,
    )


def _part(session: Session, whole: DecidedEffect) -> DecidedEffect:
    """Make the row of one more room that the same measure reaches into."""
    part = DecidedEffect(
        id=new_id(),
        decision_id=whole.decision_id,
        measure=whole.measure,
        state=EffectState.PENDING,
        until_at=whole.until_at,
        attempts=0,
    )
    session.add(part)
    return part


def _revoke_invitations(session: Session, effect: DecidedEffect, person: Person) -> None:
    """Take back the links they made, at the moment of the decision: so it is known which."""
    session.execute(
        update(Invitation)
        .where(Invitation.by_person_id == person.id, Invitation.revoked_at.is_(None))
        .values(revoked_at=_in_force_at(session, effect))
    )


def restore_invitations(session: Session, effect: DecidedEffect, person_id: str) -> None:
    """Give back the links that were taken back with a house ban."""
    session.execute(
        update(Invitation)
        .where(
            Invitation.by_person_id == person_id,
            Invitation.revoked_at == _in_force_at(session, effect),
        )
        .values(revoked_at=None)
    )


def _in_force_at(session: Session, effect: DecidedEffect) -> datetime | None:
    return session.get_one(Decision, effect.decision_id).in_force_at


def _concerned(case: Case) -> Person:
    assert case.person is not None  # noqa: S101 - a finding with steps is about somebody
    return case.person


_STARTS: Final[Mapping[Measure, Callable[[Session, DecidedEffect, Case, Banning], None]]] = {
    Measure.NUDGE: _nudge,
    Measure.TIMED_MUTE: _mute,
    Measure.LISTEN_ONLY: _listen_only,
    Measure.OFF_STAGE: _off_stage,
    Measure.ROOM_BAN: _room_ban,
    Measure.HOUSE_BAN: _house_ban,
    Measure.PERMANENT_REMOVAL: _house_ban,
    Measure.OUT_OF_REPLAY: _out_of_replay,
    Measure.TAKE_LINE: _take_lines,
}
