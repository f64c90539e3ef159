"""`balai ledger`, as a person runs it: in the house, on another machine, and as a witness."""

import json
import os
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from balai.cli import main
from balai.ledger.checkpoint import parse_secret
from balai.ledger.note import Key
from tests.ledger_records import SECRET, opened

LENGTH = 9


@dataclass(frozen=True)
class Shell:
    """A machine with a data folder, which may be empty."""

    data: Path
    capsys: pytest.CaptureFixture[str]
    monkeypatch: pytest.MonkeyPatch

    def run(self, *words: str | Path, status: int = 0) -> tuple[str, str]:
        """Give what was printed, on both streams."""
        self.monkeypatch.setenv("BALAI_DATA", str(self.data))
        ended = None
        try:
            main(["ledger", *map(str, words)])
        except SystemExit as exit_:
            ended = exit_.code
        out, errors = self.capsys.readouterr()
        assert (ended is not None) == bool(status), (out, errors, ended)
        return out, f"{errors}{ended}\n" if ended else errors

    def told(self, *words: str | Path) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.run(*words, "--json")[0])
        return told


@pytest.fixture
def house(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Shell:
    """A house in which nine things were entered, and one of them erased."""
    data = tmp_path / "var"
    with opened(data) as made:
        made.enter(LENGTH - 1)
        made.erase(2)
    return Shell(data, capsys, monkeypatch)


@pytest.fixture
def elsewhere(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Shell:
    """Another machine: it knows nothing of the house."""
    return Shell(tmp_path / "elsewhere", capsys, monkeypatch)


def test_a_process_of_its_own_verifies_without_any_data(house: Shell, tmp_path: Path) -> None:
    house.run("export", tmp_path / "export")
    path = tmp_path / "export" / "entries.jsonl"
    for status in (0, 1):
        done = subprocess.run(
            [sys.executable, "-m", "balai", "ledger", "verify", "export"],
            cwd=tmp_path,
            env=os.environ | {"BALAI_DATA": str(tmp_path / "none")},
            capture_output=True,
            text=True,
            check=False,
            timeout=110,
        )
        assert (done.returncode, done.stderr.count("\n")) == (status, status)
        path.write_text(path.read_text().replace("hate-1", "hate-2", 1))
    assert not (tmp_path / "none").exists()


def key_of(folder: Path) -> str:
    return (folder / "key").read_text().strip()


def test_an_export_is_verified_on_another_machine(
    house: Shell, elsewhere: Shell, tmp_path: Path
) -> None:
    for words in ((), ("--public",)):
        folder = tmp_path / f"export{len(words)}"
        house.run("export", folder, *words)
        assert sorted(one.name for one in folder.iterdir()) == [
            "checkpoint",
            "entries.jsonl",
            "key",
        ]
        told = elsewhere.told("verify", folder, "--key", key_of(folder))
        assert (told["whole"], told["size"], told["damage"]) == (True, LENGTH, [])
    assert not elsewhere.data.exists()
    assert house.told("verify")["root"] == told["root"]


def test_a_public_export_tells_nothing(house: Shell, tmp_path: Path) -> None:
    for words in ((), ("--public",)):
        house.run("export", tmp_path / f"export{len(words)}", *words)
    private, public = (
        (tmp_path / f"export{number}" / "entries.jsonl").read_text() for number in (0, 1)
    )
    for secret in ("hate-1", '"kind"', '"record"', '"salt"', "note"):
        assert secret in private
        assert secret not in public
    lines = [json.loads(line) for line in public.splitlines()]
    assert [sorted(line) for line in lines] == [["index", "leaf_hash", "root"]] * LENGTH


def test_a_changed_export_is_named_in_one_sentence(
    house: Shell, elsewhere: Shell, tmp_path: Path
) -> None:
    house.run("export", tmp_path / "export")
    path = tmp_path / "export" / "entries.jsonl"
    path.write_text(path.read_text().replace("hate-1", "hate-2", 1))
    out, errors = elsewhere.run("verify", tmp_path / "export", status=1)
    what = "kind, time, record, salt and leaf hash do not belong together"
    assert out == f"entries.jsonl, line 1 (entry 0): {what}\n"
    assert errors == (
        "balai: The ledger was changed after it was written; keep it as it is, and tell a"
        " person. "
        f"entries.jsonl, line 1 (entry 0): {what}.\n"
    )


def test_a_house_with_another_key_is_found_by_who_knows_the_right_one(
    house: Shell, elsewhere: Shell, tmp_path: Path
) -> None:
    house.run("export", tmp_path / "export")
    expected = parse_secret(SECRET).key.text()
    _, errors = elsewhere.run("verify", tmp_path / "export", "--key", expected, status=1)
    assert "key: this is the key of" in errors


def test_an_export_must_have_grown_out_of_an_older_checkpoint(
    house: Shell, elsewhere: Shell, tmp_path: Path
) -> None:
    old = tmp_path / "old"
    old.write_text(house.run("checkpoint")[0])
    with opened(house.data) as made:
        made.enter(2)
    house.run("export", tmp_path / "export")
    elsewhere.run("verify", tmp_path / "export", "--checkpoint", old)
    house.run("verify", "--checkpoint", old)
    house.run("checkpoint")
    with sqlite3.connect(house.data / "balai.sqlite3") as records:
        records.execute('DELETE FROM ledger_entry WHERE "index" > 5')
        records.execute("DELETE FROM ledger_checkpoint")
    records.close()
    out, _ = house.run("verify", "--checkpoint", old, status=1)
    assert out.splitlines()[-1] == (
        f"the older checkpoint: it tells of {LENGTH} entries, and only 6 are there"
    )


def test_a_changed_record_of_the_house_is_named(house: Shell) -> None:
    house.run("checkpoint")
    house.run("verify")
    with sqlite3.connect(house.data / "balai.sqlite3") as records:
        records.execute(
            "UPDATE ledger_entry SET record = CAST(replace(record, 'hate-1', 'hate-9') AS BLOB)"
            ' WHERE "index" = 3'
        )
    records.close()
    told = house.run("verify", "--json", status=1)
    damage = json.loads(told[0])["damage"]
    assert [(one["where"], one["entry"]) for one in damage] == [("ledger_entry, row 3", 3)]
    assert told[1].count("\n") == 1


def test_one_entry_is_proved_to_somebody_who_sees_no_other(
    house: Shell, elsewhere: Shell, tmp_path: Path
) -> None:
    proof = tmp_path / "3.tlog-proof"
    proof.write_text(house.run("prove", "3")[0])
    house.run("export", tmp_path / "export")
    told = elsewhere.told("verify", proof, "--key", key_of(tmp_path / "export"))
    assert (told["index"], told["size"], told["kind"]) == (3, LENGTH, "note")
    assert told["record"]["clause"] == "hate-1"
    proof.write_text(proof.read_text().replace("index 3", "index 4"))
    _, errors = elsewhere.run("verify", proof, status=1)
    assert errors == (
        "balai: This proof does not prove what it says; do not trust it. "
        "Entry 4, its place or its path is changed.\n"
    )
    assert house.run("prove", "2", status=1)[1] == (
        "balai: The record of this entry was erased; its hash still proves that it was there.\n"
    )
    assert house.run("prove", "99", status=1)[1] == "balai: The ledger has no such entry.\n"


def test_a_witness_cosigns_exports_and_requests_and_refuses_another_past(
    house: Shell, elsewhere: Shell, tmp_path: Path
) -> None:
    state, cosigned = tmp_path / "witness", tmp_path / "cosigned"
    house.run("export", tmp_path / "first")
    key = key_of(tmp_path / "first")
    words = ("--key", key, "--state", state, "--out", cosigned)
    elsewhere.run("witness", tmp_path / "first", *words, "--name", "w.example/1")
    with opened(house.data) as made:
        made.enter(3)
    (tmp_path / "request").write_text(house.run("checkpoint", "--old", str(LENGTH))[0])
    elsewhere.run("witness", tmp_path / "request", *words)
    house.run("export", "--public", tmp_path / "second")
    elsewhere.run("witness", tmp_path / "second", *words)
    cosigned.replace(tmp_path / "second" / "checkpoint")
    witness = (state / "witness.vkey").read_text().strip()
    elsewhere.run("verify", tmp_path / "second", "--key", key, "--witness", witness)
    assert elsewhere.told("verify", tmp_path / "second")["unchecked"] == ["w.example/1"]
    assert Key.parse(witness).name == "w.example/1"
    _, errors = elsewhere.run("witness", tmp_path / "first", *words, status=1)
    assert errors.startswith("balai: This ledger is smaller than it was; it is not co-signed:")
    with sqlite3.connect(house.data / "balai.sqlite3") as records:
        for table in ("ledger_entry", "ledger_checkpoint"):
            records.execute(f"DELETE FROM {table}")
    records.close()
    with opened(house.data) as made:
        made.enter(20)
    house.run("export", tmp_path / "third")
    _, errors = elsewhere.run("witness", tmp_path / "third", *words, status=1)
    assert errors.startswith("balai: Two different ledgers were signed for one house;")
    assert "12 entries" in errors
    assert "20 entries" in errors


def test_an_export_is_never_written_over(house: Shell, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").write_text("mine")
    for name in ("mine", "full"):
        _, errors = house.run("export", tmp_path / name, status=1)
        assert errors.endswith("; choose another name for the export.\n")
    assert (tmp_path / "mine").read_text() == "mine"
    assert [one.name for one in (tmp_path / "full").iterdir()] == ["mine"]


def test_what_is_neither_export_nor_proof_is_told(elsewhere: Shell, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("hello")
    (tmp_path / "folder").mkdir()
    for name in ("file", "folder", "none"):
        assert elsewhere.run("verify", tmp_path / name, status=1)[1].count("\n") == 1
    _, errors = elsewhere.run("verify", tmp_path / "folder", "--key", "x", status=1)
    assert errors == "balai: This is no key of a ledger or a witness.\n"
