"""Signing in and out: by a link today, and a passkey would end in `begin` just the same."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, joinedload

from balai.clock import now
from balai.errors import NotAllowed, NotFound
from balai.ids import new_id, new_secret
from balai.people.keys import digest
from balai.people.model import Person, PersonSession

SESSIONS_MAX: Final = 20  # a person; the oldest ends when another begins
LABEL_MAX: Final = 120


class SignInNeeded(NotAllowed):
    """Sign in first: open your invitation link, or ask the operator for a new one."""


class SessionMissing(NotFound):
    """There is no such session of yours."""


@dataclass(frozen=True, slots=True)
class Device:
    """The browser somebody signs in with: a salted hash of its cookie, and its own name."""

    hash: str
    label: str


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: somebody signed in, or anybody; by a device that was seen before, or not.

    Who is shut out of the house is told who they are, and is nobody's operator.
    """

    person: Person | None = None
    session_id: str | None = None
    device_hash: str | None = None
    is_shut_out: bool = False

    @property
    def person_id(self) -> str | None:
        """The person's id, if somebody is signed in."""
        return self.person.id if self.person else None

    @property
    def is_operator(self) -> bool:
        """Whether an operator of this house asks."""
        return self.person is not None and self.person.is_operator and not self.is_shut_out

    def known(self) -> Person:
        """Give the person who is signed in.

        Raises:
            SignInNeeded: nobody is.
        """
        if self.person is None:
            raise SignInNeeded
        return self.person


def begin(session: Session, person: Person, device: Device, *, days: int) -> str:
    """Sign a person in on a device; give the token, which is kept nowhere."""
    _make_place(session, person)
    token = new_secret()
    session.add(
        PersonSession(
            id=new_id(),
            person_id=person.id,
            token_hash=digest(token),
            device_hash=device.hash,
            label=device.label[:LABEL_MAX],
            created_at=now(),
            expires_at=now() + timedelta(days=days),
        )
    )
    session.flush()
    return token


def find(session: Session, token: str) -> PersonSession | None:
    """Find the session of a token, if it is still good."""
    found = session.scalars(
        select(PersonSession)
        .where(PersonSession.token_hash == digest(token))
        .options(joinedload(PersonSession.person))
    ).first()
    return found if found and _is_good(found) else None


def of_person(session: Session, person: Person) -> list[PersonSession]:
    """Read a person's good sessions, newest first."""
    return [found for found in _all(session, person) if _is_good(found)]


def revoke(session: Session, session_id: str, *, by: Person) -> None:
    """End a session of one's own.

    Raises:
        SessionMissing: this person has no such session.
    """
    found = session.get(PersonSession, session_id)
    if found is None or found.person_id != by.id or found.revoked_at is not None:
        raise SessionMissing
    found.revoked_at = now()


def of_operators(session: Session, session_ids: Collection[str]) -> Mapping[str, str]:
    """Give those of these sessions that are good and an operator's, with whose they are.

    Bans are not looked at; see `bans.on_the_team`.
    """
    query = (
        select(PersonSession.id, PersonSession.person_id)
        .join(Person, Person.id == PersonSession.person_id)
        .where(
            PersonSession.id.in_(session_ids),
            PersonSession.revoked_at.is_(None),
            PersonSession.expires_at > now(),
            Person.is_operator,
        )
    )
    return {row.id: row.person_id for row in session.execute(query)}


def _all(session: Session, person: Person) -> list[PersonSession]:
    return list(
        session.scalars(
            select(PersonSession)
            .where(PersonSession.person_id == person.id)
            .order_by(PersonSession.created_at.desc())
        )
    )


def _is_good(found: PersonSession) -> bool:
    return found.revoked_at is None and found.expires_at > now()


def _make_place(session: Session, person: Person) -> None:
    """Forget expired sessions and end the oldest beyond the limit.

    A revoked one stays until it expires: a ban must still find the device.
    """
    session.execute(
        delete(PersonSession).where(
            PersonSession.person_id == person.id, PersonSession.expires_at <= now()
        )
    )
    for surplus in of_person(session, person)[SESSIONS_MAX - 1 :]:
        surplus.revoked_at = now()
