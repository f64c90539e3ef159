"""Adding recordings, withdrawing them, and saying what one thinks of them."""

import hashlib
import json
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from balai.catalogue.errors import RecordingInvalid
from balai.catalogue.model import OWN, Recording, Withdrawal, opinion_from_json, opinion_to_json
from balai.catalogue.recording import (
    OPINIONS_MAX,
    Action,
    Described,
    Opinion,
    check_described,
    check_opinions,
)
from balai.clock import now
from balai.ids import new_id


@dataclass(frozen=True, slots=True)
class Origin:
    """The file a recording was made from; it is compared, never opened again."""

    path: bytes
    length_bytes: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class Membership:
    """The list a recording belongs to, and what its confirmation may do here."""

    action: Action = Action.FLAG
    list_name: str = OWN
    issue: int = 0


def add(
    session: Session,
    described: Described,
    *,
    membership: Membership | None = None,
    origin: Origin | None = None,
) -> Recording:
    """Add a recording. What was made from the same file before is withdrawn as replaced.

    Two own files of the same relative path are both kept: the second one's identifier gets its
    `id` behind it, and both are shown by their path.

    Raises:
        RecordingInvalid, ListFolderPath: a field breaks the rules, or the identifier is taken.
    """
    check_described(described)
    if origin is not None:
        _replace(session, origin)
    recording = _row(described, membership or Membership())
    if origin is not None:
        recording.origin = origin.path
        recording.origin_bytes = origin.length_bytes
        recording.origin_mtime_ns = origin.mtime_ns
        recording.path = described.identifier
    if _is_taken(session, recording.list_name, recording.identifier):
        recording.identifier = _apart(recording)
    session.add(recording)
    session.flush()
    return recording


def describe_again(
    session: Session, recording: Recording, described: Described, *, membership: Membership
) -> None:
    """Replace the words of a recording whose fingerprint is the same.

    Opinions given here stay beside those of the list, unless that body speaks for itself there.
    """
    check_described(described)
    fresh = _row(described, membership)
    values = {name: getattr(fresh, name) for name in _DESCRIPTION}
    values["opinions"] = [*fresh.opinions, *_given_here(recording, fresh)]
    session.execute(update(Recording).where(Recording.id == recording.id).values(**values))


def withdraw(session: Session, ids: set[str], *, why: Withdrawal = Withdrawal.PERSON) -> None:
    """Let recordings match no more; their fingerprints are erased."""
    for part in in_parts(sorted(ids)):
        session.execute(
            update(Recording)
            .where(Recording.id.in_(part), Recording.withdrawn_at.is_(None))
            .values(withdrawn_at=now(), withdrawal=why, fingerprint=None)
        )


def give_opinion(session: Session, recording: Recording, opinion: Opinion) -> None:
    """Add what somebody thinks; it takes the place of what they thought before."""
    others = [one for one in recording.opinions if one["by"] != opinion.by]
    stored = [*others, opinion_to_json(opinion) | {"given": "here"}]
    check_opinions([opinion_from_json(one) for one in stored])
    recording.opinions = stored
    session.flush()


def content_of(described: Described) -> bytes:
    """Give one hash over everything of a recording that a list shares."""
    words = [
        described.identifier,
        described.title,
        described.category,
        described.language,
        described.source,
        described.date and described.date.isoformat(),
        described.licence,
        described.duration_ms,
        [opinion_to_json(one) for one in described.opinions],
    ]
    fingerprint = hashlib.sha256(described.fingerprint).digest()
    return hashlib.sha256(json.dumps(words).encode() + fingerprint).digest()


def in_parts(ids: list[str], size: int = 500) -> list[list[str]]:
    """Cut a long list for statements that take a limited number of values."""
    return [ids[at : at + size] for at in range(0, len(ids), size)]


_DESCRIPTION = (
    "title",
    "category",
    "language",
    "source",
    "date",
    "licence",
    "action",
    "list_issue",
    "opinions",
    "content",
    "duration_ms",
)


def _row(described: Described, membership: Membership) -> Recording:
    return Recording(
        id=new_id(),
        identifier=described.identifier,
        path=None,
        title=described.title,
        category=described.category,
        language=described.language,
        source=described.source,
        date=described.date,
        licence=described.licence,
        action=membership.action,
        list_name=membership.list_name,
        list_issue=membership.issue,
        opinions=[opinion_to_json(one) for one in described.opinions],
        fingerprint=described.fingerprint,
        content=content_of(described),
        duration_ms=described.duration_ms,
        added_at=now(),
    )


def _given_here(recording: Recording, fresh: Recording) -> list[dict[str, str]]:
    heard = {one["by"] for one in fresh.opinions}
    here = [one for one in recording.opinions if "given" in one and one["by"] not in heard]
    return here[: OPINIONS_MAX - len(heard)]


def _replace(session: Session, origin: Origin) -> None:
    before = select(Recording.id).where(
        Recording.origin == origin.path, Recording.withdrawn_at.is_(None)
    )
    withdraw(session, set(session.scalars(before)), why=Withdrawal.REPLACED)


def _is_taken(session: Session, list_name: str, identifier: str) -> bool:
    query = select(Recording.id).where(
        Recording.list_name == list_name,
        Recording.identifier == identifier,
        Recording.withdrawn_at.is_(None),
    )
    return session.scalars(query).first() is not None


def _apart(recording: Recording) -> str:
    if recording.origin is None:
        raise RecordingInvalid("this identifier is in use in this list")
    kept = recording.identifier.encode()[: 400 - 13].decode(errors="ignore")
    return f"{kept}~{recording.id}"
