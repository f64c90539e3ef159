"""What a person is told about something that was taken from them, and why."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from balai.database import Base


class Measure(StrEnum):
    """What is taken from a person; a mere hint takes nothing and needs no statement."""

    MUTE = "mute"
    HOLD = "hold"
    CHAT_ONLY = "chat_only"
    MOVE_TO_HALL = "move_to_hall"
    REMOVE = "remove"
    ROOM_BAN = "room_ban"
    HOUSE_BAN = "house_ban"
    PERMANENT_REMOVAL = "permanent_removal"
    ROOM_ENDED = "room_ended"
    CONTENT_DISABLED = "content_disabled"
    CONTENT_REMOVED = "content_removed"
    TAKE_LINE = "take_line"


class Statement(Base):
    """A statement of reasons: as the person reads it, and as the public database takes it.

    Nobody changes `fields` and `told` once they are in the ledger; without `ledger_index` it
    was written for a restriction from before there was one. Restrictions and decisions lie
    above: no keys.

    Source: Regulation (EU) 2022/2065, articles 17 and 24(5).
    """

    __tablename__ = "statement"
    __table_args__ = (
        Index(None, "person_id", "at"),
        Index(None, "decision_id"),
        Index(None, "at", "id"),
    )

    id: Mapped[str] = mapped_column(String(12), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))  # whom it is for
    room_id: Mapped[str | None] = mapped_column(String(12))
    restriction_id: Mapped[str | None] = mapped_column(String(12), unique=True)
    decision_id: Mapped[str | None] = mapped_column(String(12))
    at: Mapped[datetime]
    fields: Mapped[dict[str, object]]  # the form of the DSA Transparency Database
    told: Mapped[dict[str, object]]  # statements/views.py: Told
    language: Mapped[str] = mapped_column(String(12))  # of `told`
    delivered_at: Mapped[datetime | None]  # the person's page has fetched it
    read_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]  # what was taken was given back, or ran out
    withdrawn_at: Mapped[datetime | None]  # the decision was overturned
    withdrawn_why: Mapped[str | None] = mapped_column(String(500))
    ledger_index: Mapped[int | None]
