"""Index segments follow the records: here they are brought in line.

The records are the truth. A command first changes them in a transaction, then calls this; when
it is killed in between, the next one finds the difference and makes it good.
"""

import contextlib
import fcntl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from balai.app.ear_terminal import complain
from balai.catalogue import queries
from balai.catalogue.errors import CatalogueBusy, CatalogueUnwritable
from balai.catalogue.folder import Catalogue
from balai.detect.fingerprint.errors import IndexDamaged, IndexOutdated
from balai.detect.fingerprint.fingerprint import Fingerprint
from balai.detect.fingerprint.store import SegmentStore
from balai.errors import Invalid

SEGMENTS: Final = "segments"
SEGMENTS_MAX: Final = 8  # more make every search slower; then they are merged
RECORDINGS_A_SEGMENT: Final = 2_000  # this many fingerprints are in memory at once
_LOCK: Final = ".lock"
_WAIT_S: Final = 120
_TRY_AGAIN_S: Final = 0.05


def segments_folder(catalogue: Catalogue) -> Path:
    """Name the folder of a catalogue's index segments."""
    return catalogue.folder / SEGMENTS


@contextlib.contextmanager
def naming(catalogue: Catalogue) -> Iterator[None]:
    """Name the catalogue in the command that repairs its index; say when its disk refuses.

    Raises:
        IndexOutdated, IndexDamaged: with that command.
        CatalogueUnwritable: the disk is full, or the folder may not be written.
    """
    try:
        yield
    except OSError as cause:
        reason = cause.strerror or "the system does not say why"
        raise CatalogueUnwritable(f"{catalogue.folder} cannot be written: {reason}") from cause
    except (IndexOutdated, IndexDamaged) as error:
        sentence = error.sentence().removesuffix("`.")
        raise type(error)(f"{sentence} --catalogue {catalogue.folder}`.") from error


def bring_in_line(catalogue: Catalogue, *, is_compacted: bool = False) -> None:
    """Add to the segments what only the records have, and withdraw what they have no more.

    Raises:
        CatalogueBusy: another command did not finish in two minutes.
        Invalid: the segments have another format; the sentence names the command that helps.
    """
    with _turn(catalogue.folder), naming(catalogue):
        store = SegmentStore(segments_folder(catalogue))
        with catalogue.reading() as session:
            wanted = queries.living_ids(session)
        present = store.ids()
        if gone := present - wanted:
            store.withdraw(gone)
        _add(catalogue, store, wanted - present)
        if is_compacted and store.segment_count > SEGMENTS_MAX:
            store.compact()


def follow(catalogue: Catalogue) -> None:
    """Bring segments in line where another command may do it later just as well."""
    try:
        with naming(catalogue), catalogue.reading() as session:
            store = SegmentStore(segments_folder(catalogue))
            is_in_line = queries.living_ids(session) == store.ids()
        if not is_in_line:
            bring_in_line(catalogue)
    except (CatalogueBusy, CatalogueUnwritable) as error:
        complain(f"the index may lack the latest changes: {error}")


def rebuild(catalogue: Catalogue) -> bool:
    """Make all segments anew from the fingerprints; tell whether every one could be used."""
    with (
        _turn(catalogue.folder),
        naming(catalogue),
        SegmentStore.replacing(segments_folder(catalogue)) as store,
    ):
        with catalogue.reading() as session:
            wanted = queries.living_ids(session)
        return _add(catalogue, store, wanted)


def _add(catalogue: Catalogue, store: SegmentStore, ids: set[str]) -> bool:
    bad = 0
    ordered = sorted(ids)
    for at in range(0, len(ordered), RECORDINGS_A_SEGMENT):
        part = set(ordered[at : at + RECORDINGS_A_SEGMENT])
        items = list(_usable(catalogue, part))
        bad += len(part) - len(items)
        if items:
            store.add(items)
    return bad == 0


def _usable(catalogue: Catalogue, ids: set[str]) -> Iterator[tuple[str, Fingerprint]]:
    with catalogue.reading() as session:
        for id_, data in queries.fingerprints(session, ids):
            try:
                yield id_, Fingerprint.from_bytes(data)
            except Invalid as error:
                recording = queries.find(session, id_)
                complain(f"{recording.shown}: {error}; index its sound again")


@contextlib.contextmanager
def _turn(folder: Path) -> Iterator[None]:
    """Let one command at a time change the segments; a killed one loses its turn at once."""
    try:
        file = (folder / _LOCK).open("ab")
    except OSError as cause:
        raise CatalogueUnwritable from cause
    with file:
        deadline = time.monotonic() + _WAIT_S
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as cause:
                if time.monotonic() > deadline:
                    raise CatalogueBusy from cause
                time.sleep(_TRY_AGAIN_S)
        yield
