"""What a room does by itself when something is recognised, and what it never does."""

import asyncio
import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar, cast

import pytest
from sqlalchemy import update

from balai.bell import Bell
from balai.broadcast.by_rule import Done
from balai.broadcast.effects import OnAir
from balai.broadcast.gaps import Gaps
from balai.broadcast.listening import Listening
from balai.broadcast.policy import Listed, Policy
from balai.broadcast.records import Records
from balai.broadcast.studio import Studio
from balai.catalogue import changing
from balai.catalogue.changing import Membership
from balai.catalogue.folder import Catalogue
from balai.catalogue.recording import Action, Described
from balai.clock import now
from balai.database import Database, open_database
from balai.detect.fingerprint.stream import Stage
from balai.detect.wire import Recognised
from balai.people.accounts import sign_up
from balai.rooms import opening
from balai.rooms.errors import HeldMeanwhile
from balai.rooms.model import Role, Room, Seat, SeatState, Wish
from balai.settings import Settings

T = TypeVar("T")


class Programme:
    """What a policy may touch of a programme, remembered."""

    def __init__(self) -> None:
        self.delay_samples = 4 * 48_000
        self.done: list[str] = []

    def held_from(self) -> dict[str, int]:
        return {}

    def hold(self, seat: str) -> int:
        self.done.append(f"hold {seat}")
        return 96_000

    def set_delay(self, samples: int) -> None:
        self.done.append(f"delay {samples / 48_000:g}")


class Clock:
    """Runs at once what the mixer would run before its next tick."""

    async def run(self, act: Callable[[], T]) -> T:
        return act()


def on_air() -> tuple[OnAir, Programme]:
    programme = Programme()
    room: Any = SimpleNamespace(programme=programme, position=480_000)
    return OnAir(room, cast("Any", Clock())), programme


def seen(stage: Stage, recording_id: str = "r") -> Recognised:
    return Recognised(
        "room", "ada", stage, recording_id, 1, 2, 3.0, 6.0, 0.1, 1.0, 0.0, (), "x/1"
    )


def listed(action: Action) -> Listed:
    return Listed("r", "A chant", "chant", "peace", action)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = open_database(Settings(data=tmp_path))
    with database.transaction() as session:
        host = sign_up(session, handle="ada", display_name="Ada")
        opening.create(session, opening.Plan(title="A room"), host=host)
        session.execute(update(Room).values(id="room"))
        seat = Seat(id="ada", room_id="room", person_id=host.id, role=Role.HOST)
        seat.state = SeatState.ON_STAGE
        session.add(seat)
    yield database
    database.close()


def policy(tmp_path: Path, database: Database, **settings: Any) -> Policy:
    return Policy(Settings(data=tmp_path, **settings), database)


@pytest.mark.parametrize(
    ("stage", "action", "may_hold", "settings", "done"),
    [
        ("confirmed", Action.HOLD, True, {}, ["hold ada"]),
        ("confirmed", Action.FLAG, True, {}, []),
        ("confirmed", Action.HOLD, False, {}, []),
        ("confirmed", Action.HOLD, True, {"ear_hold": False}, []),
        ("confirmed", Action.HOLD, True, {"ear_suspected_delay_s": 9}, ["hold ada"]),
        ("suspected", Action.HOLD, True, {}, []),
        ("suspected", Action.FLAG, True, {"ear_suspected_delay_s": 9}, ["delay 9"]),
        ("suspected", Action.HOLD, True, {"ear_suspected_delay_s": 3}, []),
        ("continued", Action.HOLD, True, {"ear_suspected_delay_s": 9}, ["hold ada"]),
        ("continued", Action.HOLD, False, {}, []),
    ],
)
async def test_only_a_confirmed_recording_listed_for_it_holds(
    tmp_path: Path,
    database: Database,
    stage: Stage,
    action: Action,
    may_hold: bool,
    settings: dict[str, Any],
    done: list[str],
) -> None:
    room, programme = on_air()
    rules = policy(tmp_path, database, **settings)
    told = await rules.act(seen(stage), listed(action), room, may_hold=may_hold)
    assert programme.done == done
    assert (told.silent_from is not None) == ("hold ada" in done)
    assert (told.delay_s is not None) == ("delay 9" in done)
    assert done or told == Done()


def test_what_is_not_listed_any_more_is_nothing(tmp_path: Path, database: Database) -> None:
    rules = policy(tmp_path, database)
    assert rules.look_up(seen("confirmed")) == (None, True)  # there is no catalogue at all
    with Catalogue(tmp_path / "catalogue", create=True) as records:
        with records.transaction() as session:
            described = Described("a/chant", b"print", 9_000, title="A chant", category="chant")
            membership = Membership(Action.HOLD)
            recording_id = changing.add(session, described, membership=membership).id
        found, _ = rules.look_up(seen("confirmed", recording_id))
        assert found == Listed(recording_id, "A chant", "chant", "", Action.HOLD)
        with records.transaction() as session:
            changing.withdraw(session, {recording_id})
        assert rules.look_up(seen("confirmed", recording_id)) == (None, True)


@pytest.mark.parametrize(
    ("room_id", "seat_id"), [("room", "ben"), ("another", "ada"), ("", "")]
)
def test_who_has_no_seat_in_the_room_is_nobody(
    tmp_path: Path, database: Database, room_id: str, seat_id: str
) -> None:
    with (
        Catalogue(tmp_path / "catalogue", create=True) as records,
        records.transaction() as session,
    ):
        described = Described("a", b"print", 9_000)
        recording_id = changing.add(session, described, membership=Membership(Action.HOLD)).id
    rules, told = policy(tmp_path, database), seen("confirmed", recording_id)
    assert rules.look_up(told) == (Listed(recording_id, "a", "", "", Action.HOLD), True)
    stranger = dataclasses.replace(told, room_id=room_id, seat_id=seat_id)
    assert rules.look_up(stranger) == (None, False)


def test_a_catalogue_that_cannot_be_read_holds_nobody(
    tmp_path: Path, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "catalogue").mkdir()
    (tmp_path / "catalogue" / "catalogue.sqlite").write_bytes(b"not a database" * 100)
    assert policy(tmp_path, database).look_up(seen("confirmed")) == (None, True)
    assert "a sighting is lost" in caplog.text


def test_of_the_same_sound_in_two_lists_the_one_that_holds_counts(
    tmp_path: Path, database: Database
) -> None:
    rules = policy(tmp_path, database)
    with (
        Catalogue(tmp_path / "catalogue", create=True) as records,
        records.transaction() as session,
    ):
        ids = [
            changing.add(
                session,
                Described("a/chant", b"print", 9_000, title=name),
                membership=Membership(action, list_name=name),
            ).id
            for name, action in (("flags", Action.FLAG), ("holds", Action.HOLD))
        ]
    both = dataclasses.replace(seen("confirmed", ids[0]), alike=(ids[1],))
    found, _ = rules.look_up(both)
    assert found == Listed(ids[1], "holds", "", "holds", Action.HOLD)


async def test_who_could_not_know_of_a_rules_hold_cannot_release_it(
    tmp_path: Path, database: Database
) -> None:
    room, _ = on_air()
    bell = await Bell(tmp_path / "bells").open()
    records = Records(database, bell)
    gaps = Gaps(records, lambda _room: None)
    rooms, settings = {"room": room.room}, Settings(data=tmp_path)
    listening = Listening(Studio(settings, database, records, room.clock, rooms, gaps))
    early = Wish(room_id="room", args={"seat_id": "ada"}, requested_at=now())
    listening._studio.rule_holds.check_release(early)
    gate, recorded = asyncio.Event(), asyncio.Event()

    async def write(_record: object) -> bool:
        gate.set()
        await recorded.wait()
        return True

    records.write = write  # type: ignore[method-assign, assignment]
    with (
        Catalogue(tmp_path / "catalogue", create=True) as known,
        known.transaction() as session,
    ):
        described = Described("a", b"print", 9_000)
        recording_id = changing.add(session, described, membership=Membership(Action.HOLD)).id
    answering = asyncio.create_task(listening._answer(seen("confirmed", recording_id)))
    await gate.wait()
    meanwhile = Wish(room_id="room", args={"seat_id": "ada"}, requested_at=now())
    with pytest.raises(HeldMeanwhile):
        listening._studio.rule_holds.check_release(meanwhile)
    recorded.set()
    await answering
    for wish in (early, meanwhile):
        with pytest.raises(HeldMeanwhile):
            listening._studio.rule_holds.check_release(wish)
    later = Wish(room_id="room", args={"seat_id": "ada"}, requested_at=now())
    listening._studio.rule_holds.check_release(later)
    listening._studio.rule_holds.check_release(
        Wish(room_id="room", args={"seat_id": "b"}, requested_at=now())
    )
    await bell.close()
