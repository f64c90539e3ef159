"""Invitation links: made, looked at, accepted, taken back."""

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from balai.errors import BalaiError, Conflict, NotAllowed
from balai.people import accounts, invitations
from balai.people.model import Invitation, Person, Purpose
from balai.people.sign_in import Caller
from balai.rooms import access, bans, lifecycle
from balai.rooms.errors import ShutOut
from balai.rooms.model import Room
from balai.web.accounts import begin_session, me_view
from balai.web.addresses import house_url
from balai.web.callers import Anybody, HouseHere, Somebody
from balai.web.house import House, address_of
from balai.web.shapes import (
    Acceptance,
    InvitationListed,
    InvitationMade,
    InvitationView,
    Me,
    NewInvitation,
    RoomName,
)

router = APIRouter(prefix="/api/invitations", tags=["invitations"])


class AlreadyHere(Conflict):
    """You are signed in already; this link is for somebody new."""


class MayNotInvite(NotAllowed):
    """Only the operator and people who host rooms may invite others; ask one of them."""


@router.get("")
def list_invitations(here: HouseHere, who: Somebody) -> list[InvitationListed]:
    """List the links one has made that still let somebody in."""
    with here.database.reading() as session:
        return [
            InvitationListed(
                id=found.id,
                uses_left=found.uses_left,
                expires_at=found.expires_at,
                room_id=found.room_id,
            )
            for found in invitations.of_person(session, who)
        ]


@router.post("", status_code=201)
def invite(
    request: Request, here: HouseHere, who: Somebody, new: NewInvitation
) -> InvitationMade:
    """Make a link. Its address is shown this once."""
    with here.writing() as session:
        _require_may_invite(session, who, new.room_id)
        made, token = invitations.invite(
            session, by=who, uses=new.uses, hours=new.hours, room_id=new.room_id
        )
        return InvitationMade(
            id=made.id,
            url=f"{house_url(request, here.settings)}/join/{token}",
            uses_left=made.uses_left,
            expires_at=made.expires_at,
        )


@router.delete("/{invitation_id}", status_code=204)
def take_back(here: HouseHere, who: Somebody, invitation_id: str) -> None:
    """Take a link back."""
    with here.writing() as session:
        invitations.revoke(session, invitation_id, by=who)


@router.get("/{token}")
def look(request: Request, here: HouseHere, token: str) -> InvitationView:
    """Look at a link without using it; a bad one is told with the reason."""
    address = address_of(request)
    here.guesses.require(address)
    with here.database.reading() as session:
        try:
            found = invitations.look(session, token)
        except BalaiError as error:
            if isinstance(error, invitations.InvitationUnknown):
                here.guesses.take(address)
            name = here.settings.house_name
            return InvitationView(valid=False, reason=error.code(), house_name=name)
        return InvitationView(
            valid=True,
            house_name=here.settings.house_name,
            invited_by=found.by.display_name if found.by else None,
            expires_at=found.expires_at,
            room=_room_name(session, found),
            purpose=found.purpose.value,
        )


@router.post("/{token}/accept")
def accept(
    request: Request,
    response: Response,
    here: HouseHere,
    who: Anybody,
    token: str,
    acceptance: Acceptance,
) -> Me:
    """Use a link: a new account, the way back into one's own, or into one more room."""
    address = address_of(request)
    here.guesses.require(address)
    here.sign_ups.require(address)
    try:
        with here.writing() as session:
            link = invitations.use(session, token)
            if link.purpose is Purpose.JOIN:
                _require_not_shut_out(session, here, who, acceptance)
            if who.person is not None and link.purpose is Purpose.JOIN:
                _enter_room(session, link, who.person)
                return me_view(here, session, who.person, who.session_id)
            person = _newcomer(session, link, acceptance)
            here.sign_ups.take(address)
            return begin_session(request, response, here, (session, person))
    except invitations.InvitationUnknown:
        here.guesses.take(address)
        raise


def _newcomer(session: Session, link: Invitation, names: Acceptance) -> Person:
    if link.purpose is Purpose.OPERATOR:
        raise invitations.InvitationUnknown
    if link.for_person is not None:
        return link.for_person
    person = accounts.sign_up(
        session, handle=names.handle or "", display_name=names.display_name or ""
    )
    invitations.arrived(session, person, link)
    if link.room_id is not None:
        access.let_in(session, link.room_id, person)
    return person


def _require_not_shut_out(
    session: Session, here: House, who: Caller, names: Acceptance
) -> None:
    """A house ban outlives the account: handle and device are known again.

    Who comes back by the operator's own link may sign in, to read why and to appeal.
    """
    if who.person is not None:
        if bans.shut_out_until(session, who.person, key=here.key) is not None:
            raise ShutOut
        return
    handle = names.handle.strip().removeprefix("@").lower() if names.handle else ""
    bans.require_may_join(session, handle=handle, device_hash=who.device_hash, key=here.key)


def _enter_room(session: Session, link: Invitation, person: Person) -> None:
    if link.room_id is None:
        raise AlreadyHere
    access.let_in(session, link.room_id, person)


def _require_may_invite(session: Session, person: Person, room_id: str | None) -> None:
    if room_id is not None:
        room = lifecycle.get(session, room_id)
        if not person.is_operator:
            access.find(session, room_id, person)
            access.require_hosts(session, room, person)
    elif not person.is_operator and not access.hosts_any_room(session, person):
        raise MayNotInvite


def _room_name(session: Session, link: Invitation) -> RoomName | None:
    room = session.get(Room, link.room_id) if link.room_id else None
    return RoomName(id=room.id, title=room.title) if room else None
