"""Two cookies: a session (signed, revocable) and, once there is an account, a device."""

import re
from typing import Final

from starlette.requests import HTTPConnection
from starlette.responses import Response

from balai.ids import new_secret
from balai.people.keys import HouseKey
from balai.people.sign_in import Device

SESSION: Final = "balai_session"
DEVICE: Final = "balai_device"
_DEVICE_S: Final = 400 * 24 * 3600  # the longest that browsers keep
_SECRET: Final = re.compile(r"[0-9a-z]{26}")


def session_token(connection: HTTPConnection, key: HouseKey) -> str | None:
    """Give the session's token, if its cookie carries this house's signature."""
    token, _, signature = connection.cookies.get(SESSION, "").partition(".")
    return token if token and key.is_signed("session", token, signature) else None


def device_hash(connection: HTTPConnection, key: HouseKey) -> str | None:
    """Give the salted hash of the device's cookie, if there is one."""
    device = connection.cookies.get(DEVICE, "")
    return key.sign("device", device) if _SECRET.fullmatch(device) else None


def device_for(connection: HTTPConnection, response: Response, key: HouseKey) -> Device:
    """Give the device somebody signs in with; it keeps its cookie, or gets one now.

    Whoever only listens never gets one.
    """
    device = connection.cookies.get(DEVICE, "")
    if not _SECRET.fullmatch(device):
        device = new_secret()
    _set(connection, response, DEVICE, device, max_age=_DEVICE_S)
    return Device(key.sign("device", device), connection.headers.get("user-agent", ""))


def set_session(
    connection: HTTPConnection, response: Response, key: HouseKey, token: str, *, days: int
) -> None:
    """Sign a session's token into its cookie."""
    value = f"{token}.{key.sign('session', token)}"
    _set(connection, response, SESSION, value, max_age=days * 24 * 3600)


def forget_session(response: Response) -> None:
    """Take the session's cookie away; the device's stays, bans are tied to it."""
    response.delete_cookie(SESSION, path="/", httponly=True, samesite="lax")


def is_https(connection: HTTPConnection) -> bool:
    """Tell whether the browser came by https, as far as can be seen here."""
    public_url = str(connection.app.state.house.settings.public_url)
    return connection.url.scheme == "https" or public_url.startswith("https:")


def _set(
    connection: HTTPConnection, response: Response, name: str, value: str, *, max_age: int
) -> None:
    response.set_cookie(
        name,
        value,
        max_age=max_age,
        path="/",
        httponly=True,
        samesite="lax",
        secure=is_https(connection),
    )
