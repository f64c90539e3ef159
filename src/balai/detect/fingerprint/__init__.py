"""Recognising known recordings by their landmarks; see docs/decisions/0010-ear.md."""

from balai.detect.fingerprint.calibration import Calibration
from balai.detect.fingerprint.fingerprint import Fingerprint, fingerprint
from balai.detect.fingerprint.index import Index, Match
from balai.detect.fingerprint.search import Search
from balai.detect.fingerprint.store import SegmentStore
from balai.detect.fingerprint.stream import Sighting, StreamMatcher

__all__ = [
    "Calibration",
    "Fingerprint",
    "Index",
    "Match",
    "Search",
    "SegmentStore",
    "Sighting",
    "StreamMatcher",
    "fingerprint",
]
