"""The one place where kinds of error become HTTP status codes."""

import logging
from collections.abc import Mapping
from typing import Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from balai.errors import BalaiError, Invalid, NotAllowed, NotFound, Unavailable
from balai.policy.errors import PackInvalid

STATUS: Final[Mapping[str, int]] = {
    "invalid": 422,
    "not_allowed": 403,
    "not_found": 404,
    "conflict": 409,
    "unavailable": 503,
    "tampered": 500,
}
_FIELDS_NAMED_MAX: Final = 5
_MISTAKES_MAX: Final = 100

log = logging.getLogger(__name__)


class Unexpected(Unavailable):
    """Something went wrong here that nobody foresaw; it was noted. Try again shortly."""


class RequestInvalid(Invalid):
    """This request is not understood; correct it and send it again."""


class AddressUnknown(NotFound):
    """There is nothing at this address."""


class MistakeView(BaseModel):
    """One mistake in a policy pack: in which file and line (null: in none), and the remedy."""

    file: str | None
    line: int | None
    wrong: str
    remedy: str


class ErrorView(BaseModel):
    """An error: what the caller can do (kind), which one (code), and a sentence to show.

    `mistakes` is there for a policy pack only.
    """

    kind: str
    code: str
    message: str
    mistakes: list[MistakeView] | None = None


class ErrorAnswer(BaseModel):
    """What every failed request is answered with."""

    error: ErrorView


ANSWERS: Final[dict[int | str, dict[str, object]]] = {
    status: {"model": ErrorAnswer, "description": kind} for kind, status in STATUS.items()
}


def answer(error: BalaiError) -> JSONResponse:
    """Make the answer for an error."""
    headers = {"Cache-Control": "no-store"}
    if isinstance(error, Unavailable):
        headers["Retry-After"] = str(error.retry_s)
    view = ErrorView(kind=error.kind, code=error.code(), message=str(error))
    if isinstance(error, PackInvalid):
        view.mistakes = [_mistake_view(one) for one in (error, *error.also)][:_MISTAKES_MAX]
    told = ErrorAnswer(error=view).model_dump(exclude_unset=True)
    return JSONResponse(told, status_code=STATUS[error.kind], headers=headers)


def _mistake_view(one: PackInvalid) -> MistakeView:
    return MistakeView(
        file=one.file or None, line=one.line or None, wrong=one.wrong, remedy=one.remedy
    )


def translate(app: FastAPI) -> None:
    """Have every error of the application answered in the one shape."""
    app.add_exception_handler(BalaiError, _own)
    app.add_exception_handler(RequestValidationError, _not_understood)
    app.add_exception_handler(HTTPException, _of_the_framework)
    app.add_middleware(Unforeseen)


class Unforeseen:
    """Answers what nobody foresaw without telling anything of it; the log has it all."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_started = False

        async def watched(message: Message) -> None:
            nonlocal has_started
            has_started = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception:
            log.exception("a request failed in an unforeseen way")
            if has_started:
                raise  # the connection is cut: half an answer must not look whole
            await answer(Unexpected())(scope, receive, send)


async def _own(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, BalaiError)  # noqa: S101 - registered for nothing else
    return answer(error)


async def _not_understood(_request: Request, error: Exception) -> JSONResponse:
    """Name the fields that are wrong, but repeat nothing of what was sent."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for nothing else
    fields = {
        str(part)
        for problem in error.errors()
        for part in problem["loc"][1:]
        if isinstance(part, str) and part.isidentifier()
    }
    named = ", ".join(sorted(fields)[:_FIELDS_NAMED_MAX])
    return answer(RequestInvalid(f"{RequestInvalid.sentence()} ({named})" if named else ""))


async def _of_the_framework(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for nothing else
    if isinstance(error.__cause__, BalaiError):  # raised while the body was being read
        return answer(error.__cause__)
    return answer(_KINDS.get(error.status_code, Unexpected)())


_KINDS: Final[Mapping[int, type[BalaiError]]] = {
    400: RequestInvalid,
    403: NotAllowed,
    404: AddressUnknown,
    405: AddressUnknown,
    413: RequestInvalid,
    415: RequestInvalid,
    422: RequestInvalid,
}
