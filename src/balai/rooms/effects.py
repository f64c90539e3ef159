"""What hosts may do to a voice, checked and written down as a wish for the worker."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy.orm import Session

from balai.clock import now
from balai.people.keys import HouseKey
from balai.people.model import Person
from balai.people.names import clean_text
from balai.rooms import bans, flags, green_room, restrictions, wishes
from balai.rooms.access import HOSTING, require_hosts
from balai.rooms.announce import name_in, seat_of
from balai.rooms.errors import (
    EffectInvalid,
    EffectMissing,
    HostUntouchable,
    ReasonMissing,
    RoomNotOnAir,
    SeatMissing,
    SeatNotOnStage,
)
from balai.rooms.model import (
    CONNECTED,
    ON_AIR,
    RestrictionKind,
    Role,
    Room,
    Seat,
    SeatState,
    Wish,
    WishKind,
)
from balai.rooms.requests import asked_before, request
from balai.rooms.restrictions import REASON_MAX, Ruling

MUTE_S_MAX: Final = 24 * 3600
DUMP_S_MAX: Final = 30
BAN_S_MAX: Final = 10 * 365 * 24 * 3600
KINDS: Final = frozenset(
    {
        WishKind.HOLD,
        WishKind.RELEASE,
        WishKind.DUMP,
        WishKind.MUTE,
        WishKind.UNMUTE,
        WishKind.MOVE_TO_HALL,
        WishKind.REMOVE,
    }
)
_RESTRICTING: Final = frozenset(RestrictionKind)
UNDOING: Final[Mapping[WishKind, RestrictionKind]] = {
    WishKind.RELEASE: RestrictionKind.HOLD,
    WishKind.UNMUTE: RestrictionKind.MUTE,
}
_SENDING_AWAY: Final = frozenset({WishKind.MOVE_TO_HALL, WishKind.REMOVE})
# Which numbers each kind takes, and the largest that makes sense.
_SECONDS_MAX: Final[Mapping[WishKind, int]] = {
    WishKind.MUTE: MUTE_S_MAX,
    WishKind.DUMP: DUMP_S_MAX,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An effect as a host asks for it.

    `token`: made at random for one press. What is sent again with it is the same wish.
    """

    kind: WishKind
    seat_id: str | None = None
    reason: str | None = None
    seconds: float | None = None
    air_held: bool = False
    ban_s: float | None = None
    token: str | None = None


def ask(session: Session, room: Room, asked: Asked, *, by: Person, key: HouseKey) -> Wish:
    """Write an effect down for the worker; with a token that came before, find it again.

    A ban holds from this moment. Everything else holds, and is told, when the worker has
    observed it. Who is not connected is sent away here: there is nothing to hang up.

    Raises:
        HostsOnly, HostUntouchable: this person may not.
        RoomNotOnAir, SeatMissing, SeatNotOnStage: there is nothing to act on.
        EffectInvalid, ReasonMissing, TextInvalid: it lacks something.
        TokenUsed: something else was asked with its token.
        DoneBySafety: it is the safety team that holds or mutes this voice.
    """
    role = require_hosts(session, room, by)
    ruling = Ruling(by.id, name_in(session, room.id, by), role, _reason(asked))
    before = asked_before(
        session,
        room.id,
        asked.kind,
        _args(asked, ruling),
        by_person_id=by.id,
        token=asked.token,
    )
    if before is not None:
        return before
    if room.state not in ON_AIR:
        raise RoomNotOnAir
    _check_numbers(asked)
    if asked.kind is WishKind.DUMP:
        return _wish(session, room, asked, ruling)
    seat = _target(session, room, asked, role)
    if undone := UNDOING.get(asked.kind):
        restrictions.require_not_by_safety(session, seat, undone)
    if asked.kind is WishKind.RELEASE:
        flags.require_releasable(session, seat, by=by, air_held=asked.air_held)
    if asked.kind is WishKind.REMOVE:
        _ban(session, seat, asked, ruling, key)
    wish = _wish(session, room, asked, ruling)
    if seat.state not in CONNECTED and asked.kind in _SENDING_AWAY:
        _send_away_here(session, seat, wish, by)
    return wish


def require_may_undo(session: Session, wish: Wish) -> None:
    """Check once more, when it is carried out, that a host does not undo what the team did.

    Raises:
        DoneBySafety: the safety team holds or mutes this voice by now.
    """
    undone = UNDOING.get(wish.kind)
    if undone is None or wish.args.get("by_role") not in HOSTING:
        return
    if seat := session.get(Seat, wish.seat_id):
        restrictions.require_not_by_safety(session, seat, undone)


def find(session: Session, room: Room, effect_id: int, *, by: Person) -> Wish:
    """Read an effect: hosts any of their room, others those that were done to them.

    Raises:
        EffectMissing: there is none that concerns them.
    """
    wish = session.get(Wish, effect_id)
    if wish is None or wish.room_id != room.id:
        raise EffectMissing
    seat = seat_of(session, room.id, by.id)
    is_theirs = seat is not None and wish.seat_id == seat.id
    is_hosts = room.host_id == by.id or (seat is not None and seat.role is Role.COHOST)
    if not (is_theirs or is_hosts):
        raise EffectMissing
    return wish


def _check_numbers(asked: Asked) -> None:
    seconds_max = _SECONDS_MAX.get(asked.kind)
    if asked.seconds is not None and (
        seconds_max is None or not 0 < asked.seconds <= seconds_max
    ):
        raise EffectInvalid("seconds")
    if asked.ban_s is not None and (
        asked.kind is not WishKind.REMOVE or not 0 <= asked.ban_s <= BAN_S_MAX
    ):
        raise EffectInvalid("ban_s")


def _reason(asked: Asked) -> str:
    reason = clean_text(asked.reason or "", length_max=REASON_MAX)
    if not reason and asked.kind.value in _RESTRICTING:
        raise ReasonMissing
    return reason


def _target(session: Session, room: Room, asked: Asked, role: Role) -> Seat:
    if asked.seat_id is None:
        raise EffectInvalid("seat_id")
    seat = session.get(Seat, asked.seat_id)
    if seat is None or seat.room_id != room.id:
        raise SeatMissing
    if seat.role is Role.HOST and (role is not Role.HOST or asked.kind in _SENDING_AWAY):
        raise HostUntouchable
    may_be_away = asked.kind is WishKind.REMOVE or (
        asked.kind is WishKind.MOVE_TO_HALL and seat.state is not SeatState.LEFT
    )
    if seat.state not in CONNECTED and not may_be_away:
        raise SeatNotOnStage
    return seat


def _ban(session: Session, seat: Seat, asked: Asked, ruling: Ruling, key: HouseKey) -> None:
    until_at = None if asked.ban_s is None else now() + timedelta(seconds=asked.ban_s)
    bans.record(session, seat.room_id, seat.person, ruling, key=key, until_at=until_at)
    restrictions.record(session, seat, RestrictionKind.REMOVE, ruling, until_at=until_at)


def _wish(session: Session, room: Room, asked: Asked, ruling: Ruling) -> Wish:
    return request(
        session,
        room.id,
        asked.kind,
        _args(asked, ruling),
        by_person_id=ruling.by_person_id,
        token=asked.token,
    )


def _args(asked: Asked, ruling: Ruling) -> dict[str, object]:
    args: dict[str, object] = {
        "by_name": ruling.by_name,
        "by_role": ruling.by_role,
        "reason": ruling.reason or None,
    }
    if asked.kind is not WishKind.DUMP:
        args["seat_id"] = asked.seat_id
    if asked.kind in _SECONDS_MAX:
        args["seconds"] = asked.seconds
    if asked.kind is WishKind.RELEASE:
        args["air_held"] = asked.air_held
    if asked.kind is WishKind.REMOVE:
        args["ban_s"] = asked.ban_s
    return args


def _send_away_here(session: Session, seat: Seat, wish: Wish, by: Person) -> None:
    green_room.empty(session, seat, by=by)  # hangs up on a connection that is just being made
    wishes.carried_out(session, wish, {"on_stage": False})
