"""Where segments lie that cannot tell it themselves."""

from datetime import UTC, datetime, timedelta

from balai.air import cmaf, playlist
from balai.air.omitted import FOR_EVER
from balai.air.originals import Original, Piece
from balai.air.places import Place, media_end, places
from balai.air.playlist import Part, Segment

AT = datetime(2026, 1, 1, 12, tzinfo=UTC)
PART = 12_288
FULL = 4 * PART


def original(known: dict[int, int], *, damaged: tuple[int, ...] = ()) -> Original:
    """Six segments of a replay, of two parts the last; media times as far as they are known."""
    segments = [Segment(n, at(n), False, parts(n), name(n)) for n in range(6)]
    text = playlist.replay(playlist.rewind_head("i") + "".join(map(playlist.entry, segments)))
    pieces = [Piece(name(n), time, len(parts(n)) * PART) for n, time in known.items()]
    pieces += [Piece(name(n), 0, FOR_EVER) for n in damaged]
    names = {piece.name for piece in pieces}
    return Original(key="00", names=names, texts={"replay.m3u8": text}, pieces=pieces)


def name(number: int) -> str:
    return f"s{number}-aaaaaaaa.m4s"


def at(number: int) -> datetime:
    return AT + number * timedelta(seconds=1.024)


def parts(number: int) -> tuple[Part, ...]:
    return tuple(Part("", PART) for _ in range(2 if number == 5 else 4))


def media_times(one: Original) -> list[int]:
    return [place.media_time for place in places(one).values()]


def test_what_is_damaged_or_gone_lies_between_its_neighbours() -> None:
    one = original({0: 0, 3: 3 * FULL, 4: 4 * FULL}, damaged=(1, 5))
    assert media_times(one) == [number * FULL for number in range(6)]
    assert places(one)[name(5)] == Place(5 * FULL, 2 * PART, at(5))
    assert media_end(one, places(one)) == 5 * FULL + 2 * PART


def test_what_is_ahead_of_all_that_are_whole_ends_where_these_begin() -> None:
    assert media_times(original({2: 9 * FULL})) == [number * FULL for number in range(7, 13)]
    assert media_times(original({2: FULL}))[:3] == [0, FULL, FULL]  # never before the room


def test_with_nothing_left_a_playlist_is_enough() -> None:
    assert media_times(original({})) == [number * FULL for number in range(6)]


def test_captions_have_no_place_in_the_media() -> None:
    one = original({0: 0})
    one.texts["captions.m3u8"] = (
        one.texts["replay.m3u8"]
        .replace("/s", "/c")
        .replace("\ns", "\nc")
        .replace(".m4s", ".vtt")
    )
    assert list(places(one)) == [name(number) for number in range(6)]


def test_a_place_is_filled_part_by_part() -> None:
    quarter = timedelta(seconds=0.256)
    assert Place(FULL, 2 * PART, AT).chunks() == [
        cmaf.Chunk(FULL, PART, AT),
        cmaf.Chunk(FULL + PART, PART, AT + quarter),
    ]
