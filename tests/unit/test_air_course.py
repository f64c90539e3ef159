"""What became of a voice: aired, waiting, or never; what the desk says of each phrase."""

from pathlib import Path

import pytest

from balai.air.captions import NEVER_MAX
from balai.air.trail import Course, Trail
from tests.air_sound import PART, Room

S = 48_000


@pytest.fixture
def room(tmp_path: Path) -> Room:
    """Ada has spoken for ten seconds; the hall is two behind."""
    room = Room.open(tmp_path / "air", delay_samples=2 * S)
    room.speak(["ada"], 500)
    return room


def course(room: Room) -> Course:
    return room.programme.courses(["ada", "nobody"])["ada"]


def test_what_the_hall_was_served_has_aired(room: Room) -> None:
    told = course(room)
    assert told == Course(0, room.programme.aired_to, ())
    assert 10 * S - told.passed_to == pytest.approx(2 * S, abs=PART)
    assert set(room.programme.courses(["ada", "nobody"])) == {"ada"}


def test_what_was_held_and_given_up_never_airs_and_what_was_before_has(room: Room) -> None:
    held_from = room.programme.hold("ada")
    room.speak(["ada"], 250)
    assert course(room) == Course(0, held_from, ())  # it waits: nothing is decided
    room.programme.release("ada", air_held=False)
    told = course(room)
    assert told.never == ((held_from, 15 * S),)
    room.speak(["ada"], 250)
    assert course(room).never == told.never
    assert course(room).passed_to > 15 * S


def test_what_was_held_and_given_back_airs_late(room: Room) -> None:
    held_from = room.programme.hold("ada")
    room.speak(["ada"], 100)
    room.programme.release("ada", air_held=True)
    assert course(room) == Course(0, held_from, ())
    room.speak(["ada"], 250)
    assert course(room).never == ()
    assert course(room).passed_to > 12 * S


def test_what_was_dumped_is_told_at_once(room: Room) -> None:
    dumped = room.programme.dump(room.now, S)
    assert course(room).never == ((dumped.from_position, dumped.to_position),)
    assert course(room).passed_to < dumped.from_position
    room.speak(["ada"], 250)
    assert course(room).never == ((dumped.from_position, dumped.to_position),)


def test_of_many_stretches_the_last_are_told_and_of_what_was_before_nothing() -> None:
    trail = Trail(0)
    for number in range(NEVER_MAX + 2):
        start = 2 * number * S
        trail.play(start, start + S)
        trail.publish(start)
        trail.pass_over(start + 2 * S)
    told = trail.course(never_max=NEVER_MAX)
    assert len(told.never) == NEVER_MAX
    assert told.known_from == 4 * S
    assert told.never[0] == (5 * S, 6 * S)
