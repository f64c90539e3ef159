"""Compiling the inner loops to machine code; kept on disk, so that each is compiled once."""

from collections.abc import Callable
from typing import TypeAlias, TypeVar, cast

import numba
import numpy as np

# Mixing signed and unsigned numbers would make floats, so kernels convert to this on reading.
Int: TypeAlias = int | np.int64
F = TypeVar("F", bound=Callable[..., object])


def compiled(function: F) -> F:
    """Compile a function of numbers and arrays; it lets other threads run meanwhile."""
    return cast("F", numba.njit(cache=True, nogil=True)(function))
