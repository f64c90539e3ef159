"""A newcomer starts an empty house and hears a room on air; later they close it."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import fftconvolve, resample_poly
from sqlalchemy import select

from balai.database import Database
from balai.demo import jingle
from balai.demo.dialogue import load_dialogue
from balai.demo.evening import prepare
from balai.people import accounts, invitations
from balai.people.invitations import InvitationRevoked
from balai.people.model import Person
from balai.rooms import opening
from rig import listener
from rig.house import Person as Visitor
from rig.house import running_house

pytestmark = pytest.mark.alone

SCRIPT = load_dialogue().script
_UNHEARD_RMS = 0.003  # 50 dB below the loudest


async def _live(person: Visitor) -> list[dict[str, object]]:
    cards: list[dict[str, object]] = (await person.call("GET", "/api/rooms?state=live")).json()
    return cards


async def _until_live(person: Visitor) -> dict[str, object]:
    async with asyncio.timeout(30):
        while not (cards := await _live(person)):
            await asyncio.sleep(0.2)  # as a newcomer does: nobody tells of a house's first room
    return cards[0]


async def _until_heard(person: Visitor, url: str) -> None:
    """Listen until speech has aired: louder than any silence."""
    async with asyncio.timeout(30):
        while True:
            playlist = await listener.fetch(person.http, url)
            sound = await listener.hear(person.http, playlist)
            if float(np.sqrt(np.mean(np.square(sound)))) > 0.01:
                return
            await asyncio.sleep(0.5)  # as a player does: the playlist changes by itself


async def _close(person: Visitor, room_id: object) -> None:
    await person.call("POST", f"/api/rooms/{room_id}/end")
    async with asyncio.timeout(20):
        while await _live(person):
            await asyncio.sleep(0.1)


@pytest.mark.timeout(180)
async def test_an_empty_house_has_a_demonstration_that_its_operator_closes(
    tmp_path: Path,
) -> None:
    data = tmp_path / "var"
    async with running_house(data, "--demo") as house:
        newcomer = Visitor(house.url)
        card = await _until_live(newcomer)
        assert (card["title"], card["is_demo"]) == (SCRIPT.title, True)
        assert (card["delay_s"], card["recording"]) == (SCRIPT.delay_s, False)
        await _until_heard(newcomer, str(card["playlist_url"]))
        seats = (await newcomer.call("GET", f"/api/rooms/{card['id']}")).json()["seats"]
        assert {(seat["name"], seat["state"]) for seat in seats} == {
            (guest.name, "on_stage") for guest in SCRIPT.guests
        }
        await newcomer.become_operator(house.operator_link)
        await _close(newcomer, card["id"])
        assert list((data / "air").glob("*/*.m4s")) == []
        await newcomer.close()
    async with running_house(data, "--demo") as house:  # still nobody's room: another evening
        newcomer = Visitor(house.url)
        assert (await _until_live(newcomer))["id"] != card["id"]
        await newcomer.close()


@pytest.mark.timeout(180)
async def test_the_operator_sees_the_ear_keep_a_jingle_from_the_hall(tmp_path: Path) -> None:
    async with running_house(tmp_path / "var", "--demo") as house:
        operator = Visitor(house.url)
        await operator.become_operator(house.operator_link)
        card = await _until_live(operator)
        await _until_heard(operator, str(card["playlist_url"]))
        path = f"/api/rooms/{card['id']}"
        await operator.call("POST", f"{path}/jingle")
        asked_s = time.time()
        told = await operator.until(
            str(card["id"]),
            lambda kind, data: kind == "flag" and dict(data["flag"])["held"],  # type: ignore[call-overload]
        )
        flag = dict(told["flag"])  # type: ignore[call-overload]
        assert (flag["title"], flag["name"]) == (jingle.TITLE, SCRIPT.guests[1].name)
        await asyncio.sleep(
            max(0.0, asked_s + jingle.SECONDS + SCRIPT.delay_s + 2 - time.time())
        )
        playlist = await listener.fetch(operator.http, str(card["rewind_url"]))
        heard = await listener.hear(operator.http, playlist)
        aired = listener.said_between(playlist, heard, asked_s, asked_s + jingle.SECONDS)
        assert len(aired) > jingle.SECONDS * 40_000
        assert _likeness(aired, jingle.jingle()) < 0.2
        decided = await operator.call("POST", f"{path}/flags/{flag['id']}/release")
        assert decided.json()["state"] == "released"
        await operator.close()


def _likeness(heard: NDArray[np.float32], known: NDArray[np.int16]) -> float:
    """Tell how much of a known sound is in what was heard, by its strongest correlation.

    What no ear hears is like nothing: what a codec leaves of silence is noise of any shape.

    Shapes:
        heard, known: at 48 kHz
    """
    own = resample_poly(known[2 * 48_000 : 6 * 48_000] / 32_768, 1, 12)
    other = resample_poly(heard, 1, 12)
    unheard = _UNHEARD_RMS**2 * len(own)
    power = np.sqrt(np.maximum(fftconvolve(other**2, np.ones(len(own)), "valid"), unheard))
    alike = fftconvolve(other, own[::-1], "valid") / (power * np.sqrt((own**2).sum()))
    return float(np.abs(alike).max())


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "balai.sqlite3")
    database.migrate()
    yield database
    database.close()


def test_a_house_in_use_has_no_demonstration(database: Database) -> None:
    with database.transaction() as session:
        ada = accounts.sign_up(session, handle="ada", display_name="Ada")
        opening.create(session, opening.Plan(title="Ours"), host=ada)
    with database.transaction() as session:
        assert prepare(session, SCRIPT) is None
        assert [person.handle for person in session.scalars(select(Person))] == ["ada"]


def test_guests_that_come_back_find_their_room_and_accounts(database: Database) -> None:
    with database.transaction() as session:
        first = prepare(session, SCRIPT)
    with database.transaction() as session:
        second = prepare(session, SCRIPT)
        assert first is not None
        assert second is not None
        assert second.room_id == first.room_id
        assert {second.host_token, second.guest_token}.isdisjoint(
            {first.host_token, first.guest_token}
        )
        with pytest.raises(InvitationRevoked):
            invitations.look(session, first.host_token)


def test_a_person_with_a_guests_handle_stays_who_they_are(database: Database) -> None:
    handle = SCRIPT.guests[1].handle
    with database.transaction() as session:
        accounts.sign_up(session, handle=handle, display_name="Somebody else")
        evening = prepare(session, SCRIPT)
        assert evening is not None
        link = invitations.look(session, evening.guest_token)
        assert link.for_person is not None
        assert link.for_person.handle == evening.guest_handle
        assert link.for_person.display_name == SCRIPT.guests[1].name
        assert evening.guest_handle != handle
