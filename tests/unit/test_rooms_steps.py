from balai.rooms.model import (
    CONNECTED,
    ON_AIR,
    OVER,
    ROOM_STEPS,
    SEAT_STEPS,
    RestrictionKind,
    RoomState,
    SeatState,
    WishKind,
)


def test_every_state_says_what_may_follow() -> None:
    assert set(ROOM_STEPS) == set(RoomState)
    assert set(SEAT_STEPS) == set(SeatState)


def test_a_room_that_is_over_stays_so() -> None:
    assert [state for state in RoomState if not ROOM_STEPS[state]] == sorted(OVER)
    assert ON_AIR.isdisjoint(OVER)


def test_nobody_is_connected_who_did_not_pass_the_green_room() -> None:
    ways_in = {state for state in SeatState if SEAT_STEPS[state] & CONNECTED} - CONNECTED
    assert ways_in == {SeatState.GREEN_ROOM}


def test_every_restriction_of_a_voice_is_a_wish_of_the_same_name() -> None:
    of_voice = set(RestrictionKind) - {RestrictionKind.TAKE_LINE}
    assert {kind.value for kind in of_voice} <= {kind.value for kind in WishKind}
