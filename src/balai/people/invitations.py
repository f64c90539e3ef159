"""Links that let people in: limited uses, limited life, revocable, kept as hashes."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, func, select, update
from sqlalchemy.orm import Session, joinedload

from balai.clock import now
from balai.errors import Conflict, NotFound
from balai.ids import new_id, new_secret
from balai.ledger import log as ledger
from balai.people.keys import digest
from balai.people.model import Arrival, Invitation, Person, PersonSession, Purpose

OPEN_MAX: Final = 100  # a person
SIGN_IN_HOURS: Final = 24
OPERATOR_HOURS: Final = 24 * 7
SHOWN_MAX: Final = 20  # sign-in links of one person; older ones are in the ledger


class InvitationUnknown(NotFound):
    """This link is not known here; ask for a new one."""


class InvitationUsed(Conflict):
    """This link has been used as often as it may; ask for a new one."""


class InvitationExpired(Conflict):
    """This link is too old; ask for a new one."""


class InvitationRevoked(Conflict):
    """This link was taken back; ask for a new one."""


class TooManyInvitations(Conflict):
    """You have as many open invitations as you may; take one back first."""


def invite(
    session: Session, *, by: Person, uses: int, hours: int, room_id: str | None = None
) -> tuple[Invitation, str]:
    """Make a link for newcomers; give it with its token, which is kept nowhere.

    Raises:
        TooManyInvitations: this person has 100 open ones.
    """
    if len(of_person(session, by)) >= OPEN_MAX:
        raise TooManyInvitations
    return _make(
        session, purpose=Purpose.JOIN, by=by, uses_left=uses, hours=hours, room_id=room_id
    )


def way_back(session: Session, person: Person, *, by: Person) -> tuple[Invitation, str]:
    """Make a link with which somebody who lost their session signs in, once, within a day.

    Whoever has it can be anybody: that it was made, and that it was used, are ledger entries.
    """
    _revoke_all(session, Purpose.SIGN_IN, for_person_id=person.id)
    made, token = _make(
        session, purpose=Purpose.SIGN_IN, by=by, hours=SIGN_IN_HOURS, for_person_id=person.id
    )
    _enter(session, "sign_in_link_made", made)
    return made, token


def ways_back(session: Session, person: Person) -> list[Invitation]:
    """Read the sign-in links that were made for somebody, newest first, 20 at most."""
    query = select(Invitation).where(_is_way_back(person.id)).options(joinedload(Invitation.by))
    return list(session.scalars(query.order_by(Invitation.created_at.desc()).limit(SHOWN_MAX)))


def confided_since(session: Session, session_id: str | None) -> datetime | None:
    """Tell from when on a session is shown what its person said in confidence; None: always.

    An account's first session is its person's. Every other one began with a link, and the house
    cannot know who opened that.
    """
    began = session.get(PersonSession, session_id) if session_id else None
    if began is None:
        return None
    made = select(Invitation.id).where(
        _is_way_back(began.person_id), Invitation.created_at <= began.created_at
    )
    return None if session.scalar(made.limit(1)) is None else began.created_at


def first_link(session: Session) -> str | None:
    """Make the link that makes its opener the operator; None when there is one already.

    Earlier ones stop working: only hashes are kept, so they could not be printed again.
    """
    operators = select(func.count()).select_from(Person).where(Person.is_operator)
    if session.scalar(operators):
        return None
    _revoke_all(session, Purpose.OPERATOR, for_person_id=None)
    return _make(session, purpose=Purpose.OPERATOR, by=None, hours=OPERATOR_HOURS)[1]


def look(session: Session, token: str) -> Invitation:
    """Read a link without using it.

    Raises:
        InvitationUnknown, InvitationUsed, InvitationExpired, InvitationRevoked: it is no good.
    """
    found = session.scalars(
        select(Invitation)
        .where(Invitation.token_hash == digest(token))
        .options(joinedload(Invitation.by), joinedload(Invitation.for_person))
    ).first()
    if found is None:
        raise InvitationUnknown
    if found.revoked_at is not None:
        raise InvitationRevoked
    if found.uses_left < 1:
        raise InvitationUsed
    if found.expires_at <= now():
        raise InvitationExpired
    return found


def use(session: Session, token: str) -> Invitation:
    """Use a link once; to be called in a writing transaction, so that two cannot share a use.

    Raises:
        InvitationUnknown, InvitationUsed, InvitationExpired, InvitationRevoked: it is no good.
    """
    found = look(session, token)
    found.uses_left -= 1
    if found.purpose is Purpose.SIGN_IN:
        _enter(session, "sign_in_link_used", found)
    return found


def arrived(session: Session, person: Person, link: Invitation) -> None:
    """Keep through which link a new person came."""
    session.add(
        Arrival(
            person_id=person.id,
            invitation_id=link.id,
            by_person_id=link.by_person_id,
            at=person.created_at,
        )
    )


def of_person(session: Session, person: Person) -> list[Invitation]:
    """Read the links a person made that still let somebody in, newest first."""
    return list(
        session.scalars(
            select(Invitation)
            .where(
                Invitation.by_person_id == person.id,
                Invitation.purpose == Purpose.JOIN,
                Invitation.revoked_at.is_(None),
                Invitation.uses_left > 0,
                Invitation.expires_at > now(),
            )
            .order_by(Invitation.created_at.desc())
        )
    )


def revoke(session: Session, invitation_id: str, *, by: Person) -> None:
    """Take a link back; one's own, or anybody's as the operator.

    Raises:
        InvitationUnknown: there is none, or it is not theirs.
    """
    found = session.get(Invitation, invitation_id)
    if found is None or (found.by_person_id != by.id and not by.is_operator):
        raise InvitationUnknown
    found.revoked_at = found.revoked_at or now()


def _is_way_back(person_id: str) -> ColumnElement[bool]:
    return and_(Invitation.purpose == Purpose.SIGN_IN, Invitation.for_person_id == person_id)


def _enter(session: Session, kind: str, link: Invitation) -> None:
    told: dict[str, object] = {
        "invitation_id": link.id,
        "person_id": link.for_person_id,
        "by_person_id": link.by_person_id,
    }
    ledger.append(session, kind=kind, record=told)


def _make(  # noqa: PLR0913 - a link's whole content, by name
    session: Session,
    *,
    purpose: Purpose,
    by: Person | None,
    hours: int,
    uses_left: int = 1,
    room_id: str | None = None,
    for_person_id: str | None = None,
) -> tuple[Invitation, str]:
    token = new_secret()
    made = Invitation(
        id=new_id(),
        purpose=purpose,
        token_hash=digest(token),
        by_person_id=by.id if by else None,
        for_person_id=for_person_id,
        room_id=room_id,
        uses_left=uses_left,
        created_at=now(),
        expires_at=now() + timedelta(hours=hours),
    )
    session.add(made)
    session.flush()
    return made, token


def _revoke_all(session: Session, purpose: Purpose, *, for_person_id: str | None) -> None:
    session.execute(
        update(Invitation)
        .where(
            Invitation.purpose == purpose,
            Invitation.for_person_id.is_(for_person_id)
            if for_person_id is None
            else Invitation.for_person_id == for_person_id,
            Invitation.revoked_at.is_(None),
        )
        .values(revoked_at=now())
    )
