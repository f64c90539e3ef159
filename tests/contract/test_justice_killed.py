"""From report to repair, killed at random moments: nothing is lost, nothing happens twice.

A child process goes the journey and tells of each step when it begins it and when it has
answered it; it is killed somewhere within a step and started again. What an unharmed journey
leaves behind after each step is known: after every kill the records must lie between what was
answered and what was under way, and in the end be the same.

`BALAI_KILLS` (200) are spread evenly over the length of the steps. Besides, now and then a life
ends just after a commit, just before something is done to a file, or before the answer: there a
step is most vulnerable, for less than a thousandth of a second. `BALAI_SEED` chooses.
"""

import contextlib
import os
import random
import secrets
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from balai.cases import receipts
from balai.cases.model import Appeal, Decision, Job, Outcome, Report
from balai.database import Base, Database
from balai.evidence import reading, sealing
from balai.evidence.model import KeptRing, Sealed
from balai.evidence.sealed_file import contents
from balai.evidence.sound import unpack
from balai.evidence.stretches import STRETCH_S
from balai.ledger.issuing import house_signer
from balai.ledger.model import LedgerEntry
from balai.ledger.verify import verify_database
from balai.rooms.model import Flag
from balai.statements.model import Statement
from tests.cases_world import FACTS
from tests.justice_journey import (
    ANSWER_TEXT,
    APPEAL_TEXT,
    FLAG_S,
    ON_AIR_S,
    REPORT_S,
    STEPS,
    STRANGER_S,
    Journey,
    Scene,
    open_scene,
)
from tests.justice_lives import Doom, Lives, Measured

pytestmark = pytest.mark.alone  # it is killed at shares of how long each step takes

KILLS: Final = int(os.environ.get("BALAI_KILLS", "200"))
SEED: Final = int(os.environ.get("BALAI_SEED", secrets.randbelow(10**6)))
AHEAD: Final = 5  # steps: so far ahead a kill is aimed at most
PICKED: Final = 0.4  # of lives end at a moment that was picked
LONGER: Final = 1.1  # a step may take longer than it did before
NAMES: Final = list(STEPS)
REPORTS: Final = ("report", "report more", "report without an account")
# What a step may leave behind beyond its own end: who repeats it lets the worker work first.
REACHES: Final = {"hold": "hold observed"}
# These are more than one transaction: between them a kill may leave a part.
IN_PARTS: Final = {
    *("seal and join", "hold", "effects carried out", "effects observed", "repair observed"),
    *("destroy keys", "sign"),
}
ASKED: Final = "kind NOT IN ('second', 'golden')"  # those are asked by chance
STATES: Final = (
    "SELECT subject, text, by_person_id, sealed_id IS NULL, outcome FROM report",
    "SELECT kind, state, from_position, to_position, concern FROM safety_case",
    f"SELECT kind, state, claimed_by_id, first_view FROM job WHERE {ASKED}",
    "SELECT state, outcome, facts FROM decision",
    "SELECT measure, state, observed, attempts FROM decided_effect",
    "SELECT decision_id IS NULL, withdrawn_why, ended_at IS NULL FROM statement",
    "SELECT by_role, state, text, answer FROM appeal",
    "SELECT kind, lifted_at IS NULL, until_at IS NULL FROM restriction",
    "SELECT kind, state FROM wish",
    "SELECT role, state, held, muted FROM seat",
    "SELECT state FROM flag UNION ALL SELECT state FROM room",
    "SELECT from_position, to_position, completed_at IS NULL, destroyed_at FROM sealed",
    "SELECT stretches, destroyed_at IS NULL FROM kept_ring",
)
ROWS: Final = {
    "report": 2,
    "safety_case": 1,
    "case_flag": 1,
    "job": 2,  # one a question
    "decision": 2,  # and the one that took its place
    "decided_effect": 3,  # a mute, a ban, and the removal that goes with it
    "statement": 3,  # of the desk's hold, the mute, the ban
    "restriction": 3,
    "ban": 1,
    "appeal": 1,
    "wish": 6,  # opening, hold, mute, remove, unmute, end
    "sealed": 3,
    "feed: effect": 6,
    "feed: repair": 1,
    "feed: report": 2,  # what was found, and what was found instead
}
LEDGER: Final = {
    "reviewer_appointed": 3,
    "evidence_sealed": 3,
    "evidence_completed": 2,
    "desk": 1,
    "decision": 2,
    "statement": 3,
    "appeal": 1,
    "evidence_kept": 3,
    "appeal_answered": 1,
    "statement_withdrawn": 2,
    "evidence_keys_destroyed": 1,
}


@dataclass(frozen=True)
class Told:
    """What records tell: how often each thing is there, and in which state everything is."""

    counts: Counter[str]
    states: tuple[frozenset[str], ...]

    def apart(self, other: "Told") -> list[str]:
        """Name what is not the same."""
        names = self.counts.keys() | other.counts.keys()
        numbers = [(one, self.counts[one], other.counts[one]) for one in sorted(names)]
        told = [
            f"{name}: {here}, not {there}" for name, here, there in numbers if here != there
        ]
        for here, there in zip(self.states, other.states, strict=True):
            told += [f"{row} is there" for row in here - there]
            told += [f"{row} is not there" for row in there - here]
        return told


@dataclass
class Toll:
    """Where kills fell by chance and where at picked moments; what was committed by then."""

    fell: Counter[str] = field(default_factory=Counter)
    picked: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    memory = Path(tempfile.mkdtemp(dir="/dev/shm", prefix="balai-test-"))
    try:
        with open_scene(tmp_path_factory.mktemp("killed"), memory) as scene:
            yield scene
    finally:
        shutil.rmtree(memory)


# ── what the records tell ────────────────────────────────────────────────────────────────────


def told(session: Session) -> Told:
    counts = Counter[str]()
    for table in Base.metadata.tables:
        query = f'SELECT count(*) FROM "{table}"'
        if table == "job":
            query += f" WHERE {ASKED}"
        counts[table] = session.scalar(text(query)) or 0
    for table in ("feed", "ledger_entry"):
        kinds = session.execute(text(f"SELECT kind, count(*) FROM {table} GROUP BY kind"))
        counts.update({f"{table}: {kind}": count for kind, count in kinds})
    rows = (session.execute(text(one)) for one in STATES)
    return Told(counts, tuple(frozenset(map(repr, found)) for found in rows))


@contextlib.contextmanager
def copied(scene: Scene) -> Iterator[Database]:
    """Copy records as a killed process left them: they recover in the next life, not here."""
    folder = scene.copy_path.parent
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for path in scene.settings.data.glob(f"{scene.copy_path.name}*"):
        if not path.name.endswith("-shm"):
            shutil.copy(path, folder)
    yield scene.copy
    scene.copy.close()


def check_whole(session: Session, scene: Scene) -> None:
    """Nothing in the ledger was changed, and what is sealed is exactly its window."""
    has_key = (scene.settings.data / "ledger.key").exists()
    key = house_signer(scene.settings).key if has_key else None
    assert [one.sentence() for one in verify_database(session, key).damage] == []
    for sealed in session.scalars(select(Sealed)):
        sound = unpack(contents(scene.store, sealed))
        assert sound.voices == scene.packets(sealing.window_of(sealed))


def check_answered(session: Session, journey: Journey) -> None:
    """What somebody saw answered is there, with its words."""
    known = journey.known
    for name in REPORTS:
        if name in known:
            assert receipts.by_receipt(session, known[name]["receipt"]).id == known[name]["id"]
    if "flag" in known:
        session.get_one(Flag, known["flag"]["id"])
    for name in ("claim", "claim appeal"):
        if name in known:
            assert session.get_one(Job, known[name]["job"]).case_id == known[name]["case"]
    if "decide" in known:
        decision = session.get_one(Decision, known["decide"]["id"])
        statement = session.get_one(Statement, known["decide"]["statement"])
        entry = session.get_one(LedgerEntry, decision.ledger_index)
        assert (entry.record or {})["decision_id"] == decision.id
        assert (decision.facts, statement.told["facts"]) == (FACTS, FACTS)
    if "appeal" in known:
        appeal = session.get_one(Appeal, known["appeal"]["id"])
        assert appeal.text == APPEAL_TEXT
        assert appeal.answer == (ANSWER_TEXT if "overturn" in known else appeal.answer)


# ── journeys ─────────────────────────────────────────────────────────────────────────────────


def unharmed(scene: Scene) -> tuple[dict[str, Told], Measured]:
    """Go the journey in one life; give what there is after each step, and how long it is."""
    scene.put_back()
    journey = Journey(scene)
    marks = {}
    with scene.database.reading() as session:
        marks[""] = told(session)
    for name, act in STEPS.items():
        journey.known[name] = act(journey)
        with scene.database.reading() as session:
            marks[name] = told(session)
    scene.database.close()
    scene.put_back()
    again = Lives(Journey(scene), Measured())
    assert again.live() is None
    return marks, again.measured


def aimed(rng: random.Random, lives: Lives, toll: Toll) -> Doom:
    """Choose the step under way, or of those ahead one that was seldom hit; or none of them."""
    at, moments = NAMES.index(lives.journey.under_way or NAMES[-1]), lives.measured.moments
    ahead = NAMES[at : at + AHEAD]
    if rng.random() < PICKED:
        step = min(ahead, key=lambda name: toll.picked[name] / (moments[name] + 1))
        return Doom(step, moment=rng.randint(1, moments[step] + 1))
    ahead += [""] * (len(ahead) < AHEAD)
    seldom = min(ahead, key=lambda name: (toll.fell[name], rng.random()))
    step = rng.choice([ahead[0], seldom, rng.choice(ahead)])
    return Doom(step, share=rng.uniform(0, LONGER))


def check_killed(journey: Journey, name: str, marks: dict[str, Told]) -> str:
    """Hold what a killed house left against what was answered; give how much of it is there."""
    with copied(journey.scene) as database, database.reading() as session:
        found = told(session)
        check_whole(session, journey.scene)
        check_answered(session, journey)
    before = marks[["", *NAMES][NAMES.index(name)]]
    after = marks[REACHES.get(name, name)]
    missing, beyond = found.apart(before), found.apart(after)
    if name not in IN_PARTS:
        assert [] in (missing, beyond)
    assert before.counts <= found.counts, missing
    assert found.counts <= after.counts, beyond
    if not missing:
        return "before its commit"
    return "between its commits" if beyond else "before its answer"


def check_through(journey: Journey, marks: dict[str, Told]) -> None:
    """In the end everything happened, and once."""
    scene, known = journey.scene, journey.known
    with copied(scene) as database:
        with database.reading() as session:
            found = told(session)
            assert found.apart(marks[NAMES[-1]]) == []
            assert {name: found.counts[name] for name in ROWS} == ROWS
            check_whole(session, scene)
            check_answered(session, journey)
            assert Counter(session.scalars(select(LedgerEntry.kind))) == LEDGER
            (kept,) = session.scalars(select(KeptRing))
            assert kept.stretches == ON_AIR_S // STRETCH_S
            reported = [session.get_one(Report, known[name]["id"]) for name in REPORTS]
            assert {one.outcome for one in reported} == {Outcome.NO_VIOLATION}
        check_sealed(database, journey)
        check_folders(database, scene)


def check_sealed(database: Database, journey: Journey) -> None:
    """What was asked to be sealed is, to the packet, and can be read."""
    scene, known = journey.scene, journey.known
    windows = {
        f"report:{known['report']['id']}": scene.window(REPORT_S),
        f"report:{known['report without an account']['id']}": scene.window(STRANGER_S),
        f"flag:{known['flag']['id']}": scene.window(FLAG_S),
    }
    with database.reading() as session:
        ids = {one.why: one.id for one in session.scalars(select(Sealed))}
        olga_id = scene.world.person(session, "olga").id
    assert ids.keys() == windows.keys()
    for why, window in windows.items():
        content = reading.read(
            database, scene.store, ids[why], by_person_id=olga_id, purpose="test"
        )
        sound = unpack(content)
        assert (sound.window, sound.voices) == (window, scene.packets(window))


def check_folders(database: Database, scene: Scene) -> None:
    """No key is left of what nobody sealed, and nothing of what a kill left half-done."""
    assert list(scene.store.keys.iterdir()) == []
    assert list(scene.store.ring.iterdir()) == []
    for path in scene.store.sealed.iterdir():
        os.utime(path, (0, 0))
    with database.reading() as session:
        sealing.sweep(session, scene.store)
        named = {one.file_name for one in session.scalars(select(Sealed))}
    assert {path.name for path in scene.store.sealed.iterdir()} == named


def killed_through(
    lives: Lives, rng: random.Random, marks: dict[str, Told], toll: Toll
) -> None:
    """Go one journey through, killed on the way again and again."""
    while toll.fell.total() < KILLS:
        doom = aimed(rng, lives, toll)
        name = lives.live(doom)
        if name is None:
            return
        (toll.picked if doom.share is None else toll.fell)[name] += 1
        toll.left[check_killed(lives.journey, name, marks)] += 1
    assert lives.live() is None


def summary(toll: Toll, measured: Measured) -> Iterator[str]:
    yield f"and {toll.picked.total()} at picked moments; killed {dict(toll.left)}"
    for name in NAMES:
        ms = 1000 * measured.length_s(name, is_open=True)
        yield f"{toll.fell[name]:4} + {toll.picked[name]:2} in {name} (of {ms:.0f} ms)"


@pytest.mark.timeout(120 + 3 * KILLS)
def test_a_journey_of_justice_survives_every_kill(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    began, rng, toll, journeys = time.monotonic(), random.Random(SEED), Toll(), 0
    sys.stdout.write(f"BALAI_SEED={SEED}\n")  # shown when it fails
    marks, measured = unharmed(scene)
    while toll.fell.total() < KILLS:
        scene.put_back()
        journeys += 1
        lives = Lives(Journey(scene), measured)
        killed_through(lives, rng, marks, toll)
        check_through(lives.journey, marks)
    took_s = time.monotonic() - began
    with capsys.disabled():
        first = f"seed {SEED}: {KILLS} kills in {journeys} journeys, {took_s:.0f} s"
        sys.stdout.write("\n".join(["", first, *summary(toll, measured), ""]))
    assert 5 * len(NAMES) > KILLS or all(toll.fell[name] for name in NAMES)
