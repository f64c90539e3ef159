"""Effects on a voice, what became of them, and contesting them."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path

from balai.cases import contests
from balai.evidence.store import store_of
from balai.people.names import clean_text
from balai.rooms import access, effects, safety
from balai.rooms.model import WishKind
from balai.rooms.views import RestrictionView, restriction_view
from balai.web.callers import Concerned, HouseHere, Somebody
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
    """Ask for an effect (hosts, safety team); the event `effect` tells when it was observed.

    Sent again with its token it is the same effect: the answer tells how far it is by now.
    """
    with here.writing() as session:
        room = access.find(session, room_id, by)
        if kind in safety.KINDS and safety.acts_for_the_team(session, room, by):
            wish = safety.ask(session, room, kind, asked.model_dump(), by=by)
        else:
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
        wish = safety.asked_by(session, room, effect_id, by=by) or effects.find(
            session, room, effect_id, by=by
        )
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
    here: HouseHere, by: Concerned, restriction_id: str, contested: ContestText
) -> RestrictionView:
    """Contest a restriction of one's own: the safety team judges it, never the host."""
    text = clean_text(contested.text, length_max=_CONTEST_MAX)
    with here.writing() as session:
        return restriction_view(
            contests.contest(
                session, store_of(here.settings), restriction_id, by_person_id=by.id, text=text
            )
        )
