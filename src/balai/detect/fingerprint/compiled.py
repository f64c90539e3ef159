"""Compiling the inner loops to machine code; kept on disk, so each is compiled once a machine."""

from collections.abc import Callable
from typing import TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., object])


def compiled(function: F) -> F:
    """Compile a function of numbers and arrays; it lets other threads run meanwhile."""
    return cast("F", numba.njit(cache=True, nogil=True)(function))
