"""Making and deleting accounts."""

from typing import Final

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from balai.clock import now
from balai.errors import Conflict, NotAllowed, NotFound
from balai.ids import new_id
from balai.people.model import Invitation, Person, PersonSession
from balai.people.names import DISPLAY_NAME_MAX, clean_handle, clean_line

DELETED_NAME: Final = "–"


class HandleTaken(Conflict):
    """Somebody in this house has this handle already; choose another."""


class PersonMissing(NotFound):
    """Nobody in this house has this handle; look at how it is written."""


class LastOperator(Conflict):
    """This house would have no operator left; make somebody else one first."""


class OperatorsOnly(NotAllowed):
    """Only the operator of this house may do this; ask them."""


def sign_up(
    session: Session, *, handle: str, display_name: str, is_operator: bool = False
) -> Person:
    """Make an account.

    Raises:
        HandleInvalid, TextInvalid, HandleTaken: choose other names.
    """
    handle = clean_handle(handle)
    if session.scalar(select(Person.id).where(Person.handle == handle)) is not None:
        raise HandleTaken
    person = Person(
        id=new_id(),
        handle=handle,
        display_name=clean_line(display_name, length_max=DISPLAY_NAME_MAX),
        is_operator=is_operator,
        created_at=now(),
    )
    session.add(person)
    session.flush()
    return person


def by_handle(session: Session, handle: str) -> Person:
    """Find a person.

    Raises:
        PersonMissing: nobody has this handle, or the account was deleted.
    """
    query = select(Person).where(
        Person.handle == clean_handle(handle), Person.deleted_at.is_(None)
    )
    person = session.scalars(query).first()
    if person is None:
        raise PersonMissing
    return person


def delete(session: Session, person: Person) -> None:
    """Delete an account: names go, sessions and invitations end, bans (hashes) stay.

    Rooms are left before, see rooms/leaving.py.

    Raises:
        LastOperator: a house without operator cannot be run.
    """
    if person.is_operator and _operators(session) == 1:
        raise LastOperator
    at = now()
    person.handle = f"-{person.id}"  # no handle has a hyphen, so it cannot be found or taken
    person.display_name = DELETED_NAME
    person.is_operator = False
    person.deleted_at = at
    for mapped in (
        update(PersonSession).where(PersonSession.person_id == person.id),
        update(Invitation).where(Invitation.by_person_id == person.id),
        update(Invitation).where(Invitation.for_person_id == person.id),
    ):
        session.execute(mapped.values(revoked_at=at))


def require_operator(person: Person) -> None:
    """Let only the operator pass.

    Raises:
        OperatorsOnly: this is somebody else.
    """
    if not person.is_operator:
        raise OperatorsOnly


def _operators(session: Session) -> int:
    query = select(func.count()).select_from(Person).where(Person.is_operator)
    return session.scalar(query) or 0
