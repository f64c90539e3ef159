"""Checking a bundle anywhere: no house, no database, no network."""

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import pyrage  # type: ignore[import-untyped]

from balai.evidence import archive, bundle, timestamp
from balai.evidence.errors import BundleBroken, BundleInvalid, BundleSealed

BUNDLE_BYTES_MAX: Final = 1024 * 1024 * 1024
MANIFEST_BYTES_MAX: Final = 4 * 1024 * 1024
_AGE: Final = b"age-encryption.org/"
_ARMOR: Final = b"-----BEGIN AGE"
_SUM: Final = re.compile(r"([0-9a-f]{64})  ([\x21-\x7e]{1,99})")
_HASH: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Checked:
    """What a whole bundle says of itself. `stamped_at` is proven only with `authority`."""

    purpose: str
    files: tuple[str, ...]
    stamped_at: datetime | None
    is_authority_known: bool


@dataclass(frozen=True, slots=True)
class _Manifest:
    """A manifest in its right shape: the hash of each file by its name."""

    purpose: str
    is_stamped: bool
    files: dict[str, str]


def is_sealed(data: bytes) -> bool:
    """Tell whether a bundle is still sealed for its recipients."""
    return data.startswith((_AGE, _ARMOR))


def unseal(data: bytes, identities: str) -> bytes:
    """Open a bundle with the keys of a recipient (the text of their age key file).

    Raises:
        BundleSealed: none of these is the key of a recipient, or the text holds none.
        BundleBroken: the sealed file was changed.
    """
    keys = []
    for line in identities.splitlines():
        if line.strip() and not line.startswith("#"):
            try:
                keys.append(pyrage.x25519.Identity.from_str(line.strip()))
            except pyrage.IdentityError as cause:
                raise BundleSealed("the key file holds no key of age") from cause
    if not keys:
        raise BundleSealed
    try:
        return bytes(pyrage.decrypt(data, keys))
    except pyrage.DecryptError as cause:
        if "No matching keys" in str(cause):
            raise BundleSealed(
                "this key is not of a recipient of this bundle, or its beginning was changed"
            ) from cause
        raise BundleBroken("the bundle itself is damaged or was changed") from cause


def check(data: bytes, *, authority: bytes | None = None) -> Checked:
    """Check every byte of an opened bundle.

    Raises:
        BundleInvalid: this is no bundle.
        BundleBroken: something was changed, is missing or too much; the message names the file.
    """
    if len(data) > BUNDLE_BYTES_MAX:
        raise BundleInvalid
    files = _files(data)
    _check_sums(files)
    manifest = _manifest(files[bundle.MANIFEST])
    ends = {bundle.MANIFEST, bundle.SUMS} | ({bundle.STAMP} if manifest.is_stamped else set())
    for name in sorted(manifest.files.keys() ^ (files.keys() - ends)):
        raise BundleBroken(f"{name!a} is missing, or the manifest does not know it")
    for name, told in manifest.files.items():
        _compare(name, files[name], told)
    stamped_at = _stamped_at(files, authority) if manifest.is_stamped else None
    return Checked(
        purpose=manifest.purpose,
        files=tuple(manifest.files),
        stamped_at=stamped_at,
        is_authority_known=stamped_at is not None and authority is not None,
    )


def _files(data: bytes) -> dict[str, bytes]:
    """Take a bundle apart; where it is damaged, the manifest knows which file was there."""
    files: dict[str, bytes] = {}
    try:
        for name, content in archive.read(data):
            if name in files:
                raise BundleBroken(f"{name} is there twice")
            files[name] = content
    except BundleBroken as cause:
        if bundle.MANIFEST not in files:
            raise
        told = _manifest(files[bundle.MANIFEST])
        stamp = [bundle.STAMP] if told.is_stamped else []
        names = [bundle.MANIFEST, *told.files, *stamp, bundle.SUMS]
        if len(files) >= len(names):
            raise
        raise BundleBroken(f"{names[len(files)]!a} is damaged or was changed") from cause
    return files


def _check_sums(files: dict[str, bytes]) -> None:
    """Check manifest and stamp by the last file, and that one by itself."""
    if bundle.MANIFEST not in files or next(iter(files)) != bundle.MANIFEST:
        raise BundleInvalid(f"this is no bundle: {bundle.MANIFEST} does not come first")
    if bundle.SUMS not in files:
        raise BundleBroken(f"{bundle.SUMS} is missing")
    ends = {name: files[name] for name in (bundle.MANIFEST, bundle.STAMP) if name in files}
    lines = files[bundle.SUMS].decode("ascii", "replace").split("\n")[:-2]
    told = {found[2]: found[1] for found in map(_SUM.fullmatch, lines) if found}
    if files[bundle.SUMS] != bundle.sums(told) or told.keys() != ends.keys():
        raise BundleBroken(f"{bundle.SUMS} is damaged or was changed")
    for name, data in ends.items():
        _compare(name, data, told[name])


def _compare(name: str, data: bytes, told: str) -> None:
    if hashlib.sha256(data).hexdigest() != told:
        raise BundleBroken(f"{name} is damaged or was changed")


def _manifest(data: bytes) -> _Manifest:
    """Read a manifest; also one whose hash is right may have been written to do harm."""
    try:
        told = json.loads(data) if len(data) <= MANIFEST_BYTES_MAX else None
    except (ValueError, RecursionError) as cause:
        raise BundleInvalid from cause
    if not isinstance(told, dict) or told.get("format") != bundle.FORMAT:
        raise BundleInvalid("this bundle is of a kind that this Balai does not know")
    files, purpose, stamped = (told.get(name) for name in ("files", "purpose", "stamped"))
    if not (isinstance(files, dict) and isinstance(purpose, str) and isinstance(stamped, bool)):
        raise BundleInvalid
    if not all(map(_is_hash, files.values())):
        raise BundleInvalid
    return _Manifest(purpose, stamped, files)


def _is_hash(value: object) -> bool:
    return isinstance(value, str) and _HASH.fullmatch(value) is not None


def _stamped_at(files: dict[str, bytes], authority: bytes | None) -> datetime:
    if bundle.STAMP not in files:
        raise BundleBroken(f"{bundle.STAMP} is missing")
    token, manifest = files[bundle.STAMP], files[bundle.MANIFEST]
    try:
        at = timestamp.stamped_at(token, manifest)
        if authority is not None:
            timestamp.require_signed(token, manifest, authority)
    except BundleBroken as cause:
        raise BundleBroken(f"{bundle.STAMP}: {cause}") from cause
    return at
