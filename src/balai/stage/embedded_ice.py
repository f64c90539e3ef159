"""Where speakers can reach this process."""

from collections.abc import Sequence

import aioice.ice
from aiortc import RTCIceServer
from aiortc.rtcicetransport import parse_stun_turn_uri

from balai.errors import Invalid

_get_host_addresses = aioice.ice.get_host_addresses


class IceServerInvalid(Invalid):
    """This is no address of a STUN or TURN server, such as turn:turn.example.org:3478."""


def ice_servers(urls: Sequence[str], *, username: str, password: str) -> list[RTCIceServer]:
    """Name the STUN and TURN servers; of each kind aiortc uses the first.

    Raises:
        IceServerInvalid: one of them cannot be read.
    """
    for url in urls:
        try:
            parse_stun_turn_uri(url)
        except ValueError as error:
            raise IceServerInvalid(url) from error
    return [RTCIceServer(urls=url, username=username, credential=password) for url in urls]


def include_loopback() -> None:
    """Offer 127.0.0.1 too, for speakers on this very machine.

    aioice leaves it out, but a house that has just been started is tried on the machine it runs
    on, and that may have no other address. This is the one place where a library is altered.
    Safe to call twice.
    """
    aioice.ice.get_host_addresses = _host_addresses


def _host_addresses(use_ipv4: bool, use_ipv6: bool) -> list[str]:  # noqa: FBT001 - aioice's own
    addresses = _get_host_addresses(use_ipv4=use_ipv4, use_ipv6=use_ipv6)
    return [*addresses, "127.0.0.1"] if use_ipv4 else addresses
