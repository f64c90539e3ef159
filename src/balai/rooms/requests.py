"""Writing a wish down for the room's worker."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from balai.clock import now
from balai.rooms.errors import TooManyWishes
from balai.rooms.model import Wish, WishKind, WishState

PENDING_MAX = 100  # a room; a worker that is this far behind will not catch up by more of them


def request(
    session: Session,
    room_id: str,
    kind: WishKind,
    args: dict[str, object] | None = None,
    *,
    by_person_id: str | None,
) -> Wish:
    """Ask the room's worker for something. Ring the bell after the commit.

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
    )
    session.add(wish)
    session.flush()
    return wish
