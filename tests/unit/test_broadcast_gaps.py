"""Which voices machines do not hear: one model, whatever does not hear them."""

from typing import TYPE_CHECKING, Any, cast

from balai.broadcast.gaps import Gaps
from balai.rooms.model import Gap, WatchState

if TYPE_CHECKING:
    from balai.broadcast.records import Records

KEY = ("room", "ada")
UNHEARD, UNWATCHED = WatchState.UNHEARD, WatchState.UNWATCHED


class Notes:
    """Counts what would be written down."""

    def __init__(self) -> None:
        self.written: list[Gap] = []

    def note(self, record: Any) -> None:
        self.written.append(record.args[1])


def made() -> tuple[Gaps, Notes, list[str]]:
    notes, changed = Notes(), list[str]()
    return Gaps(cast("Records", notes), changed.append), notes, changed


def test_an_open_gap_is_told_once_and_closed_with_its_own_beginning() -> None:
    gaps, notes, changed = made()
    gaps.begin(KEY, Gap(UNHEARD, 100, "deadline"))
    gaps.begin(KEY, Gap(UNHEARD, 300, "engine"))
    gaps.end(KEY, UNHEARD, 500)
    gaps.end(KEY, UNHEARD, 900)
    assert notes.written == [Gap(UNHEARD, 100, "deadline"), Gap(UNHEARD, 100, "deadline", 500)]
    assert changed == ["room", "room"]


def test_the_worst_is_what_counts_and_each_ends_by_itself() -> None:
    gaps, _, _ = made()
    assert gaps.worst("room") is WatchState.WATCHED
    gaps.begin(KEY, Gap(UNHEARD, 100, "language"))
    gaps.begin(("room", "ben"), Gap(UNWATCHED, 200, "detector"))
    assert gaps.worst("room") is UNWATCHED
    gaps.end(("room", "ben"), UNWATCHED, 300)
    assert gaps.worst("room") is UNHEARD
    assert gaps.worst("another") is WatchState.WATCHED
    gaps.end_room("room", 900)
    assert gaps.worst("room") is WatchState.WATCHED


def test_what_is_open_ends_with_the_room_and_nothing_follows_from_it() -> None:
    gaps, notes, changed = made()
    gaps.begin(KEY, Gap(UNHEARD, 100, "language"))
    gaps.begin(("another", "ben"), Gap(UNHEARD, 100, "language"))
    gaps.end_room("room", 900)
    assert notes.written[2:] == [Gap(UNHEARD, 100, "language", 900)]
    assert changed == ["room", "another"]
    assert gaps.worst("another") is UNHEARD


def test_what_was_heard_ends_only_what_began_before_it() -> None:
    gaps, notes, _ = made()
    gaps.begin(KEY, Gap(UNHEARD, 500, "engine"))
    gaps.heard(KEY, UNHEARD, 400)
    assert gaps.worst("room") is UNHEARD
    gaps.heard(KEY, UNHEARD, 900)
    assert notes.written[-1] == Gap(UNHEARD, 500, "engine", 900)
    assert gaps.worst("room") is WatchState.WATCHED


def test_a_voice_that_is_gone_has_no_gap() -> None:
    gaps, notes, _ = made()
    gaps.begin(KEY, Gap(UNHEARD, 100, "language"))
    gaps.begin(KEY, Gap(UNWATCHED, 200, "detector"))
    gaps.end_all(KEY, 300)
    assert [one.to_position for one in notes.written] == [None, None, 300, 300]
    assert gaps.worst("room") is WatchState.WATCHED


def test_who_comes_back_is_told_of_again() -> None:
    gaps, notes, _ = made()
    gap = Gap(UNWATCHED, 100, "detector")
    gaps.begin(KEY, gap)
    gaps.tell_again(KEY)
    gaps.tell_again(("room", "ben"))
    assert notes.written == [gap, gap]


def test_a_gap_never_ends_before_it_began() -> None:
    gaps, notes, _ = made()
    gaps.begin(KEY, Gap(UNHEARD, 700, "deadline"))
    gaps.end(KEY, UNHEARD, 500)
    assert notes.written[-1] == Gap(UNHEARD, 700, "deadline", 700)
