"""Holding the demonstration: two guests, one room, until somebody closes it."""

import asyncio
import logging
import signal
import time
from collections.abc import Callable
from contextlib import aclosing

from balai.database import open_database
from balai.demo import jingle
from balai.demo.dialogue import Dialogue, load_dialogue
from balai.demo.evening import Evening, prepare
from balai.demo.guest import Guest, GuestRefused, Part
from balai.rooms.model import RoomState
from balai.settings import Settings
from balai.stage.embedded_ice import include_loopback

log = logging.getLogger(__name__)

_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104  # read, never bound


def hold_demonstration(settings: Settings, *, before: Callable[[], None]) -> None:
    """Hold the demonstration until its room is closed; at once done in a house in use.

    `before` is called when there is one.

    Raises:
        HouseSilent: the house stopped answering.
    """
    dialogue = load_dialogue()
    database = open_database(settings)
    with database.transaction() as session:
        evening = prepare(session, dialogue.script)
    database.close()
    if evening is None:
        return
    before()
    include_loopback()
    host = _EVERYWHERE.get(settings.host, settings.host)
    asyncio.run(_until_told(f"http://{host}:{settings.port}", evening, dialogue))


async def _until_told(house_url: str, evening: Evening, dialogue: Dialogue) -> None:
    holding = asyncio.ensure_future(hold(house_url, evening, dialogue))
    for ending in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(ending, holding.cancel)
    try:
        await holding
    except asyncio.CancelledError:
        log.info("the demonstration was told to stop")


async def hold(house_url: str, evening: Evening, dialogue: Dialogue) -> None:
    """Bring both guests in, open the room, let them speak while it is live.

    Raises:
        HouseSilent: the house stopped answering.
    """
    host, guest = Guest(house_url), Guest(house_url)
    try:
        await host.sign_in(evening.host_token)
        await guest.sign_in(evening.guest_token)
        await _set_up(host, evening)
        await _speak_while_live(evening.room_id, [host, guest], dialogue)
    finally:
        await host.close()
        await guest.close()


async def _set_up(host: Guest, evening: Evening) -> None:
    room = f"/api/rooms/{evening.room_id}"
    if (await host.get(room))["room"]["state"] == RoomState.DRAFT:
        await host.post(f"{room}/open")
    try:
        await host.post(f"{room}/stage-invitations", {"handle": evening.guest_handle})
    except GuestRefused:
        log.info("the demonstration's guest has a seat from before")


async def _speak_while_live(room_id: str, guests: list[Guest], dialogue: Dialogue) -> None:
    speaking: list[asyncio.Task[None]] = []
    parts = [Part(packets) for packets in dialogue.packets.values()]
    listed = await asyncio.to_thread(jingle.packets)
    try:
        async with aclosing(guests[0].news(room_id)) as news:
            async for kind, data in news:
                if kind == "cue" and data["play"] == "jingle":
                    parts[1].play_once(listed)
                elif kind == "room":
                    state = data["room"]["state"]
                    if state == RoomState.LIVE and not speaking:
                        speaking = _begin(room_id, guests, parts)
                    elif state not in (RoomState.DRAFT, RoomState.OPENING, RoomState.LIVE):
                        return
    finally:
        for task in speaking:
            task.cancel()
        await asyncio.gather(*speaking, return_exceptions=True)


def _begin(room_id: str, guests: list[Guest], parts: list[Part]) -> list["asyncio.Task[None]"]:
    began_at = time.monotonic()
    return [
        asyncio.create_task(guest.speak(room_id, part, began_at=began_at))
        for guest, part in zip(guests, parts, strict=True)
    ]
