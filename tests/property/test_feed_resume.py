"""Feed: resume anywhere, miss nothing, repeat nothing, hear nothing that is for others."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from balai import feed
from balai.bell import Bell
from balai.clock import now
from balai.database import Database
from balai.ids import new_secret
from balai.people.model import Person
from balai.people.sign_in import Caller
from balai.rooms.model import Openness, Room, RoomState
from balai.web import streams
from balai.web.streams import Follower, Streams

ROOM, OTHER = "room00000000", "other0000000"
AUDIENCES = ["all", "hosts", "person:ada", "hosts+person:ada", "person:ben"]
# Whose they are: the host runs the room, Ada has an account, a stranger has none.
READERS = {"host": ("host", True), "ada": ("ada", False), "stranger": (None, False)}


@pytest.fixture(scope="module")
def database() -> Iterator[Database]:
    with TemporaryDirectory() as folder:
        opened = Database(Path(folder) / "records.sqlite3")
        opened.migrate()
        with opened.transaction() as session:
            for handle in ("host", "ada"):
                session.add(
                    Person(id=handle, handle=handle, display_name=handle, created_at=now())
                )
            session.flush()
            session.add_all(_room(room_id) for room_id in (ROOM, OTHER))
        yield opened
        opened.close()


def _room(room_id: str) -> Room:
    return Room(
        id=room_id,
        title="Room",
        description="",
        language="en",
        openness=Openness.OPEN,
        state=RoomState.LIVE,
        delay_s=0.0,
        recording=True,
        air_token=new_secret(),
        host_id="host",
        created_at=now(),
    )


def append(database: Database, bell: Bell, entries: list[tuple[str, str]]) -> None:
    with database.transaction() as session:
        for room_id, audience in entries:
            feed.append(session, room_id=room_id, kind="room", data={}, audience=audience)
    bell.ring()


def expected(
    database: Database, person_id: str | None, after: int, *, is_host: bool
) -> list[int]:
    """What the whole feed says, read in one go and with nothing clever."""
    found: list[int] = []
    with database.reading() as session:
        while page := feed.entries_after(session, after, room_id=ROOM):
            after = page[-1].id
            found += [
                entry.id
                for entry in page
                if feed.hears(entry.audience, person_id=person_id, is_host=is_host)
                and entry.kind != "audience"
            ]
    return found


async def read(
    streams_: Streams, person_id: str | None, *, after: int, count: int
) -> list[int]:
    """Follow until so many entries have come."""
    person = Person(id=person_id) if person_id else None
    follower = Follower(ROOM, Caller(person=person), "here")
    found: list[int] = []
    following = streams_.follow(follower, after=after)
    while len(found) < count:
        entry = await anext(following)
        if entry is not None and entry.kind != "audience":
            found.append(entry.id)
    await following.aclose()
    return found


entries = st.lists(st.tuples(st.sampled_from([ROOM, OTHER]), st.sampled_from(AUDIENCES)))


@settings(max_examples=25, deadline=None)
@given(
    batches=st.lists(entries, min_size=1, max_size=6),
    cuts=st.lists(st.integers(1, 12), max_size=6),
    reader=st.sampled_from(sorted(READERS)),
    recent_max=st.sampled_from([1, 3, 256]),
    page=st.sampled_from([1, 2, 200]),
)
def test_a_follower_who_comes_and_goes_hears_everything_of_theirs_once(
    database: Database,
    batches: list[list[tuple[str, str]]],
    cuts: list[int],
    reader: str,
    recent_max: int,
    page: int,
) -> None:
    person_id, is_host = READERS[reader]
    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory() as folder:
        patch.setattr(streams, "RECENT_MAX", recent_max)
        patch.setattr(feed, "PAGE", page)

        async def story() -> tuple[list[int], list[int]]:
            bell = await Bell(Path(folder)).open()
            with database.reading() as session:
                start = feed.last_number(session)
            edge = Streams(database, bell)
            async with asyncio.timeout(20), edge.running():
                append(database, bell, batches[0])  # before anybody follows
                heard: list[int] = []
                writing = asyncio.create_task(write_rest(bell))
                for cut in cuts:
                    whole = expected(database, person_id, start, is_host=is_host)
                    after = heard[-1] if heard else start
                    wanted = min(cut, len(whole) - len(heard))
                    heard += await read(edge, person_id, after=after, count=wanted)
                await writing
                whole = expected(database, person_id, start, is_host=is_host)
                after = heard[-1] if heard else start
                heard += await read(edge, person_id, after=after, count=len(whole) - len(heard))
            await bell.close()
            return heard, whole

        async def write_rest(bell: Bell) -> None:
            for batch in batches[1:]:
                await asyncio.to_thread(append, database, bell, batch)

        heard, whole = asyncio.run(story())
    assert heard == whole


async def test_a_follower_who_falls_behind_catches_up_from_the_records(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "RECENT_MAX", 4)
    bell = await Bell(tmp_path).open()
    edge = Streams(database, bell)
    with database.reading() as session:
        start = feed.last_number(session)
    async with asyncio.timeout(20), edge.running():
        slow = edge.follow(Follower(ROOM, Caller(), "here"), after=start)
        append(database, bell, [(ROOM, "all")])
        first = await anext(slow)
        quick = edge.follow(Follower(ROOM, Caller(), "there"), after=start)
        append(database, bell, [(ROOM, "all")] * 50)
        heard: list[int] = []
        while len(heard) < 51:  # the quick one has seen all of it, so memory has moved on
            entry = await anext(quick)
            if entry is not None and entry.kind == "room":
                heard.append(entry.id)
        assert first is not None
        late = [first.id] if first.kind == "room" else []
        while len(late) < 51:
            entry = await anext(slow)
            if entry is not None and entry.kind == "room":
                late.append(entry.id)
        await slow.aclose()
        await quick.aclose()
    await bell.close()
    assert late == heard == expected(database, None, start, is_host=False)
