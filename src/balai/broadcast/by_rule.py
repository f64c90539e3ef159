"""What a rule of the house does at once to a room on air, and how that is recorded."""

import functools
import logging
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from balai.audio.blocks import RATE_HZ
from balai.broadcast.effects import OnAir
from balai.broadcast.records import Record
from balai.broadcast.studio import Studio
from balai.database import Database
from balai.errors import BalaiError
from balai.rooms import wishes
from balai.rooms.model import Seat, WishKind

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Done:
    """What was done at once: positions as the mixer observed them.

    `was_held`: somebody held the voice already.
    """

    silent_from: int | None = None
    delay_s: float | None = None
    delayed_from: int | None = None
    was_held: bool = False


NOTHING = Done()


async def hold(on_air: OnAir, seat_id: str) -> Done:
    """Silence a voice on air from the first sample that has not aired."""
    programme = on_air.room.programme
    was_held, silent_from = await on_air.clock.run(
        lambda: (seat_id in programme.held_from(), programme.hold(seat_id))
    )
    return Done(silent_from=silent_from, was_held=was_held)


async def lengthen_delay(on_air: OnAir, delay_s: float) -> Done:
    """Give people longer to decide; nothing is done where the delay is as long already.

    Raises:
        DelayOutOfRange: nothing was changed.
    """
    programme, samples = on_air.room.programme, round(delay_s * RATE_HZ)
    if programme.delay_samples >= samples:
        return Done()
    await on_air.clock.run(lambda: programme.set_delay(samples))
    return Done(delay_s=delay_s, delayed_from=on_air.room.position)


@dataclass(frozen=True, slots=True)
class Because:
    """Whom a rule silences, and what that person is told; `clause` as restrictions read it."""

    seat_id: str
    reason: str
    clause: dict[str, object] | None = None


async def write(
    studio: Studio, key: tuple[str, str], done: Done, record: Callable[[Done], Record]
) -> Done:
    """Write down what a rule did to a voice and its flag; give what of it stands.

    On failure: a hold whose record is given up is undone, because nobody would know of it, and
    no person could end it; what was held airs late. The flag is written alone if it can be,
    with the longer delay, which stands.
    """
    if await studio.records.write(record(done)) or done == NOTHING:
        return done
    log.error("what a rule did is not on record", extra={"room": key[0], "seat": key[1]})
    await _let_go(studio, key, done)
    left = Done(delay_s=done.delay_s, delayed_from=done.delayed_from)
    await studio.records.write(record(left))
    return left


async def _let_go(studio: Studio, key: tuple[str, str], done: Done) -> None:
    """End a hold on air, unless the voice is held because of something else as well."""
    room_id, seat_id = key
    on_air = studio.on_air(room_id)
    if done.silent_from is None or done.was_held or on_air is None:
        return
    if await studio.records.insist(functools.partial(_is_held, studio.database, seat_id)):
        return  # somebody held it meanwhile, and that is on record
    programme = on_air.room.programme
    try:
        await on_air.clock.run(lambda: programme.release(seat_id, air_held=True))
    except BalaiError:
        log.exception("a voice is held and nobody knows", extra={"seat": seat_id})


def _is_held(database: Database, seat_id: str) -> bool:
    with database.reading() as session:
        seat = session.get(Seat, seat_id)
        return seat is not None and seat.held


def record(session: Session, room_id: str, done: Done, because: Because | None = None) -> None:
    """Record what was done, as if it had been wished."""
    if done.silent_from is not None and because is not None:
        args: dict[str, object] = {"seat_id": because.seat_id, "reason": because.reason}
        if because.clause is not None:
            args["clause"] = because.clause
        silent: dict[str, object] = {"silent_from": done.silent_from}
        wishes.done_by_rule(session, room_id, WishKind.HOLD, args, silent)
    if done.delay_s is not None:
        asked: dict[str, object] = {"delay_s": done.delay_s}
        delayed: dict[str, object] = {**asked, "from_position": done.delayed_from}
        wishes.done_by_rule(session, room_id, WishKind.SET_DELAY, asked, delayed)
