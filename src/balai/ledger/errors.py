"""Why something cannot be entered, proved or believed."""

from balai.errors import Conflict, Invalid, NotFound, Tampered, Unavailable


class RecordInvalid(Invalid):
    """This cannot be entered in the ledger: kind or record is not of the allowed form."""


class EntryMissing(NotFound):
    """The ledger has no such entry."""


class EntryErased(Conflict):
    """The record of this entry was erased; its hash still proves that it was there."""


class ErasureKept(Conflict):
    """What tells of an erasure is never erased."""


class SizeInvalid(Invalid):
    """The ledger was never of this size; ask for a smaller one."""


class NoteInvalid(Invalid):
    """This is no signed note of the form that is understood here; fetch it again."""


class CheckpointInvalid(Invalid):
    """This is no checkpoint of a ledger; ask the house for it again."""


class SignatureMissing(Tampered):
    """This does not carry the signature of the expected key; do not trust it."""


class SignatureWrong(Tampered):
    """This is not what its signer signed; do not trust it."""


class LedgerKeyInvalid(Invalid):
    """This is no key of a ledger or a witness."""


class LedgerKeyMissing(NotFound):
    """The key of this ledger is not in the data folder; put it back from a backup."""


class LedgerKeyUnreadable(Unavailable):
    """The file of the ledger's key cannot be read or made; look at its rights."""


class ProofInvalid(Invalid):
    """This is no proof of the form that is understood here; ask the house for it again."""


class ProofWrong(Tampered):
    """This proof does not prove what it says; do not trust it."""


class LedgerDamaged(Tampered):
    """The ledger was changed after it was written; keep it as it is, and tell a person."""


class ExportInvalid(Invalid):
    """This is no export of a ledger, and no proof; ask the house for it again."""


class ExportExists(Conflict):
    """There is something of this name already; choose another name for the export."""


class ExportUnwritable(Unavailable):
    """The export cannot be written there; look at rights and free space."""


class WitnessBehind(Conflict):
    """This proof begins at another size than was co-signed last; ask for one from there."""


class WitnessDamaged(Tampered):
    """What the witness remembers was changed; restore its folder from a backup."""


class WitnessUnwritable(Unavailable):
    """The folder of the witness cannot be used; look at rights and free space."""


class RolledBack(Tampered):
    """This ledger is smaller than it was; it is not co-signed: keep both as proof."""


class SplitView(Tampered):
    """Two different ledgers were signed for one house; not co-signed: keep both as proof."""
