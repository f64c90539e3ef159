"""The live desk: every room on air, and what the safety team does there.

Effects on voices have their own route; it lets the safety team pass. Flags have theirs.
"""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Final

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from balai.clock import now
from balai.people.accounts import require_operator
from balai.people.model import Person
from balai.rooms import duty, ending, safety, shift_notes
from balai.rooms.announce import seats_of
from balai.rooms.model import Room
from balai.rooms.queries import Card
from balai.rooms.views import room_facts
from balai.web.addresses import hall_url, room_card
from balai.web.callers import Anybody, HouseHere, Somebody
from balai.web.desk_duty import duty_view
from balai.web.desk_shapes import (
    DeskView,
    DutyAsked,
    DutyView,
    EndView,
    HandsAsked,
    HostMessage,
    ListenIn,
    MonitorAsked,
    MonitorView,
    NoteAsked,
    SlowAsked,
    TakenOver,
    WithReason,
)
from balai.web.desk_watch import DeskWatch, Watcher
from balai.web.events import HEADERS, RETRY_MS
from balai.web.house import House

_JSON: Final = "application/json"
router = APIRouter(prefix="/api/desk", tags=["desk"])


@router.get("", response_model=DeskView)
async def show(here: HouseHere, by: Somebody) -> Response:
    """Show every room on air with its risk and what raises it (operators)."""
    require_operator(by)
    return Response(await here.desk.whole(by), media_type=_JSON)


@router.get(
    "/stream",
    response_class=StreamingResponse,
    responses={
        200: {"content": {"text/event-stream": {}}, "description": "See docs/events.md"}
    },
)
async def follow(here: HouseHere, who: Anybody, by: Somebody) -> StreamingResponse:
    """Follow the desk: `desk` is everything, `change` what changed since (operators)."""
    require_operator(by)
    watcher = here.desk.join(who)
    return StreamingResponse(
        _tell(here.desk, watcher), media_type="text/event-stream", headers=HEADERS
    )


async def _tell(desk: DeskWatch, watcher: Watcher) -> AsyncIterator[str]:
    yield f"retry: {RETRY_MS}\n\n"
    async for told in desk.follow(watcher):
        if told is None:
            yield ": still here\n\n"
        else:
            kind, data = told
            yield f"event: {kind}\ndata: {data}\n\n"


@router.put("/duty")
def go_on_duty(here: HouseHere, by: Somebody, asked: DutyAsked) -> DutyView:
    """Say for how long one watches the house; 0 hours ends it (operators)."""
    with here.writing() as session:
        duty.begin(session, by=by, until_at=now() + timedelta(hours=asked.hours))
        return duty_view(session, is_required=here.settings.duty_required)


@router.post("/notes")
def leave_note(here: HouseHere, by: Somebody, note: NoteAsked) -> DutyView:
    """Leave a note for whoever watches next; it ends after a week (operators)."""
    with here.writing() as session:
        shift_notes.leave(session, note.text, by=by)
        return duty_view(session, is_required=here.settings.duty_required)


@router.delete("/notes/{note_id}")
def take_note_away(here: HouseHere, by: Somebody, note_id: str) -> DutyView:
    """Take a note away that is done with (operators)."""
    with here.writing() as session:
        shift_notes.take_away(session, note_id, by=by)
        return duty_view(session, is_required=here.settings.duty_required)


@router.post("/rooms/{room_id}/hands")
def lock_hands(here: HouseHere, by: Somebody, room_id: str, asked: HandsAsked) -> None:
    """Take no more hands in a room, or take them again; the hosts are told why (operators)."""
    with here.writing() as session:
        room = safety.public_room(session, room_id, by=by)
        reason = safety.require_reason(asked.reason)
        safety.lock_hands(session, room, are_locked=asked.locked, by=by, reason=reason)


@router.post("/rooms/{room_id}/slow")
def slow_down(here: HouseHere, by: Somebody, room_id: str, asked: SlowAsked) -> None:
    """Let one person raise a hand only so often; the hosts are told why (operators)."""
    with here.writing() as session:
        room = safety.public_room(session, room_id, by=by)
        reason = safety.require_reason(asked.reason)
        safety.slow_down(session, room, slow_s=asked.slow_s, by=by, reason=reason)


@router.post("/rooms/{room_id}/message")
def message_hosts(here: HouseHere, by: Somebody, room_id: str, message: HostMessage) -> None:
    """Write to the hosts of a room; the event `message` shows it to them (operators)."""
    with here.writing() as session:
        room = safety.public_room(session, room_id, by=by)
        safety.message_hosts(session, room, message.text, by=by)


@router.post("/rooms/{room_id}/take-over")
def take_over(here: HouseHere, by: Somebody, room_id: str, asked: WithReason) -> TakenOver:
    """Become acting co-host of a room (operators)."""
    with here.writing() as session:
        room = safety.public_room(session, room_id, by=by)
        reason = safety.require_reason(asked.reason)
        return TakenOver(seat_id=safety.take_over(session, room, by=by, reason=reason).id)


@router.post("/rooms/{room_id}/listen")
def listen_in(
    request: Request, here: HouseHere, by: Somebody, room_id: str, asked: WithReason
) -> ListenIn:
    """Give the address of a room's programme, as the hall hears it; it is noted (operators)."""
    with here.writing() as session:
        room = safety.public_room(session, room_id, by=by)
        reason = safety.require_reason(asked.reason)
        token = safety.listen_in(session, room, by=by, reason=reason)
        return _addresses(request, here, session, room, token)


@router.post("/rooms/{room_id}/monitor")
async def hear_ahead(
    here: HouseHere, who: Anybody, by: Somebody, room_id: str, asked: MonitorAsked
) -> MonitorView:
    """Hear a public room's stage by WebRTC before it airs; noted, ten minutes (operators)."""
    await run_in_threadpool(_note_monitor, here, by, room_id, asked.reason)
    monitor = await here.monitors.let_in(room_id, who, asked.offer)
    return MonitorView(
        answer=monitor["answer"], until_at=now() + timedelta(seconds=monitor["seconds"])
    )


@router.delete("/rooms/{room_id}/monitor", status_code=204)
async def stop_hearing(here: HouseHere, by: Somebody, room_id: str) -> None:
    """Hear the stage no longer (operators)."""
    require_operator(by)
    await here.monitors.send_away(room_id, by.id)


def _note_monitor(here: House, by: Person, room_id: str, reason: str) -> None:
    """The ledger has it before anything is heard."""
    with here.writing() as session:
        room = safety.public_room(session, room_id, by=by)
        safety.listen_ahead(session, room, by=by, reason=safety.require_reason(reason))


@router.post("/rooms/{room_id}/end", status_code=202)
def end_room(here: HouseHere, by: Somebody, room_id: str, asked: WithReason) -> EndView:
    """Ask for a room's end, or confirm what another operator asked within ten minutes."""
    with here.writing() as session:
        room = _any_room(session, room_id, by)
        reason = safety.require_reason(asked.reason)
        waiting = ending.ask_or_confirm(session, room, by=by, reason=reason)
        if waiting is None:
            return EndView(state="ending", until_at=None)
        return EndView(state="asked", until_at=waiting.asked_at + ending.WAITS)


def _any_room(session: Session, room_id: str, by: Person) -> Room:
    """Two of the team may end any room on air, also one for invited people."""
    require_operator(by)
    return safety.room_on_air(session, room_id)


def _addresses(
    request: Request, here: House, session: Session, room: Room, token: str
) -> ListenIn:
    facts = room_facts(room, seats_of(session, room.id))
    card = room_card(hall_url(request, here.settings), Card(facts, token), "0")
    return ListenIn(playlist_url=card.playlist_url, low_latency_url=card.low_latency_url)
