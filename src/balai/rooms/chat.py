"""The chat of a room: lines that everybody in the hall reads; off until hosts switch it on.

A slow room is slow here too, but for its hosts: one line a person so often. A line is taken out
with a reason by hosts or the safety team, and stays on record for whoever judges that. Nobody
is kept from writing by `listen_only`: who may not speak may write.
"""

import math
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from pydantic import BaseModel
from sqlalchemy import ForeignKey, Index, String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from balai import feed
from balai.clock import now
from balai.database import Base, word
from balai.errors import Conflict, NotFound, Unavailable
from balai.ids import new_id
from balai.people.model import Person
from balai.people.names import TextInvalid, clean_text
from balai.rooms import restrictions, safety
from balai.rooms.access import HOSTING, require_hosts, role_of
from balai.rooms.announce import seat_of
from balai.rooms.errors import HostUntouchable, RoomNotOnAir
from balai.rooms.model import (
    ON_AIR,
    Restriction,
    RestrictionKind,
    Role,
    Room,
    Seat,
    SeatState,
)
from balai.rooms.restrictions import Ruling
from balai.rooms.views import seat_name

LINE_MAX: Final = 300
EVERY_S: Final = 2  # one line a person, in a room that is not slow
SAME: Final = timedelta(seconds=10)  # the same text again is the same line
SHOWN_MAX: Final = 200  # to whoever comes; older ones are not shown
LINES_MAX: Final = 10_000  # of one room
CROWD_MAX: Final = 100  # lines of a whole room in ten seconds
CROWD: Final = timedelta(seconds=10)


class ChatOff(Conflict):
    """There is no chat in this room; its hosts can switch it on."""


class ChatFull(Conflict):
    """As much has been written in this room as can be kept; speak instead."""


class ChatTooSoon(Unavailable):
    """You have just written something; write again a little later."""

    def __init__(self, wait_s: int = EVERY_S) -> None:
        super().__init__(f"You have just written something; write again in {wait_s} s.")
        self.retry_s = wait_s


class ChatCrowded(Unavailable):
    """Too many write at this moment; send it again in a few seconds."""


class LineMissing(NotFound):
    """There is no such line in the chat of this room, or not any more."""


class LineTaken(Conflict):
    """This line has been taken out already."""


class LineGivenBack(Conflict):
    """The safety team found that this line stays; report it if there is more to say."""


class ChatLine(Base):
    """One line of a room's chat.

    `name` and `role` are those of the moment. `kept`: the chat is over and forgotten, but for
    what a case is about (cases/chat.py).
    """

    __tablename__ = "chat_line"
    __table_args__ = (
        Index(None, "room_id", "at"),
        Index(None, "person_id", "room_id", "at"),
        Index(None, "kept", "room_id"),
        Index(None, "restriction_id"),
    )

    id: Mapped[str] = mapped_column(String(12), primary_key=True)
    room_id: Mapped[str] = mapped_column(ForeignKey("room.id"))
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    name: Mapped[str] = mapped_column(String(60))
    role: Mapped[Role | None] = mapped_column(word(Role))
    text: Mapped[str] = mapped_column(String(LINE_MAX))
    at: Mapped[datetime]
    entry_id: Mapped[int | None]  # of the feed, where everybody reads it
    taken_by: Mapped[Role | None] = mapped_column(word(Role))
    restriction_id: Mapped[str | None] = mapped_column(ForeignKey("restriction.id"))
    kept: Mapped[bool] = mapped_column(default=False)


class ChatLineView(BaseModel):
    """A line as everybody reads it; of one that was taken out, by whom and not what it said."""

    id: str
    name: str
    role: Role | None
    text: str | None
    at: datetime
    taken_by: Role | None


def say(session: Session, room: Room, text: str, *, by: Person) -> ChatLine:
    """Write a line; the same text again within ten seconds is the same line.

    Raises:
        RoomNotOnAir, ChatOff: nobody may write here now.
        TextInvalid: it is empty, too long or cannot be shown.
        ChatTooSoon, ChatCrowded, ChatFull: there is too much of it.
    """
    if room.state not in ON_AIR:
        raise RoomNotOnAir
    if not room.chat:
        raise ChatOff
    said = _clean(text)
    last = _last_of(session, room, by)
    if last is not None and last.text == said and now() - last.at < SAME:
        return last
    seat = seat_of(session, room.id, by.id)
    role = role_of(room, seat, by)
    _require_pace(last, EVERY_S if role in HOSTING else max(room.slow_s, EVERY_S))
    _require_place(session, room)
    line = ChatLine(
        id=new_id(),
        room_id=room.id,
        person_id=by.id,
        name=seat_name(seat) if seat else by.display_name,
        role=role,
        text=said,
        at=now(),
        kept=False,
    )
    session.add(line)
    _tell(session, line)
    return line


def newest(session: Session, room: Room) -> list[ChatLineView]:
    """Read what the chat shows now, oldest first, 200 lines at most."""
    query = (
        select(ChatLine)
        .where(ChatLine.room_id == room.id, ChatLine.kept.is_(False))
        .order_by(ChatLine.at.desc(), ChatLine.id)
    )
    found = session.scalars(query.limit(SHOWN_MAX))
    return [line_view(one) for one in reversed(found.all())]


def find(session: Session, room: Room, line_id: str) -> ChatLine:
    """Find a line of a room's chat.

    Raises:
        LineMissing: there is none, or not any more.
    """
    line = session.get(ChatLine, line_id)
    if line is None or line.room_id != room.id or line.kept:
        raise LineMissing
    return line


def take(
    session: Session, room: Room, line_id: str, *, by: Person, reason: str | None
) -> ChatLine:
    """Take a line out: who wrote it is told why, and can contest it.

    Raises:
        HostsOnly, RoomPrivate, HostUntouchable, OwnVoice: this person may not.
        LineMissing, LineTaken, LineGivenBack: there is nothing to take out.
        RoomNotOnAir, ReasonMissing, TextInvalid: not now, not like this.
    """
    ruling = _ruling(session, room, by, reason)
    if room.state not in ON_AIR:
        raise RoomNotOnAir
    line = find(session, room, line_id)
    if line.taken_by is not None:
        raise LineTaken
    if line.restriction_id is not None:
        raise LineGivenBack
    _require_may_take(room, line, ruling)
    seat = seat_for(session, room, session.get_one(Person, line.person_id))
    restriction = restrictions.record(
        session, seat, RestrictionKind.TAKE_LINE, ruling, until_at=None
    )
    session.flush()
    take_for(session, line, restriction)
    return line


def take_for(session: Session, line: ChatLine, restriction: Restriction) -> None:
    """Show a line no longer; the restriction says by whom and why."""
    line.taken_by, line.restriction_id = restriction.by_role, restriction.id
    _tell(session, line)


def give_back(session: Session, restriction: Restriction) -> None:
    """Show a line again that was taken out wrongly, unless the whole chat is forgotten."""
    query = select(ChatLine).where(ChatLine.restriction_id == restriction.id)
    for line in session.scalars(query).all():
        line.taken_by = None
        if not line.kept:
            _tell(session, line)


def of_restrictions(session: Session, ids: Collection[str]) -> dict[str, ChatLine]:
    """Give the lines that were taken out, by their restrictions; not those forgotten."""
    query = select(ChatLine).where(ChatLine.restriction_id.in_(ids))
    return {one.restriction_id or "": one for one in session.scalars(query)}


def seat_for(session: Session, room: Room, person: Person) -> Seat:
    """Give somebody's seat in a room; who never had one has a place on record, not on stage."""
    seat = seat_of(session, room.id, person.id)
    if seat is None:
        seat = Seat(
            id=new_id(),
            room_id=room.id,
            person_id=person.id,
            role=Role.SPEAKER,
            state=SeatState.LEFT,
            muted=False,
            held=False,
        )
        session.add(seat)
        session.flush()
    return seat


def line_view(line: ChatLine) -> ChatLineView:
    """Show a line."""
    return ChatLineView(
        id=line.id,
        name=line.name,
        role=line.role,
        text=None if line.taken_by is not None else line.text,
        at=line.at,
        taken_by=line.taken_by,
    )


def _clean(text: str) -> str:
    said = clean_text(text, length_max=LINE_MAX)
    if not said:
        raise TextInvalid
    return said


def _last_of(session: Session, room: Room, by: Person) -> ChatLine | None:
    theirs = ChatLine.person_id == by.id, ChatLine.room_id == room.id
    query = select(ChatLine).where(*theirs).order_by(ChatLine.at.desc(), ChatLine.id)
    return session.scalars(query.limit(1)).first()


def _require_pace(last: ChatLine | None, every_s: int) -> None:
    if last is None:
        return
    wait_s = every_s - (now() - last.at).total_seconds()
    if wait_s > 0:
        raise ChatTooSoon(math.ceil(wait_s))


def _require_place(session: Session, room: Room) -> None:
    count = select(func.count()).select_from(ChatLine).where(ChatLine.room_id == room.id)
    if (session.scalar(count.where(ChatLine.at > now() - CROWD)) or 0) >= CROWD_MAX:
        raise ChatCrowded
    if (session.scalar(count) or 0) >= LINES_MAX:
        raise ChatFull


def _ruling(session: Session, room: Room, by: Person, reason: str | None) -> Ruling:
    """Say who takes it out and why; the team is shown as a team, and the ledger knows who."""
    if not safety.acts_for_the_team(session, room, by):
        role = require_hosts(session, room, by)
        seat = seat_of(session, room.id, by.id)
        name = seat_name(seat) if seat else by.display_name
        return Ruling(by.id, name, role, safety.require_reason(reason))
    safety.require_public(room)
    why = safety.require_reason(reason)
    safety.write_down(session, room.id, RestrictionKind.TAKE_LINE, by=by, reason=why)
    return Ruling(by.id, safety.TEAM_NAME, Role.SAFETY, why)


def _require_may_take(room: Room, line: ChatLine, ruling: Ruling) -> None:
    """Let co-hosts take out no line of the host, and the team none of its own."""
    is_own = line.person_id == ruling.by_person_id
    if is_own and ruling.by_role is Role.SAFETY:
        raise safety.OwnVoice
    if line.person_id == room.host_id and ruling.by_role is Role.COHOST:
        raise HostUntouchable


def _tell(session: Session, line: ChatLine) -> None:
    """Show everybody the line as it is now; what it was before is in the feed no longer."""
    feed.take_back(session, line.entry_id)
    data: dict[str, object] = {"line": line_view(line).model_dump(mode="json")}
    entry = feed.append(session, room_id=line.room_id, kind="chat", data=data)
    session.flush()
    line.entry_id = entry.id
