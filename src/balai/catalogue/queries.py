"""Looking things up in a catalogue."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session, undefer

from balai.catalogue.changing import in_parts
from balai.catalogue.errors import RecordingAmbiguous, RecordingMissing
from balai.catalogue.model import OWN, ImportedList, Recording, Withdrawal
from balai.catalogue.recording import Described

_NAMED = 5  # names shown of several recordings that are meant


@dataclass(frozen=True, slots=True)
class ListCount:
    """How much of one list is in the catalogue."""

    list_name: str
    category: str
    recordings: int
    duration_ms: int
    fingerprint_bytes: int


def find(session: Session, name: str) -> Recording:
    """Find one living recording by its id, its identifier or the path it is shown by.

    Raises:
        RecordingMissing: nothing is called so.
        RecordingAmbiguous: several are; the sentence names their ids.
    """
    by_id = session.get(Recording, name)
    if by_id is not None and by_id.withdrawn_at is None:
        return by_id
    called = (Recording.identifier == name) | (Recording.path == name)
    query = select(Recording).where(called, Recording.withdrawn_at.is_(None))
    found = list(session.scalars(query.limit(_NAMED)))
    if not found:
        raise RecordingMissing(f"there is no recording {name} in this catalogue")
    if len(found) > 1:
        ids = ", ".join(f"{one.id} ({one.list_name or 'indexed here'})" for one in found)
        raise RecordingAmbiguous(f"several recordings are called {name}; say which: {ids}")
    return found[0]


def was_listed(session: Session, identifier: str) -> bool:
    """Tell whether a recording of this name is, or ever was, among those of this house."""
    query = select(Recording.id).where(
        Recording.identifier == identifier, Recording.list_name == OWN
    )
    return session.scalar(query.limit(1)) is not None


def by_ids(session: Session, ids: set[str]) -> dict[str, Recording]:
    """Give recordings, withdrawn ones too, by their ids."""
    found: dict[str, Recording] = {}
    for part in in_parts(sorted(ids)):
        query = select(Recording).where(Recording.id.in_(part))
        found.update({one.id: one for one in session.scalars(query)})
    return found


def living(session: Session, *, list_name: str | None = None) -> Iterator[Recording]:
    """Go through the living recordings in the order of their identifiers."""
    query = select(Recording).where(Recording.withdrawn_at.is_(None))
    if list_name is not None:
        query = query.where(Recording.list_name == list_name)
    query = query.order_by(Recording.identifier).execution_options(yield_per=500)
    yield from session.scalars(query)


def living_ids(session: Session) -> set[str]:
    """Give the ids of all that may match."""
    return set(session.scalars(select(Recording.id).where(Recording.withdrawn_at.is_(None))))


def fingerprints(session: Session, ids: set[str]) -> Iterator[tuple[str, bytes]]:
    """Go through the fingerprints of living recordings, in the order of their ids."""
    for part in in_parts(sorted(ids), size=20):
        query = select(Recording.id, Recording.fingerprint).where(
            Recording.id.in_(part), Recording.fingerprint.is_not(None)
        )
        for row in session.execute(query.order_by(Recording.id)):
            yield row.id, row.fingerprint


def described(session: Session, recording: Recording) -> Described:
    """Give a living recording with its fingerprint, as it would be shared."""
    query = (
        select(Recording)
        .where(Recording.id == recording.id, Recording.fingerprint.is_not(None))
        .options(undefer(Recording.fingerprint))
        .execution_options(populate_existing=True)
    )
    row = session.scalars(query).one_or_none()
    if row is None or row.fingerprint is None:
        raise RecordingMissing
    return Described(
        identifier=row.identifier,
        fingerprint=row.fingerprint,
        duration_ms=row.duration_ms,
        title=row.title,
        category=row.category,
        language=row.language,
        source=row.source,
        date=row.date,
        licence=row.licence,
        opinions=row.opinions_held,
    )


def of_origin(session: Session, path: bytes) -> Recording | None:
    """Give the recording made from a file: the living one, or what a person withdrew."""
    query = (
        select(Recording)
        .where(
            Recording.origin == path,
            Recording.withdrawn_at.is_(None) | (Recording.withdrawal == Withdrawal.PERSON),
        )
        .order_by(Recording.withdrawn_at.is_not(None), Recording.added_at.desc())
    )
    return session.scalars(query).first()


def counts(session: Session) -> list[ListCount]:
    """Count living recordings by list and category."""
    query = (
        select(
            Recording.list_name,
            Recording.category,
            func.count(),
            func.sum(Recording.duration_ms),
            func.sum(func.length(Recording.fingerprint)),
        )
        .where(Recording.withdrawn_at.is_(None))
        .group_by(Recording.list_name, Recording.category)
        .order_by(Recording.list_name, Recording.category)
    )
    return [ListCount(*row) for row in session.execute(query)]


def withdrawn_count(session: Session) -> int:
    """Count the recordings that match no more, those replaced left out."""
    kinds = case((Recording.withdrawal != Withdrawal.REPLACED, 1))
    return session.scalar(select(func.count(kinds))) or 0


def lists(session: Session) -> list[ImportedList]:
    """Give the lists that were imported."""
    return list(session.scalars(select(ImportedList).order_by(ImportedList.name)))
