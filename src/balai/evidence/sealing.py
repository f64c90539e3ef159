"""Sealing: takes exactly a window out of the ring and locks it under a key of its own.

The file is written before the row that names it is committed: a process that is killed between
them leaves a file that nobody names, which `sweep` removes, and the seal is asked for again.
"""

import logging
import time
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from balai.clock import now
from balai.database import Database
from balai.errors import BalaiError
from balai.evidence import custody, stretches
from balai.evidence.custody import Deed
from balai.evidence.errors import SoundGone, WindowInvalid
from balai.evidence.keys import shred
from balai.evidence.model import Handling, KeptRing, Sealed, file_name
from balai.evidence.sealed_file import write
from balai.evidence.sound import RATE_HZ, Window
from balai.evidence.store import Store
from balai.ids import new_id

WINDOW_S_MAX: Final = 1_800
WRITE_AGAIN: Final = timedelta(seconds=30)  # a file is not older while its window grows
ORPHAN_S: Final = 600.0  # a transaction that still names a file is long over by then

log = logging.getLogger(__name__)


def seal(session: Session, store: Store, window: Window, *, why: str) -> Sealed:
    """Seal a window of a room's sound, once for each `why` (`flag:…`, `report:…`, `contest:…`).

    Asked again for the same, it does nothing; for a larger window, the evidence grows. Seconds
    of it that are still to be spoken follow by themselves (`finish`).

    Raises:
        SoundGone: nothing of this room is kept, or not any more.
        WindowInvalid: it is empty, before the room's beginning, or longer than half an hour.
        SealBroken, VaultKeyBroken: what was sealed before is damaged.
    """
    _check(window)
    query = select(Sealed).where(Sealed.room_id == window.room_id, Sealed.why == why)
    found = session.scalars(query).first()
    if found is not None and (found.destroyed_at or window_of(found).contains(window)):
        return found
    _require_ring(session, window.room_id)
    if found is None:
        return _begin(session, store, window, why)
    _grow(session, store, found, window_of(found).joined(window))
    return found


def seal_if_kept(session: Session, store: Store, window: Window, *, why: str) -> Sealed | None:
    """As `seal`; None if nothing can be sealed: what it is for goes on without its sound."""
    try:
        with session.begin_nested():
            return seal(session, store, window, why=why)
    except SoundGone:
        return None  # nothing of this room is kept, or not any more
    except (BalaiError, OSError):
        log.exception("sound that was to be sealed was not", extra={"why": why})
        return None


def pending(session: Session) -> list[Sealed]:
    """Read what is not complete yet, first what was written longest ago."""
    query = select(Sealed).where(Sealed.completed_at.is_(None), Sealed.destroyed_at.is_(None))
    return list(session.scalars(query.order_by(Sealed.written_at, Sealed.id)))


def finish_room(database: Database, store: Store, room_id: str) -> int:
    """Complete all that was sealed of a room to which nothing will follow; give how much.

    Each piece has a turn of its own: who is killed between two of them completes the others
    when this is asked again.
    """
    with database.reading() as session:
        ids = [one.id for one in pending(session) if one.room_id == room_id]
    done = 0
    for sealed_id in ids:
        with database.transaction() as session:
            done += finish(session, store, sealed_id, written_to=None)
    return done


def finish(session: Session, store: Store, sealed_id: str, *, written_to: int | None) -> bool:
    """Bring what was sealed up to date; tell whether that completed it.

    `written_to` is the position up to which the ring is whole; None: nothing will follow.

    On failure: what cannot be completed stays as it is and is logged.
    """
    sealed = session.get_one(Sealed, sealed_id)
    if sealed.completed_at is not None or sealed.destroyed_at is not None:
        return False
    return _finish(session, store, sealed, written_to)


def is_due(sealed: Sealed, *, written_to: int | None, at: datetime) -> bool:
    """Tell whether the file of what is not complete should be written again."""
    is_whole = written_to is None or sealed.to_position <= written_to
    return is_whole or at - sealed.written_at >= WRITE_AGAIN


def window_of(sealed: Sealed) -> Window:
    """Give what was asked to be sealed."""
    return Window(sealed.room_id, sealed.from_position, sealed.to_position, sealed.seat_ids)


def sweep(session: Session, store: Store) -> int:
    """Remove files that no row names: older generations, and what was never committed.

    They are overwritten as what expires is: each has sound, and the key to it.
    """
    query = select(Sealed.id, Sealed.generation).where(Sealed.destroyed_at.is_(None))
    named = {file_name(one, generation) for one, generation in session.execute(query)}
    old = [
        path
        for path in store.sealed.glob("*.sealed*")  # drafts of a killed process, too
        if path.name not in named and time.time() - path.stat().st_mtime > ORPHAN_S
    ]
    for path in old:
        shred(path)
    return len(old)


def _finish(session: Session, store: Store, sealed: Sealed, written_to: int | None) -> bool:
    at = now()
    if not is_due(sealed, written_to=written_to, at=at):
        return False
    try:
        write(store, sealed, window_of(sealed), at=at)
    except (BalaiError, OSError):
        if written_to is not None:
            log.exception("sealing goes on later", extra={"sealed": sealed.id})
            return False
        log.exception("what was not sealed yet is lost", extra={"sealed": sealed.id})
    if written_to is not None and sealed.to_position > written_to:
        return False
    sealed.completed_at = at
    custody.note(session, sealed, Deed(Handling.COMPLETED), at=at)
    return True


def _check(window: Window) -> None:
    length = window.to_position - window.from_position
    if window.from_position < 0 or not 0 < length <= WINDOW_S_MAX * RATE_HZ:
        raise WindowInvalid


def _require_ring(session: Session, room_id: str) -> None:
    kept = session.get(KeptRing, room_id)
    if kept is None or kept.destroyed_at is not None:
        raise SoundGone


def _begin(session: Session, store: Store, window: Window, why: str) -> Sealed:
    at = now()
    is_whole = window.to_position <= stretches.written_to(store, window.room_id)
    sealed = Sealed(
        id=new_id(),
        room_id=window.room_id,
        why=why,
        generation=0,
        sealed_at=at,
        completed_at=at if is_whole else None,
        expires_at=at + store.keep,
        ledger_index=0,  # until the ledger has it, in the same transaction
    )
    _reach(sealed, window)
    write(store, sealed, window, at=at)
    session.add(sealed)
    session.flush()  # its custody log names it
    sealed.ledger_index = custody.note(session, sealed, Deed(Handling.SEALED), at=at)
    return sealed


def _grow(session: Session, store: Store, sealed: Sealed, window: Window) -> None:
    """Let evidence reach further; its file follows now or soon."""
    _check(window)
    at = now()
    is_whole = window.to_position <= stretches.written_to(store, window.room_id)
    if is_whole or at - sealed.written_at >= WRITE_AGAIN:
        write(store, sealed, window, at=at)
    _reach(sealed, window)
    sealed.completed_at = at if is_whole else None
    if is_whole:
        custody.note(session, sealed, Deed(Handling.COMPLETED), at=at)


def _reach(sealed: Sealed, window: Window) -> None:
    sealed.from_position, sealed.to_position = window.from_position, window.to_position
    sealed.seats = {} if window.seat_ids is None else {"ids": sorted(window.seat_ids)}
