"""The raid shield: hands rest while many suspicious people come at once, and nobody is removed.

In the last minute, somebody who came is *suspicious* once for an account younger than a day,
and three times for a mark (device, handle, person) that a running ban of this house knows. The
shield rises when suspicion reaches 8 and makes half of all who came with an account; it falls
when suspicion has stayed below 3 for two minutes. A popular start brings known people and
listeners without an account, who cannot raise a hand, so it does not raise it.
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


class Step(StrEnum):
    """What the shield does next."""

    NOTHING = "nothing"
    RISE = "rise"
    FALL = "fall"


class Shield:
    """One room's shield: what it did, and for how long it has been calm."""

    def __init__(self) -> None:
        self.is_up = False
        self._calm_from_s: float | None = None
        self._rests_to_s = float("-inf")

    def step(self, came: Arrivals, *, hands_locked: bool, at_s: float) -> Step:
        """Decide; hands that people locked or took again are theirs."""
        if self.is_up and not hands_locked:  # a person took hands again
            self.is_up, self._rests_to_s = False, at_s + REST_S
        if self.is_up:
            return self._fall_when_calm(came, at_s)
        is_raid = came.suspicion >= RISES_AT and came.suspicion >= SHARE_MIN * came.known
        if not is_raid or hands_locked or at_s < self._rests_to_s:
            return Step.NOTHING
        self.is_up, self._calm_from_s = True, None
        return Step.RISE

    def _fall_when_calm(self, came: Arrivals, at_s: float) -> Step:
        if came.suspicion >= FALLS_BELOW:
            self._calm_from_s = None
            return Step.NOTHING
        if self._calm_from_s is None:
            self._calm_from_s = at_s
        if at_s - self._calm_from_s < CALM_S:
            return Step.NOTHING
        self.is_up = False
        return Step.FALL


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
    """Lock a room's hands, or take them again, and tell everybody and the hosts why."""
    room = session.get(Room, room_id)
    if room is None or room.state not in ON_AIR or step is Step.NOTHING:
        return
    room.hands_locked = step is Step.RISE
    tell_room(session, room)
    data: dict[str, object] = {"from": "house", "about": f"shield_{step}", "text": ""}
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
