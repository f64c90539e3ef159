"""The raid shield: hands rest, and the room is slow, while many suspicious people come at once.

In the last minute, somebody who came is *suspicious* once for an account younger than a day,
and three times for a mark (device, handle, person) that a running ban of this house knows. The
shield rises when suspicion reaches 8 and makes half of all who came with an account; it falls
when suspicion has stayed below 3 for two minutes. A popular start brings known people and
listeners without an account, who cannot raise a hand, so it does not raise it.

It removes nobody. Who takes hands again while it is up is let: the room stays slow until it is
calm, or until they end that too. What people did themselves it does not undo.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from balai import feed
from balai.clock import now
from balai.people.keys import HouseKey
from balai.people.sign_in import Caller
from balai.rooms.announce import tell_room
from balai.rooms.hands import SLOW_S
from balai.rooms.model import ON_AIR, Ban, BanSubject, Room

YOUNG: Final = timedelta(days=1)
BANNED_WEIGHT: Final = 3
RISES_AT: Final = 8
SHARE_MIN: Final = 0.5
FALLS_BELOW: Final = 3
CALM_S: Final = 120.0
REST_S: Final = 600.0  # after a person took hands again, the shield lets them


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Who came with an account in the last minute: all, young ones, ones known to bans."""

    known: int = 0
    young: int = 0
    banned: int = 0

    @property
    def suspicion(self) -> int:
        """How suspicious they are together."""
        return self.young + BANNED_WEIGHT * self.banned


class Move(StrEnum):
    """What the shield does."""

    RISE = "rise"
    FALL = "fall"


@dataclass(frozen=True, slots=True)
class Step:
    """What the shield does next, and to which of the two."""

    move: Move
    hands: bool
    slow: bool


@dataclass(frozen=True, slots=True)
class Door:
    """How somebody comes to a stage now: whether hands rest, how slow the room is."""

    hands_locked: bool = False
    slow_s: int = 0


class Shield:
    """One room's shield: what it did, and for how long it has been calm."""

    def __init__(self) -> None:
        self.is_up = False  # hands rest because of it
        self.slows = False
        self._calm_from_s: float | None = None
        self._rests_to_s = float("-inf")

    def step(self, came: Arrivals, door: Door, *, at_s: float) -> Step | None:
        """Decide; None: nothing. What people locked, slowed or took again is theirs."""
        if self.is_up and not door.hands_locked:  # a person took hands again
            self.is_up, self._rests_to_s = False, at_s + REST_S
        self.slows = self.slows and door.slow_s == SLOW_S  # another pace is somebody's own
        is_raid = came.suspicion >= RISES_AT and came.suspicion >= SHARE_MIN * came.known
        if is_raid and not door.hands_locked and at_s >= self._rests_to_s:
            return self._rise(door)
        return self._fall_when_calm(came, at_s) if self.is_up or self.slows else None

    def _rise(self, door: Door) -> Step:
        self.is_up, self._calm_from_s = True, None
        self.slows = self.slows or not door.slow_s
        return Step(Move.RISE, hands=True, slow=not door.slow_s)

    def _fall_when_calm(self, came: Arrivals, at_s: float) -> Step | None:
        if came.suspicion >= FALLS_BELOW:
            self._calm_from_s = None
            return None
        if self._calm_from_s is None:
            self._calm_from_s = at_s
        if at_s - self._calm_from_s < CALM_S:
            return None
        step = Step(Move.FALL, hands=self.is_up, slow=self.slows)
        self.is_up = self.slows = False
        return step


def arrivals(session: Session, callers: Collection[Caller], *, key: HouseKey) -> Arrivals:
    """Look at who came: each person once, however often they came."""
    people = {caller.person.id: caller for caller in callers if caller.person is not None}
    if not people:
        return Arrivals()
    young = sum(
        caller.known().created_at > now() - YOUNG and not caller.is_operator
        for caller in people.values()
    )
    return Arrivals(len(people), young, _banned(session, people.values(), key))


def carry_out(session: Session, room_id: str, step: Step) -> None:
    """Let a room's hands rest and be slow, or no longer; tell everybody, and the hosts why."""
    room = session.get(Room, room_id)
    if room is None or room.state not in ON_AIR:
        return
    rises = step.move is Move.RISE
    if step.hands:
        room.hands_locked = rises
    if step.slow:
        room.slow_s = SLOW_S if rises else 0
    tell_room(session, room)
    data: dict[str, object] = {"from": "house", "about": f"shield_{step.move}", "text": ""}
    feed.append(session, room_id=room_id, kind="message", data=data, audience=feed.HOSTS)


def _banned(session: Session, callers: Collection[Caller], key: HouseKey) -> int:
    marks = {mark: caller.person_id for caller in callers for mark in _marks(caller, key)}
    query = (
        select(BanSubject.subject_hash)
        .join(Ban, Ban.id == BanSubject.ban_id)
        .where(
            BanSubject.subject_hash.in_(marks),
            or_(Ban.until_at.is_(None), Ban.until_at > now()),
        )
    )
    return len({marks[mark] for mark in session.scalars(query)})


def _marks(caller: Caller, key: HouseKey) -> list[str]:
    person = caller.known()
    marks = [key.sign("person", person.id), key.sign("handle", person.handle)]
    return [*marks, caller.device_hash] if caller.device_hash else marks
