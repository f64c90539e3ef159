"""What every route needs of the house, kept on the application."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

from sqlalchemy.orm import Session
from starlette.requests import HTTPConnection

from balai.bell import Bell
from balai.database import Database
from balai.people.keys import HouseKey
from balai.settings import Settings
from balai.web.desk_watch import DeskWatch
from balai.web.limits import Attempts
from balai.web.monitors import Monitors
from balai.web.streams import Streams
from balai.wire import StagePort

_CHOSEN_BITS: Final = 64


@dataclass(frozen=True, slots=True)
class House:
    """The house as the edge sees it."""

    settings: Settings
    database: Database
    bell: Bell
    stage: StagePort
    key: HouseKey
    streams: Streams
    desk: DeskWatch
    monitors: Monitors
    # Failed tries of links, and new accounts: by address.
    guesses: Attempts = field(default_factory=lambda: Attempts(burst=20, every_s=30))
    sign_ups: Attempts = field(default_factory=lambda: Attempts(burst=60, every_s=10))

    # Reports: by person and device; of whom nothing is known, by address, which many may share.
    reports: Attempts = field(default_factory=lambda: Attempts(burst=6, every_s=10))
    strangers: Attempts = field(default_factory=lambda: Attempts(burst=30, every_s=2))

    @contextlib.contextmanager
    def writing(self) -> Iterator[Session]:
        """Write in one transaction and ring the bell once it is committed."""
        with self.database.transaction() as session:
            yield session
        self.bell.ring()


def house_of(connection: HTTPConnection) -> House:
    """Give the house that this application serves."""
    house = connection.app.state.house
    assert isinstance(house, House)  # noqa: S101 - set when the application is built
    return house


def address_of(connection: HTTPConnection) -> str:
    """Give the client's address, for counting only: it is kept nowhere.

    Of IPv6 the first 64 bits: the others are the client's to choose. What is IPv4 inside IPv6
    is IPv4.
    """
    host = connection.client.host if connection.client else ""
    try:
        address = ip_address(host)
    except ValueError:
        return host  # a socket without addresses
    if isinstance(address, IPv4Address):
        return host
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(IPv6Address(int(address) >> _CHOSEN_BITS << _CHOSEN_BITS))
