"""What a worker does for evidence by itself: seals flags, completes, destroys what is over.

It looks at the records again and again, so that a worker that was killed goes on where it was.
Each piece is sealed in a transaction of its own, with a pause before the next: to seal takes a
tenth of a second, in which nobody else can write.
"""

import asyncio
import contextlib
import functools
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from balai.audio.blocks import RATE_HZ
from balai.broadcast.evidence_ring import EvidenceRing
from balai.broadcast.studio import Studio
from balai.clock import now
from balai.detect.chunk import CHUNK_SAMPLES, Chunk
from balai.errors import BalaiError
from balai.evidence import destroying, keeping, sealing, stretches
from balai.evidence.destroying import Why
from balai.evidence.model import KeptRing, Sealed
from balai.evidence.sound import Window
from balai.evidence.store import make_folders, store_of
from balai.rooms.model import OVER, Flag, Room, RoomState

FLAG_MARGIN_S: Final = 15  # sealed before and after what a flag is about
LOOK_S: Final = 2.0
SWEEP_EVERY: Final = 1800  # looks: once an hour
PIECES_MAX: Final = 50  # flags, and pieces that grow, in one look; the others wait for the next
TURN_S: Final = 0.02  # between two pieces, for whoever else wants to write
WRITTEN_S_MAX: Final = 5.0
_MARGIN: Final = FLAG_MARGIN_S * RATE_HZ
_LONGEST: Final = sealing.WINDOW_S_MAX * RATE_HZ

log = logging.getLogger(__name__)


class EvidenceCare:
    """Keeps the sound of a worker's rooms for as long as may be, and not longer.

    On failure: what cannot be sealed or destroyed now is tried again two seconds later; rooms
    never wait for it.
    """

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._store = store_of(studio.settings)
        self._is_on = studio.settings.evidence_s > 0
        self._ring = EvidenceRing(self._store)
        self._looks = 0

    def start(self) -> None:
        """Make the folders and begin to write.

        Raises:
            KeysNotInMemory, KeysForeign: keys would not be safe; rooms must not go on air.
        """
        if self._is_on:
            make_folders(self._store)
        self._ring.start()

    async def begin(self, room_id: str) -> None:
        """Keep a room's voices from now on; nothing is kept of which no row tells."""
        begin = functools.partial(self._begin_now, room_id)
        if self._is_on and await self._studio.records.insist(begin):
            self._ring.begin(room_id)

    def give(self, chunk: Chunk) -> None:
        """Take a chunk; callable from the mixer's thread, never waits for long."""
        self._ring.give(chunk)

    def forget(self, room_id: str) -> None:
        """Keep nothing more of a room that is off the air."""
        self._ring.forget(room_id)

    async def stop(self) -> None:
        """Write what waits; leave no folder in memory that nobody needs."""
        await asyncio.to_thread(self._ring.stop)
        with contextlib.suppress(OSError):  # keys are left for those who still may report
            self._store.keys.rmdir()

    def health(self) -> dict[str, int]:
        """Count what was not kept."""
        return self._ring.health()

    async def run(self) -> None:
        """Look after evidence until cancelled."""
        while True:
            try:
                await self._look(await self._written())
            except (BalaiError, OSError) as cause:
                log.warning("evidence waits for the disk or the records: %s", cause)
            except Exception:
                log.exception("a look after evidence failed")
            await asyncio.sleep(LOOK_S)

    def _begin_now(self, room_id: str) -> bool:
        with self._studio.database.transaction() as session:
            destroying.begin(session, self._store, room_id)
        return True

    async def _written(self) -> Mapping[str, int]:
        """Tell up to which position each room's voices are in its ring."""
        whole = {
            room_id: room.position // CHUNK_SAMPLES * CHUNK_SAMPLES
            for room_id, room in self._studio.rooms.items()
        }
        given = self._ring.given
        async with asyncio.timeout(WRITTEN_S_MAX):
            while self._ring.done < given:  # noqa: ASYNC110 - a thread tells no event
                await asyncio.sleep(LOOK_S / 100)
        return whole

    async def _look(self, written: Mapping[str, int]) -> None:
        await asyncio.to_thread(self._trim, written)
        for room_id, why in await asyncio.to_thread(self._over, written):
            await asyncio.to_thread(self._destroy, room_id, why)
        for write in await asyncio.to_thread(self._due, written):
            await asyncio.to_thread(write)
            await asyncio.sleep(TURN_S)
        await asyncio.to_thread(self._expire)

    def _destroy(self, room_id: str, why: Why) -> None:
        """Destroy a room's unsealed sound; what one room has in its way stops no other."""
        try:
            destroying.destroy(self._studio.database, self._store, room_id, why=why)
        except (BalaiError, OSError):
            log.exception("unsealed sound waits to be destroyed", extra={"room": room_id})

    def _trim(self, written: Mapping[str, int]) -> None:
        """Destroy what is older than the ring is long."""
        for room_id, position in written.items():
            oldest = position - self._studio.settings.evidence_s * RATE_HZ
            stretches.trim(self._store, room_id, oldest)

    def _over(self, written: Mapping[str, int]) -> list[tuple[str, Why]]:
        """Find the rooms of which unsealed sound may be kept no longer."""
        window = timedelta(seconds=self._studio.settings.report_window_s)
        found = []
        with self._studio.database.reading() as session:
            for kept in destroying.kept_rings(session):
                if kept.room_id not in written:
                    why = self._why_over(session, kept, ended_before=now() - window)
                    found += [(kept.room_id, why)] if why else []
        return found

    def _why_over(
        self, session: Session, kept: KeptRing, *, ended_before: datetime
    ) -> Why | None:
        room = session.get(Room, kept.room_id)
        if room is None or room.state is RoomState.DRAFT:
            return Why.NEVER_LIVE
        if room.state not in OVER:
            return None  # it is about to go on air
        if (room.ended_at or kept.began_at) <= ended_before:
            return Why.WINDOW_PASSED
        return Why.KEYS_LOST if destroying.has_lost_keys(self._store, kept.room_id) else None

    def _due(self, written: Mapping[str, int]) -> list[Callable[[], None]]:
        """Give what is to be sealed, or written again, piece by piece: 50 of either at most."""
        at = now()
        with self._studio.database.reading() as session:
            flags, pending = _unsealed(session), sealing.pending(session)
        due = [
            one
            for one in pending
            if sealing.is_due(one, written_to=written.get(one.room_id), at=at)
        ]
        return [
            *(functools.partial(self._seal, flag) for flag in flags),
            *(
                functools.partial(self._finish, one, written.get(one.room_id))
                for one in due[:PIECES_MAX]
            ),
        ]

    def _seal(self, flag: Flag) -> None:
        try:
            with self._studio.database.transaction() as session:
                sealing.seal(session, self._store, _window(flag), why=f"flag:{flag.id}")
        except (BalaiError, OSError):
            log.exception("a flag was not sealed", extra={"flag": flag.id})

    def _finish(self, sealed: Sealed, written_to: int | None) -> None:
        try:
            with self._studio.database.transaction() as session:
                sealing.finish(session, self._store, sealed.id, written_to=written_to)
        except (BalaiError, OSError):
            log.exception("evidence waits for its end", extra={"sealed": sealed.id})

    def _expire(self) -> None:
        at = now()
        with self._studio.database.reading() as session:
            is_due = bool(keeping.expired(session, at))
            if self._looks % SWEEP_EVERY == 0:
                sealing.sweep(session, self._store)
        self._looks += 1
        if is_due:
            with self._studio.database.transaction() as session:
                keeping.expire_due(session, self._store, at)


def _unsealed(session: Session) -> list[Flag]:
    """Read the flags of which something is not sealed yet and still can be."""
    is_short = and_(
        Sealed.to_position < Flag.to_position + _MARGIN,
        Sealed.to_position - Sealed.from_position < _LONGEST,
        Sealed.destroyed_at.is_(None),
    )
    query = (
        select(Flag)
        .join(KeptRing, KeptRing.room_id == Flag.room_id)
        .outerjoin(
            Sealed, and_(Sealed.room_id == Flag.room_id, Sealed.why == "flag:" + Flag.id)
        )
        .where(KeptRing.destroyed_at.is_(None), or_(Sealed.id.is_(None), is_short))
        .order_by(Flag.at, Flag.id)
    )
    return list(session.scalars(query.limit(PIECES_MAX)))


def _window(flag: Flag) -> Window:
    """Give what a flag seals: the flagged voice, and nobody else's."""
    begin = max(0, flag.from_position - _MARGIN)
    end = min(flag.to_position + _MARGIN, begin + _LONGEST)
    return Window(flag.room_id, begin, end, frozenset({flag.seat_id}))
