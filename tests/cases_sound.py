"""Rows of sealed sound, of which there is no file."""

from balai.clock import now
from balai.evidence.model import Sealed
from balai.ids import new_id
from tests.cases_world import World


def sealed(
    world: World,
    why: str,
    from_position: int,
    to_position: int,
    *seat_ids: str,
    voiced: int = 960,
) -> Sealed:
    """Give the row of a piece; without seats all voices were sealed."""
    at = now()
    return Sealed(
        id=new_id(), room_id=world.room_id, why=why, from_position=from_position,
        to_position=to_position, seats={"ids": sorted(seat_ids)} if seat_ids else {},
        generation=1, content_hash="0", file_hash="0", voiced_samples=voiced, sealed_at=at,
        written_at=at, completed_at=at, expires_at=at, ledger_index=0,
    )  # fmt: skip
