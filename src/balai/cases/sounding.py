"""The sealed sound of a case: its pieces, which of them is heard, and whose voice in it.

Every report, flag and contest sealed a piece of its own. Of whom there is sound in a piece is
known only once it is read: the records name the voices that were to be sealed, or none for all.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session

from balai.cases import naming
from balai.cases.errors import VoiceSilent
from balai.cases.model import Case, CaseFlag, CaseRestriction, Report
from balai.cases.nearness import first_of, nearness
from balai.cases.views import CaseVoice, PieceTold, SoundTold
from balai.database import Database
from balai.evidence import keeping, reading
from balai.evidence.errors import SoundGone
from balai.evidence.model import Sealed
from balai.evidence.ogg import ogg_opus
from balai.evidence.sound import RATE_HZ, unpack
from balai.evidence.store import Store
from balai.people.model import Person
from balai.rooms.announce import seats_of
from balai.rooms.views import seat_name

PIECES_MAX: Final = 200
_KEPT: Final = "Somebody appealed."


def keep(session: Session, case: Case, until_at: datetime) -> None:
    """Let no sound of a case expire before a moment: somebody is to decide on it anew.

    All of it, however many reports there are: nobody crowds a piece out.
    """
    soon = _of_case(case).where(Sealed.expires_at < until_at).order_by(Sealed.id)
    for sealed in session.scalars(soon).all():
        keeping.keep_until(session, sealed.id, until_at, reason=_KEPT, by_person_id=None)


def told(session: Session, case: Case) -> tuple[SoundTold, int]:
    """Show what can be heard of a case without opening any of it, and count what is not shown.

    Of more than 200 pieces those of flags come first, then those most in the case's stretch.
    """
    pieces, unshown = _pieces(session, case)
    names = {seat.id: seat_name(seat) for seat in seats_of(session, case.room_id)}
    ends = [one.to_position for one in pieces if one.seat_ids is None]
    on_stage = naming.on_stage_by(session, case.room, max(ends)) if ends else []
    sound = SoundTold(
        pieces=[_piece_told(one, names) for one in pieces],
        on_stage=[CaseVoice(seat_id=seat.id, name=names[seat.id]) for seat in on_stage],
    )
    return sound, unshown


def find(session: Session, case: Case, piece_id: str | None) -> Sealed:
    """Find a piece of a case, or the one that fits its stretch and its voice best.

    Raises:
        SoundGone: nothing was sealed, or it is destroyed by now.
    """
    if piece_id is None:
        found = next(iter(_pieces(session, case)[0]), None)
    else:
        found = session.scalars(_audible(case).where(Sealed.id == piece_id)).first()
    if found is None:
        raise SoundGone
    return found


def is_of_case() -> ColumnElement[bool]:
    """Whether something was sealed for the case of the query around it."""
    reports = select("report:" + Report.id).where(Report.case_id == Case.id)
    flags = select("flag:" + CaseFlag.flag_id).where(CaseFlag.case_id == Case.id)
    contested = "contest:" + CaseRestriction.restriction_id
    contests = select(contested).where(CaseRestriction.case_id == Case.id)
    whys = (reports.correlate(Case), flags.correlate(Case), contests.correlate(Case))
    return and_(Sealed.room_id == Case.room_id, or_(*(Sealed.why.in_(why) for why in whys)))


def length_s(sealed: Sealed) -> float:
    """Tell how long somebody who hears it listens."""
    return (sealed.to_position - sealed.from_position) / RATE_HZ


@dataclass(frozen=True, slots=True)
class Listener:
    """Who listens, for what, and to which voice.

    Without one it is the `rather` one, if it is in the piece, else the one that speaks most.
    """

    by: Person
    purpose: str
    seat_id: str | None = None
    rather: str | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """One voice of a piece as Ogg Opus, and whose voices are in it: the given one first."""

    ogg: bytes
    seat_ids: list[str]


def heard(database: Database, store: Store, sealed: Sealed, to: Listener) -> Heard:
    """Give one voice of a piece, to somebody whose purpose is written down first.

    Raises:
        VoiceSilent: nothing of that voice, or of any, is in it.
        EvidenceDestroyed: it was destroyed meanwhile.
        PurposeMissing, SealBroken, VaultKeyBroken: see `evidence.reading.read`.
    """
    content = reading.read(
        database, store, sealed.id, by_person_id=to.by.id, purpose=to.purpose
    )
    sound = unpack(content)
    seat = _voice(sound.voices, to)
    others = sorted(sound.voices.keys() - {seat})
    return Heard(ogg_opus(sound.window, sound.voices[seat]), [seat, *others])


def _voice(voices: Mapping[str, Mapping[int, bytes]], to: Listener) -> str:
    most = max(sorted(voices), key=lambda seat: len(voices[seat]), default="")
    rather = to.rather if to.rather and to.rather in voices else most
    seat = to.seat_id or rather
    if seat not in voices:
        raise VoiceSilent
    return seat


def _of_case(case: Case) -> Select[Sealed]:
    """Ask for what was sealed for a case and is not destroyed."""
    query = select(Sealed).join(Case, Case.id == case.id)
    return query.where(is_of_case(), Sealed.destroyed_at.is_(None))


def _audible(case: Case) -> Select[Sealed]:
    return _of_case(case).where(Sealed.voiced_samples > 0)


def _pieces(session: Session, case: Case) -> tuple[list[Sealed], int]:
    """Read the pieces in which there is sound, the best fitting first; count the others."""
    near = nearness(case, Sealed.from_position, Sealed.to_position).desc()
    of_flag = Sealed.why.startswith("flag:").desc()  # whoever reports cannot add to these
    query = _audible(case).order_by(of_flag, near, Sealed.from_position)
    rows, unshown = first_of(session, query, PIECES_MAX)
    found: list[Sealed] = [one for one, _ in rows]
    return sorted(found, key=lambda one: _fit(one, case), reverse=True), unshown


def _fit(sealed: Sealed, case: Case) -> tuple[bool, int]:
    """Order by whether the case's voice was to be sealed, then by how much of its stretch."""
    seats = sealed.seat_ids
    has_voice = seats is None or case.seat_id in seats
    begin, end = case.from_position or 0, case.to_position or 0
    overlap = min(sealed.to_position, end) - max(sealed.from_position, begin)
    return has_voice, overlap


def _piece_told(sealed: Sealed, names: Mapping[str, str]) -> PieceTold:
    ids = sealed.seat_ids
    named = None if ids is None else [
        CaseVoice(seat_id=one, name=names.get(one, "")) for one in sorted(ids)
    ]  # fmt: skip
    return PieceTold(
        id=sealed.id,
        from_position=sealed.from_position,
        to_position=sealed.to_position,
        voices=named,
    )
