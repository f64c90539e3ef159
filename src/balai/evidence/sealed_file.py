"""The file of one sealed evidence: written whole, read only when nothing of it was changed."""

import hashlib
from datetime import datetime

from balai.evidence import stretches, vault
from balai.evidence.errors import EvidenceDestroyed, SealBroken
from balai.evidence.keys import shred
from balai.evidence.model import Sealed, file_name
from balai.evidence.sound import Sound, Window, pack, unpack
from balai.evidence.store import Store
from balai.lasting_files import sync_folder


def write(store: Store, sealed: Sealed, window: Window, *, at: datetime) -> None:
    """Write the file with what the ring has of a window and what was sealed before.

    The file of before stays until `sealing.sweep`: the row that names it may still be the one
    that counts.

    Raises:
        SealBroken, VaultKeyBroken: what was sealed before is damaged.
        OSError: the disk refuses; nothing has changed.
    """
    key = vault.vault_key(store)
    sound = Sound(window)
    if sealed.generation:
        sound.take(unpack(contents(store, sealed)))
    sound.take(stretches.gather(store, window))
    content = pack(sound)
    name = file_name(sealed.id, sealed.generation + 1)
    data = vault.lock(key, name, content)
    vault.write_whole(store.sealed / name, data)
    sealed.generation += 1
    sealed.content_hash = hashlib.sha256(content).hexdigest()
    sealed.file_hash = hashlib.sha256(data).hexdigest()
    sealed.voiced_samples = sound.voiced_samples
    sealed.written_at = at


def contents(store: Store, sealed: Sealed) -> bytes:
    """Decrypt the file; whoever is not this package uses `reading.read`, which is logged.

    Raises:
        EvidenceDestroyed: there is none any more.
        SealBroken: it is gone, or any bit of it or of its row was changed.
    """
    if sealed.destroyed_at is not None:
        raise EvidenceDestroyed
    try:
        data = (store.sealed / sealed.file_name).read_bytes()
    except OSError as cause:
        raise SealBroken from cause
    content = vault.unlock(vault.vault_key(store), sealed.file_name, data)
    if hashlib.sha256(data).hexdigest() != sealed.file_hash:
        raise SealBroken
    if hashlib.sha256(content).hexdigest() != sealed.content_hash:
        raise SealBroken
    return content


def destroy(store: Store, sealed_id: str) -> None:
    """Destroy every generation of a file: overwritten with its wrapped key, then removed."""
    for path in store.sealed.glob(f"*{sealed_id}.*.sealed*"):
        shred(path)
    sync_folder(store.sealed)
