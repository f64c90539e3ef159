"""`balai demo`: the demonstration's guests."""

from balai.app.log import start_log
from balai.demo.performance import hold_demonstration
from balai.settings import Settings


def run(settings: Settings) -> None:
    """Perform until the room is closed."""
    start_log(settings)
    hold_demonstration(settings)
