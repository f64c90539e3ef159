"""What a process of the house says of itself: ids and counts, never speech or names."""

import logging

from balai.settings import Settings


def start_log(settings: Settings) -> None:
    """Log to standard error, one line an event."""
    logging.basicConfig(
        level=settings.log_level.upper(),
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    # aioice would name speakers' addresses, httpx the links that people come by.
    for library in ("aioice", "aiortc", "alembic", "httpx", "uvicorn"):
        logging.getLogger(library).setLevel(logging.WARNING)
