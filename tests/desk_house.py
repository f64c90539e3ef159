"""What tests of the live desk share: its stream, a second operator, what is written down."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator

from sqlalchemy import select

from balai.ledger.model import LedgerEntry
from tests.record_house import Event, House, Json, Visitor


class DeskStream:
    """What a page hears of the desk."""

    def __init__(self, lines: AsyncIterator[str]) -> None:
        self._lines = lines
        self.seen: list[Event] = []

    async def next(self) -> Event:
        fields: dict[str, str] = {}
        async with asyncio.timeout(10):
            async for line in self._lines:
                if not line and "data" in fields:
                    self.seen.append(Event(0, fields["event"], json.loads(fields["data"])))
                    return self.seen[-1]
                name, _, value = line.partition(": ")
                fields[name] = value
        raise EOFError

    async def closed(self) -> None:
        """Wait until the house ends the stream."""
        with contextlib.suppress(EOFError):
            while True:
                await self.next()

    async def record(self, room_id: str, **wanted: object) -> Json:
        """Wait until a room's record has these values."""
        while True:
            for room in (await self.next()).data["rooms"]:
                record = room.get("record", {})
                if room["id"] == room_id and wanted.items() <= record.items():
                    return dict(record)


@contextlib.asynccontextmanager
async def watching(who: Visitor) -> AsyncIterator[DeskStream]:
    async with who.http.stream("GET", "/api/desk/stream") as response:
        assert response.status_code == 200
        yield DeskStream(response.aiter_lines())


async def second(house: House, handle: str = "putri") -> Visitor:
    """One more of the safety team."""
    visitor = await house.member(handle)
    await house.operator.do(f"/api/people/{handle}/operator")
    return visitor


def ledger(house: House, act: str) -> list[Json]:
    with house.database.reading() as session:
        entries = session.scalars(select(LedgerEntry).where(LedgerEntry.kind == "desk"))
        records = [json.loads(entry.record_bytes or b"{}") for entry in entries]
    return [record for record in records if record["act"] == act]
