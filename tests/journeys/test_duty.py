"""Who is on duty, and what waits for them."""

from datetime import timedelta
from pathlib import Path

from sqlalchemy import select, update

from balai.clock import now
from balai.rooms import duty
from balai.rooms.shift_notes import ShiftNote
from tests.desk_house import second
from tests.record_house import House, open_house


async def test_public_rooms_wait_for_somebody_on_duty(tmp_path: Path) -> None:
    async with open_house(tmp_path, duty_required=True) as house:
        ada = await house.member("ada")
        for openness, refusal in (("open", True), ("house", True), ("invited", False)):
            made = await ada.do("/api/rooms", {"title": "Evening", "openness": openness})
            path = f"/api/rooms/{made['room']['id']}/open"
            if refusal:
                assert await ada.refused(path) == (409, "nobody_on_duty")
            else:
                await ada.do(path)
        olga = house.operator
        too_long = await olga.refused("/api/desk/duty", {"hours": 12.1}, method="PUT")
        assert too_long == (422, "request_invalid")
        shown = await olga.do("/api/desk/duty", {"hours": 2}, method="PUT")
        assert (shown["required"], [one["name"] for one in shown["people"]]) == (True, ["Olga"])
        room_id = await house.live_room(ada)
        async with ada.events(room_id) as stream:
            await olga.do("/api/desk/duty", {"hours": 0}, method="PUT")
            await stream.until("duty", on_duty=False)
            await olga.do("/api/desk/duty", {"hours": 1}, method="PUT")
            await stream.until("duty", on_duty=True)
            with house.database.transaction() as session:
                session.get_one(duty.Duty, olga.me["id"]).until_at = now() + timedelta(
                    seconds=3
                )
            await stream.until("duty", on_duty=False)
            await olga.do("/api/desk/duty", {"hours": 1}, method="PUT")
        desk = await olga.get("/api/desk")
        assert [one["person_id"] for one in desk["duty"]["people"]] == [olga.me["id"]]


async def test_duty_of_somebody_who_left_the_team_counts_no_more(house: House) -> None:
    putri = await second(house)
    await putri.do("/api/desk/duty", {"hours": 2}, method="PUT")
    await putri.ask("DELETE", "/api/me")
    with house.database.reading() as session:
        assert duty.on_duty(session) == []


async def test_one_shift_leaves_notes_to_the_next(house: House) -> None:
    putri = await second(house)
    told = await putri.do("/api/desk/notes", {"text": "Rice: the host asked for help"})
    assert [(one["text"], one["by_name"]) for one in told["notes"]] == [
        ("Rice: the host asked for help", "Putri")
    ]
    seen = (await house.operator.get("/api/desk"))["duty"]["notes"]
    assert [one["text"] for one in seen] == ["Rice: the host asked for help"]
    assert await putri.refused("/api/desk/notes", {"text": "  "}) == (422, "text_invalid")
    for number in range(25):
        told = await putri.do("/api/desk/notes", {"text": f"Note {number}"})
    assert [one["text"] for one in told["notes"]] == [f"Note {n}" for n in range(24, 4, -1)]
    left = await house.operator.do(f"/api/desk/notes/{told['notes'][0]['id']}", method="DELETE")
    assert [one["text"] for one in left["notes"]] == [f"Note {n}" for n in range(23, 4, -1)]
    with house.database.transaction() as session:
        session.execute(update(ShiftNote).values(at=now() - timedelta(days=8)))
    assert (await putri.do("/api/desk/notes", {"text": "New"}))["notes"][0]["text"] == "New"
    with house.database.reading() as session:
        assert session.scalars(select(ShiftNote.text)).all() == ["New"]
