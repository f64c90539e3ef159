"""Promotions of policy packs: proposed by one person, put in force by another."""

from collections.abc import Mapping, Set
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from balai.database import Base, word
from balai.people.model import Person


class PromotionState(StrEnum):
    """How far a pack is on its way; `ended` is for good."""

    PROPOSED = "proposed"  # it speaks in the shadow: told to nobody, holds nothing
    IN_FORCE = "in_force"
    ENDED = "ended"


STEPS: Final[Mapping[PromotionState, Set[PromotionState]]] = {
    PromotionState.PROPOSED: {PromotionState.IN_FORCE, PromotionState.ENDED},
    PromotionState.IN_FORCE: {PromotionState.ENDED},
    PromotionState.ENDED: set(),
}


class Promotion(Base):
    """One pack's way into force; `trial` is what it did on labelled rooms when proposed."""

    __tablename__ = "promotion"
    __table_args__ = (Index(None, "state", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    pack_hash: Mapped[str] = mapped_column(String(64))
    pack_name: Mapped[str] = mapped_column(String(80))
    state: Mapped[PromotionState] = mapped_column(word(PromotionState))
    trial: Mapped[dict[str, object]]
    shadow: Mapped[dict[str, object]]  # what it would have done in live rooms, counted
    proposed_by_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    proposed_at: Mapped[datetime]
    approved_by_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    in_force_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    replaced_id: Mapped[int | None] = mapped_column(ForeignKey("promotion.id"))  # None: shipped
    reason: Mapped[str] = mapped_column(String(500))

    proposed_by: Mapped[Person] = relationship(foreign_keys=[proposed_by_id])
    approved_by: Mapped[Person | None] = relationship(foreign_keys=[approved_by_id])
    ended_by: Mapped[Person | None] = relationship(foreign_keys=[ended_by_id])
