"""What a process does beside answering: it never ends without a word."""

import asyncio
import logging

import pytest

from balai.web import background


async def test_a_work_that_fails_is_logged_and_begins_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(background, "AGAIN_S", 0.0)
    begun, goes_on = [0], asyncio.Event()

    async def work() -> None:
        begun[0] += 1
        if begun[0] < 3:
            raise LookupError
        goes_on.set()
        await asyncio.sleep(60)

    async with asyncio.timeout(10), background.running(work):
        await goes_on.wait()
    failed = [one for one in caplog.records if one.levelno == logging.ERROR]
    assert (begun[0], len(failed)) == (3, 2)
    assert all(one.exc_info for one in failed)


async def test_a_work_that_fails_does_so_no_faster_than_every_two_seconds() -> None:
    begun = [0]

    async def work() -> None:
        begun[0] += 1
        raise LookupError

    async with background.running(work):
        await asyncio.sleep(0.1)
    assert begun[0] == 1


async def test_a_work_that_is_done_is_done() -> None:
    begun = [0]

    async def work() -> None:
        begun[0] += 1

    async with background.running(work):
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert begun[0] == 1
