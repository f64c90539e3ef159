"""Reading a speaker's offer: only what is understood is kept, and written anew.

Nothing of the offer's own text reaches the WebRTC library: its parser meets no hostile input.
Source: RFC 8866 (SDP), RFC 8839 (ICE in SDP), RFC 7587 section 6.1 (Opus settings).
"""

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from balai.stage.engine import OFFER_BYTES_MAX, OfferInvalid, OfferTooLarge

CANDIDATES_MAX: Final = 20  # each one is an address this server would knock at
FINGERPRINTS_MAX: Final = 4

# 20 ms packets with error correction, mono, never silent (no DTX): a speaker from whom nothing
# comes for 2 s is gone, not quiet.
OPUS_SETTINGS: Final = "minptime=10;useinbandfec=1;stereo=0;maxaveragebitrate=32000"

_MEDIA = re.compile(r"m=audio \d{1,5} UDP/TLS/RTP/SAVPF ([\d ]{1,400})")
_OPUS = re.compile(r"(\d{2,3}) opus/48000/2", re.IGNORECASE)
_USERNAME = re.compile(r"[A-Za-z0-9+/]{4,256}")
_PASSWORD = re.compile(r"[A-Za-z0-9+/]{22,256}")
_MID = re.compile(r"[A-Za-z0-9_.~-]{1,32}")
_FOUNDATION = re.compile(r"[A-Za-z0-9+/]{1,32}")
_FINGERPRINT = re.compile(
    r"(sha-256|sha-384|sha-512) ((?:[0-9a-f]{2}:)+[0-9a-f]{2})", re.IGNORECASE
)
_SPEAKING: Final = ("sendrecv", "sendonly")
_LISTENING: Final = ("recvonly",)
_DIGEST_BYTES: Final = {"sha-256": 32, "sha-384": 48, "sha-512": 64}
_DYNAMIC_TYPES: Final = range(96, 128)
_NUMBER_DIGITS_MAX: Final = 10
_CANDIDATE_FIELDS: Final = 8


@dataclass(frozen=True, slots=True)
class Candidate:
    """One address at which a speaker may be reached."""

    foundation: str
    priority: int
    host: str
    port: int
    kind: str


@dataclass(frozen=True, slots=True)
class Offer:
    """What one speaker's offer says, as far as the stage needs it."""

    mid: str
    payload_type: int
    direction: str
    username: str
    password: str
    setup: str
    fingerprints: tuple[str, ...]
    candidates: tuple[Candidate, ...]

    def text(self) -> str:
        """Write it as SDP, canonical and whole."""
        return "".join(f"{line}\r\n" for line in self._lines())

    def _lines(self) -> Iterator[str]:
        yield from ("v=0", "o=- 1 1 IN IP4 0.0.0.0", "s=-", "t=0 0")
        yield f"a=group:BUNDLE {self.mid}"
        yield f"m=audio 9 UDP/TLS/RTP/SAVPF {self.payload_type}"
        yield "c=IN IP4 0.0.0.0"
        yield f"a=mid:{self.mid}"
        yield f"a={self.direction}"
        yield "a=rtcp-mux"
        yield f"a=rtpmap:{self.payload_type} opus/48000/2"
        yield f"a=ice-ufrag:{self.username}"
        yield f"a=ice-pwd:{self.password}"
        for fingerprint in self.fingerprints:
            yield f"a=fingerprint:{fingerprint}"
        yield f"a=setup:{self.setup}"
        for number, at in enumerate(self.candidates, 1):
            yield (
                f"a=candidate:{at.foundation or number} 1 udp {at.priority} "
                f"{at.host} {at.port} typ {at.kind}"
            )


def read_offer(text: str, *, speaks: bool = True) -> Offer:
    """Read an offer: one audio section, Opus in it, sent to us, or else only by us.

    Candidates that cannot be used (TCP, `.local` names, multicast) are left out; such a speaker
    is still found when their own checks arrive here.

    Raises:
        OfferTooLarge: more than 64 KiB.
        OfferInvalid: anything else that cannot be used.
    """
    if len(text) > OFFER_BYTES_MAX or len(text.encode(errors="replace")) > OFFER_BYTES_MAX:
        raise OfferTooLarge
    lines = text.splitlines()
    media = [line for line in lines if line.startswith("m=")]
    if not lines or lines[0] != "v=0" or len(media) != 1:
        raise OfferInvalid
    formats = _MEDIA.fullmatch(media[0])
    if formats is None:
        raise OfferInvalid("the section must be audio over DTLS-SRTP")
    attributes = _attributes(lines)
    if "rtcp-mux" not in attributes:
        raise OfferInvalid("RTP and RTCP must share one port (rtcp-mux)")
    return Offer(
        mid=_one(attributes, "mid", _MID, otherwise="0"),
        payload_type=_opus_type(attributes, formats[1].split()),
        direction=_direction(attributes, speaks=speaks),
        username=_one(attributes, "ice-ufrag", _USERNAME),
        password=_one(attributes, "ice-pwd", _PASSWORD),
        setup=_setup(attributes),
        fingerprints=_fingerprints(attributes),
        candidates=_candidates(attributes),
    )


def with_opus_settings(answer: str, payload_type: int) -> str:
    """Write our Opus settings into an answer, in place of whatever it said."""
    kept = [
        line for line in answer.splitlines() if not line.startswith(f"a=fmtp:{payload_type} ")
    ]
    at = kept.index(f"a=rtpmap:{payload_type} opus/48000/2") + 1
    kept[at:at] = [f"a=fmtp:{payload_type} {OPUS_SETTINGS}", "a=ptime:20"]
    return "".join(f"{line}\r\n" for line in kept)


def _attributes(lines: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in lines:
        if line.startswith("a="):
            name, _, value = line[2:].partition(":")
            found.setdefault(name, []).append(value.strip())
    return found


def _one(
    attributes: dict[str, list[str]], name: str, shape: re.Pattern[str], *, otherwise: str = ""
) -> str:
    # Said for the session and again for its one section, the latter counts; it is written last.
    value = attributes.get(name, [otherwise])[-1]
    if shape.fullmatch(value) is None:
        raise OfferInvalid(f"{name} is missing or malformed")
    return value


def _opus_type(attributes: dict[str, list[str]], formats: list[str]) -> int:
    for value in attributes.get("rtpmap", []):
        match = _OPUS.fullmatch(value)
        if match and match[1] in formats and int(match[1]) in _DYNAMIC_TYPES:
            return int(match[1])
    raise OfferInvalid("Opus is not among the offered formats")


def _direction(attributes: dict[str, list[str]], *, speaks: bool) -> str:
    said = [
        name for name in ("sendrecv", "sendonly", "recvonly", "inactive") if name in attributes
    ]
    direction = said[0] if said else "sendrecv"
    if len(said) > 1 or direction not in (_SPEAKING if speaks else _LISTENING):
        raise OfferInvalid("a speaker must send sound, and somebody who only hears must not")
    return direction


def _setup(attributes: dict[str, list[str]]) -> str:
    value = attributes.get("setup", [""])[-1]
    if value not in ("actpass", "active", "passive"):
        raise OfferInvalid("setup is missing or malformed")
    return value


def _fingerprints(attributes: dict[str, list[str]]) -> tuple[str, ...]:
    found: list[str] = []
    for value in attributes.get("fingerprint", []):
        match = _FINGERPRINT.fullmatch(value)
        if match and match[2].count(":") + 1 == _DIGEST_BYTES[match[1].lower()]:
            found.append(f"{match[1].lower()} {match[2].upper()}")
    if not found or len(found) > FINGERPRINTS_MAX:
        raise OfferInvalid("fingerprint is missing or malformed")
    return tuple(dict.fromkeys(found))


def _candidates(attributes: dict[str, list[str]]) -> tuple[Candidate, ...]:
    found = (_candidate(value) for value in attributes.get("candidate", []))
    return tuple(candidate for candidate in found if candidate is not None)[:CANDIDATES_MAX]


def _candidate(value: str) -> Candidate | None:
    fields = value.split()
    if len(fields) < _CANDIDATE_FIELDS:
        return None
    foundation, component, transport, priority, host, port, typ, kind = fields[:8]
    known = component == "1" and transport.lower() == "udp" and typ == "typ"
    if not known or kind not in ("host", "srflx", "relay"):
        return None
    address = _address(host)
    port_number, priority_number = _number(port, 65_535), _number(priority, 2**32 - 1)
    if address is None or not port_number or priority_number is None:
        return None
    if _FOUNDATION.fullmatch(foundation) is None:
        foundation = ""
    return Candidate(foundation, priority_number, address, port_number, kind)


def _number(text: str, most: int) -> int | None:
    if not (text.isascii() and text.isdecimal() and len(text) <= _NUMBER_DIGITS_MAX):
        return None
    return int(text) if int(text) <= most else None


def _address(host: str) -> str | None:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:  # a `.local` name, or nonsense
        return None
    if address.is_multicast or address.is_unspecified or "%" in host:
        return None
    return str(address)
