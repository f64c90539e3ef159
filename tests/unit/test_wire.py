import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from balai.errors import Conflict, Invalid, NotFound
from balai.wire import StagePortClient, WorkerAway, error_from_wire, error_to_wire, serve_port


class MonitorUnknown(NotFound):
    """Nobody listens there."""


class SeatBusy(Conflict):
    """This seat is busy."""


class Port:
    """Answers with what it was asked, so that a test sees both ways."""

    async def connect(self, room_id: str, seat_id: str, offer: str) -> str:
        if seat_id == "busy":
            raise SeatBusy
        return f"{room_id}/{seat_id}/{len(offer)}"

    async def disconnect(self, room_id: str, seat_id: str) -> None:
        raise ZeroDivisionError

    async def let_in(self, room_id: str, monitor: str, offer: str) -> Mapping[str, Any]:
        return {"answer": f"{room_id}/{monitor}/{len(offer)}", "seconds": 600.0}

    async def send_away(self, room_id: str, monitor: str) -> None:
        if monitor == "nobody":
            raise MonitorUnknown

    async def health(self) -> Mapping[str, Any]:
        return {"late_ticks": 3}

    async def pulse(self) -> Mapping[str, Any]:
        return {"rooms": {"r": "w" * self.pulse_letters}}

    pulse_letters = 1_000_000


async def test_questions_and_answers_cross_the_socket(tmp_path: Path) -> None:
    client = StagePortClient(tmp_path)
    async with serve_port(tmp_path, Port()):
        assert await client.connect("r", "s", "v=0\n" * 10_000) == "r/s/40000"
        assert await client.health() == {"late_ticks": 3}
        monitor = {"answer": "r/e/5", "seconds": 600.0}
        assert await client.let_in("r", "e", "v=0\n ") == monitor
        await client.send_away("r", "e")
        with pytest.raises(NotFound):
            await client.send_away("r", "nobody")


async def test_an_error_keeps_kind_code_and_sentence(tmp_path: Path) -> None:
    client = StagePortClient(tmp_path)
    async with serve_port(tmp_path, Port()):
        with pytest.raises(Conflict, match="This seat is busy") as caught:
            await client.connect("r", "busy", "")
    assert caught.value.code() == "seat_busy"
    wire = error_to_wire(SeatBusy())
    assert error_to_wire(error_from_wire(wire)) == wire


async def test_an_unforeseen_failure_says_nothing_of_itself(tmp_path: Path) -> None:
    client = StagePortClient(tmp_path)
    async with serve_port(tmp_path, Port()):
        with pytest.raises(Exception, match="try again shortly") as caught:
            await client.disconnect("r", "s")
    assert error_to_wire(caught.value)["code"] == "unavailable"  # type: ignore[arg-type]


async def test_no_worker_and_a_too_long_question_are_named(tmp_path: Path) -> None:
    client = StagePortClient(tmp_path)
    with pytest.raises(WorkerAway):
        await client.health()
    async with serve_port(tmp_path, Port()):
        with pytest.raises(WorkerAway):
            await client.connect("r", "s", "x" * 600_000)


async def test_garbage_on_the_socket_is_answered_or_dropped(tmp_path: Path) -> None:
    async with serve_port(tmp_path, Port()):
        reader, writer = await asyncio.open_unix_connection(str(tmp_path / "worker.sock"))
        writer.write(b'["sing", 1]\n')
        answer = await reader.readline()
        writer.close()
    assert b'"kind": "invalid"' in answer
    assert error_from_wire({"kind": "nonsense"}).kind == "unavailable"
    assert isinstance(error_from_wire({"kind": "invalid"}), Invalid)
