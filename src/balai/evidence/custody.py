"""The custody log: every handling of sealed evidence, in its rows and in the ledger at once."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from balai.evidence.model import Custody, Handling, Sealed
from balai.ledger.log import append


@dataclass(frozen=True, slots=True)
class Deed:
    """What is done with evidence, by whom (None: Balai itself), for what, and for whom."""

    what: Handling
    by_person_id: str | None = None
    purpose: str = ""
    recipients: tuple[str, ...] = ()


def note(session: Session, sealed: Sealed, deed: Deed, *, at: datetime) -> int:
    """Write down what is done with evidence; give the entry's place in the ledger."""
    entry = append(
        session,
        kind=f"evidence_{deed.what}",
        record={
            "sealed_id": sealed.id,
            "room_id": sealed.room_id,
            "why": sealed.why,
            "from_position": sealed.from_position,
            "to_position": sealed.to_position,
            "content_hash": sealed.content_hash,
            "expires_at": sealed.expires_at.isoformat(),
            "at": at.isoformat(),
            "by_person_id": deed.by_person_id,
            "purpose": deed.purpose,
            "recipients": list(deed.recipients),
        },
    )
    session.add(
        Custody(
            sealed_id=sealed.id,
            what=deed.what,
            at=at,
            by_person_id=deed.by_person_id,
            purpose=deed.purpose,
            ledger_index=entry.index,
        )
    )
    return entry.index


def of(session: Session, sealed_id: str) -> list[Custody]:
    """Read an evidence's custody log, oldest first."""
    query = select(Custody).where(Custody.sealed_id == sealed_id).order_by(Custody.id)
    return list(session.scalars(query))
