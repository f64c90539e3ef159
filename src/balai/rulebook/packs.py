"""The packs of a house: found by name, by what was decided, and with what their trial told."""

import functools
from pathlib import Path
from typing import Final

from balai.database import Database
from balai.policy.checking import Checked
from balai.policy.errors import PackMissing, PackStoreFull
from balai.policy.pack import Pack, default_folder, from_files, shipped
from balai.policy.store import get, listed, put, put_files
from balai.policy.zipped import read_zip
from balai.rulebook import promoting, trying
from balai.rulebook.model import Promotion
from balai.rulebook.promoting import Candidate

PACKS_MAX: Final = 1_000  # brought in the page; one a working day for four years
_READ_PACKS_MAX: Final = 4  # in force, in the shadow, and those before them


def find(store: Path, named: str) -> Pack:
    """Find a pack: by its hash, or the beginning of it; by its folder; or `default`.

    A folder's pack is kept in the store, so that every verdict can be had again.

    Raises:
        PackMissing, PackInvalid, PackTampered: there is none that can be used.
    """
    if named == "default":
        return by_hash(store, shipped().hash)
    if Path(named).is_dir():
        return get(store, put(store, Path(named)))
    known = [one.name for one in store.glob(f"{named}*")] if named.isalnum() else []
    if len(known) != 1:
        raise PackMissing(f"{PackMissing.sentence()} ({named})")
    return get(store, known[0])


def take(store: Path, zipped: bytes) -> Pack:
    """Keep a zipped pack that passes what `balai policy check` asks; nothing goes into force.

    Raises:
        PackInvalid: it cannot be used; nothing is kept.
        PackTampered, PackStoreUnusable, PackStoreFull: it cannot be kept.
    """
    files = read_zip(zipped)
    pack = from_files(files)
    Checked(pack).require_usable()
    if pack.hash not in (kept := listed(store)) and len(kept) >= PACKS_MAX:
        raise PackStoreFull
    return put_files(store, pack, files)


def by_hash(store: Path, pack_hash: str) -> Pack:
    """Give a kept pack, or the one that came with Balai.

    Raises:
        PackMissing, PackTampered: there is none that can be used.
    """
    if pack_hash == shipped().hash:
        put(store, default_folder())  # kept like any other: the next Balai ships another one
    return get(store, pack_hash)


def kept(store: Path, pack_hash: str) -> Pack:
    """Give a pack that was, or is, in force, read once.

    Raises:
        PackMissing, PackTampered: there is none that can be used.
    """
    return shipped() if pack_hash == shipped().hash else _read_once(store, pack_hash)


def in_force(database: Database, store: Path) -> Pack:
    """Give the pack that is in force in this house.

    Raises:
        PackMissing, PackTampered: it cannot be read.
    """
    with database.reading() as session:
        present = promoting.in_force(session)
    return promoted(store, present)


def promoted(store: Path, promotion: Promotion | None) -> Pack:
    """Give the pack of a promotion, read once; None: the one that came with Balai.

    Raises:
        PackMissing, PackTampered: it cannot be read.
    """
    return _read_once(store, promotion.pack_hash) if promotion else shipped()


def candidate(store: Path, pack: Pack) -> Candidate:
    """Give a pack with what its last trial told, for those who decide."""
    return Candidate(
        pack_hash=pack.hash, pack_name=pack.name, trial=trying.trial_of(store, pack.hash)
    )


@functools.lru_cache(maxsize=_READ_PACKS_MAX)
def _read_once(store: Path, pack_hash: str) -> Pack:
    """Read a pack once: its hash is its content."""
    return get(store, pack_hash)
