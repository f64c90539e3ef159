import gc
import importlib
from pathlib import Path
from types import SimpleNamespace

import pytest

from balai.cli import main


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BALAI_DATA", str(tmp_path / "var"))
    monkeypatch.delenv("PORT", raising=False)


def test_what_a_command_loads_is_never_searched_for_garbage(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[tuple[bool, int]] = []

    def look(_: object) -> None:
        seen.append((gc.isenabled(), gc.get_freeze_count()))

    def load(name: str) -> object:
        look(name)
        return SimpleNamespace(run=look)

    monkeypatch.setattr(importlib, "import_module", load)
    main(["worker"])
    (while_loading, frozen_before), (while_running, frozen) = seen
    assert (while_loading, while_running) == (False, True)
    assert frozen > frozen_before + 10_000


def test_check_prints_settings_and_hides_secrets(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PORT", "8123")
    monkeypatch.setenv("BALAI_ICE_PASSWORD", "swordfish")
    main(["check"])
    printed = capsys.readouterr().out
    assert "8123" in printed
    assert "(hidden)" in printed
    assert "swordfish" not in printed


def test_settings_come_from_a_file_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "balai.toml").write_text('house_name = "Radio Kampung"\n')
    main(["check"])
    assert "Radio Kampung" in capsys.readouterr().out


def test_a_wrong_setting_is_named_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "99999")
    with pytest.raises(SystemExit) as ended:
        main(["check"])
    assert "PORT" in str(ended.value)
    assert "65535" in str(ended.value)


def test_an_unwritable_data_folder_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("BALAI_DATA", str(tmp_path / "file" / "var"))
    with pytest.raises(SystemExit):
        main(["check"])
    assert "missing: the data folder cannot be written" in capsys.readouterr().out
