"""What the safety team may do in a room that is not theirs: each act has a reason and is kept.

The team is shown as a team: whom it concerns reads "safety team", the records know who it was.
Rooms for invited people are closed to it; there it sees flags and what the room tells.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from balai import feed
from balai.clock import now
from balai.database import Base
from balai.errors import NotAllowed
from balai.ids import new_id
from balai.ledger import log
from balai.people.accounts import require_operator
from balai.people.model import Person
from balai.people.names import TextInvalid, clean_text
from balai.rooms import flags
from balai.rooms.announce import seat_of, tell_room, tell_seat
from balai.rooms.duty import PUBLIC
from balai.rooms.errors import (
    EffectInvalid,
    ReasonMissing,
    RoomMissing,
    RoomNotOnAir,
    SeatMissing,
    SeatNotOnStage,
)
from balai.rooms.hands import checked_slow
from balai.rooms.model import (
    CONNECTED,
    ON_AIR,
    Role,
    Room,
    Seat,
    SeatState,
    Wish,
    WishKind,
)
from balai.rooms.requests import asked_before, request
from balai.rooms.restrictions import REASON_MAX

TEAM_NAME: Final = "Safety team"
MESSAGE_MAX: Final = 500
SAME_MESSAGE: Final = timedelta(minutes=1)  # the same text again is the same message
_OPPOSITE: Final[Mapping[str, str]] = {
    "lock_hands": "unlock_hands",
    "unlock_hands": "lock_hands",
    "slow": "unslow",
    "unslow": "slow",
}
# What the team may do to sound, and the longest stretch or length that makes sense.
KINDS: Final[Mapping[WishKind, float | None]] = {
    WishKind.HOLD: None,
    WishKind.RELEASE: None,
    WishKind.DUMP: 30,
    WishKind.MUTE: 24 * 3600,
    WishKind.UNMUTE: None,
}


class OwnVoice(NotAllowed):
    """The safety team does not act on its own voices; somebody else of it decides."""


class RoomPrivate(NotAllowed):
    """This room is for invited people; the safety team acts in public rooms only."""


class TakeOver(Base):
    """Somebody of the safety team became acting co-host of a room, and why."""

    __tablename__ = "take_over"

    room_id: Mapped[str] = mapped_column(ForeignKey("room.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    reason: Mapped[str] = mapped_column(String(500))
    at: Mapped[datetime]


def acts_for_the_team(session: Session, room: Room, by: Person) -> bool:
    """Tell whether an operator acts for the safety team here: it is not their own room."""
    if not by.is_operator or room.host_id == by.id:
        return False
    seat = seat_of(session, room.id, by.id)
    is_cohost = seat is not None and seat.role is Role.COHOST
    return not is_cohost or session.get(TakeOver, (room.id, by.id)) is not None


def public_room(session: Session, room_id: str, *, by: Person) -> Room:
    """Read a room on air in which the team may act.

    Raises:
        OperatorsOnly, RoomMissing, RoomPrivate, RoomNotOnAir: not this person, not here.
    """
    require_operator(by)
    room = room_on_air(session, room_id)
    require_public(room)
    return room


def room_on_air(session: Session, room_id: str) -> Room:
    """Read a room on air.

    Raises:
        RoomMissing, RoomNotOnAir: there is none.
    """
    room = session.get(Room, room_id)
    if room is None:
        raise RoomMissing
    if room.state not in ON_AIR:
        raise RoomNotOnAir
    return room


def require_reason(text: str | None) -> str:
    """Clean a reason; the team never acts without one.

    Raises:
        ReasonMissing: there is none.
        TextInvalid: it is too long or cannot be shown.
    """
    reason = clean_text(text or "", length_max=REASON_MAX)
    if not reason:
        raise ReasonMissing
    return reason


def write_down(session: Session, room_id: str, act: str, *, by: Person, reason: str) -> None:
    """Write an act of the team into the ledger, in the transaction of the act."""
    record = {"room_id": room_id, "act": act, "by_person_id": by.id, "reason": reason}
    log.append(session, kind="desk", record=record)


def ask(
    session: Session,
    room: Room,
    kind: WishKind,
    args: Mapping[str, object],
    *,
    by: Person,
) -> Wish:
    """Write an effect of the team down for the worker; `args` as in an effect that hosts ask.

    Raises:
        OperatorsOnly, RoomPrivate, RoomNotOnAir: not this person, not here, not now.
        ReasonMissing, EffectInvalid: it lacks something.
        TokenUsed: something else was asked with its token.
        SeatMissing, SeatNotOnStage: there is nothing to act on.
        OwnVoice: it is their own.
        OwnFlag, FlagUndecided, HeldIsConfirmed: as for any release.
    """
    require_operator(by)
    require_public(room)
    wished = _wished(kind, args)
    token = _text(args.get("token")) or None
    before = asked_before(session, room.id, kind, wished, by_person_id=by.id, token=token)
    if before is not None:
        return before
    if room.state not in ON_AIR:
        raise RoomNotOnAir
    if kind is not WishKind.DUMP:
        _require_target(session, room, kind, args, by=by)
    write_down(session, room.id, kind.value, by=by, reason=str(wished["reason"]))
    return request(session, room.id, kind, wished, by_person_id=by.id, token=token)


def asked_by(session: Session, room: Room, effect_id: int, *, by: Person) -> Wish | None:
    """Read an effect that this person asked of this room for the team."""
    wish = session.get(Wish, effect_id)
    is_theirs = wish is not None and (wish.room_id, wish.by_person_id) == (room.id, by.id)
    return wish if by.is_operator and is_theirs else None


def lock_hands(
    session: Session, room: Room, *, are_locked: bool, by: Person, reason: str
) -> None:
    """Take no more hands in a room, or take them again; the hosts are told why, once."""
    act = "lock_hands" if are_locked else "unlock_hands"
    if room.hands_locked == are_locked and _was_told(session, room, act, reason):
        return
    room.hands_locked = are_locked
    _tell_change(session, room, act, by=by, reason=reason)


def slow_down(session: Session, room: Room, *, slow_s: int, by: Person, reason: str) -> None:
    """Let one person raise a hand only so often, 0: as ever; the hosts are told why, once.

    Raises:
        SlowInvalid: there is no such wait.
    """
    act = "slow" if slow_s else "unslow"
    if room.slow_s == checked_slow(slow_s) and _was_told(session, room, act, reason):
        return
    room.slow_s = slow_s
    _tell_change(session, room, act, by=by, reason=reason)


def message_hosts(session: Session, room: Room, text: str, *, by: Person) -> None:
    """Write to the hosts of a room; they are shown it at once, and not again for a minute.

    Raises:
        TextInvalid: it is empty, too long or cannot be shown.
    """
    said = clean_text(text, length_max=MESSAGE_MAX)
    if not said:
        raise TextInvalid
    if _was_told(session, room, "message", said, since=now() - SAME_MESSAGE):
        return
    write_down(session, room.id, "message", by=by, reason=said)
    _tell_hosts(session, room, "message", said)


def take_over(session: Session, room: Room, *, by: Person, reason: str) -> Seat:
    """Become acting co-host of a room; the host stays host. Does nothing when it is so already.

    Raises:
        OwnVoice: it is their own room.
    """
    if room.host_id == by.id:
        raise OwnVoice
    seat = seat_of(session, room.id, by.id)
    if seat is not None and _is_co_host(session, seat):
        return seat
    if seat is None:
        seat = Seat(
            id=new_id(), room_id=room.id, person_id=by.id, state=SeatState.LEFT,
            muted=False, held=False,
        )  # fmt: skip
        session.add(seat)
    if seat.joined_at is None:
        seat.alias = TEAM_NAME
    seat.role = Role.COHOST
    session.merge(TakeOver(room_id=room.id, person_id=by.id, reason=reason, at=now()))
    tell_seat(session, seat)
    write_down(session, room.id, "take_over", by=by, reason=reason)
    _tell_hosts(session, room, "take_over", reason)
    return seat


def _is_co_host(session: Session, seat: Seat) -> bool:
    """Tell whether somebody is a co-host already: for the team, or by agreeing."""
    if seat.role is not Role.COHOST:
        return False
    took_over = session.get(TakeOver, (seat.room_id, seat.person_id)) is not None
    return took_over or seat.consented_at is not None


def listen_in(session: Session, room: Room, *, by: Person, reason: str) -> str:
    """Note who opened a room's programme at the desk and why; give its address' secret."""
    write_down(session, room.id, "listen_in", by=by, reason=reason)
    return room.air_token


def listen_ahead(session: Session, room: Room, *, by: Person, reason: str) -> None:
    """Note who asked to hear a stage before it airs, and why."""
    write_down(session, room.id, "listen_ahead", by=by, reason=reason)


def taken_over(session: Session) -> set[tuple[str, str]]:
    """Give the rooms on air that were taken over, and by whom."""
    query = select(TakeOver.room_id, TakeOver.person_id).join(Room, Room.id == TakeOver.room_id)
    return {(a, b) for a, b in session.execute(query.where(Room.state.in_(ON_AIR))).all()}


def require_public(room: Room) -> None:
    """Let the team act where everybody may come.

    Raises:
        RoomPrivate: the room is for invited people.
    """
    if room.openness not in PUBLIC:
        raise RoomPrivate


def _tell_change(session: Session, room: Room, act: str, *, by: Person, reason: str) -> None:
    tell_room(session, room)
    write_down(session, room.id, act, by=by, reason=reason)
    _tell_hosts(session, room, act, reason)


def _tell_hosts(session: Session, room: Room, about: str, text: str) -> None:
    data: dict[str, object] = {"from": "safety", "about": about, "text": text}
    feed.append(session, room_id=room.id, kind="message", data=data, audience=feed.HOSTS)


def _was_told(
    session: Session, room: Room, act: str, text: str, *, since: datetime | None = None
) -> bool:
    """Tell whether the newest word to the hosts about an act, or its undoing, was this one."""
    entry = feed.FeedEntry
    about = entry.data["about"].as_string()
    query = select(entry.data).where(
        entry.room_id == room.id,
        entry.kind == "message",
        entry.at > (since or room.created_at),
        about.in_({act, _OPPOSITE.get(act, act)}),
    )
    newest = session.scalars(query.order_by(entry.id.desc()).limit(1)).first()
    return newest is not None and (newest["about"], newest["text"]) == (act, text)


def _wished(kind: WishKind, args: Mapping[str, object]) -> dict[str, object]:
    if kind not in KINDS:
        raise EffectInvalid
    wished: dict[str, object] = {
        "by_name": TEAM_NAME,
        "by_role": Role.SAFETY,
        "reason": require_reason(_text(args.get("reason"))),
        **_numbers(kind, args),
    }
    if kind is not WishKind.DUMP:
        wished["seat_id"] = args.get("seat_id")
    return wished


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _numbers(kind: WishKind, args: Mapping[str, object]) -> dict[str, object]:
    """Keep what belongs to a kind; refuse a length that makes no sense."""
    seconds, seconds_max = args.get("seconds"), KINDS[kind]
    if kind is WishKind.RELEASE:
        return {"air_held": args.get("air_held") is True}
    if seconds_max is None:
        return {}
    if seconds is not None and not (
        isinstance(seconds, int | float) and 0 < seconds <= seconds_max
    ):
        raise EffectInvalid("seconds")
    return {"seconds": seconds}


def _require_target(
    session: Session, room: Room, kind: WishKind, args: Mapping[str, object], *, by: Person
) -> None:
    seat = session.get(Seat, _text(args.get("seat_id")))
    if seat is None or seat.room_id != room.id:
        raise SeatMissing
    if seat.person_id == by.id:
        raise OwnVoice
    if seat.state not in CONNECTED:
        raise SeatNotOnStage
    if kind is WishKind.RELEASE:
        flags.require_releasable(session, seat, by=by, air_held=args.get("air_held") is True)
