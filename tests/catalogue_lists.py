"""Lists and recordings for the tests of the catalogue."""

import datetime as dt
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import strategies as st

from balai.catalogue import keys
from balai.catalogue.list_format import Head
from balai.catalogue.list_writing import write_list
from balai.catalogue.recording import Described, Opinion, Stance, is_shown

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
PUBLIC = keys.public_bytes(KEY)


def described(identifier: str = "a", **words: Any) -> Described:
    fields: dict[str, Any] = {
        "fingerprint": b"print of " + identifier.encode(),
        "duration_ms": 5000,
    } | words
    return Described(identifier=identifier, **fields)


def head(*, issue: int = 1, name: str = "songs") -> Head:
    return Head(name, "House of Peace", issue, dt.datetime(2026, 2, 4, tzinfo=dt.UTC))


def written(
    folder: Path,
    *recordings: Described,
    issue: int = 1,
    name: str = "songs",
    key: Ed25519PrivateKey = KEY,
) -> Path:
    path = folder / f"{name}-{issue}.balailist"
    ordered = sorted(recordings, key=lambda one: one.identifier.encode())
    write_list(path, head(issue=issue, name=name), ordered, key)
    return path


def texts(most: int, *, least: int = 0) -> st.SearchStrategy[str]:
    letters = st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"])
    return st.text(letters, min_size=least, max_size=most // 4).filter(is_shown)


DATES = st.dates(dt.date(1000, 1, 1))
PARTS = texts(80, least=1).filter(lambda one: not {"/", "\\"} & set(one) and one not in "..")
IDENTIFIERS = st.lists(PARTS, min_size=1, max_size=4).map("/".join)
OPINIONS = st.builds(Opinion, texts(120, least=1), st.sampled_from(Stance), DATES, texts(1000))
RECORDINGS = st.builds(
    Described,
    identifier=IDENTIFIERS,
    fingerprint=st.binary(min_size=1, max_size=200),
    duration_ms=st.integers(0, 2**32 - 1),
    title=texts(400),
    category=texts(80),
    language=texts(35),
    source=texts(400),
    date=st.none() | DATES,
    licence=texts(120),
    opinions=st.lists(OPINIONS, max_size=4, unique_by=lambda one: one.by).map(tuple),
)
HEADS = st.builds(
    Head,
    name=texts(120, least=1),
    publisher=texts(200),
    issue=st.integers(1, 2**32 - 1),
    issued_at=st.datetimes(dt.datetime(1970, 1, 1), timezones=st.just(dt.UTC)).map(  # noqa: DTZ001
        lambda one: one.replace(microsecond=0)
    ),
    licence=texts(120),
    notes=texts(4000),
)
