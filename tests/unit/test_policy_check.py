"""`balai policy check`: what a pack has, and what it makes of its own examples."""

from pathlib import Path

import pytest

from balai.app.policy_check import run
from balai.policy.errors import PackInvalid, PackMissing
from balai.policy.pack import pack_hash
from balai.settings import Settings
from tests.policy_packs import ENGLISH, RULES, encoded, written

SETTINGS = Settings()


def told(folder: Path, capsys: pytest.CaptureFixture[str], **changed: str) -> str:
    run(SETTINGS, folder=written(folder, encoded(**changed)))
    return capsys.readouterr().out


def test_a_good_pack_is_told_in_full(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told(tmp_path, capsys).splitlines() == [
        "small 1.0.0: Small",
        f"hash: {pack_hash(tmp_path)}",
        "",
        "language  phrases  vetted  fuzzy  frames  negations",
        "en        4        1       1      2       3",
        "id        3        2       2      1       1",
        "mul       1        0       0      0       0",
        "",
        "2 clauses, 3 rules",
        "2 examples of use: 2 raise something",
        "2 examples that are not meant: 1 raise something, 0 would be held",
        "",
        "This pack can be used.",
    ]


def test_examples_that_raise_nothing_and_clauses_without_phrases_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nothing = "phrases: []\n"
    english = "\n".join(one for one in ENGLISH.splitlines() if "insults" not in one)
    lines = told(tmp_path, capsys, en=english, id=nothing, mul=nothing).splitlines()
    assert "clauses without phrases: insults" in lines
    assert lines[-4:] == [
        "",
        "remark          clause   language  kind  line  example",
        "raises nothing  insults  id        use   21    kamu bangsat",
        "This pack can be used.",
    ]


def test_a_pack_that_holds_what_its_clause_does_not_mean_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    english = ENGLISH.replace("frames: [he said, ", "frames: [")
    with pytest.raises(PackInvalid) as caught:
        told(tmp_path, capsys, en=english)
    assert str(caught.value) == (
        "clauses.yaml, line 12: this example of kind report would be held by the rule "
        "threat-vetted; narrow the rule or the phrase, or add what introduces it to frames."
    )
    assert "would be held  threats" in capsys.readouterr().out


def test_an_explanation_that_repeats_the_words_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = RULES.replace("id: Kata yang mengancam.", "id: Bunuh mereka disebut.")
    with pytest.raises(
        PackInvalid, match=r"^rules\.yaml, line 12: why of the rule threat-said"
    ):
        told(tmp_path, capsys, rules=rules)


def test_a_folder_without_a_pack_is_told(tmp_path: Path) -> None:
    with pytest.raises(PackMissing, match="nowhere"):
        run(SETTINGS, folder=tmp_path / "nowhere")


def test_the_pack_that_comes_with_balai_passes(capsys: pytest.CaptureFixture[str]) -> None:
    run(SETTINGS, folder=None)
    assert capsys.readouterr().out.endswith("This pack can be used.\n")
