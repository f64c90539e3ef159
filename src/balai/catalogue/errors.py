"""Why a catalogue or a list cannot be used, or not like this."""

from balai.errors import Conflict, Invalid, NotFound, Tampered, Unavailable


class CatalogueMissing(NotFound):
    """There is no catalogue in this folder; `balai ear index` makes one."""


class CatalogueNewer(Conflict):
    """This catalogue was written by a newer Balai; upgrade to use it."""


class CatalogueDamaged(Tampered):
    """The catalogue's file is no catalogue or is damaged; restore it from a backup."""


class CatalogueUnwritable(Unavailable):
    """The catalogue's folder cannot be used; look at its rights and at the free space."""


class CatalogueBusy(Unavailable):
    """Another command changes this catalogue right now; try again in a moment."""


class RecordingMissing(NotFound):
    """There is no such recording in this catalogue."""


class RecordingAmbiguous(Conflict):
    """Several recordings have this name; use the identifier of one of them."""


class RecordingInvalid(Invalid):
    """A field of this recording is empty, too long or holds characters that cannot be shown."""


class ListInvalid(Invalid):
    """This is no list file of a version that is understood here; upgrade, or fetch it again."""


class ListCutShort(Invalid):
    """This list file does not have the length that its first bytes promise; fetch it again."""


class ListTooLarge(Invalid):
    """This list file promises more than Balai accepts; ask for it in smaller parts."""


class ListUnsorted(Invalid):
    """This list names a recording twice, or not in the order of the format."""


class ListFolderPath(Invalid):
    """This list holds an identifier that is no plain name, such as one with `..` in it."""


class ListSignatureWrong(Tampered):
    """This list is not what its signer signed; fetch it again, and tell them."""


class ListSignerWrong(Tampered):
    """This list was not signed with the key that was expected; do not use it."""


class ListChanged(Tampered):
    """This list file changed while it was read; nothing was imported, try again."""


class ListOlder(Conflict):
    """A later issue of this list has been imported already; `--older` takes this one anyway."""


class SourceUntrusted(Invalid):
    """Nobody here trusts the signer of this list yet; `balai ear key trust` does that."""


class KeyInvalid(Invalid):
    """This is no key for lists: a public key has 64 hexadecimal digits."""


class KeyExists(Conflict):
    """There is a file of this name already; choose another name for the key."""


class KeyMissing(NotFound):
    """There is no such key."""


class SourceTaken(Conflict):
    """This name or key belongs to a source that is trusted already; take that back first."""
