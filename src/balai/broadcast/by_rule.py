"""What a rule of the house does at once to a room on air, and how that is recorded."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from balai.audio.blocks import RATE_HZ
from balai.broadcast.effects import OnAir
from balai.rooms import wishes
from balai.rooms.model import WishKind


@dataclass(frozen=True, slots=True)
class Done:
    """What was done at once: positions as the mixer observed them."""

    silent_from: int | None = None
    delay_s: float | None = None
    delayed_from: int | None = None


async def hold(on_air: OnAir, seat_id: str) -> Done:
    """Silence a voice on air from the first sample that has not aired."""
    programme = on_air.room.programme
    return Done(silent_from=await on_air.clock.run(lambda: programme.hold(seat_id)))


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
