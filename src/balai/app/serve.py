"""`balai serve`: the whole house."""

import asyncio

from balai import supervise
from balai.app.log import start_log
from balai.database import open_database
from balai.people import operator
from balai.settings import Settings


def run(settings: Settings, *, demo: bool = False) -> None:
    """Run the whole house until it is told to stop."""
    start_log(settings)
    with supervise.house_lock(settings):
        supervise.require_ports(settings)
        welcome = _welcome(settings)
        house = supervise.House(settings)
        asyncio.run(house.run(["demo"] if demo else [], announce=welcome))


def _welcome(settings: Settings) -> str:
    """Bring the records up to date; give what is printed when all parts serve."""
    database = open_database(settings)
    url = (settings.public_url or f"http://{settings.host}:{settings.port}").rstrip("/")
    lines = [""]
    with database.transaction() as session:
        if token := operator.first_link(session):
            lines += [
                "  Nobody runs this house yet. Open this once, and it is you:",
                f"  {url}/operator/{token}",
            ]
    database.close()
    return "\n".join([*lines, f"  {settings.house_name} is open at {url}", ""])
