"""Who is speaking right now; kept in the feed only."""

from collections.abc import Iterable

from sqlalchemy.orm import Session

from balai import feed


def changed(session: Session, room_id: str, seat_ids: Iterable[str], position: int) -> None:
    """Tell the room which seats speak from a stage position on."""
    feed.append(
        session,
        room_id=room_id,
        kind="speaking",
        data={"seats": sorted(seat_ids), "position": position},
    )


def seats_now(session: Session, room_id: str) -> frozenset[str]:
    """Give the seats that spoke when it last changed."""
    entry = feed.latest(session, room_id=room_id, kind="speaking")
    seats = entry.data.get("seats") if entry else None
    return frozenset(str(seat) for seat in seats) if isinstance(seats, list) else frozenset()
