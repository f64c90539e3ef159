"""The raid shield: rises for a raid, stays down for a popular start, falls when it is calm."""

from collections.abc import Iterable

import pytest

from balai.rooms.hands import SLOW_S
from balai.rooms.shield import CALM_S, REST_S, Arrivals, Door, Move, Shield, Step

RISE = Step(Move.RISE, hands=True, slow=True)
FALL = Step(Move.FALL, hands=True, slow=True)
FREE, SHUT = Door(), Door(hands_locked=True, slow_s=SLOW_S)


def played(came: Iterable[Arrivals], *, every_s: float = 10.0) -> list[Step | None]:
    """Let a room see one arrival figure after another; its door follows the shield."""
    shield, steps = Shield(), []
    for turn, arrivals in enumerate(came):
        door = SHUT if shield.is_up else FREE
        steps.append(shield.step(arrivals, door, at_s=turn * every_s))
    return steps


RAIDS = {
    "fresh accounts": Arrivals(known=12, young=10),
    "people banned elsewhere": Arrivals(known=5, young=0, banned=3),
    "both, among some regulars": Arrivals(known=20, young=7, banned=2),
    "exactly at the threshold": Arrivals(known=16, young=8),
}
ORDINARY = {
    "a popular start": Arrivals(known=300, young=30),
    "a popular start with somebody who is banned": Arrivals(known=120, young=12, banned=2),
    "a small house of newcomers": Arrivals(known=7, young=7),
    "nobody with an account": Arrivals(),
    "one less than the threshold": Arrivals(known=14, young=7),
    "less than half of them": Arrivals(known=17, young=8),
}


@pytest.mark.parametrize("came", RAIDS.values(), ids=RAIDS)
def test_a_raid_raises_the_shield_once_and_calm_lowers_it(came: Arrivals) -> None:
    turns = round(CALM_S / 10)
    calm = [Arrivals(known=3, young=2)] * (turns + 1)
    steps = played([Arrivals(), came, came, *calm])
    assert steps[:3] == [None, RISE, None]
    assert steps[3:] == [None] * turns + [FALL]


@pytest.mark.parametrize("came", ORDINARY.values(), ids=ORDINARY)
def test_an_ordinary_evening_never_raises_it(came: Arrivals) -> None:
    assert set(played([came] * 60)) == {None}


def test_a_second_wave_begins_the_calm_anew() -> None:
    raid, calm = RAIDS["fresh accounts"], Arrivals()
    half = [calm] * round(CALM_S / 20)
    assert FALL not in played([raid, *half, Arrivals(known=3, young=3), *half])


def test_hands_that_people_locked_are_not_the_shields() -> None:
    shield = Shield()
    raid, locked = RAIDS["fresh accounts"], Door(hands_locked=True)
    assert shield.step(raid, locked, at_s=0) is None
    assert (shield.is_up, shield.slows) == (False, False)
    assert shield.step(Arrivals(), locked, at_s=CALM_S * 2) is None


def test_a_room_that_people_made_slow_stays_slow_when_the_shield_falls() -> None:
    shield, slow = Shield(), Door(slow_s=SLOW_S)
    up = shield.step(RAIDS["fresh accounts"], slow, at_s=0)
    assert up == Step(Move.RISE, hands=True, slow=False)
    assert shield.step(Arrivals(), SHUT, at_s=2) is None
    down = shield.step(Arrivals(), SHUT, at_s=2 + CALM_S)
    assert down == Step(Move.FALL, hands=True, slow=False)


def test_when_a_person_takes_hands_again_the_shield_lets_them() -> None:
    shield, raid, slow = Shield(), RAIDS["fresh accounts"], Door(slow_s=SLOW_S)
    assert shield.step(raid, FREE, at_s=0) == RISE
    assert shield.step(raid, slow, at_s=2) is None
    assert (shield.is_up, shield.slows) == (False, True)
    assert shield.step(raid, slow, at_s=REST_S) is None
    assert shield.step(raid, slow, at_s=REST_S + 2) == Step(Move.RISE, hands=True, slow=False)
    assert shield.step(Arrivals(), SHUT, at_s=REST_S + 4) is None
    assert shield.step(Arrivals(), SHUT, at_s=REST_S + 4 + CALM_S) == FALL


def test_what_is_left_of_an_overruled_shield_ends_when_it_is_calm() -> None:
    shield, slow = Shield(), Door(slow_s=SLOW_S)
    shield.step(RAIDS["fresh accounts"], FREE, at_s=0)
    assert shield.step(Arrivals(), slow, at_s=2) is None
    ends = shield.step(Arrivals(), slow, at_s=2 + CALM_S)
    assert ends == Step(Move.FALL, hands=False, slow=True)
    assert shield.step(Arrivals(), FREE, at_s=4 + CALM_S * 2) is None


def test_another_pace_that_a_host_chose_stays_when_it_is_calm() -> None:
    shield, own = Shield(), Door(hands_locked=True, slow_s=5 * SLOW_S)
    shield.step(RAIDS["fresh accounts"], FREE, at_s=0)
    assert shield.step(Arrivals(), own, at_s=2) is None
    ends = shield.step(Arrivals(), own, at_s=2 + CALM_S)
    assert ends == Step(Move.FALL, hands=True, slow=False)


def test_who_ends_both_has_ended_the_shield() -> None:
    shield = Shield()
    shield.step(RAIDS["fresh accounts"], FREE, at_s=0)
    assert shield.step(Arrivals(), FREE, at_s=2) is None
    assert (shield.is_up, shield.slows) == (False, False)
    own = Door(hands_locked=True, slow_s=SLOW_S)
    assert shield.step(Arrivals(), own, at_s=2 + CALM_S * 2) is None
