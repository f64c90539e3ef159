"""People, their sessions and the links that let them in. Tokens are kept as hashes only."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from balai.database import Base, word


class Person(Base):
    """Somebody with an account. A deleted one keeps the row, but nothing that names them."""

    __tablename__ = "person"

    id: Mapped[str] = mapped_column(String(12), primary_key=True)
    handle: Mapped[str] = mapped_column(String(32), unique=True)
    display_name: Mapped[str] = mapped_column(String(60))
    is_operator: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]


class PersonSession(Base):
    """One browser in which a person is signed in."""

    __tablename__ = "session"
    __table_args__ = (Index(None, "person_id"),)

    id: Mapped[str] = mapped_column(String(12), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    device_hash: Mapped[str] = mapped_column(String(64))
    label: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship()


class Purpose(StrEnum):
    """What a link is for."""

    JOIN = "join"  # a new account, or an account's way into one room
    OPERATOR = "operator"  # the first person of the house
    SIGN_IN = "sign_in"  # somebody who lost their session comes back


class Invitation(Base):
    """A link with a limited number of uses and a limited life."""

    __tablename__ = "invitation"
    __table_args__ = (Index(None, "by_person_id"),)

    id: Mapped[str] = mapped_column(String(12), primary_key=True)
    purpose: Mapped[Purpose] = mapped_column(word(Purpose))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    by_person_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    for_person_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    room_id: Mapped[str | None] = mapped_column(String(12))  # rooms lie above people: no key
    uses_left: Mapped[int]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]

    by: Mapped[Person | None] = relationship(foreign_keys=[by_person_id])
    for_person: Mapped[Person | None] = relationship(foreign_keys=[for_person_id])


class Arrival(Base):
    """Through which link a person came, and who had made it: the tree of invitations.

    It is kept when accounts are deleted; it holds no names.
    """

    __tablename__ = "arrival"
    __table_args__ = (Index(None, "by_person_id"),)

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    invitation_id: Mapped[str] = mapped_column(ForeignKey("invitation.id"))
    by_person_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]
