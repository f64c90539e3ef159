"""A room's risk: the sum of what raises it, and never lower for having more of it."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from balai.rooms.risk import OpenFlag, OpenReport, Standing, causes, risk

flags = st.builds(
    OpenFlag, st.integers(0, 100), st.floats(0, 100_000, allow_nan=False), st.booleans()
)
reports = st.builds(OpenReport, st.floats(0, 1, allow_nan=False), st.booleans())
counts = st.integers(0, 500)
rooms = st.builds(
    Standing,
    flags=st.lists(flags, max_size=6).map(tuple),
    reports=st.lists(reports, max_size=6).map(tuple),
    unwatched=counts,
    unheard=counts,
    joins_per_min=counts,
    hands_per_min=counts,
    cuts=counts,
    bans=counts,
    has_delay=st.booleans(),
    reach=st.integers(0, 7),
)


def of(room: Standing) -> float:
    return risk(causes(room))


@given(rooms)
def test_the_shares_make_the_risk_and_only_causes_that_add_are_told(room: Standing) -> None:
    told = causes(room)
    assert risk(told) == round(sum(one.points for one in told), 1)
    assert all(one.points > 0 for one in told)
    assert [one.points for one in told] == sorted((one.points for one in told), reverse=True)


@given(rooms, flags, reports, st.integers(1, 50))
def test_more_of_any_cause_never_lowers_a_room(
    room: Standing, flag: OpenFlag, report: OpenReport, more: int
) -> None:
    before = of(room)
    for worse in (
        replace(room, flags=(*room.flags, flag)),
        replace(room, reports=(*room.reports, report)),
        replace(room, unwatched=room.unwatched + more),
        replace(room, unheard=room.unheard + more),
        replace(room, joins_per_min=room.joins_per_min + more),
        replace(room, hands_per_min=room.hands_per_min + more),
        replace(room, cuts=room.cuts + more),
        replace(room, bans=room.bans + more),
        replace(room, has_delay=False),
        replace(room, reach=room.reach + more),
    ):
        assert of(worse) >= before


@given(flags, st.floats(0, 1000), st.integers(0, 50))
def test_a_flag_that_waits_longer_holds_or_matters_more_never_weighs_less(
    flag: OpenFlag, later_s: float, worse: int
) -> None:
    before = of(Standing(flags=[flag]))
    for other in (
        replace(flag, age_s=flag.age_s + later_s),
        replace(flag, priority=flag.priority + worse),
        replace(flag, holds=True),
    ):
        assert of(Standing(flags=[other])) >= before


def test_a_quiet_room_has_no_risk_and_danger_to_somebody_is_above_a_flag() -> None:
    assert causes(Standing()) == []
    danger = of(Standing(reports=[OpenReport(0.0, True, "case", "danger")]))
    assert danger > of(Standing(flags=[OpenFlag(100, 60.0, holds=True)]))
