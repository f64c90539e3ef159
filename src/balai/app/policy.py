"""`balai policy`: check a pack, try it, put it in force as two people, go back."""

import json as jsons
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from balai.app import policy_check
from balai.app.ear_terminal import Progress
from balai.bell import Bell
from balai.database import open_database
from balai.errors import NotFound
from balai.people.accounts import by_handle
from balai.policy.simulation import Assumed
from balai.rulebook import packs, promoting, trying
from balai.rulebook.model import Promotion
from balai.rulebook.promoting import Budget
from balai.rulebook.trying import Material
from balai.settings import Settings

_FIGURES: Final = (
    "lines", "caught", "missed", "false_flags", "holds", "wrong_holds", "held_s",
    "wrong_hold_s_per_h", "flags_per_h", "precision", "recall",
)  # fmt: skip
_EXAMPLES_SHOWN: Final = 10


class LabelledMissing(NotFound):
    """There are no labelled rooms here; say with --labelled where they are."""


def run(settings: Settings, *, verb: str, **options: Any) -> None:
    """Do what was asked of a policy."""
    _VERBS[verb](settings, **options)


def _check(settings: Settings, *, pack: Path | None) -> None:
    policy_check.run(settings, folder=pack)


def _simulate(
    settings: Settings,
    *,
    pack: str,
    labelled: Path | None,
    recorded: bool,
    decision_s: float,
    json: bool,
) -> None:
    folder = labelled or settings.policy_labelled
    if not folder.is_dir() and not recorded:
        raise LabelledMissing
    material = Material.read(settings, labelled=folder, recorded=recorded)
    found = packs.find(settings.packs_path, pack)
    progress = Progress(len(material.rooms))
    told = trying.try_pack(
        settings.packs_path,
        found,
        material,
        Assumed(decision_s=decision_s),
        step=progress.step,
    )
    progress.clear()
    print(jsons.dumps(told, ensure_ascii=False) if json else _table(told))


def _promote(settings: Settings, *, pack: str, by: str, reason: str) -> None:
    found = packs.find(settings.packs_path, pack)
    candidate = packs.candidate(settings.packs_path, found)
    budget = Budget.of(settings)
    database = open_database(settings)
    with database.transaction() as session:
        promotion = promoting.promote(
            session, candidate, by=by_handle(session, by), budget=budget, reason=reason
        )
        sentence = _sentence(promotion)
    _done(settings, sentence)


def _withdraw(settings: Settings, *, pack: str, by: str) -> None:
    found = packs.find(settings.packs_path, pack)
    with open_database(settings).transaction() as session:
        promoting.withdraw(session, found.hash, by=by_handle(session, by))
    _done(settings, f"{found.name} is proposed no more.")


def _rollback(settings: Settings, *, by: str, reason: str) -> None:
    with open_database(settings).transaction() as session:
        again = promoting.roll_back(session, by=by_handle(session, by), reason=reason)
        sentence = _sentence(again) if again else "The pack that came with Balai is in force."
    _done(settings, sentence)


def _status(settings: Settings) -> None:
    with open_database(settings).reading() as session:
        present = promoting.in_force(session)
        print(_sentence(present) if present else "The pack that came with Balai is in force.")
        for one in promoting.history(session):
            by = [one.proposed_by.handle, one.approved_by.handle if one.approved_by else "-"]
            print(f"{one.pack_hash[:12]}  {one.state:9}  {' + '.join(by):24}  {one.pack_name}")
            if one.shadow:
                print(f"              in the shadow: {jsons.dumps(one.shadow)}")


def _sentence(promotion: Promotion) -> str:
    name = f"{promotion.pack_name} ({promotion.pack_hash[:12]})"
    if promotion.approved_by is None:
        return (
            f"{name} is proposed by {promotion.proposed_by.handle} and tried in the shadow of "
            "live rooms; somebody else must promote it as well."
        )
    return (
        f"{name} is in force: proposed by {promotion.proposed_by.handle}, approved by "
        f"{promotion.approved_by.handle}."
    )


def _done(settings: Settings, sentence: str) -> None:
    """Wake the house's processes: what was decided takes effect within seconds."""
    bells = settings.run_path / "bells"
    if bells.is_dir():
        Bell(bells).ring()
    print(sentence)


def _table(told: Mapping[str, Any]) -> str:
    rows = [("all", told)]
    rows += [(name or "(unknown)", one) for name, one in told["languages"].items()]
    rows += [(name or "(no group)", one) for name, one in told["groups"].items()]
    width = max(len(name) for name, _ in rows)
    head = " ".join(f"{name.replace('_', ' '):>12.12}" for name in _FIGURES)
    lines = [f"{told['pack']}  {told['pack_hash'][:12]}", f"{'':{width}} {head}"]
    for name, one in rows:
        lines.append(f"{name:{width}} " + " ".join(f"{_shown(one[f]):>12}" for f in _FIGURES))
    lines.append(f"delay needed: {_shown(told['delay_needed_s'])} s")
    for title, key in (("missed", "missed_examples"), ("wrong", "wrong_examples")):
        lines += [f"{title}: {one['text']}" for one in told[key][:_EXAMPLES_SHOWN]]
    return "\n".join(lines)


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:g}"


_VERBS: Final[Mapping[str, Any]] = {
    "check": _check,
    "simulate": _simulate,
    "promote": _promote,
    "withdraw": _withdraw,
    "rollback": _rollback,
    "status": _status,
}
