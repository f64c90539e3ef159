"""What the description of the API allows, and what it does not: never an unforeseen error.

schemathesis makes requests from the OpenAPI description, valid ones and broken ones; every
other one names a room, a seat, a case and a job that are really there.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode

from balai.web.errors import Unexpected
from tests.record_house import House, open_house

EXAMPLES: Final = 5  # of each kind for each of some ninety operations
ELSEWHERE: Final = {  # streams that do not end, and offers, which have a test of their own
    "/api/rooms/{room_id}/whip",
    "/api/hallway/events",
    "/api/rooms/{room_id}/events",
    "/api/desk/stream",
}
LAST: Final = {"/api/sign-out", "/api/me"}  # after these nobody is signed in
Answer = Callable[[Any], httpx.Response]


@schemathesis.serializer("application/zip")
def bytes_of(_context: object, value: object) -> bytes:
    """Send what was made up as it is; zips that are almost right have a test of their own."""
    return value if isinstance(value, bytes) else str(value).encode(errors="replace")


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path) as opened:
        yield opened


async def names(house: House) -> dict[str, str]:
    """Put one of the things that routes name into a house."""
    host = await house.member("hana")
    room_id = await house.live_room(host)
    _sam, seat_id = await house.speaker("sam", host, room_id)
    listener = await house.stranger()
    said = {"subject": "person", "seat_id": seat_id, "concern": "threat"}
    made = await listener.do(f"/api/rooms/{room_id}/reports", said)
    (job,) = (await house.operator.get("/api/cases/queue"))["jobs"]
    return {
        "room_id": room_id,
        "seat_id": seat_id,
        "receipt": made["receipt"],
        "case_id": job["case_id"],
        "job_id": job["id"],
        "handle": "sam",
    }


@pytest.mark.timeout(300)
async def test_no_request_that_the_description_knows_is_unforeseen(house: House) -> None:
    known = await names(house)
    loop = asyncio.get_running_loop()
    transport = httpx.ASGITransport(house.app, raise_app_exceptions=True)
    async with httpx.AsyncClient(
        transport=transport, base_url=house.url, cookies=house.operator.http.cookies
    ) as http:

        def ask(case: Any) -> httpx.Response:
            sent = case.as_transport_kwargs(base_url=house.url)
            sent["headers"] = {**sent.get("headers", {}), "X-CSRF-Token": house.operator.csrf}
            given = {key: sent.get(key) for key in ("params", "json", "headers", "content")}
            given["content"] = sent.get("data")
            asked = http.request(sent["method"], sent["url"], **given)
            return asyncio.run_coroutine_threadsafe(asked, loop).result(20)

        asked = await asyncio.to_thread(ask_everything, house, known, ask)
    assert asked > EXAMPLES * 90
    assert (await house.operator.get("/healthz")) == {"status": "ok"}


def ask_everything(house: House, known: dict[str, str], ask: Answer) -> int:
    """Ask each operation that ends; tell how many requests were made."""
    schema = schemathesis.openapi.from_dict(house.app.openapi())
    found: list[Any] = [result.ok() for result in schema.get_all_operations()]  # type: ignore[union-attr]
    operations = [one for one in found if one.path not in ELSEWHERE]
    operations.sort(key=lambda one: one.path in LAST)
    return sum(
        ask_one(operation, mode, known, ask)
        for operation in operations
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    )


def ask_one(operation: Any, mode: GenerationMode, known: dict[str, str], ask: Answer) -> int:
    count = 0

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        derandomize=True,
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def one(case: Any) -> None:
        nonlocal count
        count += 1
        if count % 2 and case.path_parameters:
            case.path_parameters = {
                **case.path_parameters,
                **shared(case.path_parameters, known),
            }
        answer = ask(case)
        assert answer.status_code != 500, (operation.label, answer.text)
        if answer.headers.get("content-type") == "application/json" and not answer.is_success:
            assert answer.json()["error"]["code"] != Unexpected.code(), operation.label

    try:
        one()
    except Unsatisfiable:  # nothing can be wrong in a bare address
        assert mode is GenerationMode.NEGATIVE
    return count


def shared(asked: dict[str, Any], known: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in known.items() if name in asked}
