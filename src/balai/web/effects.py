"""Effects on a voice, what became of them, and contesting them."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path

from balai.people.names import clean_text
from balai.rooms import access, effects, restrictions
from balai.rooms.model import WishKind
from balai.rooms.views import RestrictionView, restriction_view
from balai.web.callers import HouseHere, Somebody
from balai.web.shapes import ContestText, EffectAccepted, EffectAsked, EffectView

router = APIRouter(prefix="/api", tags=["effects"])

EffectKind = Literal[
    WishKind.HOLD,
    WishKind.RELEASE,
    WishKind.DUMP,
    WishKind.MUTE,
    WishKind.UNMUTE,
    WishKind.MOVE_TO_HALL,
    WishKind.REMOVE,
]
_CONTEST_MAX = 1000


@router.post("/rooms/{room_id}/effects/{kind}", status_code=202)
def ask(
    here: HouseHere, by: Somebody, room_id: str, kind: EffectKind, asked: EffectAsked
) -> EffectAccepted:
    """Ask for an effect (host or co-host); the event `effect` tells when it was observed."""
    with here.writing() as session:
        room = access.find(session, room_id, by)
        wanted = effects.Asked(kind=kind, **asked.model_dump())
        wish = effects.ask(session, room, wanted, by=by, key=here.key)
        return EffectAccepted(id=wish.id, state=wish.state)


@router.get("/rooms/{room_id}/effects/{effect_id}")
def show(
    here: HouseHere,
    by: Somebody,
    room_id: str,
    effect_id: Annotated[int, Path(ge=1, le=2**53)],
) -> EffectView:
    """Tell what became of an effect."""
    with here.database.reading() as session:
        room = access.find(session, room_id, by)
        wish = effects.find(session, room, effect_id, by=by)
        return EffectView(
            id=wish.id,
            kind=wish.kind,
            state=wish.state,
            requested_at=wish.requested_at,
            done_at=wish.done_at,
            observed=wish.observed,
            error=wish.error,
        )


@router.post("/restrictions/{restriction_id}/contest")
def contest(
    here: HouseHere, by: Somebody, restriction_id: str, contested: ContestText
) -> RestrictionView:
    """Contest a restriction of one's own; it is kept for the safety team to read."""
    text = clean_text(contested.text, length_max=_CONTEST_MAX)
    with here.writing() as session:
        return restriction_view(
            restrictions.contest(session, restriction_id, by_person_id=by.id, text=text)
        )
