"""The raid shield: rises for a raid, stays down for a popular start, falls when it is calm."""

from collections.abc import Iterable

import pytest

from balai.rooms.shield import CALM_S, REST_S, Arrivals, Shield, Step


def played(came: Iterable[Arrivals], *, every_s: float = 10.0) -> list[Step]:
    """Let a room see one arrival figure after another; hands follow the shield."""
    shield, steps = Shield(), []
    for turn, arrivals in enumerate(came):
        steps.append(shield.step(arrivals, hands_locked=shield.is_up, at_s=turn * every_s))
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
    assert steps[:3] == [Step.NOTHING, Step.RISE, Step.NOTHING]
    assert steps[3:] == [Step.NOTHING] * turns + [Step.FALL]


@pytest.mark.parametrize("came", ORDINARY.values(), ids=ORDINARY)
def test_an_ordinary_evening_never_raises_it(came: Arrivals) -> None:
    assert set(played([came] * 60)) == {Step.NOTHING}


def test_a_second_wave_begins_the_calm_anew() -> None:
    raid, calm = RAIDS["fresh accounts"], Arrivals()
    half = [calm] * round(CALM_S / 20)
    assert Step.FALL not in played([raid, *half, Arrivals(known=3, young=3), *half])


def test_hands_that_people_locked_are_not_the_shields() -> None:
    shield = Shield()
    raid = RAIDS["fresh accounts"]
    assert shield.step(raid, hands_locked=True, at_s=0) is Step.NOTHING
    assert shield.is_up is False
    assert shield.step(Arrivals(), hands_locked=True, at_s=CALM_S * 2) is Step.NOTHING


def test_when_a_person_takes_hands_again_the_shield_lets_them() -> None:
    shield, raid = Shield(), RAIDS["fresh accounts"]
    assert shield.step(raid, hands_locked=False, at_s=0) is Step.RISE
    assert shield.step(raid, hands_locked=False, at_s=2) is Step.NOTHING
    assert shield.step(raid, hands_locked=False, at_s=REST_S) is Step.NOTHING
    assert shield.step(raid, hands_locked=False, at_s=REST_S + 2) is Step.RISE
