"""The worker: carries every room of this house that is on air.

Wishes come in as rows, one lane a room so that neither a slow effect nor a flood of them in one
room delays a hold in another. What is observed goes out as rows. The mixer's thread does the
work in between.
"""

import asyncio
import contextlib
import functools
import logging
import sys
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy.orm import Session

from balai.air.programme import Programme
from balai.air.recover import recover
from balai.air.ring import Ring
from balai.air.tracks import Tracks, delete_tracks
from balai.audio.blocks import RATE_HZ
from balai.bell import Bell
from balai.broadcast.case_care import CaseCare
from balai.broadcast.effects import EFFECTS, EffectNotObserved, OnAir
from balai.broadcast.evidence_care import EvidenceCare
from balai.broadcast.gaps import Gaps
from balai.broadcast.lane import Lane
from balai.broadcast.listening import Listening
from balai.broadcast.mixer import MixerClock, News
from balai.broadcast.port import Port
from balai.broadcast.records import Record, Records
from balai.broadcast.replay_care import ReplayCare
from balai.broadcast.room import RoomOnAir, Speaking, WentLive
from balai.broadcast.studio import Studio
from balai.broadcast.unwatched import UnwatchedRules
from balai.broadcast.words import Words
from balai.clock import now
from balai.database import Database
from balai.detect.chunk import Chunk
from balai.detect.tap import Tap
from balai.errors import BalaiError, Unavailable
from balai.rooms import effects, lifecycle, seats, speaking, spoken, wishes
from balai.rooms.model import Room, RoomState, Seat, SeatState, Wish, WishKind
from balai.settings import Settings
from balai.stage.engine import SeatChange, SeatNotConnected, StageEngine, StageEvent
from balai.wire import serve_port

FIRST_SEGMENT_S_MAX: Final = 10.0

log = logging.getLogger(__name__)


class RoomFolderUnwritable(Unavailable):
    """The room's folder cannot be written; is the disk full?"""


class Worker:
    """Opens rooms, carries out wishes, records what it observes.

    On failure: whatever one wish raises fails that wish and nothing else. While records cannot
    be written (see `Records`) rooms stay on air.
    """

    def __init__(
        self, settings: Settings, database: Database, bell: Bell, engine: StageEngine
    ) -> None:
        self._settings = settings
        self._database = database
        self._bell = bell
        self._engine = engine
        self._clock = MixerClock(self._hear)
        self._on_air: dict[str, RoomOnAir] = {}
        self._records = Records(database, bell)
        gaps = Gaps(self._records, self._gaps_changed)
        self._studio = Studio(
            settings, database, self._records, self._clock, self._on_air, gaps
        )
        self._listening = Listening(self._studio)
        self._words = Words(self._studio, bell, self._listening.seen)
        self._unwatched = UnwatchedRules(self._studio)
        self._evidence = EvidenceCare(self._studio)
        self._cases = CaseCare(self._studio, bell)
        self._replays = ReplayCare(self._studio)
        self._port = Port(
            self._studio, self._words, self._evidence, self._replays, self._listening
        )
        self._lanes: dict[str, Lane] = {}
        self._taken = 0  # wishes up to this number are in a lane or done

    async def run(self) -> None:
        """Carry rooms until cancelled; then close every room as interrupted."""
        sys.setswitchinterval(0.001)  # the mixer waits at most 1 ms for its turn
        await asyncio.to_thread(self._recover)
        self._evidence.start()
        self._clock.start()
        try:
            async with (
                serve_port(self._settings.run_path, self._port),
                self._listening.serving(),
                self._words.serving(),
                asyncio.TaskGroup() as tasks,
            ):
                tasks.create_task(self._records.run())
                tasks.create_task(self._evidence.run())
                tasks.create_task(self._cases.run())
                tasks.create_task(self._replays.run())
                tasks.create_task(self._lift_what_is_due())
                tasks.create_task(self._words.follow_policy())
                tasks.create_task(self._take_wishes(tasks))
        finally:
            await self._close()

    # ── wishes ───────────────────────────────────────────────────────────────────────────────

    async def _take_wishes(self, tasks: asyncio.TaskGroup) -> None:
        ear = self._bell.listen()
        while True:
            found = await self._records.insist(self._new_wishes) or []
            for wish in found:
                self._taken = wish.id
                if wish.room_id not in self._lanes:
                    self._lanes[wish.room_id] = Lane()
                    tasks.create_task(self._run_lane(wish.room_id))
                self._lanes[wish.room_id].put(wish)
            if len(found) < wishes.BATCH:
                await ear.heard()

    def _new_wishes(self) -> list[Wish]:
        with self._database.reading() as session:
            return wishes.pending(session, after=self._taken)

    async def _run_lane(self, room_id: str) -> None:
        """Carry out one room's wishes in their turn until the room has gone off the air."""
        lane = self._lanes[room_id]
        while True:
            await self._carry_out(await lane.next())
            if lane.is_empty and room_id not in self._on_air:
                del self._lanes[room_id]
                return

    async def _carry_out(self, wish: Wish) -> None:
        try:
            observed = await self._act(wish)
        except BalaiError as error:
            await self._records.write(_failed(wish, error))
        except Exception:
            log.exception("a wish failed", extra={"wish": wish.id, "kind": wish.kind})
            await self._records.write(_failed(wish, Unavailable()))
        else:
            done = functools.partial(wishes.carried_out, wish=wish, observed=observed)
            if not await self._records.write(done):  # done on air, and nobody would know
                await self._records.write(_failed(wish, EffectNotObserved()))

    async def _act(self, wish: Wish) -> dict[str, object]:
        if wish.kind is WishKind.OPEN:
            return await self._open(wish.room_id)
        room = self._studio.room(wish.room_id)
        if wish.kind is WishKind.RELEASE:
            self._studio.rule_holds.check_release(wish)
        if wish.kind in effects.UNDOING:
            await asyncio.to_thread(self._require_may_undo, wish)
        if wish.kind is WishKind.END:
            return await self._end(room)
        observed = await EFFECTS[wish.kind](OnAir(room, self._clock), wish.args)
        if wish.kind is WishKind.DUMP:
            self._studio.pulse.dumped(wish.room_id, observed)
        return observed

    def _require_may_undo(self, wish: Wish) -> None:
        """Look again: the team's hold may have been under way when a host asked."""
        with self._database.reading() as session:
            effects.require_may_undo(session, wish)

    async def _open(self, room_id: str) -> dict[str, object]:
        """Open the stage, start the programme, and wait until the hall can hear it."""
        record = await asyncio.to_thread(self._load, room_id)
        stage = await self._engine.open(
            room_id, tell=functools.partial(self._hear_stage, room_id)
        )
        on_air_at = now()
        try:
            programme = await asyncio.to_thread(self._programme, record, on_air_at)
        except OSError as cause:
            await stage.close()
            raise RoomFolderUnwritable from cause
        room = RoomOnAir(
            room_id=room_id,
            on_air_at=on_air_at,
            stage=stage,
            programme=programme,
            tap=Tap(room_id, self._give, self._words.languages),
        )
        self._on_air[room_id] = room
        await self._evidence.begin(room_id)
        await self._clock.add(room)
        try:
            await asyncio.wait_for(room.live.wait(), FIRST_SEGMENT_S_MAX)
        except TimeoutError as cause:
            await self._take_off_air(room)
            await asyncio.to_thread(self._delete_sound, record)
            raise RoomFolderUnwritable from cause
        await self._records.write(
            lambda session: lifecycle.went_live(session, room_id, at=on_air_at)
        )
        return {"on_air_at": on_air_at.isoformat()}

    def _programme(self, record: Room, on_air_at: datetime) -> Programme:
        programme = Programme(
            ring=Ring(self._ring_path(record)),
            on_air_at=on_air_at,
            delay_samples=round(record.delay_s * RATE_HZ),
            language=record.language,
            tracks=Tracks(self._tracks_path(record)) if record.recording else None,
        )
        programme.set_captions(on=record.captions)
        return programme

    async def _end(self, room: RoomOnAir) -> dict[str, object]:
        """Take a room off the air; what has aired stays if it was to be recorded."""
        await self._take_off_air(room)
        record = await asyncio.to_thread(self._load, room.room_id)
        if not record.recording:
            await self._records.insist(functools.partial(self._delete_sound, record))
            await self._records.write(
                lambda session: spoken.forget_words(session, room.room_id)
            )
        return {"aired_to": room.programme.aired_to}

    async def _take_off_air(self, room: RoomOnAir) -> None:
        await self._clock.remove(room.room_id)
        await asyncio.to_thread(room.programme.end)
        self._on_air.pop(room.room_id, None)
        self._listening.forget(room.room_id)
        self._words.forget(room.room_id)
        self._unwatched.forget(room.room_id)
        self._evidence.forget(room.room_id)
        self._studio.gaps.end_room(room.room_id, room.position)
        self._studio.rule_holds.forget(room.room_id)
        self._studio.pulse.forget(room.room_id)
        await room.stage.close()

    def _load(self, room_id: str) -> Room:
        with self._database.reading() as session:
            return session.get_one(Room, room_id)

    def _ring_path(self, record: Room) -> Path:
        return self._settings.air_path / record.air_token

    def _tracks_path(self, record: Room) -> Path:
        return self._settings.tracks_path / record.id

    def _delete_sound(self, record: Room) -> None:
        Ring(self._ring_path(record)).delete()
        delete_tracks(self._tracks_path(record))

    def _give(self, chunk: Chunk) -> None:
        """Give every kind of detector the same chunk; runs in the mixer's thread."""
        self._listening.give(chunk)
        self._words.give(chunk)
        self._evidence.give(chunk)
        self._studio.pulse.give(chunk)

    # ── what was observed ────────────────────────────────────────────────────────────────────

    def _hear(self, news: list[News]) -> None:
        """Take note of what rooms told during one tick."""
        for item in news:
            match item:
                case WentLive(room_id) if room_id in self._on_air:
                    self._on_air[room_id].live.set()
                case Speaking() as change:
                    self._records.note(functools.partial(_record_speaking, change))

    def _gaps_changed(self, room_id: str) -> None:
        self._unwatched.look(room_id)

    def _hear_stage(self, room_id: str, event: StageEvent) -> None:
        self._records.note(
            functools.partial(self._record_seat, event, asyncio.get_running_loop())
        )
        if event.change is SeatChange.CONNECTED:
            self._studio.gaps.tell_again((room_id, event.seat))
        if event.change is SeatChange.GONE and (room := self._on_air.get(room_id)):
            self._studio.gaps.end_all((room_id, event.seat), room.position)

    def _record_seat(
        self, event: StageEvent, loop: asyncio.AbstractEventLoop, session: Session
    ) -> None:
        match event.change:
            case SeatChange.CONNECTED:
                seat = seats.connected(session, event.seat)
                if seat.state is SeatState.LEFT:  # removed while their connection was made
                    asyncio.run_coroutine_threadsafe(self._hang_up(seat), loop)
            case SeatChange.RECONNECTING:
                seats.reconnecting(session, event.seat)
            case SeatChange.GONE:
                seats.left(session, event.seat)

    async def _hang_up(self, seat: Seat) -> None:
        if room := self._on_air.get(seat.room_id):
            with contextlib.suppress(SeatNotConnected):
                await room.stage.disconnect(seat.id)

    async def _lift_what_is_due(self) -> None:
        """Unmute people whose time is over, waking when the next is due or when told."""
        ear = self._bell.listen()
        while True:
            due_at = await self._records.insist(self._next_unmute_at)
            wait_s = None if due_at is None else (due_at - now()).total_seconds()
            if wait_s is not None and wait_s <= 0:
                await self._records.write(lambda session: wishes.due_unmutes(session, now()))
                wait_s = None  # the bell rings again when the unmute was carried out
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(ear.heard(), wait_s)

    def _next_unmute_at(self) -> datetime | None:
        with self._database.reading() as session:
            return wishes.next_unmute_at(session)

    # ── beginnings and ends ──────────────────────────────────────────────────────────────────

    def _recover(self) -> None:
        """Put right what a killed worker left: rooms it had on air become interrupted."""
        with self._database.transaction() as session:
            for room in lifecycle.on_air(session):
                folder = self._ring_path(room)
                if room.state is RoomState.OPENING and not folder.exists():
                    continue  # nobody has begun yet: its wish still waits
                if not room.recording:
                    self._delete_sound(room)
                    spoken.forget_words(session, room.id)
                else:
                    recover(folder)
                lifecycle.interrupted(session, room.id)
        self._bell.ring()

    async def _close(self) -> None:
        for room in tuple(self._on_air.values()):
            await self._take_off_air(room)
        await self._clock.stop()
        await self._evidence.stop()
        await self._engine.close()
        await asyncio.to_thread(self._recover)


def _failed(wish: Wish, error: BalaiError) -> Record:
    return lambda session: wishes.failed(session, wish, error)


def _record_speaking(change: Speaking, session: Session) -> None:
    speaking.changed(session, change.room_id, change.seats, change.position)
