"""The house's own checkpoints: signed, and kept so that none is ever taken back."""

from typing import Final
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from balai.ids import new_id
from balai.ledger import log, note
from balai.ledger.checkpoint import (
    Checkpoint,
    Signer,
    open_signer,
    read_checkpoint,
    signed,
)
from balai.ledger.errors import LedgerDamaged
from balai.ledger.model import LedgerCheckpoint
from balai.settings import Settings

KEY_FILE: Final = "ledger.key"


def house_signer(settings: Settings) -> Signer:
    """Give the key of this house's ledger; it is made at the first use.

    Its name, the origin of every checkpoint, has the address of the house in it when that is
    known, and is for ever what it was at the first use.

    Raises:
        LedgerKeyInvalid, LedgerKeyUnreadable: there is none and none can be made.
    """
    host = urlsplit(settings.public_url or "").hostname or f"{new_id()}.balai.invalid"
    return open_signer(settings.data / KEY_FILE, name=f"{host}/ledger", algorithm=note.LOG)


def issue(session: Session, signer: Signer) -> bytes:
    """Sign the ledger as it is now, unless that was done; give the signed checkpoint.

    Raises:
        LedgerDamaged: the ledger is not a longer form of what was signed last.
        SignatureMissing, SignatureWrong: what was signed last was changed.
    """
    log.take_turn(session)
    last = latest(session)
    head = log.head(session)
    if last is not None:
        _require_grown(session, read_checkpoint(last.note, signer.key), head.size)
        if last.size == head.size:
            return last.note
    data = signed(Checkpoint(signer.name, head.size, head.root), signer).data()
    session.add(LedgerCheckpoint(size=head.size, note=data))
    session.flush()
    return data


def latest(session: Session) -> LedgerCheckpoint | None:
    """Read the newest checkpoint."""
    query = select(LedgerCheckpoint).order_by(LedgerCheckpoint.size.desc()).limit(1)
    return session.scalars(query).first()


def _require_grown(session: Session, last: Checkpoint, size: int) -> None:
    """Never sign what contradicts an earlier signature: that is what witnesses look for."""
    if last.size > size or log.head(session, last.size) != last.head:
        raise LedgerDamaged(
            f"{LedgerDamaged.sentence()} It had {last.size} entries when it was last signed; "
            "`balai ledger verify` says what is changed."
        )
