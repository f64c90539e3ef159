"""The waiting room of one voice, by patterns of loss, delay and clock drift."""

from balai.stage.engine import StageCounters
from balai.stage.jitter import JitterBuffer, What

FRAME = 960


class Room:
    """Drives a buffer in ticks of 20 ms; payloads are the packets' numbers."""

    def __init__(self) -> None:
        self.buffer = JitterBuffer(StageCounters())

    def push(self, *numbers: int) -> None:
        for number in numbers:
            self.buffer.push(number & 0xFFFF, str(number).encode(), FRAME)

    def next(self) -> str:
        cue = self.buffer.next()
        name = "" if cue.what is What.PLAY else f"{cue.what.name.lower()} "
        return (name + b"+".join(p for p in (cue.payload, cue.other) if p).decode()).strip()

    def run(self, numbers: range, *, lost: tuple[int, ...] = ()) -> list[str]:
        """One packet comes before each tick, unless it is lost."""
        heard = []
        for number in numbers:
            if number not in lost:
                self.push(number)
            heard.append(self.next())
        return heard


def test_it_waits_for_two_packets_then_plays_in_order() -> None:
    assert Room().run(range(100, 105)) == ["rest", "100", "101", "102", "103"]


def test_packets_out_of_order_are_put_right() -> None:
    room = Room()
    room.push(1, 3, 2)
    assert [room.next() for _ in range(3)] == ["1", "2", "3"]


def test_a_lost_packet_is_recovered_from_the_next_one() -> None:
    room = Room()
    assert room.run(range(6), lost=(3,)) == ["rest", "0", "1", "2", "recover 4", "4"]
    assert (room.buffer.counters.lost, room.buffer.counters.recovered) == (1, 1)


def test_of_two_lost_in_a_row_the_first_is_concealed() -> None:
    room = Room()
    room.push(0, 1, 4, 5)
    heard = [room.next() for _ in range(6)]
    assert heard == ["0", "1", "conceal", "recover 4", "4", "5"]


def test_after_a_long_gap_it_goes_on_at_once_with_what_is_there() -> None:
    room = Room()
    room.push(0, 1, 20, 21)
    assert [room.next() for _ in range(4)] == ["0", "1", "20", "21"]
    assert room.buffer.counters.lost == 18


def test_a_silent_peer_is_concealed_for_100_ms_then_rests_and_waits_again() -> None:
    room = Room()
    room.push(0, 1)
    heard = [room.next() for _ in range(9)]
    assert heard == ["0", "1", *["conceal"] * 5, "rest", "rest"]
    room.push(2)
    assert room.next() == "rest"
    room.push(3)
    assert [room.next(), room.next()] == ["2", "3"]


def test_a_packet_after_its_time_is_counted_and_dropped() -> None:
    room = Room()
    room.push(0, 1, 3, 4)
    assert [room.next() for _ in range(3)] == ["0", "1", "recover 3"]
    room.push(2)
    assert room.buffer.counters.late == 1
    assert room.next() == "3"


def test_the_same_packet_twice_is_heard_once() -> None:
    room = Room()
    room.push(0, 0, 1, 1)
    assert [room.next(), room.next(), room.next()] == ["0", "1", "conceal"]
    assert room.buffer.counters.rejected == 2


def test_a_late_burst_raises_the_target_and_is_heard_in_full() -> None:
    room = Room()
    room.run(range(10))
    assert [room.next(), room.next(), room.next()] == ["9", "conceal", "conceal"]
    room.push(10, 11, 12)
    assert [room.next() for _ in range(3)] == ["10", "11", "12"]
    assert room.buffer.target_samples == 60 * 48


def test_the_target_never_passes_80_ms_and_comes_down_when_it_is_calm() -> None:
    room = Room()
    number = 0
    for _ in range(8):
        room.run(range(number, number + 5))
        while room.next() != "conceal":
            pass
        room.push(number + 5, number + 6)
        number += 7
    assert room.buffer.target_samples == 80 * 48
    room.run(range(number, number + 1100))
    assert room.buffer.target_samples == 40 * 48


def test_a_fast_clock_costs_one_frame_each_two_seconds() -> None:
    room = Room()
    heard = []
    number = 0
    for tick in range(1000):  # 20 s; this sender is 0.5 % fast
        for _ in range(2 if tick % 200 == 199 else 1):
            room.push(number)
            number += 1
        heard.append(room.next())
    assert room.buffer.counters.shortened == sum(name.startswith("merge") for name in heard)
    assert 2 <= room.buffer.counters.shortened <= 5
    assert room.buffer.waiting_samples <= 80 * 48
    assert room.buffer.counters.dropped == 0


def test_never_more_than_200_ms_wait() -> None:
    room = Room()
    room.push(*range(11))
    assert room.buffer.waiting_samples == 40 * 48
    assert room.buffer.counters.dropped == 9
    assert room.next() == "9"


def test_numbers_wrap_without_a_gap() -> None:
    room = Room()
    assert room.run(range(65_530, 65_542)) == ["rest", *map(str, range(65_530, 65_541))]


def test_a_jump_in_numbers_is_a_new_stream() -> None:
    room = Room()
    room.run(range(10))
    room.push(40_000)
    assert room.next() == "rest"
    room.push(40_001)
    assert [room.next(), room.next()] == ["40000", "40001"]
    assert room.buffer.counters.lost == 0
