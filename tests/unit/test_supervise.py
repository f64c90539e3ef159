import socket
from pathlib import Path

import pytest

from balai import supervise
from balai.database import RecordsDamaged, open_database
from balai.settings import Settings


def test_one_house_is_served_once(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    first, second = supervise.house_lock(settings), supervise.house_lock(settings)
    with first, pytest.raises(supervise.HouseInUse), second:
        pass
    with supervise.house_lock(settings):
        pass


def test_a_taken_port_is_named_before_anything_starts(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(supervise.PortTaken, match=f"Port {port} .* set PORT to a free one"):
            supervise.require_ports(Settings(data=tmp_path, port=port))
        with pytest.raises(supervise.PortTaken, match=f"Port {port} "):
            supervise.require_ports(Settings(data=tmp_path, port=1024, hall_port=port))


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("a file where the folder should be")
    settings = Settings(data=tmp_path / "var")
    with (
        pytest.raises(supervise.DataUnwritable, match=str(tmp_path)),
        supervise.house_lock(settings),
    ):
        pass


def test_records_that_are_no_database_are_said_to_be_damaged(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    settings.database_path.write_bytes(b"no database" * 1_000)
    with pytest.raises(RecordsDamaged, match="backup"):
        open_database(settings)
