"""What aired of a stretch, and how many heard it: with the delay that each minute had."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from balai.cases import harm
from balai.cases.harm import Act, Delays, Stretch, aired, listener_seconds
from balai.evidence.sound import RATE_HZ
from balai.rooms.model import WishKind

S = RATE_HZ
TEN = Delays(10.0)


def act(kind: WishKind, seat: str | None = "a", /, **observed: int) -> Act:
    positions = {name: seconds * S for name, seconds in observed.items()}
    return Act(kind, seat, positions)


def heard(*acts: Act, of: str | None = "a", stretch: Stretch = (10, 70)) -> list[Stretch]:
    """Give the seconds of a stretch that aired with a delay of 10 s."""
    found = aired((stretch[0] * S, stretch[1] * S), of, acts, TEN)
    return [(begin // S, end // S) for begin, end in found]


HELD = act(WishKind.HOLD, silent_from=20)


@pytest.mark.parametrize(
    ("acts", "parts"),
    [
        ([], [(10, 70)]),
        ([HELD], [(10, 20)]),
        ([HELD, act(WishKind.HOLD, silent_from=40)], [(10, 20)]),
        ([HELD, act(WishKind.RELEASE, position=50)], [(10, 20), (50, 70)]),
        ([HELD, act(WishKind.RELEASE, position=20)], [(10, 70)]),  # what was held aired late
        ([act(WishKind.HOLD, "b", silent_from=20)], [(10, 70)]),
        ([act(WishKind.DUMP, None, from_position=30, to_position=40)], [(10, 30), (40, 70)]),
        ([act(WishKind.MUTE, silent_from=5)], []),
        ([act(WishKind.MUTE, silent_from=5), act(WishKind.UNMUTE, open_from=60)], [(60, 70)]),
        ([act(WishKind.REMOVE, silent_from=30, unheard_from=41)], [(10, 30), (41, 70)]),
        ([HELD, act(WishKind.REMOVE, silent_from=30, unheard_from=41)], [(10, 20), (41, 70)]),
        ([act(WishKind.END, None, aired_to=60)], [(10, 60)]),
        ([act(WishKind.END, None, aired_to=5)], []),
        ([act(WishKind.HOLD)], [(10, 70)]),  # where nothing was observed nothing is believed
        # B is held, so the dump begins with B's sound; A's had aired up to ten seconds ago.
        ([act(WishKind.HOLD, "b", silent_from=0),
          act(WishKind.DUMP, None, from_position=0, to_position=45)], [(10, 35), (45, 70)]),
        ([act(WishKind.HOLD, "b", silent_from=0), act(WishKind.RELEASE, "b", position=9),
          act(WishKind.DUMP, None, from_position=9, to_position=45)], [(45, 70)]),
    ],
)  # fmt: skip
def test_what_was_kept_from_the_air_is_no_harm(acts: list[Act], parts: list[Stretch]) -> None:
    assert heard(*acts) == parts


def test_of_the_whole_stage_only_what_nobody_said_is_left_out() -> None:
    dumped = act(WishKind.DUMP, None, from_position=30, to_position=40)
    assert heard(HELD, dumped, of=None) == [(10, 30), (40, 70)]


_POSITIONS = st.integers(0, 200)
_ACTS = st.builds(
    lambda kind, seat, first, second: Act(
        kind,
        None if kind in {WishKind.DUMP, WishKind.END} else seat,
        {
            name: (second if name in {"to_position", "unheard_from"} else first) * S
            for name in (
                "silent_from", "position", "from_position", "to_position", "open_from",
                "unheard_from", "aired_to",
            )
        },
    ),
    st.sampled_from(sorted(harm._ACTS)), st.sampled_from(["a", "b"]), _POSITIONS, _POSITIONS,
)  # fmt: skip


@given(st.lists(_ACTS, max_size=12), _POSITIONS, _POSITIONS)
def test_what_aired_lies_in_the_stretch_and_once(
    acts: list[Act], begin: int, length: int
) -> None:
    stretch = (begin * S, (begin + length) * S)
    parts = aired(stretch, "a", acts, TEN)
    flat = [position for part in parts for position in part]
    assert flat == sorted(flat)
    assert all(stretch[0] <= one <= stretch[1] for one in flat)
    assert sum(end - start for start, end in parts) <= stretch[1] - stretch[0]


@pytest.mark.parametrize(
    ("parts", "minutes", "total"),
    [
        ([(0, 10)], {0: 3}, 30.0),
        ([(45, 75)], {0: 2, 1: 4}, 5 * 2.0 + 25 * 4.0),  # it airs ten seconds later
        ([(45, 75)], {1: 2}, None),  # the first minute was not counted
        ([(45, 75)], {0: 2}, 30 * 2.0),  # the last one may have been too short to be counted
        ([(45, 135)], {0: 2}, None),  # so many are not
        ([(0, 10)], {}, None),
        ([(0, 10)], {0: 0}, 0.0),
        ([], {}, 0.0),  # what never aired was heard by nobody, whoever counted
        ([(40, 50)], {0: 5}, 50.0),  # it ends with the minute
        ([(0, 10), (50, 60)], {0: 1, 1: 2}, 10.0 + 20.0),
    ],
)
def test_seconds_are_multiplied_by_who_listened_then(
    parts: list[Stretch], minutes: dict[int, int], total: float | None
) -> None:
    positions = [(begin * S, end * S) for begin, end in parts]
    assert listener_seconds(positions, TEN, minutes) == total


@pytest.mark.parametrize(
    ("part", "delays", "total"),
    [
        ((40, 70), {0: 10.0, 1: 0.0}, 20 * 1.0 + 10 * 2.0),  # shortened in the first minute
        # Lengthened in the first minute: what waited then airs in the second.
        ((40, 70), {0: 0.0, 1: 10.0}, 10 * 1.0 + 20 * 2.0),
        ((0, 120), {0: 0.0, 1: 30.0}, 30 * 1.0 + 60 * 2.0 + 30 * 2.0),
        ((40, 70), {}, 10 * 1.0 + 20 * 2.0),  # the room's own, where none was noted
    ],
)
def test_a_delay_counts_in_its_own_minutes(
    part: Stretch, delays: dict[int, float], total: float
) -> None:
    positions = [(part[0] * S, part[1] * S)]
    assert listener_seconds(positions, Delays(10.0, delays), {0: 1, 1: 2}) == total


def test_a_minute_that_was_not_counted_has_the_delay_of_the_one_before() -> None:
    """With the room's last delay these words would have aired when nobody counted."""
    delays = Delays(30.0, {0: 0.0, 2: 30.0})
    assert listener_seconds([(40 * S, 50 * S)], delays, {0: 7, 2: 7}) == 70.0


@given(st.lists(st.floats(0, 30), min_size=8, max_size=8), _POSITIONS, st.integers(0, 150))
def test_every_second_counts_once_whatever_the_delay_did(
    delays: list[float], begin: int, length: int
) -> None:
    """Each of eight minutes has a delay of its own, and one listener."""
    counts = dict.fromkeys(range(8), 1)
    part = (begin * S, (begin + length) * S)
    assert listener_seconds([part], Delays(0.0, dict(enumerate(delays))), counts) == length


def test_a_dump_reaches_back_by_the_delay_of_its_own_minute() -> None:
    delays = Delays(30.0, {0: 10.0})
    dumped = act(WishKind.DUMP, None, from_position=0, to_position=45)
    acts = [act(WishKind.HOLD, "b", silent_from=0), dumped]
    assert aired((10 * S, 70 * S), "a", acts, delays) == [(10 * S, 35 * S), (45 * S, 70 * S)]
