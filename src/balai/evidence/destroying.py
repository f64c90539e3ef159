"""The end of unsealed sound: its keys are destroyed, and the ledger says so.

Every step can be repeated: a process that is killed between two of them leaves a room that is
destroyed again, and told once.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from balai.clock import now
from balai.database import Database
from balai.evidence import keys, sealing, stretches
from balai.evidence.model import KeptRing
from balai.evidence.store import Store
from balai.ledger.log import append


class Why(StrEnum):
    """Why the unsealed sound of a room was destroyed."""

    WINDOW_PASSED = "window_passed"  # nobody can report it any more
    NEVER_LIVE = "never_live"  # the room could not be opened, or its record is gone
    KEYS_LOST = "keys_lost"  # the machine was started again: memory forgets


def begin(session: Session, store: Store, room_id: str) -> None:
    """Let a ring begin for a room; what an earlier try to open it left is destroyed."""
    stretches.destroy_ring(store, room_id)
    kept = session.get(KeptRing, room_id)
    if kept is None:
        session.add(KeptRing(room_id=room_id, began_at=now()))
    else:
        kept.began_at, kept.stretches, kept.destroyed_at = now(), None, None


def kept_rings(session: Session) -> list[KeptRing]:
    """Read which rooms have unsealed sound that could be decrypted, oldest first."""
    query = select(KeptRing).where(KeptRing.destroyed_at.is_(None))
    return list(session.scalars(query.order_by(KeptRing.began_at)))


def has_lost_keys(store: Store, room_id: str) -> bool:
    """Tell whether there is sound of a room of which every key is gone."""
    has_sound = bool(stretches.numbers(store, room_id))
    return has_sound and not keys.numbers_with_key(store, room_id)


def destroy(database: Database, store: Store, room_id: str, *, why: Why) -> None:
    """Destroy all keys of a room's unsealed sound; what is half sealed is completed first."""
    with database.reading() as session:
        if session.get_one(KeptRing, room_id).destroyed_at is not None:
            return
    sealing.finish_room(database, store, room_id)
    with database.transaction() as session:
        kept = session.get_one(KeptRing, room_id)
        if kept.stretches is None:  # else a killed process has begun
            kept.stretches = len(stretches.numbers(store, room_id))
    stretches.destroy_ring(store, room_id)
    with database.transaction() as session:
        kept = session.get_one(KeptRing, room_id)
        if kept.destroyed_at is None:
            _tell(session, kept, why, at=now())


def _tell(session: Session, kept: KeptRing, why: Why, *, at: datetime) -> None:
    record: dict[str, object] = {
        "room_id": kept.room_id,
        "why": str(why),
        "stretches": kept.stretches,
        "stretch_s": stretches.STRETCH_S,
        "began_at": kept.began_at.isoformat(),
        "at": at.isoformat(),
    }
    kept.ledger_index = append(session, kind="evidence_keys_destroyed", record=record).index
    kept.destroyed_at = at
