import pytest

from balai.web.hall_playlist import BadReload, Edge, Wanted, read_edge, read_wanted

PLAYLIST = b"""#EXTM3U
#EXT-X-TARGETDURATION:2
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=0.768
#EXT-X-PART-INF:PART-TARGET=0.256
#EXT-X-MEDIA-SEQUENCE:40
#EXT-X-MAP:URI="init-abcdefgh.mp4"
#EXTINF:1.024,
s40-abcdefgh.m4s
#EXT-X-PART:DURATION=0.256,URI="p41.0-abcdefgh.m4s"
#EXT-X-PART:DURATION=0.256,URI="p41.1-abcdefgh.m4s"
#EXT-X-PART:DURATION=0.256,URI="p41.2-abcdefgh.m4s"
#EXT-X-PART:DURATION=0.256,URI="p41.3-abcdefgh.m4s"
#EXTINF:1.024,
s41-abcdefgh.m4s
#EXT-X-PART:DURATION=0.256,URI="p42.0-abcdefgh.m4s"
"""


def test_the_edge_of_a_playlist_is_its_unfinished_segment() -> None:
    assert read_edge(PLAYLIST) == Edge(42, 1, {41: 4})
    assert read_edge(PLAYLIST + b"#EXT-X-ENDLIST\n") == Edge(42, 1, {41: 4}, is_ended=True)
    assert read_edge(b"no playlist") == Edge(0, 0)


@pytest.mark.parametrize(
    ("msn", "part", "has"),
    [
        (40, None, True),
        (41, 3, True),
        (41, 4, True),  # past the end of 41 is the first part of 42
        (42, 0, True),
        (42, 1, False),
        (42, None, False),
        (43, 0, False),
    ],
)
def test_a_playlist_has_a_part_or_not(msn: int, part: int | None, *, has: bool) -> None:
    assert read_edge(PLAYLIST).has(Wanted(msn, part)) is has
    assert read_edge(PLAYLIST + b"#EXT-X-ENDLIST").has(Wanted(msn, part)) is True


def test_a_part_past_a_finished_segment_waits_for_the_next_segments_first() -> None:
    edge = Edge(42, 0, {41: 4})
    assert edge.has(Wanted(41, 3)) is True
    assert edge.has(Wanted(41, 4)) is False


def test_only_the_segment_after_the_one_in_progress_may_be_waited_for() -> None:
    edge = read_edge(PLAYLIST)
    assert [edge.is_too_far(Wanted(msn, None)) for msn in (41, 42, 43, 44)] == [
        False,
        False,
        False,
        True,
    ]


def test_a_wait_is_read_from_the_query() -> None:
    assert read_wanted(b"_HLS_msn=7&_HLS_part=2") == Wanted(7, 2)
    assert read_wanted(b"x=1&_HLS_msn=7") == Wanted(7, None)
    assert read_wanted(b"x=1") is None


@pytest.mark.parametrize(
    "query",
    [
        b"_HLS_part=1",
        b"_HLS_msn=",
        b"_HLS_msn=-1",
        b"_HLS_msn=1e3",
        b"_HLS_msn=7&_HLS_part=x",
        b"_HLS_msn=" + b"9" * 40,
    ],
)
def test_a_malformed_wait_is_refused(query: bytes) -> None:
    with pytest.raises(BadReload):
        read_wanted(query)
