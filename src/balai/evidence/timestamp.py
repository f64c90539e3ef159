"""Time stamps: an authority outside the house says that these bytes were there at a moment.

Source: RFC 3161 (time-stamp protocol), RFC 5816.
"""

import hashlib
from datetime import datetime
from typing import Final

import httpx
from cryptography import x509
from rfc3161_client import (
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from balai.evidence.errors import BundleBroken, BundleInvalid, TimestampMissing

ANSWER_BYTES_MAX: Final = 1_000_000
ASK_S_MAX: Final = 15.0
_QUERY: Final = "application/timestamp-query"
_GRANTED: Final = frozenset({0, 1})


def ask(url: str, data: bytes) -> bytes:
    """Let an authority stamp bytes; it is told their hash only. Give its answer.

    Raises:
        TimestampMissing: it cannot be reached, refuses, or answers for something else.
    """
    request = TimestampRequestBuilder(data=data).build()
    try:
        answer = httpx.post(
            url,
            content=request.as_bytes(),
            headers={"Content-Type": _QUERY},
            timeout=ASK_S_MAX,
            trust_env=False,
        )
        answer.raise_for_status()
        if len(answer.content) > ANSWER_BYTES_MAX:
            raise TimestampMissing
        stamp = decode_timestamp_response(answer.content)
        if not _is_of(stamp, data) or stamp.tst_info.nonce != request.nonce:
            raise TimestampMissing
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as cause:
        raise TimestampMissing from cause
    return answer.content


def stamped_at(token: bytes, data: bytes) -> datetime:
    """Tell when bytes were stamped, as the token itself says.

    Raises:
        BundleBroken: the token is none, or is for other bytes.
    """
    try:
        stamp = decode_timestamp_response(token)
        if not _is_of(stamp, data):
            raise BundleBroken
        return stamp.tst_info.gen_time
    except ValueError as cause:
        raise BundleBroken from cause


def require_signed(token: bytes, data: bytes, authority: bytes) -> None:
    """Check a token against the certificates of an authority that one trusts (PEM).

    Raises:
        BundleInvalid: these are no certificates.
        BundleBroken: this authority did not stamp these bytes.
    """
    try:
        roots = x509.load_pem_x509_certificates(authority)
    except ValueError as cause:
        raise BundleInvalid("the file with the authority's certificates holds none") from cause
    try:
        verifier = VerifierBuilder(roots=roots).build()
        verifier.verify_message(decode_timestamp_response(token), data)
    except (VerificationError, ValueError) as cause:
        raise BundleBroken("the time stamp is not of this authority") from cause


def _is_of(stamp: TimeStampResponse, data: bytes) -> bool:
    if stamp.status not in _GRANTED:
        return False
    return stamp.tst_info.message_imprint.message in {
        hashlib.new(name, data).digest() for name in ("sha256", "sha384", "sha512")
    }
