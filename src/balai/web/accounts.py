"""Coming in and going: who am I, the operator's link, sessions, deleting an account."""

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from balai.cases import reviewers
from balai.people import accounts, invitations, operator, sign_in
from balai.people.model import Person
from balai.rooms.leaving import forget_names, leave_everywhere, leave_stages
from balai.web.addresses import house_url
from balai.web.callers import Anybody, Concerned, HouseHere, Somebody, csrf_token
from balai.web.cookies import device_for, forget_session, set_session
from balai.web.house import House, address_of
from balai.web.shapes import (
    IceServer,
    InvitationMade,
    Me,
    OperatorClaim,
    PersonView,
    SessionView,
    SignInLinkView,
)

router = APIRouter(tags=["people"])

Joined = tuple[Session, Person]


@router.get("/api/me")
def me(here: HouseHere, who: Anybody) -> Me:
    """Tell who calls, and what a page needs to begin."""
    with here.database.reading() as session:
        return me_view(here, session, who.person, who.session_id)


@router.post("/api/operator")
def claim_operator(
    request: Request, response: Response, here: HouseHere, _who: Anybody, claim: OperatorClaim
) -> Me:
    """Make the opener of the printed link the operator."""
    address = address_of(request)
    here.guesses.require(address)
    try:
        with here.writing() as session:
            person = operator.claim(
                session, claim.token, handle=claim.handle, display_name=claim.display_name
            )
            return begin_session(request, response, here, (session, person))
    except invitations.InvitationUnknown:
        here.guesses.take(address)
        raise


@router.post("/api/people/{handle}/operator", status_code=204)
def appoint(here: HouseHere, who: Somebody, handle: str) -> None:
    """Make somebody an operator of this house (operators)."""
    with here.writing() as session:
        operator.appoint(session, handle, by=who)


@router.post("/api/people/{handle}/link", status_code=201)
def make_way_back(
    request: Request, here: HouseHere, who: Somebody, handle: str
) -> InvitationMade:
    """Make a link with which somebody who lost their session comes back (operator only)."""
    accounts.require_operator(who)
    with here.writing() as session:
        person = accounts.by_handle(session, handle)
        made, token = invitations.way_back(session, person, by=who)
        return InvitationMade(
            id=made.id,
            url=f"{house_url(request, here.settings)}/join/{token}",
            uses_left=made.uses_left,
            expires_at=made.expires_at,
        )


@router.get("/api/sessions")
def list_sessions(here: HouseHere, caller: Anybody, who: Concerned) -> list[SessionView]:
    """List one's own sessions, newest first."""
    with here.database.reading() as session:
        return [
            SessionView(
                id=found.id,
                user_agent=found.label,
                created_at=found.created_at,
                expires_at=found.expires_at,
                current=found.id == caller.session_id,
            )
            for found in sign_in.of_person(session, who)
        ]


@router.get("/api/me/links")
def list_ways_back(here: HouseHere, who: Concerned) -> list[SignInLinkView]:
    """List the links that were made to sign in as oneself, newest first, 20 at most."""
    with here.database.reading() as session:
        return [
            SignInLinkView(
                id=made.id,
                made_by=made.by.display_name if made.by else "",
                made_at=made.created_at,
                used=made.uses_left == 0,
            )
            for made in invitations.ways_back(session, who)
        ]


@router.delete("/api/sessions/{session_id}", status_code=204)
def revoke_session(here: HouseHere, who: Concerned, session_id: str) -> None:
    """End one of one's own sessions, with every stream and microphone it has open.

    A stage that is heard from the desk with it ends within about a second.
    """
    with here.writing() as session:
        sign_in.revoke(session, session_id, by=who)
        leave_stages(session, session_id, by=who)
    here.streams.close(session_id=session_id)


@router.post("/api/sign-out", status_code=204)
def sign_out(response: Response, here: HouseHere, caller: Anybody) -> None:
    """End this session. Nobody signed in is no error."""
    if caller.person is not None and caller.session_id is not None:
        revoke_session(here, caller.person, caller.session_id)
    forget_session(response)


@router.delete("/api/me", status_code=204)
def delete_account(response: Response, here: HouseHere, who: Concerned) -> None:
    """Delete one's own account: rooms end, names go, bans stay."""
    with here.writing() as session:
        person = session.get_one(Person, who.id)
        leave_everywhere(session, person)
        accounts.delete(session, person)
        forget_names(session, person)
    here.streams.close(person_id=who.id)
    here.streams.read_again()
    forget_session(response)


def begin_session(request: Request, response: Response, here: House, joined: Joined) -> Me:
    """Sign somebody in on the calling device and set its cookies."""
    session, person = joined
    days = here.settings.session_days
    device = device_for(request, response, here.key)
    token = sign_in.begin(session, person, device, days=days)
    set_session(request, response, here.key, token, days=days)
    found = sign_in.find(session, token)
    return me_view(here, session, person, found.id if found else None)


def me_view(here: House, session: Session, person: Person | None, session_id: str | None) -> Me:
    """Show who somebody is."""
    shown = None
    if person is not None:
        shown = PersonView(
            id=person.id,
            handle=person.handle,
            display_name=person.display_name,
            is_operator=person.is_operator,
            is_reviewer=reviewers.is_reviewer(session, person),
        )
    return Me(
        person=shown,
        csrf_token=csrf_token(here.key, session_id),
        house_name=here.settings.house_name,
        ice_servers=_ice_servers(here) if person else [],  # listeners need none
        evidence_s=here.settings.evidence_s,
        report_window_s=here.settings.report_window_s,
    )


def _ice_servers(here: House) -> list[IceServer]:
    settings = here.settings
    if not settings.ice_servers:
        return []
    return [
        IceServer(
            urls=settings.ice_servers,
            username=settings.ice_username or None,
            credential=settings.ice_password.get_secret_value() or None,
        )
    ]
