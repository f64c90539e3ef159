import pytest
from starlette.types import Message, Scope

from balai.web.limits import BODY_BYTES_MAX, Attempts, BodyLimit, BodyTooLarge, TooManyAttempts


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def refused(attempts: Attempts, client: str) -> bool:
    try:
        attempts.require(client)
    except TooManyAttempts:
        return True
    return False


def test_attempts_run_out_and_come_back_one_by_one() -> None:
    clock = Clock()
    attempts = Attempts(burst=3, every_s=10, clock=clock)
    for _ in range(3):
        assert not refused(attempts, "a")
        attempts.take("a")
    assert refused(attempts, "a")
    assert not refused(attempts, "b")
    clock.now += 10
    assert not refused(attempts, "a")
    attempts.take("a")
    assert refused(attempts, "a")
    clock.now += 1_000
    for _ in range(3):
        attempts.take("a")
    assert refused(attempts, "a")  # no more than the burst was saved up


def test_the_memory_for_clients_is_bounded() -> None:
    attempts = Attempts(burst=1, every_s=10, clients_max=2, clock=Clock())
    for client in ("a", "b", "c"):
        attempts.take(client)
    assert [refused(attempts, client) for client in ("a", "b", "c")] == [False, True, True]


async def limited(chunks: list[bytes], *, told: bytes | None) -> tuple[int, int]:
    """Send a body through the limit; give the status and how many bytes were taken."""
    taken, statuses, waiting = 0, [], list(chunks)

    async def app(scope: Scope, receive: object, send: object) -> None:
        assert callable(receive)
        assert callable(send)
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def receive() -> Message:
        nonlocal taken
        taken += len(waiting[0])
        return {"type": "http.request", "body": waiting.pop(0), "more_body": bool(waiting)}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    headers = [] if told is None else [(b"content-length", told)]
    try:
        await BodyLimit(app)({"type": "http", "headers": headers}, receive, send)
    except BodyTooLarge:
        return 422, taken
    return statuses[0], taken


async def test_a_body_within_the_limit_passes() -> None:
    half = b"x" * (BODY_BYTES_MAX // 2)
    assert await limited([half, half], told=None) == (200, BODY_BYTES_MAX)


@pytest.mark.parametrize("told", [b"65537", b"2000000", b"-1", b"x", b""])
async def test_a_body_that_is_told_to_be_too_large_is_not_read(told: bytes) -> None:
    assert await limited([b"x" * 70_000], told=told) == (422, 0)


async def test_a_body_that_grows_too_large_is_read_no_further() -> None:
    chunk = b"x" * 16_384
    assert await limited([chunk] * 100, told=None) == (422, 5 * len(chunk))
