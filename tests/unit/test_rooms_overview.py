"""What the desk shows of a room: people by the names that they chose there."""

from collections.abc import Iterator

import pytest

from balai.rooms import green_room, overview
from tests.cases_world import World


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.close()


def host_of(world: World) -> str:
    with world.database.reading() as session:
        return overview.read(session, {}, {})[world.room_id].host


def test_a_host_is_named_as_they_chose_for_the_room(world: World) -> None:
    assert host_of(world) == "Hana"
    with world.database.transaction() as session:
        agreed = green_room.Agreed(alias="The Baker", recording_ok=True)
        green_room.consent(session, world.room(session), world.person(session, "hana"), agreed)
    assert host_of(world) == "The Baker"
