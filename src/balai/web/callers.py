"""Who calls, and whether the call is really theirs."""

from typing import Annotated, Final
from urllib.parse import urlsplit

from fastapi import Depends, Request

from balai.errors import NotAllowed
from balai.people import sign_in
from balai.people.keys import HouseKey
from balai.people.model import Person
from balai.people.sign_in import Caller
from balai.rooms import bans
from balai.rooms.errors import ShutOut
from balai.web.cookies import device_hash, session_token
from balai.web.house import House, house_of

CSRF_HEADER: Final = "x-csrf-token"
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class ForgedRequest(NotAllowed):
    """This request did not come from this house's own pages; reload the page and try again."""


def house(request: Request) -> House:
    """Give the house (as a dependency)."""
    return house_of(request)


def caller(request: Request) -> Caller:
    """Find out who calls."""
    here = house_of(request)
    device = device_hash(request, here.key)
    token = session_token(request, here.key)
    if token is None:
        return Caller(device_hash=device)
    with here.database.reading() as session:
        found = sign_in.find(session, token)
        if found is None:
            return Caller(device_hash=device)
        return Caller(
            person=found.person,
            session_id=found.id,
            device_hash=device,
            is_shut_out=bans.shut_out_until(session, found.person, key=here.key) is not None,
        )


def own_request(request: Request, who: Annotated[Caller, Depends(caller)]) -> Caller:
    """Let pass what comes from the house's own pages: reading always, changes when proven.

    Raises:
        ForgedRequest: another origin, or no (or somebody else's) token.
    """
    if request.method in _SAFE:
        return who
    here = house_of(request)
    origin = request.headers.get("origin")
    if origin is not None and not _is_own(origin, request, here):
        raise ForgedRequest
    if who.session_id is not None:
        token = request.headers.get(CSRF_HEADER, "")
        if not here.key.is_signed("csrf", who.session_id, token):
            raise ForgedRequest
    return who


def concerned(who: Annotated[Caller, Depends(own_request)]) -> Person:
    """Let only somebody signed in pass, also who is shut out: to read why, and to appeal."""
    return who.known()


def person(who: Annotated[Caller, Depends(own_request)]) -> Person:
    """Let only somebody signed in pass who is not shut out of the house.

    Raises:
        ShutOut: they are; what is left to them is to read why, and to appeal.
    """
    by = who.known()
    if who.is_shut_out:
        raise ShutOut
    return by


def csrf_token(key: HouseKey, session_id: str | None) -> str:
    """Make the token that proves a change comes from a page of one's own session."""
    return key.sign("csrf", session_id or "")


def _is_own(origin: str, request: Request, here: House) -> bool:
    """The scheme is not compared: behind a proxy that ends TLS, it is not seen here."""
    own = {request.headers.get("host", "").lower()}
    if here.settings.public_url:
        own.add(urlsplit(here.settings.public_url).netloc.lower())
    try:
        netloc = urlsplit(origin).netloc.lower()
    except ValueError:
        return False
    return bool(netloc) and netloc in own


HouseHere = Annotated[House, Depends(house)]
Anybody = Annotated[Caller, Depends(own_request)]
Somebody = Annotated[Person, Depends(person)]
Concerned = Annotated[Person, Depends(concerned)]
