"""Wishes as the worker carries them out, with what each changes in the records."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from balai import feed
from balai.clock import now
from balai.errors import BalaiError
from balai.rooms import flags, lifecycle, restrictions, seats
from balai.rooms.announce import tell_room, tell_seat
from balai.rooms.model import (
    ON_AIR,
    Restriction,
    RestrictionKind,
    Role,
    Room,
    Seat,
    Wish,
    WishKind,
    WishState,
)
from balai.rooms.requests import request

BATCH: Final = 100
RULE_NAME: Final = "Balai"  # who did it when no person did


def pending(session: Session, *, after: int = 0) -> list[Wish]:
    """Read what is to be carried out, oldest first, 100 at most, after a number."""
    waits = select(Wish).where(Wish.state == WishState.PENDING, Wish.id > after)
    return list(session.scalars(waits.order_by(Wish.id).limit(BATCH)))


def carried_out(session: Session, wish: Wish, observed: dict[str, object]) -> None:
    """Record what was observed, change the records with it and tell the room.

    `wish` may come from an earlier transaction. One that is no longer pending stays as it is.
    """
    wish = session.get_one(Wish, wish.id, populate_existing=True)
    if wish.state is not WishState.PENDING:
        return
    wish.state = WishState.CARRIED_OUT
    wish.observed = observed
    wish.done_at = now()
    _CHANGES.get(wish.kind, _nothing)(session, wish)
    feed.append(
        session,
        room_id=wish.room_id,
        kind="effect",
        data={**_told(wish), "observed": observed},
        audience=_audience(session, wish),
    )


def done_by_rule(
    session: Session,
    room_id: str,
    kind: WishKind,
    args: dict[str, object],
    observed: dict[str, object],
) -> None:
    """Record what a rule of the house did and observed, as if it had been wished."""
    wish = Wish(
        room_id=room_id,
        kind=kind,
        args={"by_name": RULE_NAME, **args},
        requested_at=now(),
        state=WishState.PENDING,
    )
    session.add(wish)
    session.flush()
    carried_out(session, wish, observed)


def end_by_rule(session: Session, room_id: str, reason: str) -> None:
    """Ask for a room's end because a rule of the house wants it."""
    args: dict[str, object] = {"by_name": RULE_NAME, "reason": reason}
    request(session, room_id, WishKind.END, args, by_person_id=None)


def failed(session: Session, wish: Wish, error: BalaiError) -> None:
    """Record that a wish failed. A room that could not be opened is a draft again."""
    wish = session.get_one(Wish, wish.id, populate_existing=True)
    if wish.state is not WishState.PENDING:
        return
    wish.state = WishState.FAILED
    wish.error = error.code()
    wish.done_at = now()
    if wish.kind is WishKind.OPEN:
        lifecycle.back_to_draft(session, wish.room_id)
    told = {"kind": error.kind, "code": error.code(), "message": str(error)}
    feed.append(
        session,
        room_id=wish.room_id,
        kind="effect_failed",
        data={**_told(wish), "error": told},
        audience=feed.HOSTS,
    )


def due_unmutes(session: Session, at: datetime) -> list[Wish]:
    """Wish an unmute for every seat whose mutes have all run out by `at`."""
    asked = select(Wish).where(Wish.kind == WishKind.UNMUTE, Wish.state == WishState.PENDING)
    waiting = {wish.seat_id for wish in session.scalars(asked)}
    return [
        request(session, seat.room_id, WishKind.UNMUTE, {"seat_id": seat.id}, by_person_id=None)
        for seat, until_at in _timed_mutes(session)
        if until_at <= at and seat.id not in waiting
    ]


def next_unmute_at(session: Session) -> datetime | None:
    """Give the moment at which the next mute runs out, None when none will."""
    return min((until_at for _, until_at in _timed_mutes(session)), default=None)


def _timed_mutes(session: Session) -> list[tuple[Seat, datetime]]:
    """Find muted seats on air on which only mutes with an end weigh, with the last end."""
    rows = session.execute(
        select(Seat, Restriction.until_at)
        .join(Restriction, Restriction.seat_id == Seat.id)
        .join(Room, Room.id == Seat.room_id)
        .where(
            Room.state.in_(ON_AIR),
            Seat.muted,
            Restriction.kind == RestrictionKind.MUTE,
            Restriction.lifted_at.is_(None),
        )
    ).all()
    ends: dict[str, tuple[Seat, list[datetime | None]]] = {}
    for seat, until_at in rows:
        ends.setdefault(seat.id, (seat, []))[1].append(until_at)
    timed = ((seat, [u for u in untils if u], len(untils)) for seat, untils in ends.values())
    return [(seat, max(untils)) for seat, untils, count in timed if len(untils) == count]


def _told(wish: Wish) -> dict[str, object]:
    return {
        "effect_id": wish.id,
        "kind": wish.kind.value,
        "seat_id": wish.seat_id,
        "by_name": wish.args.get("by_name"),
        "reason": wish.args.get("reason"),
    }


def _audience(session: Session, wish: Wish) -> str:
    """Hosts, and the person whose seat it is: reasons are nobody else's business."""
    seat = session.get(Seat, wish.seat_id) if wish.seat_id else None
    return feed.audience_of(seat.person_id) if seat else feed.HOSTS


def _ruling(wish: Wish) -> restrictions.Ruling:
    role, statement_id = wish.args.get("by_role"), wish.args.get("statement_id")
    return restrictions.Ruling(
        by_person_id=wish.by_person_id,
        by_name=str(wish.args["by_name"]),
        by_role=Role(str(role)) if role else None,
        reason=str(wish.args["reason"]),
        clause=restrictions.clause_of(wish.args.get("clause")),
        statement_id=str(statement_id) if statement_id else None,
    )


def _seat(session: Session, wish: Wish) -> Seat:
    return seats.get(session, wish.seat_id or "")


def _live(session: Session, wish: Wish) -> None:
    lifecycle.went_live(session, wish.room_id)


def _ended(session: Session, wish: Wish) -> None:
    lifecycle.ended(session, wish.room_id)


def _held(session: Session, wish: Wish) -> None:
    seat = _seat(session, wish)
    seat.held = True
    restrictions.record(session, seat, RestrictionKind.HOLD, _ruling(wish), until_at=None)
    tell_seat(session, seat)


def _released(session: Session, wish: Wish) -> None:
    seat = _seat(session, wish)
    seat.held = False
    restrictions.lift(session, seat, RestrictionKind.HOLD)
    flags.released(session, seat)
    tell_seat(session, seat)


def _muted(session: Session, wish: Wish) -> None:
    seat = _seat(session, wish)
    seat.muted = True
    seconds = wish.args.get("seconds")
    until_at = now() + timedelta(seconds=seconds) if isinstance(seconds, int | float) else None
    restrictions.record(session, seat, RestrictionKind.MUTE, _ruling(wish), until_at=until_at)
    tell_seat(session, seat)


def _unmuted(session: Session, wish: Wish) -> None:
    seat = _seat(session, wish)
    seat.muted = False
    restrictions.lift(session, seat, RestrictionKind.MUTE)
    tell_seat(session, seat)


def _moved(session: Session, wish: Wish) -> None:
    """It is over in the moment it happens: the person may raise a hand again at once."""
    seat = _seat(session, wish)
    restrictions.record(
        session, seat, RestrictionKind.MOVE_TO_HALL, _ruling(wish), until_at=now()
    )
    seats.put_down(session, seat)


def _removed(session: Session, wish: Wish) -> None:
    """The ban and its restriction were recorded with the wish; here the seat is emptied."""
    seats.put_down(session, _seat(session, wish))


def _delayed(session: Session, wish: Wish) -> None:
    room = lifecycle.get(session, wish.room_id)
    delay_s = wish.args.get("delay_s")
    if isinstance(delay_s, int | float):
        room.delay_s = float(delay_s)
    tell_room(session, room)


def _captioned(session: Session, wish: Wish) -> None:
    room = lifecycle.get(session, wish.room_id)
    room.captions = wish.args.get("captions") is True
    tell_room(session, room)


def _nothing(_session: Session, _wish: Wish) -> None:
    """Dumping and hanging up change sound, no record."""


_CHANGES: Final[Mapping[WishKind, Callable[[Session, Wish], None]]] = {
    WishKind.OPEN: _live,
    WishKind.END: _ended,
    WishKind.HOLD: _held,
    WishKind.RELEASE: _released,
    WishKind.MUTE: _muted,
    WishKind.UNMUTE: _unmuted,
    WishKind.MOVE_TO_HALL: _moved,
    WishKind.REMOVE: _removed,
    WishKind.SET_DELAY: _delayed,
    WishKind.SET_CAPTIONS: _captioned,
}
