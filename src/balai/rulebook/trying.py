"""Try a policy pack before anybody is governed by it: run it over rooms, keep the figures.

A trial is kept beside the pack, by its hash; only a pack that was tried can be promoted.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Self

from balai.policy.errors import PackStoreUnusable
from balai.policy.judge import Judge
from balai.policy.labelled import read_rooms
from balai.policy.pack import Pack
from balai.policy.simulation import USUAL, Assumed, SpokenRoom, Trial, simulate
from balai.policy.transcripts import recorded_rooms
from balai.settings import Settings

EXAMPLES_MAX: Final = 50
_TRIALS: Final = "trials"


@dataclass(frozen=True, slots=True)
class Material:
    """What a pack is tried on: labelled rooms, and what was said in rooms of this house."""

    rooms: Sequence[SpokenRoom]
    on_recorded_rooms: bool = False

    @classmethod
    def read(
        cls, settings: Settings, *, labelled: Path | None = None, recorded: bool = False
    ) -> Self:
        """Read labelled rooms, the house's own unless others are named, and recorded ones.

        Raises:
            Invalid, NotFound: they cannot be used; the sentence names the file.
        """
        folder = labelled or settings.policy_labelled
        rooms = read_rooms(folder) if folder.is_dir() else []
        said = recorded_rooms(settings.air_path) if recorded else []
        return cls((*rooms, *said), recorded)


def try_pack(
    store: Path,
    pack: Pack,
    material: Material,
    assumed: Assumed = USUAL,
    *,
    step: Callable[[str], None] = lambda _room: None,
) -> dict[str, Any]:
    """Run a pack over rooms and keep what it did, for those who decide."""
    trial = simulate(Judge(pack), material.rooms, assumed, step=step)
    told = _told(pack, trial, material, assumed)
    if trial.total.labelled_lines:  # of rooms that nobody labelled, no harm can be known
        _keep(store, pack.hash, told)
    return told


def trial_of(store: Path, pack_hash: str) -> dict[str, object] | None:
    """Read what a pack did when it was tried last; None: it never was."""
    try:
        kept: object = json.loads((store / _TRIALS / f"{pack_hash}.json").read_bytes())
    except (OSError, ValueError):
        return None
    return kept if isinstance(kept, dict) else None


def _told(pack: Pack, trial: Trial, material: Material, assumed: Assumed) -> dict[str, Any]:
    return {
        "pack": pack.name,
        **trial.summary(),
        "assumed": asdict(assumed),
        "on_recorded_rooms": material.on_recorded_rooms,
        "missed_examples": [asdict(one) for one in trial.missed[:EXAMPLES_MAX]],
        "wrong_examples": [asdict(one) for one in trial.wrong[:EXAMPLES_MAX]],
    }


def _keep(store: Path, pack_hash: str, told: dict[str, Any]) -> None:
    folder = store / _TRIALS
    hidden = folder / f".{pack_hash}.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        hidden.write_text(json.dumps(told), encoding="utf-8")
        hidden.rename(folder / f"{pack_hash}.json")
    except OSError as cause:
        raise PackStoreUnusable(f"the trial cannot be kept: {cause.strerror}") from cause
