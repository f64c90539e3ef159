"""Holds of rules that are not on record yet: nobody can be faster than a rule."""

import contextlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from balai.clock import now
from balai.rooms.errors import HeldMeanwhile
from balai.rooms.model import Wish

_NEVER: Final = datetime.fromtimestamp(0, UTC)
Key = tuple[str, str]


@dataclass(slots=True)
class _Held:
    """When a rule last held a voice, and how many holds are being carried out."""

    recorded_at: datetime = _NEVER
    pending: int = 0


class RuleHolds:
    """Every voice that a rule, whichever, holds or is about to hold."""

    def __init__(self) -> None:
        self._held: defaultdict[Key, _Held] = defaultdict(_Held)

    @contextlib.contextmanager
    def holding(self, key: Key, *, is_hold: bool) -> Iterator[None]:
        """Carry out a hold and write it down; releases asked for before that are refused."""
        held = self._held[key]
        held.pending += is_hold
        try:
            yield
            if is_hold:
                held.recorded_at = now()
        finally:
            held.pending -= is_hold

    def check_release(self, wish: Wish) -> None:
        """Let a voice be released only by somebody who could know that a rule holds it.

        Raises:
            HeldMeanwhile: it was asked before that hold was on record.
        """
        held = self._held.get((wish.room_id, wish.seat_id or ""))
        if held and (held.pending or wish.requested_at <= held.recorded_at):
            raise HeldMeanwhile

    def forget(self, room_id: str) -> None:
        """Forget a room that is off the air."""
        for key in [key for key in self._held if key[0] == room_id]:
            del self._held[key]
