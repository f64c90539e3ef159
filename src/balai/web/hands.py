"""Raising a hand, and what the hosts answer."""

from fastapi import APIRouter
from sqlalchemy.orm import Session

from balai.people.sign_in import Caller
from balai.rooms import access, bans, hands
from balai.rooms.announce import seat_of
from balai.rooms.model import Hand
from balai.rooms.views import HandView, hand_view
from balai.web.callers import Anybody, HouseHere, Somebody

router = APIRouter(prefix="/api/rooms/{room_id}", tags=["hands"])


@router.post("/hand", status_code=201)
def raise_hand(here: HouseHere, who: Anybody, by: Somebody, room_id: str) -> HandView:
    """Ask to speak. Asking again keeps one's place."""
    with here.writing() as session:
        room = access.find(session, room_id, by)
        bans.require_not_banned(session, room.id, who, key=here.key)
        return _shown(session, hands.raise_hand(session, room, by))


@router.delete("/hand", status_code=204)
def lower_hand(here: HouseHere, by: Somebody, room_id: str) -> None:
    """Take one's hand down."""
    with here.writing() as session:
        hands.lower_hand(session, access.find(session, room_id, by), by)


@router.post("/hands/{hand_id}/accept")
def accept(here: HouseHere, by: Somebody, room_id: str, hand_id: str) -> HandView:
    """Invite whoever raised this hand to the stage."""
    with here.writing() as session:
        room = access.find(session, room_id, by)
        access.require_hosts(session, room, by)
        hand = hands.waiting(session, room, hand_id)
        bans.require_not_banned(session, room.id, Caller(person=hand.person), key=here.key)
        hands.accept(session, room, hand, by=by, speakers_max=here.settings.speakers_max)
        return _shown(session, hand)


@router.post("/hands/{hand_id}/decline")
def decline(here: HouseHere, by: Somebody, room_id: str, hand_id: str) -> HandView:
    """Send this hand away."""
    with here.writing() as session:
        room = access.find(session, room_id, by)
        access.require_hosts(session, room, by)
        hand = hands.waiting(session, room, hand_id)
        hands.decline(session, hand)
        return _shown(session, hand)


def _shown(session: Session, hand: Hand) -> HandView:
    return hand_view(hand, seat_of(session, hand.room_id, hand.person_id))
