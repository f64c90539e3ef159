"""How long sealed evidence is kept: until it expires, and longer while a legal hold says so."""

from datetime import datetime
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from balai.clock import now
from balai.evidence import custody, sealed_file
from balai.evidence.custody import Deed
from balai.evidence.errors import EvidenceDestroyed, NotOnHold
from balai.evidence.model import Handling, Sealed
from balai.evidence.reading import clean_purpose, find
from balai.evidence.store import Store

EXPIRED_MAX: Final = 100  # in one run; the others wait for the next


def hold(
    session: Session,
    sealed_id: str,
    *,
    reason: str,
    by_person_id: str,
    until: datetime | None = None,
) -> Sealed:
    """Keep evidence beyond its expiry, for good or until a moment; it takes the former's place.

    Raises:
        PurposeMissing: the reason is empty.
        SealedMissing, EvidenceDestroyed: there is nothing to keep.
    """
    why = clean_purpose(reason)
    sealed = _present(session, sealed_id)
    sealed.legal_hold, sealed.hold_until = why, until
    custody.note(session, sealed, Deed(Handling.HELD, by_person_id, why), at=now())
    return sealed


def end_hold(session: Session, sealed_id: str, *, reason: str, by_person_id: str) -> Sealed:
    """Let evidence expire as if nobody had held it.

    Raises:
        PurposeMissing: the reason is empty.
        NotOnHold: nobody holds it.
    """
    why = clean_purpose(reason)
    sealed = _present(session, sealed_id)
    if sealed.legal_hold is None:
        raise NotOnHold
    sealed.legal_hold = sealed.hold_until = None
    custody.note(session, sealed, Deed(Handling.HOLD_ENDED, by_person_id, why), at=now())
    return sealed


def keep_until(
    session: Session,
    sealed_id: str,
    expires_at: datetime,
    *,
    reason: str,
    by_person_id: str | None,
) -> Sealed:
    """Let evidence expire at another moment: later for an appeal, sooner when all was wrong.

    Raises:
        PurposeMissing: the reason is empty.
        SealedMissing, EvidenceDestroyed: there is nothing to keep.
    """
    why = clean_purpose(reason)
    sealed = _present(session, sealed_id)
    sealed.expires_at = expires_at
    custody.note(session, sealed, Deed(Handling.KEPT, by_person_id, why), at=now())
    return sealed


def expired(session: Session, at: datetime) -> list[Sealed]:
    """Read what nothing keeps any longer, 100 at most, the oldest first."""
    query = select(Sealed).where(
        Sealed.destroyed_at.is_(None),
        Sealed.expires_at <= at,
        or_(Sealed.legal_hold.is_(None), Sealed.hold_until <= at),
    )
    return list(
        session.scalars(query.order_by(Sealed.expires_at, Sealed.id).limit(EXPIRED_MAX))
    )


def expire_due(session: Session, store: Store, at: datetime) -> int:
    """Destroy what has expired, its key with its file, and tell the ledger; give how much.

    The row stays, with its hash and its custody log.
    """
    gone = expired(session, at)
    for sealed in gone:
        sealed_file.destroy(store, sealed.id)
        sealed.destroyed_at = at
        custody.note(session, sealed, Deed(Handling.DESTROYED, purpose="expired"), at=at)
    return len(gone)


def _present(session: Session, sealed_id: str) -> Sealed:
    sealed = find(session, sealed_id)
    if sealed.destroyed_at is not None:
        raise EvidenceDestroyed
    return sealed
