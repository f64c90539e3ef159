"""A journey of justice, step by step: each step is one request, or one look of the worker.

The steps go through the product's own functions, real records and a real folder of evidence.
Who asks is a client with a memory: what was not answered is asked again, as real clients do it.
What a killed worker does to the sound of its rooms is not in here (`journeys/test_killed.py`).
"""

import asyncio
import contextlib
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from balai.broadcast.case_care import CaseCare
from balai.broadcast.evidence_care import EvidenceCare
from balai.cases import appealing, claiming, deciding, queue, reading, reporting
from balai.cases.errors import AlreadyAppealed, FirstViewGiven, JobDone
from balai.cases.model import Appeal, Concern, Decision, Job, Measure, Outcome, Subject
from balai.cases.timeline import RoomFolders
from balai.clock import now
from balai.database import Database
from balai.evidence import destroying
from balai.evidence.sound import PACKET_SAMPLES, RATE_HZ, Window
from balai.evidence.store import Store, make_folders, store_of
from balai.evidence.stretches import StretchWriter
from balai.people.sign_in import Caller
from balai.rooms import flags, green_room, opening, safety, seats, wishes
from balai.rooms.model import CONNECTED, OVER, Flag, WishKind
from balai.settings import Settings
from tests.cases_world import KEY, World, nothing, step, violation
from tests.evidence_house import CHUNK, hiss, packets_of
from tests.journeys.test_flags import seen

if TYPE_CHECKING:
    from balai.bell import Bell
    from balai.broadcast.studio import Studio

Json = dict[str, Any]
Packets = dict[int, bytes]
ON_AIR_S: Final = 60
REPORT_TEXT: Final = "He says that he will find her."
MORE_TEXT: Final = "Now he names her street."
STRANGER_TEXT: Final = "Please listen to this."
APPEAL_TEXT: Final = "It was a line of a play."
ANSWER_TEXT: Final = "The words are those of a play."
TOKEN: Final = "0b2c1f1e-7f0e-4c51-9a55-3f1d5c0f8a11"  # which the stranger's client made
# What is sealed for each: what was said, and of the flag 15 s before and after.
REPORT_S: Final = (20, 45)
STRANGER_S: Final = (25, 35)
FLAG_S: Final = (15, 73)


@dataclass(frozen=True)
class Scene:
    """A room on air whose sound is kept, a team, and folders that can be put back."""

    settings: Settings
    store: Store
    database: Database  # opened in children only; what it learns of SQL they inherit
    world: World
    seat_ids: tuple[str, str]
    said: Mapping[str, Packets]
    before: Path
    copy_path: Path
    copy: Database  # to look at what a killed house left

    def put_back(self) -> None:
        """Let nothing have happened yet."""
        for folder, kept in self._folders():
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(kept, folder)

    def keep(self) -> None:
        """Remember the folders as they are."""
        for folder, kept in self._folders():
            shutil.copytree(folder, kept)

    def _folders(self) -> list[tuple[Path, Path]]:
        data, keys = self.settings.data, self.store.keys
        return [(data, self.before), (keys, keys.with_name("before"))]

    def window(self, stretch_s: tuple[int, int]) -> Window:
        begin, end = stretch_s
        return Window(
            self.world.room_id, begin * RATE_HZ, end * RATE_HZ, frozenset({self.seat_ids[0]})
        )

    def packets(self, window: Window) -> dict[str, Packets]:
        """Give what was said in a window, by voice."""
        return {
            seat_id: {at: data for at, data in voice.items() if window.covers(at)}
            for seat_id, voice in self.said.items()
            if window.has(seat_id)
        }


@contextlib.contextmanager
def open_scene(folder: Path, memory: Path) -> Iterator[Scene]:
    """Build the scene; `memory` is for the keys of unsealed sound."""
    settings = Settings(
        data=folder / "var", evidence_keys=memory, report_window_s=0, evidence_days=60
    )
    settings.data.mkdir()
    store = store_of(settings)
    make_folders(store)
    world = World(settings.data)
    try:
        both = (world.seat_id, world.take_stage("hana"))
        with world.database.transaction() as session:
            world.room(session).live_at = now() - timedelta(seconds=600)
            destroying.begin(session, store, world.room_id)
        world.database.close()
        said = speak(store, world.room_id, both)
        database, copy_path = (
            Database(world.database_path),
            folder / "copy" / world.database_path.name,
        )
        scene = Scene(
            settings, store, database, world, both, said, folder / "before", copy_path,
            Database(copy_path),
        )  # fmt: skip
        scene.keep()
        yield scene
    finally:
        world.close()


def speak(store: Store, room_id: str, seat_ids: tuple[str, str]) -> dict[str, Packets]:
    """Let voices be kept in the ring; give the packets of each by their places."""
    writer, a_chunk = StretchWriter(store, room_id), CHUNK // PACKET_SAMPLES
    voices = {
        seat_id: packets_of(hiss(ON_AIR_S * RATE_HZ, seed))
        for seed, seat_id in enumerate(seat_ids)
    }
    for number in range(0, ON_AIR_S * RATE_HZ // PACKET_SAMPLES, a_chunk):
        for seat_id, packets in voices.items():
            at = number * PACKET_SAMPLES
            writer.write(seat_id, at, packets[number : number + a_chunk])
    writer.close()
    return {
        seat_id: {number * PACKET_SAMPLES: one for number, one in enumerate(packets)}
        for seat_id, packets in voices.items()
    }


@dataclass
class Journey:
    """One journey through a scene, and what its clients have seen answered."""

    scene: Scene
    known: dict[str, Json] = field(default_factory=dict)

    @property
    def under_way(self) -> str | None:
        """The first step that nobody saw answered; None: it is through."""
        return next((one for one in STEPS if one not in self.known), None)

    # ── those who report ─────────────────────────────────────────────────────────────────────

    def report(self) -> Json:
        return self._report("bob", REPORT_TEXT, (20, 40))

    def report_more(self) -> Json:
        return self._report("bob", MORE_TEXT, (30, 45))

    def report_unknown(self) -> Json:
        return self._report(None, STRANGER_TEXT, STRANGER_S)

    def _report(self, handle: str | None, text: str, stretch_s: tuple[int, int]) -> Json:
        said = reporting.Said(
            subject=Subject.MOMENT, concern=Concern.THREAT, text=text,
            seat_id=self.scene.seat_ids[0], from_position=stretch_s[0] * RATE_HZ,
            to_position=stretch_s[1] * RATE_HZ, token=None if handle else TOKEN,
        )  # fmt: skip
        desk = reporting.Desk(KEY, self.scene.store, self.scene.settings.report_window_s)
        with self._writing() as session:
            by = Caller(self.scene.world.person(session, handle)) if handle else Caller()
            taken, receipt = reporting.report(
                session, self.scene.world.room_id, said, by=by, desk=desk
            )
            return {"id": taken.id, "receipt": receipt}

    # ── what the worker does ─────────────────────────────────────────────────────────────────

    def raise_flag(self) -> Json:
        told = seen(
            self.scene.world.room_id, self.scene.seat_ids[0],
            from_position=30 * RATE_HZ, to_position=58 * RATE_HZ,
        )  # fmt: skip
        with self._writing() as session:
            flag = session.scalars(select(Flag)).first()  # it was told: nobody sees it again
            return {"id": (flag or flags.raise_flag(session, told, held=False)).id}

    def work(self) -> Json:
        """Carry out what was wished, each in a transaction of its own."""
        with self.scene.database.reading() as session:
            todo = wishes.pending(session)
        for wish in todo:
            with self._writing() as session:
                wishes.carried_out(session, wish, {"from_position": 0})
        return {}

    def look(self) -> Json:
        """Look after evidence and cases, as a worker does that has just been started."""
        self.look_after_evidence()
        return self.look_after_cases()

    def look_after_evidence(self) -> Json:
        with self.scene.database.reading() as session:
            is_over = self.scene.world.room(session).state in OVER
        written = {} if is_over else {self.scene.world.room_id: ON_AIR_S * RATE_HZ}
        asyncio.run(EvidenceCare(self._studio())._look(written))
        return {}

    def look_after_cases(self) -> Json:
        care = CaseCare(self._studio(), cast("Bell", SimpleNamespace(ring=lambda: None)))
        for due in care._due():
            care._take(due)
        return {}

    def _studio(self) -> "Studio":
        told = SimpleNamespace(settings=self.scene.settings, database=self.scene.database)
        return cast("Studio", told)

    # ── the safety team ──────────────────────────────────────────────────────────────────────

    def hold(self) -> Json:
        """Hold a voice, unless the desk shows by now that it is held."""
        self.work()
        with self._writing() as session:
            world = self.scene.world
            if not world.seat(session).held:
                args = {"seat_id": world.seat_id, "reason": "Threats"}
                olga = world.person(session, "olga")
                safety.ask(session, world.room(session), WishKind.HOLD, args, by=olga)
        return {}

    def claim(self) -> Json:
        return self._claim("rita")

    def claim_appeal(self) -> Json:
        return self._claim("rolf")

    def _claim(self, handle: str) -> Json:
        """Take the next job, unless the queue shows that one is theirs already."""
        with self._writing() as session:
            post = self.scene.world.post(session, handle)
            held: list[Job | None] = [*queue.mine(session, post)]
            (job,) = held or [claiming.claim_next(session, post)]
            assert job is not None
            return {"job": job.id, "case": job.case_id}

    def open_case(self) -> Json:
        settings = self.scene.settings
        folders = RoomFolders(air=settings.air_path, tracks=settings.tracks_path)
        with self._writing() as session:
            post = self.scene.world.post(session, "rita")
            page = reading.open_case(session, self.known["claim"]["case"], post, folders)
            return {"reports": sum(one.kind == "report" for one in page.timeline)}

    def decide(self) -> Json:
        job_id = self.known["claim"]["job"]
        finding = violation(step(Measure.TIMED_MUTE), step(Measure.ROOM_BAN))
        with self._writing() as session:
            office = self.scene.world.office(session, "rita")
            with contextlib.suppress(JobDone):  # it was decided, and the answer was lost
                read = self.scene.world.revision(session, job_id)
                deciding.decide(session, job_id, finding, office, revision=read)
            decision = session.scalars(select(Decision).where(Decision.job_id == job_id)).one()
            return {"id": decision.id, "statement": decision.statement_id}

    def first_view(self) -> Json:
        with self._writing() as session:
            post = self.scene.world.post(session, "rolf")
            job_id = self.known["claim appeal"]["job"]
            with contextlib.suppress(FirstViewGiven):
                read = self.scene.world.revision(session, job_id)
                claiming.view_first(
                    session, job_id, post, outcome=Outcome.NO_VIOLATION, revision=read
                )
        return {}

    def answer(self) -> Json:
        job_id = self.known["claim appeal"]["job"]
        with self._writing() as session:
            office = self.scene.world.office(session, "rolf")
            with contextlib.suppress(JobDone):
                read = self.scene.world.revision(session, job_id)
                appealing.answer(
                    session, job_id, ANSWER_TEXT, office, instead=nothing(), revision=read
                )
        return {}

    # ── the person, and the host ─────────────────────────────────────────────────────────────

    def appeal(self) -> Json:
        with self._writing() as session:
            ada = self.scene.world.person(session, "ada")
            decision_id = appealing.of_statement(
                session, self.known["decide"]["statement"], by=ada
            )
            with contextlib.suppress(AlreadyAppealed):
                appealing.by_person(session, decision_id, APPEAL_TEXT, by=ada)
            return {"id": session.scalars(select(Appeal.id)).one()}

    def come_back(self) -> Json:
        with self._writing() as session:
            world = self.scene.world
            seat, ada = world.seat(session), world.person(session, "ada")
            if seat.state not in CONNECTED:
                agreed = green_room.Agreed(recording_ok=True)
                green_room.consent(session, world.room(session), ada, agreed)
                seats.connected(session, seat.id)
        return {}

    def end_room(self) -> Json:
        with self._writing() as session:
            room = self.scene.world.room(session)
            opening.end_room(session, room, by=self.scene.world.person(session, "hana"))
        return {}

    def _writing(self) -> contextlib.AbstractContextManager[Session]:
        return self.scene.database.transaction()


Steps = Mapping[str, Callable[[Journey], Json]]
STEPS: Final[Steps] = {
    "report": Journey.report,
    "report more": Journey.report_more,
    "report without an account": Journey.report_unknown,
    "flag": Journey.raise_flag,
    "seal and join": Journey.look,
    "hold": Journey.hold,
    "hold observed": Journey.work,
    "claim": Journey.claim,
    "open case": Journey.open_case,
    "decide": Journey.decide,
    "effects carried out": Journey.work,
    "effects observed": Journey.look,
    "appeal": Journey.appeal,
    "claim appeal": Journey.claim_appeal,
    "first view": Journey.first_view,
    "overturn": Journey.answer,
    "repair observed": Journey.look,
    "come back": Journey.come_back,
    "end room": Journey.end_room,
    "end observed": Journey.work,
    "destroy keys": Journey.look_after_evidence,
    "sign": Journey.look_after_cases,
}
