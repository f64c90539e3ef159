"""`make bench NAME=cases`: the queue of a house with 100,000 open cases, and claims from it.

Real records on a real disk. Five reviewers: of all languages, of one that many speak, of one
that few speak, one who refuses most themes, one who has decided 20,000 cases and hosts a room
with 2,000. Each reads pages, the first and those deep inside; then four threads claim and give
back. `ARGS="--cases 10000"` takes fewer.
"""

import argparse
import contextlib
import gc
import json
import tempfile
import threading
import time
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
from sqlalchemy import insert

from balai.cases import claiming, queue, reviewers
from balai.cases.model import (
    Case,
    CaseKind,
    CaseState,
    Concern,
    Job,
    JobKind,
    JobState,
    Reviewer,
)
from balai.cases.queue import Cursor
from balai.clock import now
from balai.database import Database, DatabaseBusy
from balai.ids import new_id
from balai.people.model import Person
from balai.rooms.model import Openness, Room, RoomState

PEOPLE: Final = ("any", "en", "ms", "picky", "busy")
LANGUAGES: Final = ("en", "en", "en", "id", "id", "ar", "ar", "fa", "tr", "fr")
ROOMS: Final = 500
RARE: Final = 500  # one case of so many is in a language few speak
PAGES: Final = 200
CLAIM_S: Final = 5.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000)
    cases = parser.parse_args().cases
    with tempfile.TemporaryDirectory() as folder:
        database = Database(Path(folder) / "records.sqlite3")
        database.migrate()
        fill(database, cases)
        # As every command does (balai/cli.py): what is loaded by now is no garbage, and to look
        # through the rows that were made here takes 100 ms of a page.
        gc.collect()
        gc.freeze()
        told: dict[str, Any] = {"cases": cases}
        wall: list[float] = []
        cpu: list[float] = []
        for name in PEOPLE:
            taken = pages_ms(database, name)
            wall += [one for one, _ in taken]
            cpu += [one for _, one in taken]
            told[f"{name}_p99_ms"] = p99([one for one, _ in taken])
            told[f"{name}_cpu_p99_ms"] = p99([one for _, one in taken])
            print(f"{name:>6}: {len(taken)} pages, p99 {told[f'{name}_p99_ms']} ms,"
                  f" of CPU {told[f'{name}_cpu_p99_ms']} ms")  # fmt: skip
        told["queue_page_p99_ms"], told["queue_page_cpu_p99_ms"] = p99(wall), p99(cpu)
        told["claims_per_s"] = claims_per_s(database)
        print(f"all pages p99 {told['queue_page_p99_ms']} ms; {told['claims_per_s']} claims/s")
        database.close()
    print(json.dumps(told))


def fill(database: Database, cases: int) -> None:
    at = now()
    people = [{"id": name, "handle": name, "display_name": name, "is_operator": False,
               "created_at": at} for name in (*PEOPLE, "host")]  # fmt: skip
    rooms = [{"id": f"r{n}", "title": "R", "description": "", "language": "en",
              "openness": Openness.OPEN, "state": RoomState.ENDED, "delay_s": 0.0,
              "recording": True, "air_token": f"t{n}", "host_id": "busy" if n < 10 else "host",
              "hands_locked": False, "captions": True, "is_demo": False, "created_at": at}
             for n in range(ROOMS)]  # fmt: skip
    concerns = list(Concern)
    made, jobs = [], []
    for n in range(cases):
        language = "ms" if n % RARE == 0 else LANGUAGES[n % len(LANGUAGES)]
        due_at = at + timedelta(seconds=(n * 7919) % cases)
        one = {"id": new_id(), "kind": CaseKind.CONDUCT, "room_id": f"r{n % ROOMS}",
               "state": CaseState.OPEN, "concern": concerns[n % len(concerns)],
               "language": language, "is_urgent": False, "is_severe": n % 4 == 0,
               "opened_at": at, "due_at": due_at}  # fmt: skip
        made.append(one)
        base = {"case_id": one["id"], "concern": one["concern"], "language": language,
                "due_at": due_at, "created_at": at, "priority": 10 + n % 20}  # fmt: skip
        jobs.append({**base, "id": new_id(), "kind": JobKind.FIRST,
                     "state": JobState.WAITING, "claimed_by_id": None})  # fmt: skip
        if n % 5 == 0:
            jobs.append({**base, "id": new_id(), "kind": JobKind.SECOND,
                         "state": JobState.DONE, "claimed_by_id": "busy"})  # fmt: skip
    spoken = {"en": {"en": True}, "ms": {"ms": True}}
    refused = {concern.value: True for concern in concerns[:-1]}
    team = [{"person_id": name, "languages": spoken.get(name, {"any": True}),
             "refuses": refused if name == "picky" else {}, "appointed_at": at}
            for name in PEOPLE]  # fmt: skip
    with database.transaction() as session:
        for table, rows in ((Person, people), (Room, rooms), (Case, made), (Job, jobs),
                            (Reviewer, team)):  # fmt: skip
            session.execute(insert(table), rows)
        session.connection().exec_driver_sql("ANALYZE")


def pages_ms(database: Database, name: str) -> list[tuple[float, float]]:
    """Time the first page again and again, and each page on the way down: wall and CPU."""
    taken = [page(database, name, None)[0] for _ in range(PAGES)]
    after: Cursor | None = None
    for _ in range(PAGES):
        one, jobs = page(database, name, after)
        taken.append(one)
        if len(jobs) < queue.PAGE:
            break
        after = Cursor.of(jobs[-1])
    return taken


def page(
    database: Database, name: str, after: Cursor | None
) -> tuple[tuple[float, float], list[Job]]:
    began, spent = time.perf_counter(), time.thread_time()
    with database.reading() as session:
        post = reviewers.post_of(session, session.get_one(Person, name))
        jobs = queue.page(session, post, after=after)
    wall, cpu = time.perf_counter() - began, time.thread_time() - spent
    return (wall * 1e3, cpu * 1e3), jobs


def claims_per_s(database: Database) -> float:
    """Claim the next job and give it back, from four threads, for five seconds."""
    done = [0] * 4
    until = time.perf_counter() + CLAIM_S

    def work(number: int) -> None:
        while time.perf_counter() < until:
            with contextlib.suppress(DatabaseBusy):
                with database.transaction() as session:
                    person = session.get_one(Person, PEOPLE[number])
                    post = reviewers.post_of(session, person)
                    job = claiming.claim_next(session, post)
                if job is not None:
                    done[number] += 1
                    with database.transaction() as session:
                        claiming.release(session, job.id, post)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return round(sum(done) / CLAIM_S, 1)


def p99(values: list[float]) -> float:
    return round(float(np.percentile(values, 99)), 1)


if __name__ == "__main__":
    main()
