"""In which order cases are looked at: how grave the matter is, and how much speaks for it.

A priority is a number, 0 first. It orders work for people and does nothing to anybody.

    0   somebody may be hurt now
    1   a rule holds a voice: somebody is silent until a person decides
    10  + 2 for each step from the gravest concern (danger, child) to the least (other)
        + 3 for each step from strong support (0.8 and more) to faint (less than 0.2)
    17  a contest of what still weighs on somebody in a live room: after an unproven word of
        danger or of a child, due as soon as what is much more pressing
    20  any other contest
"""

from collections.abc import Mapping
from datetime import timedelta
from enum import IntEnum
from typing import Final

from balai.cases.model import Concern

URGENT: Final = 0
HELD: Final = 1
CONTESTED_NOW: Final = 17  # what is contested still weighs on somebody, and the room is live
HOST_CONDUCT: Final = 14
CONTESTED: Final = 20
_FIRST: Final = 10
_CONCERN_STEP: Final = 2
_BAND_STEP: Final = 3

# 0 is the gravest: a life, a child. Where somebody lives cannot be unsaid: it is grave, too.
GRAVITY: Final[Mapping[Concern, int]] = {
    Concern.DANGER: 0,
    Concern.CHILD: 0,
    Concern.TERROR: 1,
    Concern.THREAT: 1,
    Concern.HATE: 2,
    Concern.PRIVATE: 2,
    Concern.HARASSMENT: 3,
    Concern.OTHER: 4,
}
# What is hard to bear for whoever hears it.
SEVERE: Final = frozenset({Concern.DANGER, Concern.CHILD, Concern.TERROR, Concern.THREAT})


class Band(IntEnum):
    """How much speaks for something, in words; small differences change no order."""

    STRONG = 0
    CREDIBLE = 1
    UNPROVEN = 2
    FAINT = 3


FROM: Final[Mapping[Band, float]] = {
    Band.STRONG: 0.8,
    Band.CREDIBLE: 0.5,
    Band.UNPROVEN: 0.2,
    Band.FAINT: 0.0,
}
# Up to which priority a case is due how soon: a live room is over in an hour, an order of
# removal gives one hour, and a day is what a small team can keep.
_DUE: Final = (
    (HELD, timedelta(minutes=5)),
    (14, timedelta(minutes=30)),
    (19, timedelta(hours=4)),
)
_DUE_LAST: Final = timedelta(hours=24)
_CONTESTED_NOW_DUE: Final = timedelta(minutes=30)  # while the room goes on


def band(weight: float) -> Band:
    """Tell in which band a weight lies."""
    return next(one for one in Band if weight >= FROM[one])


def ceiling(weight: float) -> float:
    """Give the weight at which the next band begins."""
    present = band(weight)
    return 1.0 if present is Band.STRONG else FROM[Band(present - 1)]


def priority(concern: Concern, weight: float) -> int:
    """Give the priority of a concern for which so much speaks."""
    return _FIRST + _CONCERN_STEP * GRAVITY[concern] + _BAND_STEP * band(weight)


def contest_due_after(number: int) -> timedelta:
    """Tell how soon a contest of a priority is due."""
    return _CONTESTED_NOW_DUE if number == CONTESTED_NOW else due_after(number)


def due_after(number: int) -> timedelta:
    """Tell how soon something of a priority is due."""
    return next((span for number_max, span in _DUE if number <= number_max), _DUE_LAST)
