"""`balai ear`, as a person runs it: real processes, real files, sound made by code."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from balai.catalogue import changing, queries
from balai.catalogue.folder import Catalogue
from balai.catalogue.recording import Described
from balai.detect.fingerprint.fingerprint import Fingerprint
from balai.detect.fingerprint.landmarks import Landmarks
from balai.errors import BalaiError
from tests.ear_sound import RATE, tune, write

FIELDS = [
    "file",
    "verdict",
    "recording",
    "offset_s",
    "at_s",
    "score",
    "speed",
    "pitch_semitones",
]


@dataclass(frozen=True)
class Shell:
    """A folder in which commands are run."""

    folder: Path

    def start(self, *words: str) -> "subprocess.Popen[str]":
        environment = os.environ | {"BALAI_DATA": str(self.folder / "var")}
        return subprocess.Popen(
            [sys.executable, "-m", "balai", "ear", *words],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str, status: int = 0) -> tuple[str, str]:
        """Give what was printed, on both streams."""
        process = self.start(*words)
        out, errors = process.communicate(timeout=220)
        assert process.returncode == status, (out, errors)
        return out, errors

    def lines(self, *words: str, status: int = 0) -> list[dict[str, Any]]:
        """Give the JSON lines that were printed."""
        return [json.loads(line) for line in self.run(*words, status=status)[0].splitlines()]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four recordings in a folder of folders, and excerpts of two of them through Opus."""
    folder = tmp_path_factory.mktemp("sound")
    for number in range(4):
        place = "ref/deep/er" if number % 2 else "ref"
        write(folder / place / f"tune{number}.wav", tune(number))
    for number, from_s in ((1, 7), (2, 13)):
        excerpt = tune(number)[from_s * RATE : (from_s + 5) * RATE]
        write(folder / f"excerpt{number}.opus", excerpt, codec="libopus")
    write(folder / "unknown.wav", tune(99, seconds=5))
    return folder


@pytest.fixture
def shell(sound: Path, tmp_path: Path) -> Shell:
    for name in ("ref", "excerpt1.opus", "excerpt2.opus", "unknown.wav"):
        (tmp_path / name).symlink_to(sound / name)
    return Shell(tmp_path)


def test_excerpts_are_recognised_and_other_sound_is_not(shell: Shell) -> None:
    shell.run("index", "--catalogue", "known", "ref")
    files = ("excerpt1.opus", "excerpt2.opus", "unknown.wav")
    found = shell.lines("match", "--catalogue", "known", "--json", *files)
    assert [list(line)[: len(FIELDS)] for line in found] == [FIELDS] * 3
    assert [line["file"] for line in found] == list(files)
    assert [line["recording"] for line in found] == ["deep/er/tune1.wav", "tune2.wav", None]
    assert found[0]["verdict"] in {"suspected", "confirmed"}
    assert found[2]["verdict"] == "none"
    for line, from_s in zip(found, (7, 13), strict=False):
        assert abs(line["offset_s"] - from_s) < 0.3
        assert abs(line["speed"] - 1) < 0.02
        assert abs(line["pitch_semitones"]) < 0.6


def test_best_names_a_candidate_below_the_threshold(shell: Shell) -> None:
    shell.run("index", "--catalogue", "known", "ref")
    (line,) = shell.lines("match", "--catalogue", "known", "--best", "excerpt1.opus")
    assert line["recording"] == "deep/er/tune1.wav"
    (line,) = shell.lines("match", "--catalogue", "known", "--best", "unknown.wav")
    assert line["verdict"] == "none"
    assert line["recording"] is None or line["score"] is not None


def test_a_stream_is_listened_to_as_in_a_room(shell: Shell) -> None:
    shell.run("index", "--catalogue", "known", "ref")
    talk = tune(50, seconds=20)
    talk[8 * RATE : 18 * RATE] = tune(3)[10 * RATE : 20 * RATE]
    write(shell.folder / "talk.wav", talk)
    (line,) = shell.lines("match", "--catalogue", "known", "--stream", "talk.wav")
    assert line["recording"] == "deep/er/tune3.wav"
    assert line["verdict"] in {"suspected", "confirmed"}
    assert 3 < line["at_s"] < 18  # the window in which it was seen first
    assert abs(line["offset_s"] - 2) < 0.5  # 10 s into the recording, 8 s into the talk
    (line,) = shell.lines(
        "match", "--catalogue", "known", "--stream", "--seconds", "6", "talk.wav"
    )
    assert line["verdict"] == "none"


def test_indexing_again_does_nothing_and_a_changed_file_is_replaced(shell: Shell) -> None:
    copy = write(shell.folder / "one.wav", tune(1))
    shell.run("index", "--catalogue", "known", "one.wav")
    out, _ = shell.run("index", "--catalogue", "known", "one.wav")
    assert out.startswith("0 indexed, 1 unchanged.")
    write(copy, tune(2))
    out, _ = shell.run("index", "--catalogue", "known", "one.wav")
    assert out.startswith("1 indexed.")
    found = shell.lines("match", "--catalogue", "known", "excerpt1.opus", "excerpt2.opus")
    assert [line["recording"] for line in found] == [None, "one.wav"]


def test_what_is_withdrawn_matches_no_more_not_even_when_indexed_again(shell: Shell) -> None:
    shell.run("index", "--catalogue", "known", "ref")
    shell.run("withdraw", "--catalogue", "known", "tune2.wav")
    out, _ = shell.run("index", "--catalogue", "known", "ref")
    assert "1 withdrawn before" in out
    shell.run("index", "--catalogue", "known", "--rebuild")
    found = shell.lines("match", "--catalogue", "known", "excerpt1.opus", "excerpt2.opus")
    assert [line["recording"] for line in found] == ["deep/er/tune1.wav", None]
    _, errors = shell.run("withdraw", "--catalogue", "known", "tune2.wav", status=1)
    assert errors == "balai: there is no recording tune2.wav in this catalogue\n"
    shell.run("index", "--catalogue", "known", "--again", "ref")
    (line,) = shell.lines("match", "--catalogue", "known", "excerpt2.opus")
    assert line["recording"] == "tune2.wav"


def test_a_list_goes_from_one_house_to_another(shell: Shell) -> None:
    shell.run("index", "--catalogue", "ours", "--category", "chant", "ref")
    public_key = shell.run("key", "generate", "our.key")[0].strip()
    export = ("list", "export", "--catalogue", "ours", "--key", "our.key", "--name", "Chants")
    shell.run(*export, "first.balailist")
    _, errors = shell.run(
        "list", "import", "--catalogue", "theirs", "first.balailist", status=1
    )
    assert public_key in errors
    shell.run("key", "trust", "--catalogue", "theirs", "friends", public_key)
    (told,) = shell.lines("list", "diff", "--catalogue", "theirs", "--json", "first.balailist")
    assert (told["added"], told["source"]) == (4, "friends")
    out, errors = shell.run(
        "list", "import", "--catalogue", "theirs", "first.balailist", status=1
    )
    assert "4 new" in out
    assert "nothing was imported" in errors
    shell.run(
        *("list", "import", "--catalogue", "theirs", "--yes", "--action", "hold"),
        "first.balailist",
    )
    (line,) = shell.lines("match", "--catalogue", "theirs", "excerpt1.opus")
    assert (line["recording"], line["list"], line["action"], line["category"]) == (
        "deep/er/tune1.wav",
        "Chants",
        "hold",
        "chant",
    )
    shell.run("withdraw", "--catalogue", "ours", "deep/er/tune1.wav")
    time.sleep(1.1)  # an issue is numbered by its second
    shell.run(*export, "second.balailist")
    out, _ = shell.run("list", "import", "--catalogue", "theirs", "--yes", "second.balailist")
    assert "1 withdrawn" in out
    (line,) = shell.lines("match", "--catalogue", "theirs", "excerpt1.opus")
    assert line["recording"] is None


def test_a_list_that_was_touched_changes_nothing(shell: Shell) -> None:
    shell.run("index", "--catalogue", "ours", "ref/tune0.wav")
    public_key = shell.run("key", "generate", "our.key")[0].strip()
    shell.run(
        *("list", "export", "--catalogue", "ours", "--key", "our.key", "--name", "Chants"),
        "list",
    )
    shell.run("key", "trust", "--catalogue", "theirs", "friends", public_key)
    whole = (shell.folder / "list").read_bytes()
    touched = {
        "cut": whole[:-1],
        "flipped": whole[:200] + bytes([whole[200] ^ 1]) + whole[201:],
        "huge": whole[:52] + (10 * 2**30).to_bytes(8, "big") + whole[60:],
    }
    for name, data in touched.items():
        (shell.folder / name).write_bytes(data)
        for words in (("import", "--yes"), ("diff",), ("verify",), ("show",)):
            _, errors = shell.run(
                "list", words[0], "--catalogue", "theirs", *words[1:], name, status=1
            )
            assert errors.startswith("balai: ")
            assert "Traceback" not in errors
    (stats,) = shell.lines("stats", "--catalogue", "theirs", "--json")
    assert (stats["recordings"], stats["lists"]) == (0, [])


def test_damaged_files_are_named_and_the_rest_is_indexed(shell: Shell) -> None:
    write(shell.folder / "mixed" / "good.wav", tune(1))
    (shell.folder / "mixed" / "empty.wav").write_bytes(b"")
    (shell.folder / "mixed" / "damaged.mp3").write_bytes(b"no sound at all" * 500)
    (shell.folder / "mixed" / "notes.txt").write_text("no sound, and nobody minds")
    out, errors = shell.run("index", "--catalogue", "known", "mixed", "missing", status=1)
    assert out.startswith("1 indexed")
    assert len(errors.splitlines()) == 3
    for name in ("mixed/empty.wav", "mixed/damaged.mp3", "missing"):
        assert f"balai: {name}: " in errors
    files = ("mixed/empty.wav", "excerpt1.opus", "missing")
    found = shell.lines("match", "--catalogue", "known", *files, status=1)
    assert [line["recording"] for line in found] == [None, "good.wav", None]
    assert [line["verdict"] is None for line in found] == [True, False, True]
    assert "mixed/empty.wav" in found[0]["error"]


def rows(folder: Path) -> int:
    try:
        with Catalogue(folder) as catalogue, catalogue.reading() as session:
            return len(queries.living_ids(session))
    except BalaiError:  # not there yet
        return 0


def test_killed_while_indexing_it_goes_on_where_it_was(shell: Shell) -> None:
    for number in range(12):
        write(shell.folder / "many" / f"{number:02}.wav", tune(number, seconds=120))
    words = ("index", "--catalogue", "known", "--jobs", "1", "many")
    known = shell.folder / "known"
    seen = 0
    for _ in range(3):
        process = shell.start(*words)
        while process.poll() is None and rows(known) <= seen + 1:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert rows(known) >= seen + 1
        seen = rows(known)
    out, _ = shell.run(*words)
    assert out.startswith(f"{12 - seen} indexed, {seen} unchanged.")
    (stats,) = shell.lines("stats", "--catalogue", "known", "--json")
    assert stats["recordings"] == 12
    write(shell.folder / "part.wav", tune(7, seconds=120)[60 * RATE : 65 * RATE])
    (line,) = shell.lines("match", "--catalogue", "known", "part.wav")
    assert line["recording"] == "07.wav"


def test_what_was_indexed_before_a_kill_is_found_without_indexing_again(shell: Shell) -> None:
    for number in range(6):
        write(shell.folder / "many" / f"{number:02}.wav", tune(number, seconds=120))
    process = shell.start("index", "--catalogue", "known", "--jobs", "1", "many")
    while process.poll() is None and rows(shell.folder / "known") < 3:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    write(shell.folder / "part.wav", tune(1, seconds=120)[60 * RATE : 65 * RATE])
    (line,) = shell.lines("match", "--catalogue", "known", "part.wav")
    assert line["recording"] == "01.wav"


def test_an_import_killed_at_any_time_has_taken_in_all_or_nothing(shell: Shell) -> None:
    generator = np.random.default_rng(1)
    with Catalogue(shell.folder / "ours", create=True) as ours, ours.transaction() as session:
        for number in range(400):
            frame = np.sort(generator.choice(5000, 900, replace=False)).astype(np.int32)
            band = generator.integers(0, 92, 900, dtype=np.int32)
            made = Fingerprint(5000, Landmarks(frame, band)).to_bytes()
            changing.add(session, Described(f"{number:03}", made, 80_000))
    public_key = shell.run("key", "generate", "our.key")[0].strip()
    export = ("list", "export", "--catalogue", "ours", "--key", "our.key", "--name", "Chants")
    shell.run(*export, "list")
    shell.run("key", "trust", "--catalogue", "theirs", "friends", public_key)
    taking = ("list", "import", "--catalogue", "theirs", "--yes", "list")
    seen = set()
    for _ in range(5):
        process = shell.start(*taking)
        assert process.stdout is not None
        process.stdout.readline()  # the preview is told: the import begins
        time.sleep(generator.uniform(0, 2))
        process.kill()
        process.communicate()
        seen.add(rows(shell.folder / "theirs"))
    assert seen <= {0, 400}
    shell.run(*taking)
    (stats,) = shell.lines("stats", "--catalogue", "theirs", "--json")
    assert stats["recordings"] == 400


def test_an_index_of_another_version_names_the_command_that_helps(shell: Shell) -> None:
    shell.run("index", "--catalogue", "known", "ref")
    current = shell.folder / "known" / "segments" / "CURRENT"
    told = json.loads(current.read_text())
    for text in (json.dumps(told | {"version": 99}), "damaged"):
        current.write_text(text)
        for words in (("match", "excerpt1.opus"), ("index", "ref")):
            out, errors = shell.run(words[0], "--catalogue", "known", *words[1:], status=1)
            assert out == ""
            command = "`balai ear index --rebuild --catalogue known`"
            assert errors.startswith("balai: This index ")
            assert command in errors
        shell.run(*command.strip("`").split()[2:])
        (line,) = shell.lines("match", "--catalogue", "known", "excerpt1.opus")
        assert line["recording"] == "deep/er/tune1.wav"


def test_what_a_score_is_worth_is_learned_from_other_sound(shell: Shell) -> None:
    shell.run("index", "--catalogue", "known", "ref")
    write(shell.folder / "short.wav", tune(200, seconds=30))
    _, errors = shell.run("calibrate", "--catalogue", "known", "short.wav", status=1)
    assert "30.0 min at least" in errors
    for number in range(2):
        many = tune(300 + number, seconds=60)
        write(shell.folder / "other" / f"{number}.wav", np.concatenate([many] * 16))
    out, _ = shell.run("calibrate", "--catalogue", "known", "other")
    assert "learned from 32.0 min of sound" in out
    assert (shell.folder / "known" / "calibration.json").is_file()
    for rate in ("0.01", "1000"):
        (line,) = shell.lines("match", "--catalogue", "known", "--rate", rate, "excerpt1.opus")
        assert line["recording"] == "deep/er/tune1.wav"
        assert line["false_alarms_per_1000h"] < 1000


def test_what_is_asked_wrongly_gets_a_sentence(shell: Shell) -> None:
    for words in (
        ("match", "--catalogue", "nowhere", "unknown.wav"),
        ("stats", "--catalogue", "nowhere"),
        ("key", "show", "nowhere"),
        ("list", "verify", "nowhere"),
    ):
        out, errors = shell.run(*words, status=1)
        assert out == ""
        assert errors.startswith("balai: ")
        assert len(errors.splitlines()) == 1
