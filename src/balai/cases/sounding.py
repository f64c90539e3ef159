"""The sealed sound of a case: which piece is heard, and whose voice in it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from balai.cases.model import Case, CaseFlag, Report
from balai.database import Database
from balai.evidence import keeping, reading
from balai.evidence.errors import SoundGone
from balai.evidence.model import Sealed
from balai.evidence.ogg import ogg_opus
from balai.evidence.sound import RATE_HZ, Sound, unpack
from balai.evidence.store import Store
from balai.people.model import Person

_PIECES_MAX: Final = 100
_KEPT: Final = "Somebody appealed."


def sealed_of(session: Session, case: Case) -> Sealed | None:
    """Find the piece with most sound that was sealed for a case."""
    return next(iter(pieces(session, case)), None)


def keep(session: Session, case: Case, until_at: datetime) -> None:
    """Let no sound of a case expire before a moment: somebody is to decide on it anew."""
    for sealed in pieces(session, case):
        if sealed.expires_at < until_at:
            keeping.keep_until(session, sealed.id, until_at, reason=_KEPT, by_person_id=None)


def pieces(session: Session, case: Case) -> list[Sealed]:
    """Read what was sealed for the case's reports and flags, most sound first, 100 at most."""
    query = (
        select(Sealed)
        .join(Case, Case.id == case.id)
        .where(is_of_case(), Sealed.voiced_samples > 0, Sealed.destroyed_at.is_(None))
    )
    return list(
        session.scalars(query.order_by(Sealed.voiced_samples.desc()).limit(_PIECES_MAX))
    )


def is_of_case() -> ColumnElement[bool]:
    """Whether something was sealed for the case of the query around it."""
    reports = select("report:" + Report.id).where(Report.case_id == Case.id)
    flags = select("flag:" + CaseFlag.flag_id).where(CaseFlag.case_id == Case.id)
    whys = (reports.correlate(Case), flags.correlate(Case))
    return and_(Sealed.room_id == Case.room_id, or_(*(Sealed.why.in_(why) for why in whys)))


def length_s(sealed: Sealed | None) -> float:
    """Tell how long somebody who hears it listens."""
    return (sealed.to_position - sealed.from_position) / RATE_HZ if sealed else 0.0


@dataclass(frozen=True, slots=True)
class Listener:
    """Who listens, for what, and to which voice; without one, the voice that speaks most."""

    by: Person
    purpose: str
    seat_id: str | None = None


def heard(database: Database, store: Store, sealed: Sealed | None, to: Listener) -> bytes:
    """Give one voice of a piece as Ogg Opus, to somebody whose purpose is written down first.

    Raises:
        SoundGone: nothing was sealed, it is destroyed by now, or that voice is not in it.
        PurposeMissing, SealBroken, VaultKeyBroken: see `evidence.reading.read`.
    """
    if sealed is None:
        raise SoundGone
    content = reading.read(
        database, store, sealed.id, by_person_id=to.by.id, purpose=to.purpose
    )
    sound = unpack(content)
    seat = to.seat_id or _speaks_most(sound)
    if seat not in sound.voices:
        raise SoundGone
    return ogg_opus(sound.window, sound.voices[seat])


def _speaks_most(sound: Sound) -> str:
    return max(sound.voices, key=lambda seat: len(sound.voices[seat]), default="")
