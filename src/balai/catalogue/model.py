"""The rows of `catalogue.sqlite`: recordings, trusted sources, and lists taken in."""

import datetime as dt
from enum import StrEnum
from typing import Any, ClassVar, Final

from sqlalchemy import JSON, Date, Index, LargeBinary, MetaData, String, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from balai.catalogue.recording import Action, Opinion, Stance
from balai.database.base import UtcDateTime, word

OWN: Final = ""  # the list of what was indexed here


class Withdrawal(StrEnum):
    """Why a recording matches no more."""

    PERSON = "person"  # stays so, whatever a list or another indexing says
    REPLACED = "replaced"  # its file or fingerprint changed; another row took its place
    LIST = "list"  # its list names it no more


class CatalogueBase(DeclarativeBase):
    """The root of a catalogue's records; they are no part of the house's own."""

    metadata = MetaData()
    type_annotation_map: ClassVar = {dt.datetime: UtcDateTime, list[dict[str, str]]: JSON}


class Recording(CatalogueBase):
    """One known recording. A withdrawn one keeps its row and loses its fingerprint.

    `id` is what the index knows and is used once; `identifier` is what lists share, one living
    recording for each in a list; `path` is how an indexed file is shown.
    """

    __tablename__ = "recordings"
    __table_args__ = (
        Index(
            "uq_recordings_identifier",
            "list",
            "identifier",
            unique=True,
            sqlite_where=text("withdrawn_at IS NULL"),
        ),
        Index(
            "uq_recordings_origin",
            "origin",
            unique=True,
            sqlite_where=text("withdrawn_at IS NULL AND origin IS NOT NULL"),
        ),
        Index("ix_recordings_withdrawn", "list", "identifier", "withdrawal"),
    )

    id: Mapped[str] = mapped_column(String(12), primary_key=True)
    identifier: Mapped[str]
    path: Mapped[str | None]
    title: Mapped[str]
    category: Mapped[str]
    language: Mapped[str]
    source: Mapped[str]
    date: Mapped[dt.date | None] = mapped_column(Date)
    licence: Mapped[str]
    action: Mapped[Action] = mapped_column(word(Action))
    list_name: Mapped[str] = mapped_column("list")
    list_issue: Mapped[int]
    opinions: Mapped[list[dict[str, str]]]
    fingerprint: Mapped[bytes | None] = mapped_column(
        LargeBinary, deferred=True, deferred_raiseload=True
    )
    content: Mapped[bytes] = mapped_column(LargeBinary(32))
    duration_ms: Mapped[int]
    added_at: Mapped[dt.datetime]
    withdrawn_at: Mapped[dt.datetime | None]
    withdrawal: Mapped[Withdrawal | None] = mapped_column(word(Withdrawal))
    origin: Mapped[bytes | None] = mapped_column(LargeBinary)
    origin_bytes: Mapped[int | None]
    origin_mtime_ns: Mapped[int | None]

    @property
    def shown(self) -> str:
        """The name a person sees: the indexed file's path, or the identifier."""
        return self.path or self.identifier

    @property
    def duration_s(self) -> float:
        """How long the recording is."""
        return self.duration_ms / 1000

    @property
    def opinions_held(self) -> tuple[Opinion, ...]:
        """The opinions as values."""
        return tuple(opinion_from_json(one) for one in self.opinions)


class Source(CatalogueBase):
    """Somebody whose lists are taken here, known by a public key."""

    __tablename__ = "sources"

    name: Mapped[str] = mapped_column(String(120), primary_key=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    trusted_at: Mapped[dt.datetime]


class ImportedList(CatalogueBase):
    """A list that was imported: which issue, from whom, and what its recordings may do here."""

    __tablename__ = "lists"

    name: Mapped[str] = mapped_column(primary_key=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary(32))
    issue: Mapped[int]
    issued_at: Mapped[dt.datetime]
    action: Mapped[Action] = mapped_column(word(Action))
    imported_at: Mapped[dt.datetime]


def opinion_to_json(opinion: Opinion) -> dict[str, str]:
    """Give the stored form of an opinion."""
    return {
        "by": opinion.by,
        "stance": str(opinion.stance),
        "date": opinion.date.isoformat(),
        "note": opinion.note,
    }


def opinion_from_json(stored: dict[str, Any]) -> Opinion:
    """Read the stored form of an opinion."""
    return Opinion(
        by=stored["by"],
        stance=Stance(stored["stance"]),
        date=dt.date.fromisoformat(stored["date"]),
        note=stored["note"],
    )
