"""What is kept of sealed sound, beside the sound itself: rows, never keys, never content.

Rooms lie above evidence, so a room is named and not referred to.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from balai.database import Base, word
from balai.people.model import Person


class KeptRing(Base):
    """The encrypted ring of one room: sound that nobody has sealed lies there for a while.

    It ends with the destruction of its keys, which `ledger_index` proves. `stretches` is how
    many were left when that began.
    """

    __tablename__ = "kept_ring"
    __table_args__ = (Index(None, "destroyed_at"),)

    room_id: Mapped[str] = mapped_column(String(12), primary_key=True)
    began_at: Mapped[datetime]
    stretches: Mapped[int | None]
    destroyed_at: Mapped[datetime | None]
    ledger_index: Mapped[int | None]


class Sealed(Base):
    """One window of a room's sound, sealed under a key of its own.

    `why` names what it was sealed for (`flag:…`, `report:…`): for one thing it is sealed once,
    and grows with it. `seats` is empty when all voices were sealed. Until `completed_at` the
    newest part may be missing; `generation` counts how often the file was written.
    `voiced_samples` is how much sound is in it, over all voices; 0: nothing was kept of it, or
    nobody spoke.
    """

    __tablename__ = "sealed"
    __table_args__ = (
        UniqueConstraint("room_id", "why"),
        Index(None, "completed_at"),
        Index(None, "destroyed_at", "expires_at"),
    )

    id: Mapped[str] = mapped_column(String(12), primary_key=True)
    room_id: Mapped[str] = mapped_column(String(12))
    why: Mapped[str] = mapped_column(String(80))
    from_position: Mapped[int] = mapped_column(BigInteger)
    to_position: Mapped[int] = mapped_column(BigInteger)
    seats: Mapped[dict[str, object]]
    generation: Mapped[int]
    content_hash: Mapped[str] = mapped_column(String(64))
    file_hash: Mapped[str] = mapped_column(String(64))
    voiced_samples: Mapped[int] = mapped_column(BigInteger)
    sealed_at: Mapped[datetime]
    written_at: Mapped[datetime]
    completed_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]
    legal_hold: Mapped[str | None] = mapped_column(String(500))
    hold_until: Mapped[datetime | None]
    destroyed_at: Mapped[datetime | None]
    ledger_index: Mapped[int]

    @property
    def seat_ids(self) -> frozenset[str] | None:
        """The voices that were sealed; None: all of them."""
        named = self.seats.get("ids")
        return frozenset(map(str, named)) if isinstance(named, list) else None

    @property
    def file_name(self) -> str:
        """The present file."""
        return file_name(self.id, self.generation)

    def is_held(self, at: datetime) -> bool:
        """Tell whether a legal hold keeps it at a moment."""
        if self.legal_hold is None:
            return False
        return self.hold_until is None or self.hold_until > at


def file_name(sealed_id: str, generation: int) -> str:
    """Name one generation of an evidence's file."""
    return f"{sealed_id}.{generation}.sealed"


class Handling(StrEnum):
    """What can be done with sealed evidence; each is in its custody log and in the ledger."""

    SEALED = "sealed"
    COMPLETED = "completed"
    READ = "read"
    BUNDLED = "bundled"
    HELD = "held"
    HOLD_ENDED = "hold_ended"
    KEPT = "kept"  # it expires at another moment
    DESTROYED = "destroyed"


class Custody(Base):
    """One line of an evidence's custody log: what was done, by whom, for what."""

    __tablename__ = "custody"
    __table_args__ = (Index(None, "sealed_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    sealed_id: Mapped[str] = mapped_column(ForeignKey("sealed.id"))
    what: Mapped[Handling] = mapped_column(word(Handling))
    at: Mapped[datetime]
    by_person_id: Mapped[str | None] = mapped_column(ForeignKey(Person.id))
    purpose: Mapped[str] = mapped_column(String(500))
    ledger_index: Mapped[int]
