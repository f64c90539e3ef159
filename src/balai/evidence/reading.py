"""Reading sealed evidence: for a purpose, and in the ledger before anything is given."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from balai.clock import now
from balai.database import Database
from balai.evidence import custody
from balai.evidence.custody import Deed
from balai.evidence.errors import EvidenceDestroyed, PurposeMissing, SealedMissing
from balai.evidence.model import Handling, Sealed
from balai.evidence.sealed_file import contents
from balai.evidence.store import Store
from balai.people.names import clean_text

PURPOSE_MAX: Final = 500
SHOWN_MAX: Final = 100


def find(session: Session, sealed_id: str) -> Sealed:
    """Find evidence by its identifier.

    Raises:
        SealedMissing: there is none.
    """
    sealed = session.get(Sealed, sealed_id)
    if sealed is None:
        raise SealedMissing
    return sealed


def of_room(session: Session, room_id: str) -> list[Sealed]:
    """Read what was sealed of a room, in the order of its sound, 100 at most."""
    query = select(Sealed).where(Sealed.room_id == room_id)
    return list(
        session.scalars(query.order_by(Sealed.from_position, Sealed.id).limit(SHOWN_MAX))
    )


def newest(session: Session, *, limit: int = SHOWN_MAX) -> list[Sealed]:
    """Read what was sealed last."""
    query = select(Sealed).order_by(Sealed.sealed_at.desc(), Sealed.id)
    return list(session.scalars(query.limit(limit)))


def read(
    database: Database, store: Store, sealed_id: str, *, by_person_id: str, purpose: str
) -> bytes:
    """Give the content of sealed evidence (`sound.unpack` reads it).

    That it is read, by whom and for what is committed before; it stays written when the
    content turns out to be damaged.

    Raises:
        PurposeMissing: nobody said for what.
        SealedMissing, EvidenceDestroyed: there is nothing to read.
        SealBroken, VaultKeyBroken: it was changed, or cannot be read.
    """
    deed = Deed(Handling.READ, by_person_id, clean_purpose(purpose))
    return take_out(database, store, [sealed_id], deed)[0][1]


def take_out(
    database: Database, store: Store, sealed_ids: Sequence[str], deed: Deed
) -> list[tuple[Sealed, bytes]]:
    """Write down what is done with several pieces of evidence, commit, give their content."""
    at = now()
    with database.transaction() as session:
        rows = [find(session, one) for one in sealed_ids]
        if any(row.destroyed_at for row in rows):
            raise EvidenceDestroyed
        for row in rows:
            custody.note(session, row, deed, at=at)
    return [(row, contents(store, row)) for row in rows]


def clean_purpose(purpose: str) -> str:
    """Bring a purpose into its form.

    Raises:
        PurposeMissing: nothing is left of it.
        TextInvalid: it is too long, or cannot be shown.
    """
    cleaned = clean_text(purpose, length_max=PURPOSE_MAX)
    if not cleaned:
        raise PurposeMissing
    return cleaned
