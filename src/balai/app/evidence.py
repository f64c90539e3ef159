"""`balai evidence`: list, read, hold and bundle sealed sound; check a bundle anywhere."""

import hashlib
import os
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy.orm import Session

from balai.app.ear_terminal import counted, printable, size, table
from balai.clock import now
from balai.database import Database, open_database
from balai.evidence import bundle_check, keeping, reading
from balai.evidence.bundle import Wanted, make
from balai.evidence.errors import BundleBroken, BundleExists, BundleInvalid, BundleSealed
from balai.evidence.model import Sealed
from balai.evidence.ogg import ogg_opus
from balai.evidence.sound import RATE_HZ, unpack
from balai.evidence.store import store_of
from balai.people.accounts import by_handle, require_operator
from balai.settings import Settings

_IDENTITY_BYTES_MAX: Final = 100_000
_ENCLOSED_BYTES_MAX: Final = 50_000_000


def run(settings: Settings, *, verb: str, **options: Any) -> None:
    """Do what was asked of evidence."""
    _VERBS[verb](settings, **options)


def _list(settings: Settings, *, room: str) -> None:
    with open_database(settings).reading() as session:
        found = reading.of_room(session, room) if room else reading.newest(session)
    rows = [("ID", "ROOM", "FROM", "SECONDS", "SOUND", "WHY", "STAYS")]
    _print(table([*rows, *map(_row, found)]))


def _hold(settings: Settings, *, sealed: str, by: str, reason: str, days: int | None) -> None:
    until = None if days is None else now() + timedelta(days=days)
    with open_database(settings).transaction() as session:
        who = _operator(session, by)
        keeping.hold(session, sealed, reason=reason, by_person_id=who, until=until)
    _print(f"{sealed} stays" + (f" until {until:%Y-%m-%d}." if until else " until unhold."))


def _unhold(settings: Settings, *, sealed: str, by: str, reason: str) -> None:
    with open_database(settings).transaction() as session:
        who = _operator(session, by)
        found = keeping.end_hold(session, sealed, reason=reason, by_person_id=who)
    _print(f"{sealed} expires on {found.expires_at:%Y-%m-%d}.")


def _read(settings: Settings, *, sealed: str, by: str, purpose: str, out: Path) -> None:
    database = open_database(settings)
    if out.exists():
        raise BundleExists
    content = reading.read(
        database, store_of(settings), sealed, by_person_id=_who(database, by), purpose=purpose
    )
    sound = unpack(content)
    out.mkdir(mode=0o700, parents=True)
    for seat_id, packets in sound.voices.items():
        _write_new(out / f"{seat_id}.opus", ogg_opus(sound.window, packets))
    _print(f"{out}: {counted(len(sound.voices), 'voice')}")


def _bundle(settings: Settings, *, out: Path, by: str, **asked: Any) -> None:
    database = open_database(settings)
    if out.exists():
        raise BundleExists
    wanted = Wanted(
        sealed_ids=asked["sealed"],
        recipients=asked["to"],
        by_person_id=_who(database, by),
        purpose=asked["purpose"],
        enclosed={path.name: _content(path, _ENCLOSED_BYTES_MAX) for path in asked["enclose"]},
    )
    url = None if asked["unstamped"] else settings.timestamp_url
    data = make(database, store_of(settings), wanted, timestamp_url=url)
    _write_new(out, data)
    _print(f"{out}: {size(len(data))}, SHA-256 {hashlib.sha256(data).hexdigest()}")


def _verify(
    _settings: Settings, *, file: Path, identity: Path | None, authority: Path | None
) -> None:
    data = _content(file, bundle_check.BUNDLE_BYTES_MAX)
    try:
        if bundle_check.is_sealed(data):
            if identity is None:
                raise BundleSealed
            keys = _content(identity, _IDENTITY_BYTES_MAX).decode("utf-8", "replace")
            data = bundle_check.unseal(data, keys)
        known = _content(authority, _IDENTITY_BYTES_MAX) if authority else None
        checked = bundle_check.check(data, authority=known)
    except BundleBroken as cause:
        raise BundleBroken(f"{file}: {cause}") from cause
    _print(f"{file} is whole: {counted(len(checked.files), 'file')}.")
    _print(f"purpose: {printable(checked.purpose)}")
    _print(f"time stamp: {_stamp(checked)}")


def _stamp(checked: bundle_check.Checked) -> str:
    if checked.stamped_at is None:
        return "none"
    proof = "of this authority" if checked.is_authority_known else "unproven, see --authority"
    return f"{checked.stamped_at:%Y-%m-%d %H:%M:%S %Z} ({proof})"


def _row(one: Sealed) -> tuple[str, ...]:
    seconds = (one.to_position - one.from_position) / RATE_HZ
    return (
        one.id,
        one.room_id,
        f"{one.from_position / RATE_HZ:.1f} s",
        f"{seconds:.1f}",
        f"{one.voiced_samples / RATE_HZ:.1f} s",
        printable(one.why),
        _stays(one),
    )


def _stays(one: Sealed) -> str:
    if one.destroyed_at is not None:
        return f"destroyed {one.destroyed_at:%Y-%m-%d}"
    if one.is_held(now()):
        until = f"until {one.hold_until:%Y-%m-%d}" if one.hold_until else "on hold"
        return f"{until}: {printable(one.legal_hold or '')}"
    return f"until {one.expires_at:%Y-%m-%d}"


def _who(database: Database, handle: str) -> str:
    with database.reading() as session:
        return _operator(session, handle)


def _operator(session: Session, handle: str) -> str:
    person = by_handle(session, handle)
    require_operator(person)
    return person.id


def _content(path: Path, bytes_max: int) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(bytes_max + 1)
    except OSError as cause:
        raise BundleInvalid(f"{path}: {cause.strerror}") from cause
    if len(data) > bytes_max:
        raise BundleInvalid(f"{path} is larger than it may be")
    return data


def _write_new(path: Path, data: bytes) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as cause:
        raise BundleExists from cause
    except OSError as cause:
        raise BundleInvalid(f"{path}: cannot be written: {cause.strerror}") from cause
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")


_VERBS: Final[Mapping[str, Any]] = {
    "list": _list,
    "hold": _hold,
    "unhold": _unhold,
    "read": _read,
    "bundle": _bundle,
    "verify": _verify,
}
