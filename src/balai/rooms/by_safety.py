"""What the safety team took from a voice, and therefore no host gives back."""

from collections import defaultdict

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from balai.clock import now
from balai.rooms.model import Restriction, RestrictionKind, Role, Seat


def taken(session: Session, *seats: Seat) -> dict[str, set[RestrictionKind]]:
    """Tell by seat what the safety team took for a time that is not over, with one query."""
    is_running = or_(Restriction.until_at.is_(None), Restriction.until_at > now())
    query = select(Restriction.seat_id, Restriction.kind).where(
        Restriction.seat_id.in_([seat.id for seat in seats]),
        Restriction.by_role == Role.SAFETY,
        Restriction.kind != RestrictionKind.TAKE_LINE,  # of what was written, not of the voice
        Restriction.lifted_at.is_(None),
        is_running,
    )
    found: dict[str, set[RestrictionKind]] = defaultdict(set)
    for seat_id, kind in session.execute(query).all():
        found[seat_id].add(kind)
    return found
