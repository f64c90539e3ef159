"""Reading offers."""

import pytest

from balai.stage.engine import OfferInvalid, OfferTooLarge
from balai.stage.fake import OFFER
from balai.stage.sdp import (
    CANDIDATES_MAX,
    OPUS_SETTINGS,
    Candidate,
    read_offer,
    with_opus_settings,
)

CHROMIUM = """v=0
o=- 4611731400430051336 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0
a=extmap-allow-mixed
a=msid-semantic: WMS f0
m=audio 57318 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126
c=IN IP4 192.0.2.7
a=rtcp:9 IN IP4 0.0.0.0
a=candidate:1 1 udp 2122260223 5d3b.local 57318 typ host generation 0 network-id 1
a=candidate:2 1 udp 1686052607 192.0.2.7 57318 typ srflx raddr 0.0.0.0 rport 0
a=candidate:3 1 tcp 1518280447 192.0.2.7 9 typ host tcptype active
a=ice-ufrag:Yb1h
a=ice-pwd:c8Zt0123456789abcdefABCD
a=ice-options:trickle
a=fingerprint:sha-256 {digest}
a=setup:actpass
a=mid:0
a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
a=sendrecv
a=msid:f0 t0
a=rtcp-mux
a=rtpmap:111 opus/48000/2
a=fmtp:111 minptime=10;useinbandfec=1
a=rtpmap:63 red/48000/2
a=rtpmap:9 G722/8000
a=ssrc:1 cname:x
""".format(digest=":".join(["0A"] * 32)).replace("\n", "\r\n")


def test_a_browsers_offer_is_understood() -> None:
    offer = read_offer(CHROMIUM)
    assert (offer.mid, offer.payload_type, offer.direction) == ("0", 111, "sendrecv")
    assert (offer.username, offer.password) == ("Yb1h", "c8Zt0123456789abcdefABCD")
    assert offer.setup == "actpass"
    assert offer.fingerprints == ("sha-256 " + ":".join(["0A"] * 32),)
    assert offer.candidates == (Candidate("2", 1_686_052_607, "192.0.2.7", 57_318, "srflx"),)


def test_the_offer_is_written_anew_and_means_the_same() -> None:
    offer = read_offer(CHROMIUM)
    assert read_offer(offer.text()) == offer
    assert ".local" not in offer.text()
    assert "extmap" not in offer.text()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("v=0", "v=1"),
        ("m=audio", "m=video"),
        ("m=audio", "m=application"),
        ("UDP/TLS/RTP/SAVPF", "RTP/AVP"),
        ("a=rtcp-mux", "a=x"),
        ("opus/48000/2", "G722/8000"),
        ("a=rtpmap:111", "a=rtpmap:112"),
        ("a=sendrecv", "a=recvonly"),
        ("a=sendrecv", "a=inactive"),
        ("a=sendrecv", "a=sendrecv\r\na=sendonly"),
        ("a=ice-ufrag:Yb1h", "a=ice-ufrag:Y"),
        ("a=ice-ufrag:Yb1h", "a=ice-ufrag:" + "Y" * 257),
        ("a=ice-pwd:", "a=ice-pwd: %"),
        ("a=mid:0", "a=mid:0 1"),
        ("a=setup:actpass", "a=setup:holdconn"),
        ("a=setup:actpass", "a=x"),
        ("sha-256 0A", "sha-256 "),
        ("sha-256", "sha-1"),
        ("m=audio", "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nm=audio"),
        ("m=audio", "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nm=audio"),
    ],
)
def test_an_offer_without_what_is_needed_is_invalid(old: str, new: str) -> None:
    assert old in CHROMIUM
    with pytest.raises(OfferInvalid):
        read_offer(CHROMIUM.replace(old, new, 1))


@pytest.mark.parametrize(
    "candidate",
    [
        "1 1 udp 1 224.0.0.1 9 typ host",
        "1 1 udp 1 0.0.0.0 9 typ host",
        "1 1 udp 1 fe80::1%eth0 9 typ host",
        "1 1 udp 1 192.0.2.7 0 typ host",
        "1 1 udp 1 192.0.2.7 65536 typ host",
        "1 1 udp 1 192.0.2.7 ² typ host",
        "1 1 udp 99999999999 192.0.2.7 9 typ host",
        "1 2 udp 1 192.0.2.7 9 typ host",
        "1 1 udp 1 192.0.2.7 9 typ prflx",
        "1 1 udp 1 192.0.2.7 9",
        "",
    ],
)
def test_a_candidate_that_cannot_be_used_is_left_out(candidate: str) -> None:
    assert read_offer(OFFER + f"a=candidate:{candidate}\r\n").candidates == ()


def test_only_so_many_candidates_are_kept() -> None:
    many = "".join(f"a=candidate:1 1 UDP 1 192.0.2.{i} 9 typ host\r\n" for i in range(100))
    assert len(read_offer(OFFER + many).candidates) == CANDIDATES_MAX


def test_too_much_is_too_large_whatever_it_says() -> None:
    with pytest.raises(OfferTooLarge):
        read_offer("x" * 65_537)
    with pytest.raises(OfferTooLarge):
        read_offer("é" * 40_000)


def test_our_opus_settings_replace_the_answers() -> None:
    answer = with_opus_settings(CHROMIUM, 111)
    assert [line for line in answer.splitlines() if line.startswith(("a=fmtp", "a=ptime"))] == [
        f"a=fmtp:111 {OPUS_SETTINGS}",
        "a=ptime:20",
    ]
