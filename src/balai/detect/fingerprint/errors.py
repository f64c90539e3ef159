"""What can be wrong with sound, fingerprints and indexes."""

from balai.errors import Invalid, NotFound


class AudioUnreadable(Invalid):
    """This file holds no sound that can be used; give another one."""


class FingerprintDamaged(Invalid):
    """This fingerprint is damaged or was made by another version; make it again."""


class IndexOutdated(Invalid):
    """This index was written by another version; run `balai ear index --rebuild`."""


class IndexDamaged(Invalid):
    """This index is damaged; run `balai ear index --rebuild`."""


class IndexMissing(NotFound):
    """There is no index here; make one with `balai ear index`."""


class CalibrationInvalid(Invalid):
    """This calibration cannot be used; make one with `balai ear calibrate`."""
