"""Connecting to the stage by WHIP: one offer, one answer; hanging up by its secret address.

Source: RFC 9725 (WebRTC-HTTP Ingestion Protocol). Tickets stand for the bearer token; trickle
ICE and restarts (PATCH) are not offered: a client that lost its way asks for a new ticket.
"""

import contextlib
from typing import Final

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from balai.errors import BalaiError, Invalid
from balai.rooms import seats, tickets
from balai.rooms.errors import TicketRefused
from balai.web.callers import HouseHere
from balai.web.house import House

SDP: Final = "application/sdp"

router = APIRouter(prefix="/api/rooms/{room_id}/whip", tags=["stage"])


class OfferNotSdp(Invalid):
    """An offer is sent as application/sdp, in UTF-8, and is not empty."""


@router.post(
    "",
    status_code=201,
    response_class=Response,
    responses={201: {"content": {SDP: {}}, "description": "The answer; Location hangs up"}},
    openapi_extra={"requestBody": {"required": True, "content": {SDP: {}}}},
)
async def connect(request: Request, here: HouseHere, room_id: str) -> Response:
    """Connect a seat to its stage with a ticket (`Authorization: Bearer …`) and an offer."""
    token = _bearer(request)
    offer = await _offer(request)
    seat_id = await run_in_threadpool(_redeem, here, room_id, token)
    answer = await here.stage.connect(room_id, seat_id, offer)
    try:
        secret = await run_in_threadpool(_name_connection, here, seat_id)
    except BalaiError:  # it was sent away while it was connecting
        await _hang_up(here, room_id, seat_id)
        raise
    location = f"/api/rooms/{room_id}/whip/{secret}"
    return Response(answer, 201, {"Location": location}, media_type=SDP)


@router.delete("/{secret}")
async def hang_up(here: HouseHere, room_id: str, secret: str) -> Response:
    """Hang up and give the seat back. A page that only closes does not: it may be reloading."""
    seat_id = await run_in_threadpool(_leave, here, room_id, secret)
    await _hang_up(here, room_id, seat_id)
    return Response(status_code=200)


async def _hang_up(here: House, room_id: str, seat_id: str) -> None:
    """The seat is empty in the records already; a stage that is gone has hung up by itself."""
    with contextlib.suppress(BalaiError):
        await here.stage.disconnect(room_id, seat_id)


def _bearer(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise TicketRefused
    return token.strip()


async def _offer(request: Request) -> str:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await request.body()
    if media_type != SDP or not body.strip():
        raise OfferNotSdp
    try:
        return body.decode()
    except UnicodeDecodeError as cause:
        raise OfferNotSdp from cause


def _redeem(here: House, room_id: str, token: str) -> str:
    with here.database.transaction() as session:
        return tickets.redeem(session, room_id, token).id


def _name_connection(here: House, seat_id: str) -> str:
    with here.database.transaction() as session:
        seat = seats.get(session, seat_id)
        tickets.require_connectable(seat)
        return tickets.name_connection(seat)


def _leave(here: House, room_id: str, secret: str) -> str:
    with here.writing() as session:
        seat = tickets.seat_of_connection(session, room_id, secret)
        return seats.left(session, seat.id).id
