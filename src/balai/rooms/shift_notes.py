"""What one shift of the safety team leaves to the next: short notes that end by themselves.

They are for the team only, name no evidence, and are no record: what was done is in the ledger.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ForeignKey, Index, String, delete, select
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from balai.clock import now
from balai.database import Base
from balai.ids import new_id
from balai.people.accounts import require_operator
from balai.people.model import Person
from balai.people.names import TextInvalid, clean_text

NOTE_MAX: Final = 1_000
NOTES_MAX: Final = 20
KEPT: Final = timedelta(days=7)


class ShiftNote(Base):
    """A note for whoever watches next."""

    __tablename__ = "shift_note"
    __table_args__ = (Index(None, "at"),)

    id: Mapped[str] = mapped_column(String(12), primary_key=True)
    text: Mapped[str] = mapped_column(String(NOTE_MAX))
    by_person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]

    by: Mapped[Person] = relationship()


def leave(session: Session, text: str, *, by: Person) -> ShiftNote:
    """Leave a note; what is older than a week, or beyond the newest twenty, goes.

    Raises:
        OperatorsOnly: this person is not of the safety team.
        TextInvalid: it is empty, too long or cannot be shown.
    """
    require_operator(by)
    said = clean_text(text, length_max=NOTE_MAX)
    if not said:
        raise TextInvalid
    note = ShiftNote(id=new_id(), text=said, by=by, at=now())
    session.add(note)
    session.flush()
    newest = select(ShiftNote.id).order_by(ShiftNote.at.desc(), ShiftNote.id).limit(NOTES_MAX)
    session.execute(
        delete(ShiftNote).where(
            (ShiftNote.at < now() - KEPT) | ShiftNote.id.not_in(newest.scalar_subquery())
        )
    )
    return note


def take_away(session: Session, note_id: str, *, by: Person) -> None:
    """Take a note away that is done with; one that is gone is gone.

    Raises:
        OperatorsOnly: this person is not of the safety team.
    """
    require_operator(by)
    session.execute(delete(ShiftNote).where(ShiftNote.id == note_id))


def left(session: Session) -> list[ShiftNote]:
    """Read the notes of the last seven days, the newest first; twenty at most."""
    query = (
        select(ShiftNote).options(joinedload(ShiftNote.by)).where(ShiftNote.at >= now() - KEPT)
    )
    return list(
        session.scalars(query.order_by(ShiftNote.at.desc(), ShiftNote.id).limit(NOTES_MAX))
    )
