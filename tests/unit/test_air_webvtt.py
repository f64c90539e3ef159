import pytest

from balai.air import webvtt
from balai.air.webvtt import Cue, CueWord


def cue(*words: str, speaker: str = "Ada", at: int = 0) -> Cue:
    shown = tuple(CueWord(word, is_doubtful=False) for word in words)
    return Cue("seat-1", at, at + 48_000, speaker, shown)


def test_a_segment_says_that_its_times_are_media_times() -> None:
    doubtful = CueWord("wurld", is_doubtful=True)
    words = (CueWord("hello", is_doubtful=False), doubtful)
    first = Cue("seat1-7", 49_152, 120_047, "Ada Lovelace", words)
    second = Cue("seat2-3.2", 48_000 * 3_600 * 101, 48_000 * 3_600 * 101 + 48, "Ben", words[:1])
    assert webvtt.segment([first, second]) == (
        "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:10.000\n\n"
        "seat1-7\n00:00:01.024 --> 00:00:02.500\n"
        "<v Ada Lovelace>hello <c.doubt>wurld</c>\n\n"
        "seat2-3.2\n101:00:00.000 --> 101:00:00.001\n<v Ben>hello\n\n"
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a<b>&c", "a&lt;b&gt;&amp;c"),
        ("-->", "--&gt;"),
        ("</v><v Eve>", "&lt;/v&gt;&lt;v Eve&gt;"),
        ("two\nlines\r\n\n\tand\x00more\x85", "two lines and more"),
        ("a\u2028b\u2029c", "a b c"),
        ("\u202eevil\u2066\u200b\ufeff", "evil"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("\ud800x", "x"),
        ("&lt;", "&amp;lt;"),
    ],
)
def test_a_word_or_a_name_cannot_be_more_than_a_word_or_a_name(text: str, shown: str) -> None:
    for written in (cue(text), cue("x", speaker=text)):
        lines = webvtt.written(written).split("\n")
        assert lines[:2] == ["seat-1", "00:00:00.000 --> 00:00:01.000"]
        assert lines[2] in (f"<v Ada>{shown}", f"<v {shown}>x")
        assert lines[3:] == ["", ""]
        assert webvtt.cues_in(webvtt.segment([written]).encode()) == ["\n".join(lines)]


def test_a_name_is_limited_and_may_be_missing() -> None:
    long = webvtt.written(cue("x", speaker="&" * 200))
    assert long.splitlines()[2] == f"<v {'&amp;' * 60}>x"
    assert webvtt.written(cue("x", speaker=" \u200b ")).splitlines()[2] == "x"


def test_an_identifier_is_one_line_without_an_arrow() -> None:
    hostile = Cue("a\n-->b\n\n<v", 0, 48, "Ada", (CueWord("x", is_doubtful=False),))
    assert webvtt.written(hostile).splitlines()[0] == "a --b <v"
    nameless = Cue("\u200b", 0, 48, "Ada", (CueWord("x", is_doubtful=False),))
    assert webvtt.written(nameless).splitlines()[0] == "cue"


def test_what_was_written_is_read_back_and_what_is_torn_is_not() -> None:
    cues = [cue("one"), cue("two", "three", at=48_000)]
    data = webvtt.segment(cues).encode()
    assert webvtt.cues_in(data) == [webvtt.written(each) for each in cues]
    whole = {len(webvtt.segment(cues[:n])) for n in range(3)}
    for size in set(range(len(data))) - whole:
        assert webvtt.cues_in(data[:size]) is None
    assert webvtt.cues_in(b"\xff" + data) is None
    assert webvtt.cues_in(data + b"\0") is None


def test_times_are_cut_never_rounded_up() -> None:
    short = Cue("s-1", 95, 95 + 48, "Ada", (CueWord("x", is_doubtful=False),))
    assert webvtt.written(short).splitlines()[1] == "00:00:00.001 --> 00:00:00.002"
