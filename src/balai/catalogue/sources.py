"""Whose lists are taken here: names given to public keys by the person who runs the house."""

from typing import Final

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from balai.catalogue.errors import KeyInvalid, KeyMissing, SourceTaken, SourceUntrusted
from balai.catalogue.keys import PUBLIC_BYTES
from balai.catalogue.model import Source
from balai.catalogue.recording import is_shown
from balai.clock import now

_NAME_MAX: Final = 120


def trust(session: Session, *, name: str, public_key: bytes) -> Source:
    """Take lists signed with this key from now on. Trusting the same again changes nothing.

    Raises:
        SourceTaken: the name has another key, or the key another name.
        KeyInvalid: the name or the key cannot be used.
    """
    if not 1 <= len(name) <= _NAME_MAX or not is_shown(name):
        raise KeyInvalid(f"a source's name has 1 to {_NAME_MAX} signs that can be shown")
    if len(public_key) != PUBLIC_BYTES:
        raise KeyInvalid
    known = session.get(Source, name)
    if known is not None and known.public_key == public_key:
        return known
    source = Source(name=name, public_key=public_key, trusted_at=now())
    session.add(source)
    try:
        session.flush()
    except IntegrityError as cause:
        raise SourceTaken from cause
    return source


def distrust(session: Session, *, name: str) -> None:
    """Take no more lists from a source; what it brought stays until it is withdrawn.

    Raises:
        KeyMissing: nobody of this name is trusted.
    """
    source = session.get(Source, name)
    if source is None:
        raise KeyMissing(f"nobody called {name} is trusted here")
    session.delete(source)
    session.flush()


def trusted(session: Session) -> list[Source]:
    """Give all sources."""
    return list(session.scalars(select(Source).order_by(Source.name)))


def source_of(session: Session, public_key: bytes) -> Source:
    """Give the source a key belongs to.

    Raises:
        SourceUntrusted: nobody trusts this key here.
    """
    source = session.scalars(
        select(Source).where(Source.public_key == public_key)
    ).one_or_none()
    if source is None:
        raise SourceUntrusted(
            f"nobody here trusts the signer of this list yet; if {public_key.hex()} is theirs, "
            "`balai ear key trust` says so"
        )
    return source
