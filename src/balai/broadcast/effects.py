"""What can be done to a room on air.

Each effect acts and then gives what was *observed*: positions (samples at 48 kHz since the room
went on air) from which the programme or the stage is as was wished. What is returned here
becomes the event EffectCarriedOut; an effect that could not be observed raises instead.
"""

import dataclasses
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from balai.audio.blocks import RATE_HZ
from balai.broadcast.mixer import MixerClock
from balai.broadcast.room import RoomOnAir
from balai.errors import Invalid, Unavailable
from balai.stage.engine import SeatNotConnected

DELAY_S_MAX: Final = 30.0
_OBSERVE_TICKS_MAX: Final = 50

Observed: TypeAlias = dict[str, object]
Effect: TypeAlias = Callable[["OnAir", Mapping[str, object]], Awaitable[Observed]]


class EffectNotObserved(Unavailable):
    """This was done but its result could not be seen on air; a person should look."""


class EffectArgumentsInvalid(Invalid):
    """This effect lacks what it needs: a seat, or a length it can use."""


@dataclass(frozen=True, slots=True)
class OnAir:
    """A room on air and the clock that moves it."""

    room: RoomOnAir
    clock: MixerClock


async def hold(on_air: OnAir, arguments: Mapping[str, object]) -> Observed:
    """Silence one voice on air from the first sample not yet aired; keep what it says."""
    seat, programme = _seat(arguments), on_air.room.programme
    return {"silent_from": await on_air.clock.run(lambda: programme.hold(seat))}


async def release(on_air: OnAir, arguments: Mapping[str, object]) -> Observed:
    """Let a held voice be heard again; what was held airs only with `air_held`."""
    seat, programme = _seat(arguments), on_air.room.programme
    air_held = arguments.get("air_held") is True
    released = await on_air.clock.run(lambda: programme.release(seat, air_held=air_held))
    return dataclasses.asdict(released)


async def dump(on_air: OnAir, arguments: Mapping[str, object]) -> Observed:
    """Erase the last `seconds` of every voice, or all that has not aired; none of it airs."""
    seconds, room = arguments.get("seconds"), on_air.room
    length = None if seconds is None else round(_number(seconds) * RATE_HZ)
    dumped = await on_air.clock.run(lambda: room.programme.dump(room.position, length))
    return dataclasses.asdict(dumped)


async def mute(on_air: OnAir, arguments: Mapping[str, object]) -> Observed:
    """Cut one microphone: from now on nobody hears it, neither stage nor hall."""
    seat = _seat(arguments)
    on_air.room.stage.mute(seat, muted=True)
    return {"silent_from": await _unheard(on_air, seat)}


async def unmute(on_air: OnAir, arguments: Mapping[str, object]) -> Observed:
    """Give a microphone back."""
    seat, room = _seat(arguments), on_air.room
    room.stage.mute(seat, muted=False)
    return {"open_from": await on_air.clock.run(lambda: room.position)}


async def move_to_hall(on_air: OnAir, arguments: Mapping[str, object]) -> Observed:
    """Take one person off the stage. What they said before still airs."""
    seat = _seat(arguments)
    await _hang_up(on_air, seat)
    return {"silent_from": await _unheard(on_air, seat)}


async def remove(on_air: OnAir, arguments: Mapping[str, object]) -> Observed:
    """Take one person off the stage and all they said that has not aired off the air."""
    seat, room = _seat(arguments), on_air.room
    room.stage.mute(seat, muted=True)
    silent_from = await on_air.clock.run(lambda: room.programme.hold(seat))
    unheard_from = await _unheard(on_air, seat)
    await on_air.clock.run(lambda: room.programme.drop_voice(seat))
    await _hang_up(on_air, seat)
    room.stage.mute(seat, muted=False)  # whether they may come back is the ban's business
    return {"silent_from": silent_from, "unheard_from": unheard_from}


async def set_delay(on_air: OnAir, arguments: Mapping[str, object]) -> Observed:
    """Lengthen or shorten the time between stage and air."""
    delay_s, room = _number(arguments.get("delay_s")), on_air.room
    if delay_s > DELAY_S_MAX:
        raise EffectArgumentsInvalid
    await on_air.clock.run(lambda: room.programme.set_delay(round(delay_s * RATE_HZ)))
    return {"delay_s": delay_s, "from_position": room.position}


async def set_captions(on_air: OnAir, arguments: Mapping[str, object]) -> Observed:
    """Switch captions on or off; off drops what waits, on begins with what is said then."""
    are_on, room = arguments.get("captions") is True, on_air.room
    await on_air.clock.run(lambda: room.programme.set_captions(on=are_on))
    return {"captions": are_on, "from_position": room.position}


EFFECTS: Final[Mapping[str, Effect]] = {
    "hold": hold,
    "release": release,
    "dump": dump,
    "mute": mute,
    "unmute": unmute,
    "move_to_hall": move_to_hall,
    "hang_up": move_to_hall,
    "remove": remove,
    "set_delay": set_delay,
    "set_captions": set_captions,
}


def _seat(arguments: Mapping[str, object]) -> str:
    seat = arguments.get("seat_id")
    if not isinstance(seat, str):
        raise EffectArgumentsInvalid
    return seat


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
        raise EffectArgumentsInvalid
    return float(value)


async def _hang_up(on_air: OnAir, seat: str) -> None:
    try:
        await on_air.room.stage.disconnect(seat)
    except SeatNotConnected:
        return  # they left by themselves: the wish is fulfilled


async def _unheard(on_air: OnAir, seat: str) -> int:
    """Wait until a tick has passed in which this seat was not heard; give its position."""
    room = on_air.room
    asked_at = await on_air.clock.run(lambda: room.position)
    for _ in range(_OBSERVE_TICKS_MAX):
        position, heard = await on_air.clock.run(lambda: (room.position, room.heard))
        if position > asked_at and seat not in heard:
            return position
    raise EffectNotObserved
