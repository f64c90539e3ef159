"""The parts of aiortc's and aioice's insides that stage/embedded_link.py stands on.

When one of these fails after an upgrade, nothing is wrong with the stage's own rules: read the
library's new source, change embedded_link.py, then this file.
"""

import inspect
from importlib.metadata import version

import aioice.ice
import pytest
from aioice import Connection
from aiortc import RTCConfiguration, RTCPeerConnection
from aiortc.rtcdtlstransport import RTCDtlsTransport
from aiortc.rtcrtpreceiver import RTCRtpReceiver
from aiortc.rtcrtpsender import RTCRtpSender

from balai.stage.embedded_ice import IceServerInvalid, ice_servers


def parameters(function: object) -> list[str]:
    assert callable(function)
    return list(inspect.signature(function).parameters)


def test_the_release_is_the_one_that_was_read() -> None:
    assert version("aiortc").startswith("1.16."), (
        "read stage/embedded_link.py against the new aiortc"
    )


@pytest.mark.parametrize(
    ("owner", "name", "expected"),
    [
        (Connection, "data_received", ["self", "data", "component"]),
        (RTCRtpSender, "send", ["self", "parameters"]),
        (RTCRtpReceiver, "receive", ["self", "parameters"]),
        (aioice.ice, "get_host_addresses", ["use_ipv4", "use_ipv6"]),
    ],
)
def test_a_hook_is_called_as_before(owner: object, name: str, expected: list[str]) -> None:
    assert parameters(getattr(owner, name)) == expected


@pytest.mark.parametrize(
    ("owner", "called"),
    [
        (aioice.ice.StunProtocol.datagram_received, "self.receiver.data_received("),
        (Connection.gather_candidates, "get_host_addresses("),
        (Connection.sendto, "self._nominated.get(component)"),
        (RTCPeerConnection, "await transceiver.sender.send("),
        (RTCPeerConnection, "await transceiver.receiver.receive("),
        (RTCDtlsTransport._setup_srtp, "self._rx_srtp = Session(rx_policy)"),
        (RTCDtlsTransport._setup_srtp, "self._tx_srtp = Session(tx_policy)"),
    ],
)
def test_the_library_still_goes_through_the_hook(owner: object, called: str) -> None:
    assert called in inspect.getsource(owner)  # type: ignore[arg-type]


@pytest.mark.parametrize("url", ["", "http://example.org", "turn:", "stun:a?transport=udp"])
def test_what_is_no_ice_server_is_invalid(url: str) -> None:
    with pytest.raises(IceServerInvalid):
        ice_servers([url], username="", password="")


async def test_a_peer_has_the_insides_that_a_link_uses() -> None:
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    transceiver = peer.addTransceiver("audio", direction="sendrecv")
    dtls = transceiver.receiver.transport
    ice = dtls.transport._connection
    assert isinstance(ice, Connection)
    assert ice._nominated == {}
    assert ice._queue.qsize() == 0
    assert dtls._rx_srtp is None
    assert dtls._tx_srtp is None
    assert isinstance(transceiver.sender._ssrc, int)
    await peer.close()
