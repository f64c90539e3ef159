"""`balai hall`: the hall's media."""

from balai.app.log import start_log
from balai.settings import Settings
from balai.web.hall import serve_hall


def run(settings: Settings) -> None:
    """Serve until told to stop."""
    start_log(settings)
    serve_hall(settings)
