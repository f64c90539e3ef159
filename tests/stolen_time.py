"""How much of the processor the host of this virtual machine gave to others meanwhile.

A test of real time on a machine that stands still says nothing about Balai. Linux counts such
time apart (`steal` in proc(5)); whatever Balai does itself, however slow, is not in it.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

STAT: Final = Path("/proc/stat")
_STEAL: Final = 7  # of the fields of `cpu`: user nice system idle iowait irq softirq steal
_FIELDS: Final = 8  # the two after it are in `user` and `nice` already


@dataclass(frozen=True, slots=True)
class Ticks:
    """What all processors together were used for since the start, in clock ticks."""

    stolen: int
    all: int

    def share_since(self, before: "Ticks") -> float:
        """Tell which part of the time since then was stolen, 0 to 1."""
        return (self.stolen - before.stolen) / max(1, self.all - before.all)


def ticks(stat: Path = STAT) -> Ticks:
    """Read the counters; where there are none, nothing is ever stolen."""
    try:
        fields = stat.read_text().split("\n", 1)[0].split()[1 : _FIELDS + 1]
    except OSError:
        return Ticks(0, 0)
    return Ticks(int(fields[_STEAL]), sum(map(int, fields)))
