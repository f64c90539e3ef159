from datetime import UTC, datetime, timedelta, timezone

from balai.air import playlist
from balai.air.playlist import Part, Segment

AT = datetime(2026, 1, 1, 12, tzinfo=UTC)


def segment(number: int, *, discontinuity: bool = False, name: bool = True) -> Segment:
    parts = tuple(Part(f"p{number}.{i}-aaaaaaaa.m4s", 12_288) for i in range(4))
    starts_at = AT + number * timedelta(seconds=1.024)
    return Segment(
        number, starts_at, discontinuity, parts, f"s{number}-aaaaaaaa.m4s" if name else None
    )


def test_the_plain_playlist() -> None:
    text = playlist.live(
        "init.mp4", [segment(7), segment(8, discontinuity=True)], discontinuities=2
    )
    assert text == (
        "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:1\n#EXT-X-INDEPENDENT-SEGMENTS\n"
        "#EXT-X-MEDIA-SEQUENCE:7\n#EXT-X-DISCONTINUITY-SEQUENCE:2\n"
        '#EXT-X-MAP:URI="init.mp4"\n'
        "#EXT-X-PROGRAM-DATE-TIME:2026-01-01T12:00:07.168Z\n#EXTINF:1.024,\ns7-aaaaaaaa.m4s\n"
        "#EXT-X-DISCONTINUITY\n"
        "#EXT-X-PROGRAM-DATE-TIME:2026-01-01T12:00:08.192Z\n#EXTINF:1.024,\ns8-aaaaaaaa.m4s\n"
    )


def test_the_low_latency_playlist_shows_parts_of_the_newest_and_hints_at_nothing() -> None:
    window = [segment(n) for n in range(6)]
    text = playlist.low("init.mp4", window, segment(6, name=False), discontinuities=0)
    assert "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=0.768\n" in text
    assert "#EXT-X-PART-INF:PART-TARGET=0.256\n" in text
    shown = [n for n in range(7) if f'DURATION=0.256,INDEPENDENT=YES,URI="p{n}.3-' in text]
    assert shown == [3, 4, 5, 6]
    assert "HINT" not in text
    assert text.endswith('URI="p6.3-aaaaaaaa.m4s"\n')
    assert len(text) < 2_500


def test_playlists_of_captions_need_no_initialisation() -> None:
    text = playlist.live(None, [segment(7)], discontinuities=2)
    assert text == playlist.live("x", [segment(7)], discontinuities=2).replace(
        '#EXT-X-MAP:URI="x"\n', ""
    )
    assert "MAP" not in playlist.rewind_head(None)


def test_the_language_of_captions_is_read_back() -> None:
    joined = playlist.joined("live.m3u8", "captions-live.m3u8", language="id-ID")
    assert playlist.language_of(joined) == "id-ID"
    assert playlist.language_of(joined[:40]) == "und"


def test_a_replay_is_the_rewind_playlist_ended_and_without_filling() -> None:
    entries = "".join(map(playlist.entry, [segment(0), segment(1, discontinuity=True)]))
    rewind = playlist.rewind_head("init.mp4") + entries + "\n\n\n"
    replay = playlist.replay(rewind)
    assert replay == playlist.replay(rewind + playlist.END)
    assert "#EXT-X-PLAYLIST-TYPE:VOD\n" in replay
    assert "EVENT" not in replay
    assert "\n\n" not in replay
    assert replay.endswith("s1-aaaaaaaa.m4s\n#EXT-X-ENDLIST\n")
    assert playlist.listed(rewind) == {"s0-aaaaaaaa.m4s": False, "s1-aaaaaaaa.m4s": True}


def test_a_torn_line_lists_nothing() -> None:
    entry = playlist.entry(segment(0))
    whole = playlist.rewind_head("init.mp4") + entry
    torn = whole + playlist.entry(segment(1))[:-1]
    assert playlist.listed(torn) == playlist.listed(whole)


def test_an_instant_is_cut_to_milliseconds_in_utc() -> None:
    jakarta = timezone(timedelta(hours=7))
    at = datetime(2026, 1, 1, 7, 0, 0, 999_999, tzinfo=jakarta)
    assert playlist.instant(at) == "2026-01-01T00:00:00.999Z"


def test_something_always_follows_the_last_segment() -> None:
    """Else hls.js takes that segment for the open one, and places what comes a second off."""
    text = playlist.low("init.mp4", [segment(0)], None, discontinuities=0)
    assert text.endswith("s0-aaaaaaaa.m4s\n# the next part has no name yet\n")


def test_names_times_and_parts_are_read_back() -> None:
    entries = "".join(map(playlist.entry, [segment(0), segment(1, discontinuity=True)]))
    text = playlist.replay(playlist.rewind_head("init.mp4") + entries)
    at = [AT, AT + timedelta(seconds=1.024)]
    assert playlist.timed(text) == [
        ("s0-aaaaaaaa.m4s", at[0], 4),
        ("s1-aaaaaaaa.m4s", at[1], 4),
    ]
    for written, parts in (("0.256", 1), ("0.512", 2), ("0.000", 1), ("99999999.000", 4)):
        damaged = playlist.timed(text.replace("1.024,", f"{written},"))
        assert [entry[2] for entry in damaged] == [parts, parts]
    assert playlist.timed("s0-aaaaaaaa.m4s\n") == []
