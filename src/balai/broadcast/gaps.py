"""Which voices machines do not hear, as one model for every kind of detector."""

import functools
from collections.abc import Callable
from typing import Final

from sqlalchemy.orm import Session

from balai.broadcast.records import Records
from balai.rooms import seats
from balai.rooms.model import Gap, WatchState

Key = tuple[str, str]
WORST_FIRST: Final = (WatchState.UNWATCHED, WatchState.UNHEARD)


class Gaps:
    """What is not heard now, voice by voice; told to the records when it changes.

    `changed` is called with the room whenever one begins or ends.
    """

    def __init__(self, records: Records, changed: Callable[[str], None]) -> None:
        self._records = records
        self._changed = changed
        self._open: dict[tuple[Key, WatchState], Gap] = {}

    def begin(self, key: Key, gap: Gap) -> None:
        """Note that a voice is not heard from a position on; an open gap stays as it is."""
        if (key, gap.state) in self._open:
            return
        self._open[key, gap.state] = gap
        self._records.note(functools.partial(_began, key[1], gap))
        self._changed(key[0])

    def end(self, key: Key, state: WatchState, to_position: int) -> None:
        """Note that a voice is heard again."""
        if (key, state) in self._open:
            self._close((key, state), to_position)
            self._changed(key[0])

    def heard(self, key: Key, state: WatchState, to_position: int) -> None:
        """Note that something was heard up to a position: it ends what began before that."""
        gap = self._open.get((key, state))
        if gap is not None and gap.from_position < to_position:
            self.end(key, state, to_position)

    def end_all(self, key: Key, to_position: int) -> None:
        """End what is open of a voice that is gone: there is nothing to hear of it."""
        for one, state in [one for one in self._open if one[0] == key]:
            self.end(one, state, to_position)

    def tell_again(self, key: Key) -> None:
        """Tell what is open of a voice once more: its record was new meanwhile."""
        for (one, _), gap in self._open.items():
            if one == key:
                self._records.note(functools.partial(_began, key[1], gap))

    def worst(self, room_id: str) -> WatchState:
        """Give the worst that is true of any voice of a room."""
        states = {state for (key, state) in self._open if key[0] == room_id}
        return next((state for state in WORST_FIRST if state in states), WatchState.WATCHED)

    def end_room(self, room_id: str, to_position: int) -> None:
        """End what is open in a room that goes off the air: there is nothing more to hear."""
        for one in [one for one in self._open if one[0][0] == room_id]:
            self._close(one, to_position)

    def _close(self, one: tuple[Key, WatchState], to_position: int) -> None:
        gap = self._open.pop(one)
        to = max(to_position, gap.from_position)
        whole = Gap(gap.state, gap.from_position, gap.why, to)
        self._records.note(functools.partial(_ended, one[0][1], whole))


def _began(seat_id: str, gap: Gap, session: Session) -> None:
    seats.gap_began(session, seat_id, gap)


def _ended(seat_id: str, gap: Gap, session: Session) -> None:
    seats.gap_ended(session, seat_id, gap)
