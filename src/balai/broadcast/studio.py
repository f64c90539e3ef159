"""What all that acts on a worker's rooms shares."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from balai.broadcast.effects import OnAir
from balai.broadcast.gaps import Gaps
from balai.broadcast.mixer import MixerClock
from balai.broadcast.pulse import Pulse
from balai.broadcast.records import Records
from balai.broadcast.room import RoomOnAir
from balai.broadcast.rule_holds import RuleHolds
from balai.database import Database
from balai.errors import Conflict
from balai.settings import Settings


class RoomNotOnAir(Conflict):
    """This room is not on air."""


@dataclass(frozen=True, slots=True)
class Studio:
    """A worker's rooms on air, the clock that moves them, and where it is written down."""

    settings: Settings
    database: Database
    records: Records
    clock: MixerClock
    rooms: Mapping[str, RoomOnAir]
    gaps: Gaps
    rule_holds: RuleHolds = field(default_factory=RuleHolds)
    pulse: Pulse = field(default_factory=Pulse)

    def position_of(self, room_id: str) -> int | None:
        """Give a room's present position, None when it is over."""
        room = self.rooms.get(room_id)
        return room.position if room else None

    def room(self, room_id: str) -> RoomOnAir:
        """Give a room on air.

        Raises:
            RoomNotOnAir: it is not.
        """
        try:
            return self.rooms[room_id]
        except KeyError:
            raise RoomNotOnAir from None

    def on_air(self, room_id: str) -> OnAir | None:
        """Give a room to act on, None when it is over."""
        room = self.rooms.get(room_id)
        return OnAir(room, self.clock) if room else None
