"""A real edge over real records on a real port, with visitors; the worker is scripted.

The scripted worker keeps the real one's promises: it carries wishes out in their order and
records them with the same functions, but has no sound. It can be told to wait or to fail.
"""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any, Self

import httpx
import uvicorn

from balai.bell import Bell, Ear
from balai.database import Database, open_database
from balai.people import operator
from balai.rooms import seats, wishes
from balai.settings import Settings
from balai.stage.engine import MonitorMissing
from balai.web.build import build_web
from balai.web.patience import PatientProtocol

if TYPE_CHECKING:
    from balai.errors import BalaiError

Json = dict[str, Any]
ANSWER = "v=0\r\ns=answer\r\n"
OFFER = "v=0\r\ns=offer\r\n"


class ScriptedWorker:
    """Carries out every wish at once, and answers every offer."""

    def __init__(self, database: Database, bell: Bell) -> None:
        self.database = database
        self.bell = bell
        self.is_waiting = False
        self.fails_with: BalaiError | None = None
        self.refuses_with: BalaiError | None = None
        self.monitors: list[tuple[str, str]] = []
        self.connected: list[tuple[str, str]] = []
        self.pulses: dict[str, Any] = {}
        self.while_connecting: Callable[[], Awaitable[object]] | None = None

    async def run(self) -> None:
        ear = self.bell.listen()
        while True:
            await ear.heard()
            if await asyncio.to_thread(self._work):
                self.bell.ring()

    def _work(self) -> bool:
        with self.database.transaction() as session:
            # Looked at in the writer's turn: whoever sets it before wishing is sure of it.
            todo = [] if self.is_waiting else wishes.pending(session)
            for wish in todo:
                if self.fails_with is not None:
                    wishes.failed(session, wish, self.fails_with)
                else:
                    wishes.carried_out(session, wish, {"from_position": 0})
            return bool(todo)

    async def connect(self, room_id: str, seat_id: str, offer: str) -> str:
        if self.refuses_with is not None:
            raise self.refuses_with
        self.connected.append((room_id, seat_id))
        if self.while_connecting is not None:
            await self.while_connecting()
        await asyncio.to_thread(self._record_connected, seat_id)
        return ANSWER

    def _record_connected(self, seat_id: str) -> None:
        with self.database.transaction() as session:
            seats.connected(session, seat_id)
        self.bell.ring()

    async def disconnect(self, room_id: str, seat_id: str) -> None:
        self.connected.remove((room_id, seat_id))

    async def let_in(self, room_id: str, monitor: str, offer: str) -> Mapping[str, Any]:
        if self.refuses_with is not None:
            raise self.refuses_with
        self.monitors.append((room_id, monitor))
        return {"answer": f"answer to {offer}", "seconds": 600.0}

    async def send_away(self, room_id: str, monitor: str) -> None:
        if (room_id, monitor) not in self.monitors:
            raise MonitorMissing
        self.monitors.remove((room_id, monitor))

    async def health(self) -> Mapping[str, Any]:
        return {}

    async def pulse(self) -> Mapping[str, Any]:
        if self.refuses_with is not None:
            raise self.refuses_with
        return {"rooms": self.pulses, "words_left_out": 0}


class Event:
    """One server-sent event."""

    def __init__(self, number: int, kind: str, data: Json) -> None:
        self.number = number
        self.kind = kind
        self.data = data

    def __repr__(self) -> str:
        return f"{self.number} {self.kind} {self.data}"


class EventStream:
    """What a page hears of a room, in order."""

    def __init__(self, response: httpx.Response) -> None:
        self._lines = response.aiter_lines()
        self.seen: list[Event] = []

    async def next(self) -> Event:
        fields: dict[str, str] = {}
        async for line in self._lines:
            if not line and "data" in fields:
                event = Event(int(fields["id"]), fields["event"], json.loads(fields["data"]))
                self.seen.append(event)
                return event
            name, _, value = line.partition(": ")
            fields[name] = value
        raise EOFError

    async def until(self, kind: str, /, **wanted: object) -> Json:
        """Wait for an event of a kind whose (nested) data has these values."""
        async with asyncio.timeout(10):
            while True:
                event = await self.next()
                data = event.data.get(kind, event.data)
                if event.kind == kind and all(data.get(k) == v for k, v in wanted.items()):
                    return dict(data)

    async def closed(self) -> None:
        """Wait until the house ends the stream."""
        async with asyncio.timeout(10):
            with contextlib.suppress(EOFError):
                while True:
                    await self.next()


class Visitor:
    """A browser: its cookies, its anti-forgery token."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = httpx.AsyncClient(base_url=url, timeout=10, verify=False)
        self.csrf = ""
        self.me: Json = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.http.aclose()

    async def ask(
        self, method: str, path: str, body: Json | None = None, **headers: str
    ) -> httpx.Response:
        sent = {"X-CSRF-Token": self.csrf, **headers}
        return await self.http.request(method, path, json=body, headers=sent)

    async def get(self, path: str) -> Any:
        response = await self.ask("GET", path)
        assert response.status_code == 200, response.text
        return response.json()

    async def do(self, path: str, body: Json | None = None, *, method: str = "POST") -> Any:
        response = await self.ask(method, path, body)
        assert response.is_success, response.text
        return response.json() if response.content else None

    async def refused(
        self, path: str, body: Json | None = None, *, method: str = "POST"
    ) -> tuple[int, str]:
        """Do something that is refused; give the status and the code."""
        response = await self.ask(method, path, body)
        assert not response.is_success, response.text
        return response.status_code, response.json()["error"]["code"]

    async def answer(self, job: Json, what: str, body: Json | None = None) -> Any:
        """Read the case of a job, as a page does, and answer what the job asks."""
        read = await self.revision(job)
        return await self.do(f"/api/jobs/{job['id']}/{what}", {**(body or {}), **read})

    async def revision(self, job: Json) -> Json:
        """Read the case of a job, and give what tells which state of it was read."""
        case = await self.get(f"/api/cases/{job['case_id']}")
        return {"revision": case["revision"]}

    async def join(self, url: str, handle: str, name: str | None = None) -> Self:
        """Open an invitation and choose names."""
        token = url.rsplit("/", 1)[-1]
        names = {"handle": handle, "display_name": name or handle.title()}
        self.became(await self.do(f"/api/invitations/{token}/accept", names))
        return self

    def became(self, me: Json) -> None:
        self.me = me["person"] or {}
        self.csrf = me["csrf_token"]

    @contextlib.asynccontextmanager
    async def events(
        self, room_id: str, *, after: int | None = None, last_event_id: int | None = None
    ) -> AsyncIterator[EventStream]:
        query = "" if after is None else f"?after={after}"
        headers = {} if last_event_id is None else {"Last-Event-ID": str(last_event_id)}
        address = f"/api/rooms/{room_id}/events{query}"
        async with self.http.stream("GET", address, headers=headers) as response:
            assert response.status_code == 200
            yield EventStream(response)

    @contextlib.asynccontextmanager
    async def hallway(self) -> AsyncIterator[EventStream]:
        async with self.http.stream("GET", "/api/hallway/events") as response:
            assert response.status_code == 200
            yield EventStream(response)


@dataclass
class House:
    """A house for a story."""

    settings: Settings
    database: Database
    bell: Bell
    worker: ScriptedWorker
    app: Any
    url: str
    operator: Visitor
    visitors: contextlib.AsyncExitStack
    ear: Ear
    names: dict[str, Visitor] = field(default_factory=dict)

    async def stranger(self) -> Visitor:
        """Somebody without an account."""
        return await self.visitors.enter_async_context(Visitor(self.url))

    async def link(self, **wanted: object) -> str:
        """An invitation link of the operator."""
        return str((await self.operator.do("/api/invitations", wanted))["url"])

    async def member(self, handle: str) -> Visitor:
        """Somebody with an account."""
        visitor = await self.stranger()
        return await visitor.join(await self.link(uses=1), handle)

    async def live_room(self, host: Visitor, **plan: object) -> str:
        """A room of the host's, on air."""
        made = await host.do("/api/rooms", {"title": "Evening", **plan})
        room_id = str(made["room"]["id"])
        async with host.events(room_id, after=0) as stream:
            await host.do(f"/api/rooms/{room_id}/open")
            await stream.until("room", state="live")
        return room_id

    async def take_stage(self, who: Visitor, room_id: str, alias: str | None = None) -> str:
        """Consent, get a ticket, connect; give the seat."""
        room = f"/api/rooms/{room_id}"
        agreed = {"alias": alias, "recording_ok": True}
        seat = await who.do(f"{room}/seat/consent", agreed)
        ticket = await who.do(f"{room}/seat/ticket")
        answer = await self.offer(room_id, ticket["ticket"])
        assert answer.status_code == 201, answer.text
        return str(seat["id"])

    async def offer(self, room_id: str, ticket: str, offer: str = OFFER) -> httpx.Response:
        """Send a WHIP offer, as somebody who has nothing but a ticket."""
        async with httpx.AsyncClient(base_url=self.url, verify=False) as http:
            return await http.post(
                f"/api/rooms/{room_id}/whip",
                content=offer,
                headers={
                    "Authorization": f"Bearer {ticket}",
                    "Content-Type": "application/sdp",
                },
            )

    async def speaker(self, handle: str, host: Visitor, room_id: str) -> tuple[Visitor, str]:
        """A member whom the host invites and who goes on stage; give them and their seat."""
        who = await self.member(handle)
        room = f"/api/rooms/{room_id}"
        await host.do(f"{room}/stage-invitations", {"handle": handle})
        return who, await self.take_stage(who, room_id)

    async def effect(self, host: Visitor, room_id: str, kind: str, **asked: object) -> Json:
        """Ask for an effect and wait until it is done."""
        room = f"/api/rooms/{room_id}"
        accepted = await host.do(f"{room}/effects/{kind}", asked)
        async with asyncio.timeout(10):
            while True:
                done = await host.get(f"{room}/effects/{accepted['id']}")
                if done["state"] != "pending":
                    return dict(done)
                await self.ear.heard()


class QuietServer(uvicorn.Server):
    """Leaves signals to whoever runs the tests, and stops at once when it is told to."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.told_to_stop = asyncio.Event()

    async def main_loop(self) -> None:
        await self.told_to_stop.wait()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt


@contextlib.asynccontextmanager
async def open_house(folder: Path, **settings: Any) -> AsyncIterator[House]:
    """Open an empty house with its operator."""
    # With the protocol named, accepted sockets send at once (asyncio asks for it only then).
    with socket.socket(proto=socket.IPPROTO_TCP) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(64)
        port = listening.getsockname()[1]
        chosen = Settings(data=folder, port=port, **settings)
        database = open_database(chosen)
        async with contextlib.AsyncExitStack() as visitors:
            bell = await Bell(chosen.run_path / "bells").open()
            worker = ScriptedWorker(database, bell)
            app = build_web(chosen, database, bell, worker)
            config = uvicorn.Config(
                app, http=PatientProtocol, log_config=None, access_log=False
            )
            server = QuietServer(config)
            serving = asyncio.create_task(server.serve(sockets=[listening]))
            working = asyncio.create_task(worker.run())
            url = f"http://127.0.0.1:{port}"
            chief = await visitors.enter_async_context(Visitor(url))
            house = House(
                chosen, database, bell, worker, app, url, chief, visitors, bell.listen()
            )
            try:
                with database.transaction() as session:
                    token = operator.first_link(session)
                names = {"handle": "olga", "display_name": "Olga"}
                chief.became(await chief.do("/api/operator", {"token": token, **names}))
                yield house
            finally:
                await visitors.aclose()
                server.told_to_stop.set()
                await serving
                working.cancel()
                await asyncio.gather(working, return_exceptions=True)
                await bell.close()
                database.close()
