"""Try a policy pack before anybody is governed by it: run it over rooms, keep the figures.

A trial is kept beside the pack, by its hash; only a pack that was tried can be promoted.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from balai.policy.errors import PackMissing, PackStoreUnusable
from balai.policy.judge import Judge
from balai.policy.labelled import read_rooms
from balai.policy.pack import Pack, default_folder
from balai.policy.simulation import USUAL, Assumed, SpokenRoom, Trial, simulate
from balai.policy.store import get, put
from balai.policy.transcripts import recorded_rooms

EXAMPLES_MAX: Final = 50
_TRIALS: Final = "trials"


@dataclass(frozen=True, slots=True)
class Material:
    """What a pack is tried on: labelled rooms, and what was said in rooms of this house."""

    labelled: Path | None = None
    air: Path | None = None

    def rooms(self) -> Sequence[SpokenRoom]:
        """Read all of it.

        Raises:
            Invalid, NotFound: it cannot be used; the sentence names the file.
        """
        labelled = read_rooms(self.labelled) if self.labelled else []
        return [*labelled, *(recorded_rooms(self.air) if self.air else [])]


def find(store: Path, named: str) -> Pack:
    """Find a pack: by its hash, or the beginning of it; by its folder; or `default`.

    A folder's pack is kept in the store, so that every verdict can be had again.

    Raises:
        PackMissing, PackInvalid, PackTampered: there is none that can be used.
    """
    if named == "default":
        return get(store, put(store, default_folder()))
    if Path(named).is_dir():
        return get(store, put(store, Path(named)))
    known = [one.name for one in store.glob(f"{named}*")] if named.isalnum() else []
    if len(known) != 1:
        raise PackMissing(f"{PackMissing.sentence()} ({named})")
    return get(store, known[0])


def try_pack(
    store: Path,
    pack: Pack,
    material: Material,
    assumed: Assumed = USUAL,
    *,
    step: Callable[[str], None] = lambda _room: None,
) -> dict[str, Any]:
    """Run a pack over rooms and keep what it did, for those who decide."""
    trial = simulate(Judge(pack), material.rooms(), assumed, step=step)
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
        "pack": f"{pack.id} {pack.version}",
        **trial.summary(),
        "assumed": asdict(assumed),
        "on_recorded_rooms": material.air is not None,
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
