"""Speech models come whole, as announced and with consent, or not at all."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from balai.app import models as command
from balai.detect.speech import models
from balai.detect.speech.models import (
    CATALOGUE,
    DiskTooSmall,
    FetchBroken,
    FetchRunning,
    ModelConsentMissing,
    ModelPresent,
    ModelTampered,
    ModelUnknown,
    fetch,
    present,
    remove,
)
from balai.detect.speech.whisper import ModelMissing, WhisperRecognizer
from balai.settings import Settings
from tests.speech_server import Answer, Hub, Server, serving
from tests.tiny_whisper import tiny_whisper

TINY: Final = CATALOGUE["tiny"].repository
FILES: Final = {
    "model.bin": os.urandom(300_000),
    "config.json": b"{}",
    "tokenizer.json": b'{"version": "1.0"}',
    "vocabulary.txt": b"a\nb\n",
    "README.md": b"not wanted",
}


WANTED: Final = {name: body for name, body in FILES.items() if name != "README.md"}


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def hub() -> Hub:
    return Hub(TINY, FILES)


@pytest.fixture
def server(hub: Hub) -> Iterator[Server]:
    with serving(hub) as server:
        yield server


def fetched(server: Server, folder: Path, progress: Any = lambda *_: None) -> Path:
    return fetch("tiny", folder, consent=True, progress=progress, base_url=server.url)


def contents(folder: Path) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in folder.iterdir()}


def bytes_asked(server: Server) -> list[str | None]:
    return [
        asked.headers.get("range")
        for asked in server.asked
        if asked.path == "/elsewhere/model.bin"
    ]


def test_a_model_comes_whole_and_as_announced(server: Server, tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    folder = fetched(server, tmp_path, lambda *one: told.append(one))
    total = sum(map(len, WANTED.values()))
    assert contents(folder) == WANTED
    assert [one.name for one in tmp_path.iterdir()] == ["tiny"]
    assert told[-1] == ("model.bin", total, total)
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)
    assert present(tmp_path) == {"tiny": total}


def test_nothing_is_asked_without_consent_or_of_what_nobody_knows(
    server: Server, tmp_path: Path
) -> None:
    def ask(name: str, *, consent: bool) -> None:
        fetch(name, tmp_path, consent=consent, progress=print, base_url=server.url)

    with pytest.raises(ModelConsentMissing):
        ask("tiny", consent=False)
    for name in ("../tiny", "", "huge", "Systran/faster-whisper-tiny"):
        with pytest.raises(ModelUnknown):
            ask(name, consent=True)
    (tmp_path / "tiny").mkdir()
    with pytest.raises(ModelPresent):
        ask("tiny", consent=True)
    assert server.asked == []


def test_a_fetch_that_was_cut_goes_on_where_it_stopped(
    hub: Hub, server: Server, tmp_path: Path
) -> None:
    hub.cut_at = 123_456
    with pytest.raises(FetchBroken):
        fetched(server, tmp_path)
    assert present(tmp_path) == {}
    have = (tmp_path / ".tiny.part" / "model.bin.part").stat().st_size
    assert 0 < have <= 123_456
    assert contents(fetched(server, tmp_path)) == WANTED
    assert bytes_asked(server) == [None, f"bytes={have}-"]


def test_a_hub_that_knows_no_ranges_begins_again(
    hub: Hub, server: Server, tmp_path: Path
) -> None:
    hub.knows_ranges = False
    hub.cut_at = 123_456
    with pytest.raises(FetchBroken):
        fetched(server, tmp_path)
    assert contents(fetched(server, tmp_path)) == WANTED


def test_a_part_that_is_not_of_this_file_is_thrown_away(server: Server, tmp_path: Path) -> None:
    staging = tmp_path / ".tiny.part"
    staging.mkdir()
    (staging / "model.bin.part").write_bytes(b"another day")
    (staging / "config.json").write_bytes(b"[]")
    (staging / "leftover").write_bytes(b"?")
    for _ in range(2):
        with pytest.raises(ModelTampered):
            fetched(server, tmp_path)
    assert contents(fetched(server, tmp_path)) == WANTED


def flipped(body: bytes) -> bytes:
    return bytes([body[0] ^ 1]) + body[1:]


@pytest.mark.parametrize("name", sorted(WANTED))
@pytest.mark.parametrize(
    "change", [flipped, lambda body: body + b"more"], ids=["changed", "larger"]
)
def test_what_is_not_as_announced_is_never_kept(
    hub: Hub, server: Server, tmp_path: Path, name: str, change: Callable[[bytes], bytes]
) -> None:
    hub.served[name] = change(FILES[name])
    with pytest.raises(ModelTampered):
        fetched(server, tmp_path)
    assert present(tmp_path) == {}
    kept = {one.name for one in (tmp_path / ".tiny.part").iterdir()}
    assert {name, f"{name}.part"} & kept == set()


def test_a_file_shorter_than_announced_is_never_whole(
    hub: Hub, server: Server, tmp_path: Path
) -> None:
    hub.served["model.bin"] = FILES["model.bin"][:-1]
    with pytest.raises(FetchBroken):
        fetched(server, tmp_path)
    assert present(tmp_path) == {}


@pytest.mark.parametrize(
    "path",
    ["../../evil", "/etc/evil", "a/../../evil", "..", "model.bin/../evil", "evil\x00", "evil"],
)
def test_a_name_in_a_listing_leads_nowhere(
    hub: Hub, server: Server, tmp_path: Path, path: str
) -> None:
    hub.listing.append({**hub.listing[0], "path": path})
    folder = fetched(server, tmp_path / "house" / "models")
    assert contents(folder) == WANTED
    everything = {one.name for one in tmp_path.rglob("*")}
    assert everything == {"house", "models", "tiny", *WANTED}


def without(entry: str) -> Callable[[list[Any]], Any]:
    return lambda listing: [one for one in listing if one["path"] != entry]


def with_first(**changed: Any) -> Callable[[list[Any]], Any]:
    return lambda listing: [{**listing[0], **changed}, *listing[1:]]


@pytest.mark.parametrize(
    "change",
    [
        without("model.bin"),
        without("tokenizer.json"),
        with_first(size=-1),
        with_first(size=0),
        with_first(size="3"),
        with_first(size=10**13),
        with_first(oid="../x"),
        with_first(oid=5),
        with_first(lfs={"oid": "0" * 63}),
        with_first(lfs={}, oid=None),
        with_first(lfs="0" * 64),
        with_first(path=["model.bin"]),
        lambda listing: {},
        lambda listing: None,
        lambda listing: 5,
        lambda listing: ["model.bin"],
        lambda listing: "a" * models.LISTING_BYTES_MAX,
    ],
)
def test_a_hostile_listing_is_refused(
    hub: Hub, server: Server, tmp_path: Path, change: Callable[[list[Any]], Any]
) -> None:
    hub.listing = change(hub.listing)
    with pytest.raises(ModelTampered):
        fetched(server, tmp_path)
    assert present(tmp_path) == {}


@pytest.mark.parametrize(
    "answer",
    [
        Answer(status=404),
        Answer(status=500),
        Answer(b"[", cut_at=0),
        Answer(status=302, headers={"Location": "/api"}),
        Answer(status=302, headers={"Location": "file:///etc/passwd"}),
    ],
)
def test_a_hub_that_does_not_answer_can_be_asked_again(tmp_path: Path, answer: Answer) -> None:
    with serving(lambda asked: answer) as server, pytest.raises(FetchBroken):
        fetched(server, tmp_path)
    assert present(tmp_path) == {}


def test_a_disk_that_is_too_small_is_told_before_anything_is_fetched(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=200_000_000))
    with pytest.raises(DiskTooSmall):
        fetched(server, tmp_path)
    assert bytes_asked(server) == []


def test_two_do_not_fetch_the_same_at_once(server: Server, tmp_path: Path) -> None:
    refused: list[str] = []

    def again(*_: Any) -> None:
        try:
            fetched(server, tmp_path)
        except FetchRunning as error:
            refused.append(error.code())

    assert contents(fetched(server, tmp_path, again)) == WANTED
    assert set(refused) == {"fetch_running"}


def test_removing_takes_the_model_and_what_was_begun(server: Server, tmp_path: Path) -> None:
    fetched(server, tmp_path)
    (tmp_path / ".tiny.part").mkdir()
    remove("tiny", tmp_path)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ModelMissing):
        remove("tiny", tmp_path)


def test_removing_reaches_nothing_else(tmp_path: Path) -> None:
    elsewhere, folder = tmp_path / "elsewhere", tmp_path / "models"
    for one in (elsewhere, folder):
        one.mkdir()
    (elsewhere / "model.bin").write_bytes(b"mine")
    for name in ("../elsewhere", "", ".", "..", str(elsewhere), "a/b", "x\x00"):
        with pytest.raises(ModelMissing):
            remove(name, folder)
    (folder / "mine").symlink_to(elsewhere)
    remove("mine", folder)
    assert contents(elsewhere) == {"model.bin": b"mine"}
    assert list(folder.iterdir()) == []


# ── balai models ─────────────────────────────────────────────────────────────────────────────


@contextmanager
def asked_at_a_terminal(monkeypatch: pytest.MonkeyPatch, answer: str) -> Iterator[list[str]]:
    questions: list[str] = []

    def ask(question: str) -> str:
        questions.append(question)
        return answer

    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", ask)
    yield questions


@pytest.mark.parametrize(("answer", "is_fetched"), [("y", True), ("", False), ("no", False)])
def test_a_person_at_a_terminal_is_asked(
    server: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    answer: str,
    is_fetched: bool,
) -> None:
    with asked_at_a_terminal(monkeypatch, answer) as questions:
        told = command._fetch("tiny", tmp_path, is_consented=False, base_url=server.url)
    assert (questions, told is not None) == (["Fetch it? [y/N] "], is_fetched)
    assert (server.asked != []) is is_fetched


def test_a_script_must_say_yes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    with pytest.raises(SystemExit) as ended:
        command.run(Settings(data=tmp_path), action="fetch", name="tiny")
    assert ended.value.code == 1
    assert capsys.readouterr().err == (
        "balai: tiny: about 78.0 MB from https://huggingface.co/Systran/faster-whisper-tiny; "
        "nothing was fetched, say --yes to do it\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_the_list_tells_what_is_here_and_what_can_be_fetched(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Settings(data=tmp_path)
    fetched(server, tmp_path / "models")
    command.run(settings, action="list")
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [
        "model",
        "tiny",
        "tiny.en",
        "base",
        "base.en",
        "small",
        "small.en",
        "large-v3",
        "large-v3-turbo",
    ]
    assert lines[1].split() == ["tiny", "300.0", "kB", "here", "whisper:tiny"]
    command.run(settings, action="remove", name="tiny")
    assert present(tmp_path / "models") == {}
    with pytest.raises(command.ModelNameMissing):
        command.run(settings, action="remove")


def test_a_model_of_this_machine_is_placed_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings, source = Settings(data=tmp_path / "var"), tiny_whisper(tmp_path / "made")
    (source / "notes.txt").write_text("not of a model")
    command.run(settings, action="place", name="own", source=source)
    assert "whisper:own" in capsys.readouterr().out
    placed = settings.data / "models" / "own"
    assert [one.name for one in settings.data.joinpath("models").iterdir()] == ["own"]
    assert {one.name for one in placed.iterdir()} < {one.name for one in source.iterdir()}
    assert not (placed / "notes.txt").exists()
    WhisperRecognizer(placed, "own")
    with pytest.raises(ModelPresent):
        command.run(settings, action="place", name="own", source=source)


@pytest.mark.parametrize("name", ["../own", ".own", "a b"])
def test_a_model_is_placed_under_a_plain_name_only(tmp_path: Path, name: str) -> None:
    source = tiny_whisper(tmp_path / "made")
    with pytest.raises(ModelMissing):
        command.run(Settings(data=tmp_path / "var"), action="place", name=name, source=source)
    assert not (tmp_path / "var").exists()


def test_half_a_model_is_not_placed(tmp_path: Path) -> None:
    source = tiny_whisper(tmp_path / "made")
    (source / "config.json").unlink()
    with pytest.raises(ModelMissing):
        command.run(Settings(data=tmp_path / "var"), action="place", name="own", source=source)
    assert not (tmp_path / "var").exists()


def test_a_full_disk_leaves_no_half_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_from: Path, _to: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shutil.copyfile", full)
    source = tiny_whisper(tmp_path / "made")
    with pytest.raises(DiskTooSmall):
        command.run(Settings(data=tmp_path / "var"), action="place", name="own", source=source)
    assert present(tmp_path / "var" / "models") == {}


def test_only_the_command_can_fetch() -> None:
    source = Path(models.__file__).parents[2]
    importers = {
        path.relative_to(source).as_posix()
        for path in source.rglob("*.py")
        if "detect.speech.models" in path.read_text()
    }
    assert importers == {"app/models.py"}
