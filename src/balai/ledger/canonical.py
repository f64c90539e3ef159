r"""One way, and only one, to write a record as bytes.

JSON in UTF-8; keys sorted by code point; no spaces, no line ends; escaped is what must be, as
`\" \\ \b \f \n \r \t` and other controls below U+0020 as `\u00xx`; whole numbers of at most 53
bits; no fractions at all, because no two languages write them alike.
"""

import json
from typing import Any, Final, NoReturn

from balai.ledger.errors import RecordInvalid

RECORD_BYTES_MAX: Final = 65_536
DEPTH_MAX: Final = 16
NUMBER_MAX: Final = 2**53 - 1


def canonical(value: object) -> bytes:
    """Write a value in its one form.

    Raises:
        RecordInvalid: it holds a fraction, a number that is too large, a key that is no text,
            half a character, or it is too deep.
    """
    _check(value, DEPTH_MAX)
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    try:
        return text.encode()
    except UnicodeEncodeError as cause:
        raise RecordInvalid("half a character (a lone surrogate) cannot be entered") from cause


def parse(data: bytes) -> Any:
    """Read a value from its one form; the same value in any other form is refused.

    Raises:
        RecordInvalid: it is not the one form of anything.
    """
    try:
        value = json.loads(data.decode(), parse_float=_refuse, parse_constant=_refuse)
    except (ValueError, RecursionError) as cause:
        raise RecordInvalid("this is no JSON") from cause
    if canonical(value) != data:
        raise RecordInvalid("this JSON is not in its one canonical form")
    return value


def _refuse(text: str) -> NoReturn:
    raise RecordInvalid(f"{text[:20]}: fractions cannot be entered; use whole numbers or text")


def _check(value: object, depth: int) -> None:
    if value is None or isinstance(value, str | bool):
        return
    if isinstance(value, int):
        if abs(value) > NUMBER_MAX:
            raise RecordInvalid("numbers beyond 53 bits cannot be entered; use text")
    elif depth == 0:
        raise RecordInvalid(f"a record is at most {DEPTH_MAX} levels deep")
    elif isinstance(value, list):
        for one in value:
            _check(one, depth - 1)
    elif isinstance(value, dict):
        for key, one in value.items():
            _check_key(key)
            _check(one, depth - 1)
    else:
        raise RecordInvalid(f"a {type(value).__name__} cannot be entered; use text")


def _check_key(key: object) -> None:
    if not isinstance(key, str):
        raise RecordInvalid("a key that is no text cannot be entered")
