"""The first person of a house: whoever opens the link that the server prints."""

from sqlalchemy.orm import Session

from balai.ledger import log
from balai.people.accounts import by_handle, require_operator, sign_up
from balai.people.invitations import InvitationUnknown, first_link, use
from balai.people.model import Person, Purpose

__all__ = ["appoint", "claim", "first_link"]


def claim(session: Session, token: str, *, handle: str, display_name: str) -> Person:
    """Make the opener of the operator's link the operator.

    Raises:
        InvitationUnknown, InvitationUsed, InvitationExpired, InvitationRevoked: it is no good.
        HandleInvalid, TextInvalid, HandleTaken: choose other names; the link stays good.
    """
    if use(session, token).purpose is not Purpose.OPERATOR:
        raise InvitationUnknown
    return sign_up(session, handle=handle, display_name=display_name, is_operator=True)


def appoint(session: Session, handle: str, *, by: Person) -> Person:
    """Make somebody an operator: a policy, among others, needs two. It is a ledger entry.

    Raises:
        OperatorsOnly: this person may not.
        PersonMissing: nobody is called so.
    """
    require_operator(by)
    person = by_handle(session, handle)
    if not person.is_operator:
        person.is_operator = True
        told: dict[str, object] = {"person_id": person.id, "by_person_id": by.id}
        log.append(session, kind="operator_appointed", record=told)
    return person
