"""Writing a wish down for the room's worker, once for each press."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from balai.clock import now
from balai.people.keys import digest
from balai.rooms.access import HOSTING
from balai.rooms.errors import TokenUsed, TooManyWishes
from balai.rooms.model import Wish, WishKind, WishState


@dataclass(frozen=True, slots=True)
class Share:
    """How many wishes of one sort may be pending in a room, and of one person of them."""

    room: int
    each: int


# A worker that is this far behind will not catch up by more of them. Nobody takes the place
# of another sort: hosts who flood their room keep neither the team from it nor anybody on it.
HOSTS: Final = Share(room=100, each=20)
LEAVING: Final = Share(room=200, each=10)  # stepping down, signing out, withdrawing
HOUSE: Final = Share(room=150, each=150)  # the safety team, decisions, rules
# What hosts ask for without saying as whom.
_OF_HOSTS: Final = frozenset({WishKind.SET_DELAY, WishKind.SET_CAPTIONS, WishKind.END})
# Who asks may be named otherwise by the time they send the same again.
_OF_WHO_ASKS: Final = frozenset({"by_name", "by_role"})


def asked_before(
    session: Session,
    room_id: str,
    kind: WishKind,
    args: Mapping[str, object],
    *,
    by_person_id: str,
    token: str | None,
) -> Wish | None:
    """Find the wish that this person asked with this token in this room; None: there is none.

    Look before anything is written, in a writing transaction: of two requests that race, the
    second waits for the first and finds it. With somebody else's token one finds nothing.

    Raises:
        TokenUsed: something else was asked with it.
    """
    if token is None:
        return None
    sent_as = _token_hash(room_id, by_person_id, token)
    wish = session.scalars(select(Wish).where(Wish.token_hash == sent_as)).first()
    if wish is not None and (wish.kind, _wanted(wish.args)) != (kind, _wanted(args)):
        raise TokenUsed
    return wish


def request(
    session: Session,
    room_id: str,
    kind: WishKind,
    args: dict[str, object] | None = None,
    *,
    by_person_id: str | None,
    token: str | None = None,
) -> Wish:
    """Ask the room's worker for something. Ring the bell after the commit.

    `token`: made at random for one press; `asked_before` finds the wish by it.

    Raises:
        TooManyWishes: as many of its sort are pending. To end a room is always accepted.
    """
    wish = Wish(
        room_id=room_id,
        kind=kind,
        args=args or {},
        by_person_id=by_person_id,
        requested_at=now(),
        state=WishState.PENDING,
        token_hash=_token_hash(room_id, by_person_id or "", token) if token else None,
    )
    if kind is not WishKind.END:
        _require_place(session, wish)
    session.add(wish)
    session.flush()
    return wish


def share_of(wish: Wish) -> Share:
    """Tell of which sort a wish is: of the room's hosts, of who leaves it, or of the house."""
    if wish.kind is WishKind.HANG_UP:
        return LEAVING
    role = wish.args.get("by_role")
    is_hosts = role in HOSTING or (role is None and wish.kind in _OF_HOSTS)
    return HOSTS if is_hosts else HOUSE


def _require_place(session: Session, wish: Wish) -> None:
    share = share_of(wish)
    pending = select(Wish).where(Wish.room_id == wish.room_id, Wish.state == WishState.PENDING)
    alike = [one for one in session.scalars(pending) if share_of(one) is share]
    own = [one for one in alike if one.by_person_id == wish.by_person_id]
    if len(alike) >= share.room or len(own) >= share.each:
        raise TooManyWishes


def _token_hash(room_id: str, person_id: str, token: str) -> str:
    return digest(f"{room_id}:{person_id}:{token}")


def _wanted(args: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in args.items() if name not in _OF_WHO_ASKS}
