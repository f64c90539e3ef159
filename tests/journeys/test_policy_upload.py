"""A pack comes to the house by its page: whole, checked, and in force by two people only."""

import warnings
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from balai.policy import store
from balai.policy.pack import default_folder, pack_hash
from balai.policy.store import listed
from balai.policy.zipped import ZIP_BYTES_MAX
from benchmarks.rooms.scripts import ROOMS
from tests.policy_packs import ENGLISH, RULES, encoded, written
from tests.record_house import House, Visitor, open_house
from tests.zipped_packs import HOSTILE, in_folder, zipped


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path / "var", policy_labelled=ROOMS) as opened:
        yield opened


async def sent(by: Visitor, data: bytes, kind: str = "application/zip") -> httpx.Response:
    headers = {"X-CSRF-Token": by.csrf, "Content-Type": kind}
    return await by.http.post("/api/policy/packs", content=data, headers=headers)


async def mistakes(house: House, data: bytes) -> Any:
    """Send what is refused; give the mistakes, when nothing was kept."""
    answer = await sent(house.operator, data)
    error = answer.json()["error"]
    assert (answer.status_code, error["kind"], error["code"]) == (
        422,
        "invalid",
        "pack_invalid",
    )
    assert listed(house.settings.packs_path) == []
    assert list(house.settings.packs_path.glob("*")) == []
    return error["mistakes"]


def shipped_files() -> Mapping[str, bytes]:
    folder = default_folder()
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("folder", ["", "my-pack"])
async def test_a_pack_that_is_sent_is_kept_as_the_command_keeps_it(
    house: House, tmp_path: Path, folder: str
) -> None:
    files = in_folder(folder, encoded()) if folder else encoded()
    answer = await sent(house.operator, zipped(files))
    assert answer.status_code == 201, answer.text
    same = store.put(tmp_path / "store", written(tmp_path / "pack"))
    assert answer.json()["hash"] == same
    kept = house.settings.packs_path / same
    assert pack_hash(kept) == same
    running = await house.operator.get("/api/policy/packs")
    assert [one["hash"] for one in running["packs"]] == [same]
    assert running["packs"][0]["trial"] is None
    assert running["in_force"]["hash"] == running["shipped"]["hash"]
    assert running["history"] == []


async def test_it_is_tried_and_put_in_force_by_two_people(house: House) -> None:
    pack = (await sent(house.operator, zipped(encoded()))).json()["hash"]
    path = f"/api/policy/packs/{pack}"
    assert await house.operator.refused(f"{path}/promote", {}) == (409, "not_tried")
    assert (await house.operator.do(f"{path}/trial", {}))["lines"] == 525
    await house.operator.do(f"{path}/promote", {})
    assert await house.operator.refused(f"{path}/promote", {}) == (403, "needs_another")
    putri = await house.member("putri")
    await house.operator.do("/api/people/putri/operator")
    assert (await putri.do(f"{path}/promote", {}))["state"] == "in_force"


async def test_the_pack_that_comes_with_balai_can_be_sent_twice(house: House) -> None:
    files = shipped_files()
    for _ in range(2):
        answer = await sent(house.operator, zipped(files))
        assert answer.status_code == 201, answer.text
    assert listed(house.settings.packs_path) == [pack_hash(default_folder())]


async def test_what_systems_leave_in_a_zip_is_passed_over(house: House) -> None:
    litter = {"__MACOSX/my-pack/._rules.yaml": b"x", "my-pack/phrases/.DS_Store": b"x"}
    folders = {"my-pack/": b"", "my-pack/phrases/": b""}
    files = folders | in_folder("my-pack", encoded()) | litter
    assert (await sent(house.operator, zipped(files))).status_code == 201


async def test_hostile_zips_are_refused_and_leave_nothing(house: House) -> None:
    for name, (make, wrong) in HOSTILE.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a name that is there twice
            data = make()
        (mistake,) = await mistakes(house, data)
        assert mistake["wrong"].startswith(wrong), name
        assert mistake["remedy"], name


async def test_a_mistake_is_told_with_its_file_line_and_remedy(house: House) -> None:
    rules = encoded(rules=RULES.replace("effect: hold", "effect: remove"))
    (mistake,) = await mistakes(house, zipped(rules))
    assert (mistake["file"], mistake["line"]) == ("rules.yaml", 4)
    assert mistake["remedy"]


async def test_all_that_the_command_finds_in_examples_and_reasons_is_told_at_once(
    house: House,
) -> None:
    said = RULES.replace("id: Kata yang mengancam.", "id: Bunuh mereka disebut.")
    english = ENGLISH.replace("frames: [he said, ", "frames: [")
    found = await mistakes(house, zipped(encoded(rules=said, en=english)))
    assert [(one["file"], one["line"]) for one in found] == [
        ("clauses.yaml", 12),
        ("rules.yaml", 12),
    ]


async def test_only_an_operator_may_send_one(house: House) -> None:
    data = zipped(encoded())
    for who in (await house.member("ada"), await house.stranger()):
        answer = await sent(who, data)
        assert answer.status_code == 403
    assert listed(house.settings.packs_path) == []


async def test_nothing_else_and_nothing_larger_is_taken(house: House) -> None:
    answer = await sent(house.operator, zipped(encoded()), kind="application/json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "pack_invalid")
    large = await sent(house.operator, bytes(ZIP_BYTES_MAX + 1))
    assert large.json()["error"]["code"] == "body_too_large"
    many = await sent(house.operator, zipped(encoded()) + bytes(100_000))  # over 64 KiB
    assert many.json()["error"]["code"] == "pack_invalid"
    assert listed(house.settings.packs_path) == []


async def test_no_other_error_speaks_of_mistakes(house: House) -> None:
    answer = await (await house.member("ada")).ask("GET", "/api/policy/packs")
    assert set(answer.json()["error"]) == {"kind", "code", "message"}
