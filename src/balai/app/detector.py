"""`balai detector`: listens for known recordings in the rooms of this house."""

from balai.app.log import start_log
from balai.detect.detector import detect
from balai.detect.fingerprint.calibration import FILE, Calibration
from balai.settings import Settings


def run(settings: Settings) -> None:
    """Listen until told to stop."""
    start_log(settings)
    own = settings.catalogue_path / FILE
    detect(
        settings.run_path,
        settings.segments_path,
        calibration=Calibration.load(own) if own.is_file() else Calibration.default(),
        rate=settings.ear_false_alarms,
    )
