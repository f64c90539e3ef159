"""What can go wrong with evidence, as facts."""

from balai.errors import Conflict, Invalid, NotFound, Tampered, Unavailable


class SoundGone(Conflict):
    """The sound of this moment is not kept, or not any more."""


class SealedMissing(NotFound):
    """There is no such sealed evidence."""


class EvidenceDestroyed(Conflict):
    """This evidence has been destroyed; only the record of it is left."""


class SealBroken(Tampered):
    """This evidence is damaged or was changed; nothing of it may be trusted."""


class VaultKeyBroken(Tampered):
    """The key of sealed evidence is gone or changed; put the right one back from a backup."""


class PurposeMissing(Invalid):
    """Say in a few words for what this evidence is needed; the words are kept."""


class WindowInvalid(Invalid):
    """This stretch of sound is empty, or too long to be sealed at once; choose another."""


class NotOnHold(Conflict):
    """No legal hold keeps this evidence; there is nothing to lift."""


class KeysNotInMemory(Conflict):
    """Keys of unsealed sound may lie in memory only; set BALAI_EVIDENCE_KEYS to a tmpfs."""


class KeysForeign(Tampered):
    """Others own or read the folder of keys; set BALAI_EVIDENCE_KEYS to another one."""


class BundleInvalid(Invalid):
    """This is no bundle of evidence, or too large for one; ask for it again."""


class BundleBroken(Tampered):
    """A file of this bundle is damaged or was changed; do not trust it."""


class BundleSealed(Invalid):
    """This bundle is sealed for somebody; give the file with the key of one of them."""


class RecipientInvalid(Invalid):
    """A recipient is named by a public key of age: age1 and 58 letters and digits."""


class TimestampMissing(Unavailable):
    """The time-stamp authority did not answer as it should; try again, or go without."""


class BundleExists(Conflict):
    """There is a file of this name already; choose another name for the bundle."""
