"""Writing a wish down for the room's worker, once for each press."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from balai.clock import now
from balai.people.keys import digest
from balai.rooms.errors import TokenUsed, TooManyWishes
from balai.rooms.model import Wish, WishKind, WishState

PENDING_MAX = 100  # a room; a worker that is this far behind will not catch up by more of them
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
        TooManyWishes: 100 are pending already. To end a room is always accepted.
    """
    waiting = session.scalar(
        select(func.count())
        .select_from(Wish)
        .where(Wish.room_id == room_id, Wish.state == WishState.PENDING)
    )
    if (waiting or 0) >= PENDING_MAX and kind is not WishKind.END:
        raise TooManyWishes
    wish = Wish(
        room_id=room_id,
        kind=kind,
        args=args or {},
        by_person_id=by_person_id,
        requested_at=now(),
        state=WishState.PENDING,
        token_hash=_token_hash(room_id, by_person_id or "", token) if token else None,
    )
    session.add(wish)
    session.flush()
    return wish


def _token_hash(room_id: str, person_id: str, token: str) -> str:
    return digest(f"{room_id}:{person_id}:{token}")


def _wanted(args: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in args.items() if name not in _OF_WHO_ASKS}
