"""Records in which reviewers work: a room on air, a team, and a worker without sound."""

import functools
import shutil
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from balai.cases import claiming, deciding, reading, reviewers, revision
from balai.cases.deciding import Office
from balai.cases.finding import Finding, Step
from balai.cases.model import (
    Case,
    CaseFlag,
    CaseKind,
    CaseState,
    Concern,
    Decision,
    Job,
    JobKind,
    JobState,
    Measure,
    Outcome,
    Report,
    Subject,
)
from balai.cases.reviewers import Post
from balai.cases.timeline import RoomFolders
from balai.clock import now
from balai.database import Database
from balai.errors import Unavailable
from balai.evidence.store import store_of
from balai.ids import new_id
from balai.people.keys import HouseKey, digest
from balai.people.model import Person
from balai.policy.errors import PackMissing
from balai.policy.pack import Pack, shipped
from balai.rooms import green_room, lifecycle, opening, seats, wishes
from balai.rooms.announce import seat_of
from balai.rooms.chat import ChatLine
from balai.rooms.model import Flag, FlagStage, FlagState, Room, Seat
from balai.settings import Settings

KEY = HouseKey(b"k" * 32)
RECORDS = "records.sqlite3"
CLAUSE = "threats"
BEGIN, END = 48_000, 480_000  # the stretch of a case
FACTS = "In the third minute the speaker says that they will find a listener and hurt them."


@functools.cache
def _empty() -> tempfile.TemporaryDirectory[str]:
    """Migrate once: every world begins as a copy. The folder goes when the tests end."""
    folder = tempfile.TemporaryDirectory(prefix="balai-world-")
    database = Database(Path(folder.name) / RECORDS)
    database.migrate()
    database.close()
    return folder


class World:
    """A house with Olga, who leads; Rita, Rolf and Rosa, who review; Ada in Hana's room."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = tempfile.TemporaryDirectory()
        path = (folder or Path(self.folder.name)) / RECORDS
        shutil.copy(Path(_empty().name) / RECORDS, path)
        self.database_path = path
        self.store = store_of(Settings(data=path.parent))  # nothing is kept in it
        self.database = Database(path)
        with self.database.transaction() as session:
            for handle in ("olga", "rita", "rolf", "hana", "ada", "bob", "rosa"):
                session.add(
                    Person(
                        id=new_id(),
                        handle=handle,
                        display_name=handle.title(),
                        is_operator=handle == "olga",
                        created_at=now(),
                    )
                )
            session.flush()
            olga = self.person(session, "olga")
            for handle in ("rita", "rolf", "rosa"):
                reviewers.appoint(session, handle, languages=[], by=olga)
            plan = opening.Plan(title="Evening")
            room = opening.create(session, plan, host=self.person(session, "hana"))
            self.room_id = room.id
        self.open_room()
        self.seat_id = self.take_stage("ada")

    @property
    def folders(self) -> RoomFolders:
        folder = self.database_path.parent
        return RoomFolders(air=folder / "air", tracks=folder / "tracks")

    def close(self) -> None:
        self.database.close()
        self.folder.cleanup()

    def person(self, session: Session, handle: str) -> Person:
        return session.scalars(select(Person).where(Person.handle == handle)).one()

    def person_id(self, handle: str) -> str:
        with self.database.reading() as session:
            return self.person(session, handle).id

    def room(self, session: Session) -> Room:
        return lifecycle.get(session, self.room_id)

    def seat(self, session: Session, handle: str = "ada") -> Seat:
        seat = seat_of(session, self.room_id, self.person(session, handle).id)
        assert seat is not None
        return seat

    def open_room(self) -> None:
        with self.database.transaction() as session:
            host = self.person(session, "hana")
            opening.open_room(session, self.room(session), by=host, rooms_max=5)
        self.work()

    def take_stage(self, handle: str) -> str:
        with self.database.transaction() as session:
            room, person = self.room(session), self.person(session, handle)
            host = self.person(session, "hana")
            seat = seat_of(session, room.id, person.id)
            if seat is None or seat.state.value == "left":
                green_room.invite(session, room, person, by=host, speakers_max=20)
            green_room.consent(session, room, person, green_room.Agreed(recording_ok=True))
            seat = seat_of(session, room.id, person.id)
            assert seat is not None
            return seats.connected(session, seat.id).id

    def work(self, *, fails: bool = False) -> int:
        """Do what the worker does with every wish that waits."""
        with self.database.transaction() as session:
            todo = wishes.pending(session)
            for wish in todo:
                if fails:
                    wishes.failed(session, wish, Unavailable())
                else:
                    wishes.carried_out(session, wish, {"from_position": 0})
            return len(todo)

    def end_room(self) -> None:
        with self.database.transaction() as session:
            opening.end_room(session, self.room(session), by=self.person(session, "hana"))
        self.work()

    def case(self, about: str | None = "ada", **more: object) -> str:
        """Open a case about somebody's voice, with its first job; give its id."""
        with self.database.transaction() as session:
            return add_case(session, self, about, **more).id

    def report(self, case_id: str, handle: str | None = "bob") -> str:
        """Report something, by which its case was opened; give the receipt."""
        receipt = new_id() * 2
        with self.database.transaction() as session:
            opened_at = session.get_one(Case, case_id).opened_at
            session.add(
                Report(
                    id=new_id(),
                    receipt_hash=digest(receipt),
                    case_id=case_id,
                    room_id=self.room_id,
                    subject=Subject.MOMENT,
                    concern=Concern.THREAT,
                    text="They said they will come for me.",
                    language="en",
                    by_person_id=self.person(session, handle).id if handle else None,
                    weight=0.5,
                    at=opened_at,
                )
            )
        return receipt

    def report_line(self, session: Session, case: Case, line: ChatLine) -> None:
        """Report a line of the chat in a case."""
        report = Report(
            id=new_id(),
            receipt_hash=digest(new_id()),
            case_id=case.id,
            room_id=self.room_id,
            subject=Subject.LINE,
            line_id=line.id,
            concern=Concern.HATE,
            text="",
            language="en",
            weight=0.5,
            at=now(),
        )
        session.add(report)

    def job(self, case_id: str, kind: JobKind = JobKind.FIRST) -> str:
        with self.database.reading() as session:
            query = select(Job.id).where(
                Job.case_id == case_id, Job.kind == kind, Job.state != JobState.DONE
            )
            return session.scalars(query).one()

    def state(self, case_id: str) -> CaseState:
        with self.database.reading() as session:
            return session.get_one(Case, case_id).state

    def post(self, session: Session, handle: str) -> Post:
        return reviewers.post_of(session, self.person(session, handle))

    def office(self, session: Session, handle: str) -> Office:
        return Office(self.post(session, handle), shipped(), KEY, kept)

    def revision(self, session: Session, job_id: str) -> str:
        """Give what whoever holds a job would have read by now."""
        job = session.get_one(Job, job_id)
        return revision.of_case(session, job.case, job)

    def flag(self, case_id: str, stage: FlagStage, *, held: bool) -> str:
        """Let a machine flag Ada's voice in a case."""
        with self.database.transaction() as session:
            flag = Flag(
                id=new_id(), room_id=self.room_id, seat_id=self.seat_id, title="x",
                category="x", list_name="x", stage=stage, from_position=0, to_position=1,
                detector="fake/1", at=now(), state=FlagState.OPEN, held=held,
            )  # fmt: skip
            session.add(flag)
            session.flush()
            session.add(CaseFlag(flag_id=flag.id, case_id=case_id))
            return flag.id

    def see(self, handle: str, case_id: str) -> None:
        """Open a case's page."""
        with self.database.transaction() as session:
            reading.open_case(session, case_id, self.post(session, handle), self.folders)

    def claim(self, handle: str, job_id: str) -> None:
        with self.database.transaction() as session:
            claiming.claim(session, job_id, self.post(session, handle))

    def decide(
        self, handle: str, case_id: str, finding: Finding, kind: JobKind = JobKind.FIRST
    ) -> str:
        """Claim the job of a case and decide it; give the decision."""
        job_id = self.job(case_id, kind)
        self.claim(handle, job_id)
        with self.database.transaction() as session:
            office = self.office(session, handle)
            read = self.revision(session, job_id)
            return deciding.decide(session, job_id, finding, office, revision=read).id

    def decision(self, decision_id: str) -> Decision:
        with self.database.reading() as session:
            return session.get_one(Decision, decision_id)


def kept(pack_hash: str) -> Pack:
    """No other policy than the shipped one was ever in force."""
    if pack_hash != shipped().hash:
        raise PackMissing
    return shipped()


def violation(*steps: Step | Measure, facts: str = FACTS) -> Finding:
    """A finding that there is a violation, with these steps."""
    whole = tuple(s if isinstance(s, Step) else step(s) for s in steps)
    return Finding(outcome=Outcome.VIOLATION, clause=CLAUSE, facts=facts, steps=whole)


def step(measure: Measure) -> Step:
    """A step with a length, if it needs one, or with the whole stretch of the case."""
    lasting = {
        Measure.TIMED_MUTE: 600.0,
        Measure.LISTEN_ONLY: 3600.0,
        Measure.HOUSE_BAN: 86400.0,
    }
    if measure is Measure.OUT_OF_REPLAY:
        return Step(measure=measure, from_position=BEGIN, to_position=END)
    return Step(measure=measure, seconds=lasting.get(measure))


def nothing(facts: str = "The words are those of a song.") -> Finding:
    """A finding that there is no violation."""
    return Finding(outcome=Outcome.NO_VIOLATION, facts=facts)


def add_case(session: Session, world: World, about: str | None, **more: object) -> Case:
    """Add a case with its first job."""
    at = now()
    seat = world.seat(session, about) if about else None
    wanted: dict[str, object] = {
        "id": new_id(),
        "kind": CaseKind.CONDUCT,
        "room_id": world.room_id,
        "seat_id": seat.id if seat else None,
        "person_id": seat.person_id if seat else None,
        "from_position": BEGIN,
        "to_position": END,
        "state": CaseState.OPEN,
        "concern": Concern.HATE,
        "language": "en",
        "opened_at": at,
        "due_at": at + timedelta(minutes=30),
        **more,
    }
    case = Case(**wanted)
    session.add(case)
    session.flush()
    session.add(first_job(case, at))
    session.flush()
    return case


def first_job(case: Case, at: datetime, priority: int = 14) -> Job:
    return Job(
        id=new_id(),
        case_id=case.id,
        kind=JobKind.FIRST,
        state=JobState.WAITING,
        priority=priority,
        concern=case.concern,
        language=case.language,
        due_at=case.due_at,
        created_at=at,
    )
