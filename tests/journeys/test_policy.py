"""A policy's way into force: read by all, tried, proposed, approved by another, undone."""

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from balai.policy.store import put
from benchmarks.rooms.scripts import ROOMS
from tests.policy_packs import encoded, written
from tests.record_house import House, open_house


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path / "var", policy_labelled=ROOMS) as opened:
        yield opened


def kept(house: House, folder: Path, **changed: str) -> str:
    """Keep a small pack in the house; give its hash."""
    return put(house.settings.packs_path, written(folder, encoded(**changed)))


async def two_operators(house: House) -> Any:
    putri = await house.member("putri")
    await house.operator.do("/api/people/putri/operator")
    return putri


async def test_everybody_reads_what_may_not_be_said(house: House) -> None:
    policy = await (await house.stranger()).get("/api/policy")
    assert policy["name"] == "balai-default 1.0.0"
    assert {"threats", "incitement", "doxxing"} <= {one["id"] for one in policy["clauses"]}
    for clause in policy["clauses"]:
        assert set(clause["title"]) == set(clause["text"]) == {"en", "id"}
        kinds = {one["kind"] for one in clause["examples"]}
        assert "use" in kinds
        assert kinds != {"use"}


async def test_a_policy_needs_a_trial_and_two_people(house: House, tmp_path: Path) -> None:
    pack = kept(house, tmp_path / "pack")
    olga, path = house.operator, f"/api/policy/packs/{pack}"
    ada = await house.member("ada")
    assert await ada.refused(f"{path}/promote", {}) == (403, "operators_only")
    assert await olga.refused(f"{path}/promote", {}) == (409, "not_tried")
    trial = await olga.do(f"{path}/trial", {})
    assert trial["lines"] == 525
    assert trial["languages"].keys() == {"en", "id"}
    proposed = await olga.do(f"{path}/promote", {"reason": "calmer"})
    assert (proposed["state"], proposed["approved_by"]) == ("proposed", None)
    assert await olga.refused(f"{path}/promote", {}) == (403, "needs_another")
    assert (await olga.get("/api/policy"))["hash"] != pack
    putri = await two_operators(house)
    done = await putri.do(f"{path}/promote", {})
    assert (done["state"], done["proposed_by"], done["approved_by"]) == (
        "in_force",
        "Olga",
        "Putri",
    )
    assert (await olga.get("/api/policy"))["hash"] == pack
    assert await olga.refused(f"{path}/promote", {}) == (409, "already_in_force")


async def in_force(house: House, putri: Any, pack: str) -> None:
    path = f"/api/policy/packs/{pack}"
    await house.operator.do(f"{path}/trial", {})
    await house.operator.do(f"{path}/promote", {})
    await putri.do(f"{path}/promote", {})


async def test_going_back_twice_goes_back_two_policies(house: House, tmp_path: Path) -> None:
    putri = await two_operators(house)
    shipped = (await putri.get("/api/policy"))["hash"]
    packs = [
        kept(house, tmp_path / name, pack=encoded()["pack.yaml"].decode().replace("1.0.0", v))
        for name, v in (("one", "1.0.1"), ("two", "1.0.2"))
    ]
    for pack in packs:
        await in_force(house, putri, pack)
    assert (await putri.get("/api/policy"))["hash"] == packs[1]
    for wanted in (packs[0], shipped):
        back = await putri.do("/api/policy/rollback", {"reason": "too strict"})
        assert back["hash"] == wanted
        assert (await putri.get("/api/policy"))["hash"] == wanted
    assert await putri.refused("/api/policy/rollback", {}) == (409, "nothing_before")
    history = (await putri.get("/api/policy/packs"))["history"]
    assert {one["state"] for one in history} == {"ended"}


async def test_going_back_never_brings_what_was_gone_back_from(
    house: House, tmp_path: Path
) -> None:
    putri = await two_operators(house)
    one, two, three = (
        kept(house, tmp_path / name, pack=encoded()["pack.yaml"].decode().replace("1.0.0", v))
        for name, v in (("one", "1.0.1"), ("two", "1.0.2"), ("three", "1.0.3"))
    )
    await in_force(house, putri, one)
    await in_force(house, putri, two)
    assert (await putri.do("/api/policy/rollback", {}))["hash"] == one
    await in_force(house, putri, three)
    assert (await putri.do("/api/policy/rollback", {}))["hash"] == one


async def test_a_trial_on_unlabelled_rooms_is_none(tmp_path: Path) -> None:
    async with open_house(tmp_path / "var", policy_labelled=tmp_path / "none") as house:
        pack = kept(house, tmp_path / "pack")
        path = f"/api/policy/packs/{pack}"
        assert (await house.operator.do(f"{path}/trial", {"recorded": True}))["lines"] == 0
        assert await house.operator.refused(f"{path}/promote", {}) == (409, "not_tried")


async def test_a_budget_that_would_be_exceeded_refuses(tmp_path: Path) -> None:
    settings = {"policy_labelled": ROOMS, "policy_flags_per_h": 0.001}
    async with open_house(tmp_path / "var", **settings) as house:
        pack = kept(house, tmp_path / "pack", rules=_EVERYTHING)
        path = f"/api/policy/packs/{pack}"
        await house.operator.do(f"{path}/trial", {})
        assert await house.operator.refused(f"{path}/promote", {}) == (409, "budget_exceeded")
        running = await house.operator.get("/api/policy/packs")
        assert running["history"] == []


_EVERYTHING = """\
- id: all
  clause: insults
  when: confidence >= 0.0
  effect: priority
  priority: 1
  why: {en: Anything., id: Apa saja.}
"""


async def test_a_proposal_is_taken_back(house: House, tmp_path: Path) -> None:
    pack = kept(house, tmp_path / "pack")
    path = f"/api/policy/packs/{pack}"
    await house.operator.do(f"{path}/trial", {})
    await house.operator.do(f"{path}/promote", {})
    assert (await house.operator.do(f"{path}/withdraw"))["state"] == "ended"
    assert await house.operator.refused(f"{path}/withdraw") == (404, "proposal_missing")


async def test_a_changed_pack_is_noticed(house: House, tmp_path: Path) -> None:
    pack = kept(house, tmp_path / "pack")
    rules = house.settings.packs_path / pack / "rules.yaml"
    rules.write_text(rules.read_text().replace("priority: 90", "priority: 9"))
    path = f"/api/policy/packs/{pack}/trial"
    assert await house.operator.refused(path, {}) == (500, "pack_tampered")


def balai(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command on a data folder."""
    return subprocess.run(
        (sys.executable, "-m", "balai", *arguments),
        env={
            **os.environ,
            "BALAI_DATA": str(folder / "var"),
            "BALAI_POLICY_LABELLED": str(ROOMS),
        },
        capture_output=True,
        text=True,
        check=False,
    )


async def test_the_command_does_it_too(tmp_path: Path) -> None:
    async with open_house(tmp_path / "var", policy_labelled=ROOMS) as house:
        await two_operators(house)
    folder = str(written(tmp_path / "pack"))
    refused = balai(tmp_path, "policy", "promote", folder, "--by", "olga")
    assert (refused.returncode, "not tried" in refused.stderr) == (1, True)
    tried = balai(tmp_path, "policy", "simulate", folder, "--json")
    assert json.loads(tried.stdout)["lines"] == 525
    for by, said in (("olga", "is proposed"), ("putri", "is in force")):
        done = balai(tmp_path, "policy", "promote", folder, "--by", by)
        assert (done.returncode, said in done.stdout) == (0, True), done.stderr
    assert "in_force" in balai(tmp_path, "policy", "status").stdout
    back = balai(tmp_path, "policy", "rollback", "--by", "olga")
    assert back.stdout == "The pack that came with Balai is in force.\n"


def test_a_broken_pack_is_named_with_file_line_and_remedy(tmp_path: Path) -> None:
    rules = encoded()["rules.yaml"].decode().replace("effect: hold", "effect: remove")
    folder = written(tmp_path / "pack", encoded(rules=rules))
    checked = balai(tmp_path, "policy", "check", str(folder))
    assert checked.returncode == 1
    assert checked.stderr.startswith("balai: rules.yaml, line 4: ")


def test_a_file_is_heard_and_judged_without_a_network(tmp_path: Path) -> None:
    path = tmp_path / "said.wav"
    text = "good evening and welcome everybody to the evening news"
    subprocess.run(
        ("espeak-ng", "-v", "en-us+m3", "-s", "140", "-w", str(path), text), check=True
    )
    heard = balai(tmp_path, "hear", "--json", str(path), str(tmp_path / "missing.wav"))
    told = json.loads(heard.stdout)
    assert heard.returncode == 1  # one of the two is not there
    assert told["engine"] == "pocketsphinx/en-us"
    assert len(set(told["text"].split()) & set(text.split())) >= 2
    assert told["policy"]["hits"] == []
    foreign = balai(tmp_path, "hear", "--json", "--language", "id", str(path))
    assert {one["unheard"] for one in json.loads(foreign.stdout)["utterances"]} == {"language"}
