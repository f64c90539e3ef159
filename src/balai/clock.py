"""Time of day, in one place. Sound is timed by sample positions, never by this."""

from datetime import UTC, datetime


def now() -> datetime:
    """Give the present moment, aware, in UTC."""
    return datetime.now(UTC)
