"""Scripted rooms: a host who cuts everybody who contradicts, and hosts who are strict."""

import dataclasses
import datetime as dt
from typing import Any

import pytest

from balai.cases.host_conduct import (
    Call,
    Complaint,
    Cut,
    Observed,
    Sign,
    Stay,
    judge,
)
from balai.rooms.model import RestrictionKind

T0 = dt.datetime(2026, 1, 1, 20, tzinfo=dt.UTC)
MUTE, MOVE, REMOVE = (
    RestrictionKind.MUTE,
    RestrictionKind.MOVE_TO_HALL,
    RestrictionKind.REMOVE,
)


def at(minutes: float) -> dt.datetime:
    return T0 + dt.timedelta(minutes=minutes)


def cut(who: str, kind: RestrictionKind, minute: float, *, stay: float, **more: Any) -> Cut:
    """Somebody is cut at a minute of the room, so many minutes after coming on stage."""
    told = Cut(
        restriction_id=f"{who}{minute}",
        person_id=who,
        kind=kind,
        at=at(minute),
        came_earliest_at=at(minute - stay),
        until_at=at(minute) if kind is MOVE else None,
    )
    return dataclasses.replace(told, **more)


def script(*cuts: Cut, **more: Any) -> Observed:
    return Observed(at=at(60), cuts=cuts, **more)


FRIENDS = (Stay(came_by_hand=False, since=at(0)), Stay(came_by_hand=True, since=at(1)))
# Each contradicts the host, is cut at once, and says so; the friends stay.
DISSENT = (
    cut("ben", MUTE, 10, stay=1.0, is_contested=True),
    cut("cleo", REMOVE, 14, stay=1.5, is_contested=True, came_by_hand=True),
    cut("dan", MOVE, 20, stay=0.5, is_contested=True, came_by_hand=True),
)


def test_the_third_cut_of_a_hostile_host_is_the_one() -> None:
    by_now = [judge(script(*DISSENT[:count], stays=FRIENDS)).is_hostile for count in range(4)]
    assert by_now == [False, False, False, True]
    pattern = judge(script(*DISSENT, stays=FRIENDS))
    assert [one.points for one in pattern.judged] == [3, 4, 3]
    assert (pattern.points, pattern.disputes) == (10, 3)
    assert list(pattern.judged[1].signs) == [Sign.CONTESTED, Sign.EARLY, Sign.FOR_GOOD]


def test_a_hostile_host_is_noticed_when_listeners_speak_for_who_was_cut() -> None:
    silent = [dataclasses.replace(one, is_contested=False) for one in DISSENT]
    assert not judge(script(*silent, stays=FRIENDS)).is_hostile
    complaints = [Complaint(f"listener{n}", str(n), one.at) for n, one in enumerate(silent)]
    found = judge(script(*silent, stays=FRIENDS, complaints=complaints))
    assert (found.is_hostile, found.points, found.disputes) == (True, 7, 3)


def test_cutting_the_same_two_people_again_and_again_is_noticed() -> None:
    cuts = [
        cut("ben", MOVE, 10, stay=1, is_contested=True),
        cut("cleo", MOVE, 12, stay=1, is_contested=True),
        cut("ben", REMOVE, 20, stay=0.5, is_contested=True),
        cut("cleo", REMOVE, 22, stay=0.5),
    ]
    assert judge(script(*cuts[:3])).is_hostile
    assert len(judge(script(*cuts, cuts[3], cuts[3])).judged) == 4  # two of each person count


def test_hands_that_are_declined_afterwards_speak_against_a_cut() -> None:
    one = cut("ben", MOVE, 10, stay=0.5, hand_declined_at=at(12))
    before = dataclasses.replace(one, hand_declined_at=at(5))
    (kept_out,), (let_in,) = judge(script(one)).judged, judge(script(before)).judged
    assert (list(kept_out.signs), list(let_in.signs)) == (
        [Sign.EARLY, Sign.KEPT_OUT],
        [Sign.EARLY],
    )


def test_moves_that_most_contest_are_no_turns_however_long() -> None:
    moves = [cut(f"p{n}", MOVE, 10 + n, stay=1, is_contested=True) for n in range(3)]
    assert [judge(script(*moves[:count])).is_hostile for count in (2, 3)] == [False, True]


def rotation(minutes: float, *, contested: int) -> list[Cut]:
    return [
        cut(
            f"p{n}",
            MOVE,
            10 + n * minutes,
            stay=minutes,
            came_by_hand=True,
            is_contested=n < contested,
        )
        for n in range(10)
    ]


NOISE = [cut(f"n{n}", MUTE, 5 + n, stay=3) for n in range(6)]
STRICT: dict[str, Observed] = {
    "many cuts, each after a flag": script(
        *[cut(f"p{n}", REMOVE, 10 + n, stay=1, is_contested=True) for n in range(8)],
        calls=[Call(f"p{n}", at(9 + n)) for n in range(8)],
    ),
    "timed mutes of everybody": script(
        *[
            cut(f"p{n}", MUTE, 5 + n, stay=5, until_at=at(6 + n), is_contested=n < 4)
            for n in range(10)
        ],
        stays=FRIENDS,
    ),
    "equal turns, then the hall": script(
        *rotation(4, contested=0), stays=[Stay(came_by_hand=True, since=at(45))]
    ),
    "equal turns of which three are contested": script(*rotation(4, contested=3)),
    "callers for a minute each, beside a panel": script(
        *rotation(1, contested=2), stays=[Stay(came_by_hand=False, since=at(0))] * 3
    ),
    "echo is muted, and unmuted when it is gone": script(
        *[
            dataclasses.replace(one, lifted_at=one.at + dt.timedelta(seconds=70))
            for one in NOISE
        ],
        stays=FRIENDS,
    ),
    "noise is muted for good, and nobody minds": script(*NOISE, stays=FRIENDS),
    "a raid is sent away at once, and one of it contests": script(
        *[
            cut(f"r{n}", REMOVE, 10 + n, stay=0.2, came_by_hand=True, is_contested=n == 0)
            for n in range(9)
        ],
        stays=FRIENDS,
    ),
    "two people are removed, and both contest": script(*DISSENT[:2], stays=FRIENDS),
}


@pytest.mark.parametrize("name", STRICT)
def test_an_ordinary_strict_host_is_not(name: str) -> None:
    assert not judge(STRICT[name]).is_hostile


def test_a_brigade_of_listeners_does_not_make_a_strict_host_hostile() -> None:
    raid = STRICT["a raid is sent away at once, and one of it contests"]
    crowd = [Complaint(f"l{n}", "one group", at(15)) for n in range(50)]
    found = judge(dataclasses.replace(raid, complaints=crowd))
    assert sum(Sign.REPORTED_BY_OTHERS in one.signs for one in found.judged) <= 1
    alone = judge(Observed(at=at(60), complaints=crowd))
    assert (alone.is_hostile, alone.points, alone.disputes) == (False, 0, 0)


@pytest.mark.parametrize(("called", "counts"), [(-6.0, 1), (-4.0, 0), (0.0, 0), (0.5, 1)])
def test_only_what_came_before_calls_for_a_cut(called: float, counts: int) -> None:
    one = cut("ben", REMOVE, 10, stay=1, is_contested=True)
    calls = [Call("ben", at(10 + called)), Call("cleo", at(10))]
    assert len(judge(script(one, calls=calls)).judged) == counts


@pytest.mark.parametrize(
    ("mutes", "counts"),
    [
        ([(10.0, 5.0)], 0),
        ([(10.0, 5.0), (20.0, 5.0)], 1),  # ten minutes together
        ([(10.0, 11.0)], 1),
    ],
)
def test_short_mutes_add_up(mutes: list[tuple[float, float]], counts: int) -> None:
    cuts = [
        cut("ben", MUTE, begin, stay=1, until_at=at(begin + long), is_contested=True)
        for begin, long in mutes
    ]
    assert len(judge(script(*cuts)).judged) == counts


def test_a_mute_is_a_cut_when_it_lasts_or_is_contested() -> None:
    fresh = cut("ben", MUTE, 59, stay=0.5)
    assert judge(script(fresh)).judged == []
    assert len(judge(script(dataclasses.replace(fresh, is_contested=True))).judged) == 1
    assert len(judge(script(cut("ben", MUTE, 57, stay=0.5))).judged) == 1
