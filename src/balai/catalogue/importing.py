"""Taking in a list: first what it would change, then all of it in one transaction."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from balai.catalogue import changing
from balai.catalogue.changing import Membership
from balai.catalogue.errors import ListOlder, ListSignerWrong
from balai.catalogue.list_format import Head
from balai.catalogue.list_reading import ListReader
from balai.catalogue.model import ImportedList, Recording, Withdrawal
from balai.catalogue.recording import Action, Described
from balai.catalogue.sources import source_of
from balai.clock import now

EXAMPLES_MAX: Final = 20  # named of each kind of change; the rest is counted

# Says Invalid when a fingerprint cannot be used; this side knows nothing of what is in it.
FingerprintCheck = Callable[[bytes], object]


class Change(StrEnum):
    """What an import does to one recording."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    WITHDRAWN = "withdrawn"  # the list names it no more
    KEPT_WITHDRAWN = (
        "kept_withdrawn"  # a person here withdrew it; a list does not bring it back
    )


@dataclass(slots=True)
class Difference:
    """What a list would change, or has changed."""

    list_name: str
    source: str
    issue_before: int | None
    issue: int
    counts: dict[Change, int] = field(default_factory=lambda: dict.fromkeys(Change, 0))
    examples: dict[Change, list[str]] = field(default_factory=dict)

    @property
    def is_nothing(self) -> bool:
        """Whether the recordings stay as they are."""
        kept = {Change.UNCHANGED, Change.KEPT_WITHDRAWN}
        return not any(count for change, count in self.counts.items() if change not in kept)

    def note(self, change: Change, identifier: str) -> None:
        """Count one change, and name it while there are few."""
        self.counts[change] += 1
        named = self.examples.setdefault(change, [])
        if len(named) < EXAMPLES_MAX:
            named.append(identifier)


@dataclass(frozen=True, slots=True)
class Known:
    """What is here already under one identifier of a list."""

    recording: Recording | None
    is_kept_withdrawn: bool


def preview(
    session: Session,
    reader: ListReader,
    *,
    check: FingerprintCheck,
    is_older_taken: bool = False,
) -> Difference:
    """Read the whole list and say what taking it in would change; nothing is written.

    Raises:
        SourceUntrusted, ListSignerWrong, ListOlder: this list is not taken here.
        Invalid, Tampered: the list or one of its fingerprints is damaged.
    """
    difference = _begin(session, reader, is_older_taken=is_older_taken)
    seen: set[str] = set()
    for recording in _checked(reader, check):
        change, _ = _compare(session, reader.head.name, recording)
        difference.note(change, recording.identifier)
        seen.add(recording.identifier)
    for identifier, _ in _gone(session, reader.head.name, seen):
        difference.note(Change.WITHDRAWN, identifier)
    return difference


def take_in(
    session: Session,
    reader: ListReader,
    *,
    action: Action,
    check: FingerprintCheck,
    is_older_taken: bool = False,
) -> Difference:
    """Take a list in, in the caller's transaction: all of it, or an error and nothing.

    Raises:
        As `preview`.
    """
    difference = _begin(session, reader, is_older_taken=is_older_taken)
    membership = Membership(action, reader.head.name, reader.head.issue)
    seen: set[str] = set()
    for recording in _checked(reader, check):
        change, before = _compare(session, reader.head.name, recording)
        _apply(session, recording, before, change=change, membership=membership)
        difference.note(change, recording.identifier)
        seen.add(recording.identifier)
        session.expunge_all()  # one recording in memory, however long the list is
    gone = list(_gone(session, reader.head.name, seen))
    changing.withdraw(session, {one for _, one in gone}, why=Withdrawal.LIST)
    for identifier, _ in gone:
        difference.note(Change.WITHDRAWN, identifier)
    _remember(session, reader, action)
    return difference


def _begin(session: Session, reader: ListReader, *, is_older_taken: bool) -> Difference:
    source = source_of(session, reader.prefix.public_key)
    before = session.get(ImportedList, reader.head.name)
    if before is not None and before.public_key != reader.prefix.public_key:
        raise ListSignerWrong(
            f"another signer's list of the name {before.name} is in use here; "
            "this one was not signed by them"
        )
    _check_issue(before, reader.head, is_older_taken=is_older_taken)
    return Difference(
        list_name=reader.head.name,
        source=source.name,
        issue_before=None if before is None else before.issue,
        issue=reader.head.issue,
    )


def _check_issue(before: ImportedList | None, head: Head, *, is_older_taken: bool) -> None:
    if before is not None and head.issue < before.issue and not is_older_taken:
        raise ListOlder(
            f"issue {before.issue} of this list has been imported already, this is issue "
            f"{head.issue}; `--older` takes it anyway"
        )


def _checked(reader: ListReader, check: FingerprintCheck) -> Iterator[Described]:
    for recording in reader.recordings():
        check(recording.fingerprint)
        yield recording


def _compare(
    session: Session, list_name: str, described: Described
) -> tuple[Change, Recording | None]:
    known = _known(session, list_name, described.identifier)
    if known.is_kept_withdrawn:
        return Change.KEPT_WITHDRAWN, None
    if known.recording is None:
        return Change.ADDED, None
    if known.recording.content == changing.content_of(described):
        return Change.UNCHANGED, known.recording
    return Change.CHANGED, known.recording


def _known(session: Session, list_name: str, identifier: str) -> Known:
    rows = session.scalars(
        select(Recording).where(
            Recording.list_name == list_name,
            Recording.identifier == identifier,
            Recording.withdrawn_at.is_(None) | (Recording.withdrawal == Withdrawal.PERSON),
        )
    ).all()
    living = next((row for row in rows if row.withdrawn_at is None), None)
    return Known(living, is_kept_withdrawn=living is None and bool(rows))


def _apply(
    session: Session,
    described: Described,
    before: Recording | None,
    *,
    change: Change,
    membership: Membership,
) -> None:
    if change is Change.KEPT_WITHDRAWN:
        return
    if before is None:
        changing.add(session, described, membership=membership)
    elif change is Change.UNCHANGED or _has_fingerprint(
        session, before, described.fingerprint
    ):  # what it may do here can differ even so
        changing.describe_again(session, before, described, membership=membership)
    else:  # other sound is another recording: the index never reuses an id
        changing.withdraw(session, {before.id}, why=Withdrawal.REPLACED)
        changing.add(session, described, membership=membership)


def _has_fingerprint(session: Session, recording: Recording, fingerprint: bytes) -> bool:
    query = select(Recording).where(Recording.id == recording.id)
    row = session.scalars(
        query.options(undefer(Recording.fingerprint)).execution_options(populate_existing=True)
    ).one()
    return row.fingerprint == fingerprint


def _gone(session: Session, list_name: str, seen: set[str]) -> Iterator[tuple[str, str]]:
    query = select(Recording.identifier, Recording.id).where(
        Recording.list_name == list_name, Recording.withdrawn_at.is_(None)
    )
    for identifier, id_ in session.execute(query.order_by(Recording.identifier)):
        if identifier not in seen:
            yield identifier, id_


def _remember(session: Session, reader: ListReader, action: Action) -> None:
    head = reader.head
    session.merge(
        ImportedList(
            name=head.name,
            public_key=reader.prefix.public_key,
            issue=head.issue,
            issued_at=head.issued_at,
            action=action,
            imported_at=now(),
        )
    )
