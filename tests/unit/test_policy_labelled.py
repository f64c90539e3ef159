"""Labelled rooms: what a file may say, and how an error names file, line and remedy."""

from pathlib import Path

import pytest

from balai.policy.clause import ExampleKind
from balai.policy.errors import PackInvalid
from balai.policy.labelled import labelled_rooms, read_rooms

ROOM = """
id: one
language: en
title: A room
topic: talk
speakers:
  - {name: Ada, group: en-f, voice: en-gb+f1, speed: 160}
lines:
  - {speaker: Ada, text: Good evening.}
"""


def test_a_line_is_harmless_and_in_the_room_s_language_unless_it_says_so(
    tmp_path: Path,
) -> None:
    (tmp_path / "one.yaml").write_text(ROOM)
    (line,) = labelled_rooms(tmp_path)[0].lines
    assert (line.language, line.label, line.kind) == ("en", None, ExampleKind.HARMLESS)
    assert (line.hold_wanted, line.listed, line.clause) == (False, False, None)


def test_a_simulation_hears_the_words_and_only_a_use_breaks_a_clause(tmp_path: Path) -> None:
    told = ROOM.replace("evening.}", "evening., label: threats, kind: %s}")
    for kind, clause in (("use", "threats"), ("quote", None)):
        (tmp_path / "one.yaml").write_text(told % kind)
        (line,) = read_rooms(tmp_path)[0].lines
        assert (line.speaker, line.text, line.group) == ("Ada", "Good evening.", "en-f")
        assert line.clause == clause


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("language: en", "language: English", "line 3: language cannot be"),
        ("language: en", "language: en-id", "line 9: an entry of lines has no language"),
        ("topic: talk", "topic: ''", "line 5: topic is empty"),
        ("topic: talk", "tpic: talk", 'line 5: the key "tpic" is not known here'),
        ("id: one", "id: ../one", "line 2: id cannot be"),
        ("en-gb+f1", "--help", "line 7: voice cannot be"),
        ("speed: 160", "speed: 9", "line 7: speed must be 80 to 260"),
        ("speed: 160", "speed: true", "line 7: speed must be 80 to 260"),
        ("speaker: Ada", "speaker: Eve", "line 9: speaker cannot be"),
        ("evening.", "evening., kind: rude", "line 9: kind cannot be"),
        (
            "evening.",
            "evening., kind: use",
            "line 9: an entry of lines has a label and a kind that disagree",
        ),
        (
            "evening.",
            "evening., label: threats",
            "line 9: an entry of lines has a label and a kind that disagree",
        ),
        ("evening.", "evening., hold_wanted: true", "line 9: an entry of lines is no use"),
        ("evening.", "evening., hold_wanted: 1", "line 9: hold_wanted must be true or false"),
        ("lines:\n", "lines: []\nlines2:\n", 'line 9: the key "lines2" is not known here'),
        ("id: one", "id: [", "line"),
        ("id: one", "id: !!python/name:os.system ''", "line 2"),
    ],
)
def test_a_broken_room_is_named_with_its_line(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    assert old in ROOM
    (tmp_path / "one.yaml").write_text(ROOM.replace(old, new))
    with pytest.raises(PackInvalid) as caught:
        labelled_rooms(tmp_path)
    assert str(caught.value).startswith(f"one.yaml, {said}")


def test_two_rooms_never_share_an_id(tmp_path: Path) -> None:
    for name in ("one.yaml", "two.yaml"):
        (tmp_path / name).write_text(ROOM)
    with pytest.raises(PackInvalid, match=r"^two.yaml, line .*repeats the id one"):
        labelled_rooms(tmp_path)
