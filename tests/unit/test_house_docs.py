"""The docs name what there is, and nothing that is not there."""

import re
from pathlib import Path

from balai.settings import Settings

ROOT = Path(__file__).parents[2]


def _documented() -> list[str]:
    rows = (ROOT / "docs" / "settings.md").read_text().splitlines()
    found = [re.match(r"\| (?:`PORT` or )?`BALAI_([A-Z_]+)` \|", row) for row in rows]
    return [match[1].lower() for match in found if match]


def test_every_setting_is_documented_in_its_order() -> None:
    assert _documented() == list(Settings.model_fields)


def test_every_default_is_documented() -> None:
    text = (ROOT / "docs" / "settings.md").read_text()
    for name, field in Settings.model_fields.items():
        default = field.default
        if isinstance(default, int | str) and default != "":
            row = next(row for row in text.splitlines() if f"BALAI_{name.upper()}`" in row)
            shown = str(default).lower() if isinstance(default, bool) else default
            assert f"`{shown}`" in row


def test_every_target_of_make_is_listed() -> None:
    makefile = (ROOT / "Makefile").read_text()
    phony = re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)
    assert phony is not None
    listed = re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE)
    assert sorted(listed) == sorted(phony[1].split())


def test_every_link_between_pages_leads_somewhere() -> None:
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\((?!https?://|#)([^)#\s]+)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_ci_runs_what_the_readme_says_and_nothing_else() -> None:
    lines = (ROOT / ".ci" / "run").read_text().splitlines()
    commands = [line for line in lines if line and not line.startswith("#")]
    assert commands == ["set -eu", 'cd "$(dirname "$0")/.."', "exec make check test"]
