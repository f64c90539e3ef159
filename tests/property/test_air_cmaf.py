from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from balai.air import cmaf

AT = datetime(2026, 1, 1, tzinfo=UTC)
CHUNKS = st.lists(
    st.tuples(
        st.lists(st.binary(max_size=60), min_size=1, max_size=12),
        st.integers(0, 2**50),
        st.integers(-(10**10), 10**15),
    ),
    min_size=1,
    max_size=5,
)


def written(packets: list[bytes], media_time: int, after_us: int) -> bytes:
    at = AT + timedelta(microseconds=after_us)
    return cmaf.chunk(packets, number=1, media_time=media_time, starts_at=at)


@given(CHUNKS)
def test_chunks_say_where_they_belong(chunks: list[tuple[list[bytes], int, int]]) -> None:
    data = b"".join(written(*each) for each in chunks)
    assert cmaf.read_chunks(data) == [
        cmaf.Chunk(media_time, len(packets) * 1_024, AT + timedelta(microseconds=after_us))
        for packets, media_time, after_us in chunks
    ]


@given(CHUNKS, st.data())
def test_a_torn_segment_is_noticed(
    chunks: list[tuple[list[bytes], int, int]], data: st.DataObject
) -> None:
    whole = b"".join(written(*each) for each in chunks)
    ends = {len(b"".join(written(*c) for c in chunks[: i + 1])) for i in range(len(chunks))}
    at = data.draw(st.integers(0, len(whole) - 1).filter(lambda n: n not in ends))
    try:
        cmaf.read_chunks(whole[:at])
    except cmaf.SegmentTorn:
        return
    raise AssertionError(f"{at} of {len(whole)} bytes were taken for whole chunks")


@given(st.binary(max_size=400))
def test_garbage_is_a_torn_segment(garbage: bytes) -> None:
    try:
        cmaf.read_chunks(garbage)
    except cmaf.SegmentTorn:
        return
    raise AssertionError("garbage was taken for sound")
