"""Where speakers can reach this process."""

import aioice.ice

_get_host_addresses = aioice.ice.get_host_addresses


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
