"""What the edge asks of the worker and is answered at once; see `balai.wire`."""

import asyncio
import dataclasses
from collections.abc import Mapping
from typing import Any, Protocol

from balai.broadcast.studio import Studio
from balai.broadcast.words import Words
from balai.rooms import seats
from balai.rooms.model import Seat
from balai.stage.engine import MONITOR_S_MAX


class Healthy(Protocol):
    """A part of the worker that counts what it does."""

    def health(self) -> Mapping[str, Any]:
        """Give its counters."""
        ...


class Port:
    """Answers for one worker's rooms; see `StagePort`.

    On failure: a room that is not on air is a conflict; the stage has errors of its own.
    """

    def __init__(self, studio: Studio, words: Words, *counting: Healthy) -> None:
        """Prepare; `counting`: what else tells of its health."""
        self._studio = studio
        self._words = words
        self._counting = (words, *counting)

    async def connect(self, room_id: str, seat_id: str, offer: str) -> str:
        """Connect a seat to its stage; give the SDP answer. A mute or hold weighs at once."""
        room = self._studio.room(room_id)
        seat = await asyncio.to_thread(self._load_seat, seat_id)
        if seat.muted:
            room.stage.mute(seat_id, muted=True)
        if seat.held:
            await self._studio.clock.run(lambda: room.programme.hold(seat_id))
        self._words.joined(seat.room, seat)
        return await room.stage.connect(seat_id, offer)

    async def disconnect(self, room_id: str, seat_id: str) -> None:
        """Hang up on a seat that asked for it."""
        await self._studio.room(room_id).stage.disconnect(seat_id)
        self._studio.records.note(lambda session: seats.left(session, seat_id))

    async def let_in(self, room_id: str, monitor: str, offer: str) -> Mapping[str, Any]:
        """Let the desk hear a stage before it airs; give the SDP answer, and for how long."""
        answer = await self._studio.room(room_id).stage.let_in(monitor, offer)
        return {"answer": answer, "seconds": MONITOR_S_MAX}

    async def send_away(self, room_id: str, monitor: str) -> None:
        """Hang up on whom the desk let hear a stage."""
        await self._studio.room(room_id).stage.send_away(monitor)

    async def health(self) -> Mapping[str, Any]:
        """Give counters: how the mixer keeps time, what is on air, what was dropped."""
        told: dict[str, Any] = {
            **dataclasses.asdict(self._studio.clock.counts),
            "rooms": {
                room_id: {
                    "position": room.position,
                    "aired_to": room.programme.aired_to,
                    "lost_track_records": room.programme.lost_track_records,
                }
                for room_id, room in self._studio.rooms.items()
            },
            "records_dropped": self._studio.records.dropped,
        }
        for part in self._counting:
            told |= part.health()
        return told

    async def pulse(self) -> Mapping[str, Any]:
        """Tell what the safety team's desk shows of every room at this moment."""
        return await self._studio.pulse.snapshot(self._studio.rooms, self._studio.clock)

    def _load_seat(self, seat_id: str) -> Seat:
        with self._studio.database.reading() as session:
            return seats.with_room_and_person(session, seat_id)
