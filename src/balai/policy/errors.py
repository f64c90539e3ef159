"""Why a policy pack cannot be used, or not like this."""

from balai.errors import Conflict, Invalid, NotFound, Tampered, Unavailable

_SHOWN_MAX = 300


class PackInvalid(Invalid):
    """This policy pack is not valid; the message names the file, the line and the remedy."""

    def __init__(
        self, wrong: str = "", *, file: str = "", line: int = 0, remedy: str = ""
    ) -> None:
        """Keep where it is, what is wrong and what to do; all three make the message.

        `also`: what else was found wrong in the same look.
        """
        self.also: list[PackInvalid] = []
        self.file, self.line, self.wrong, self.remedy = (
            _shown(file),
            line,
            _shown(wrong),
            _shown(remedy),
        )
        super().__init__(self._told())

    def _told(self) -> str:
        place = ", ".join(
            [*([self.file] if self.file else []), *([f"line {self.line}"] if self.line else [])]
        )
        said = "; ".join(one for one in (self.wrong, self.remedy) if one)
        told = ": ".join(one for one in (_shown(place), said) if one)
        return f"{told}." if told else ""


class PackMissing(NotFound):
    """There is no such policy pack here; `balai policy check` names the one in use."""


class PackTampered(Tampered):
    """A kept policy pack is not what its hash says; stop and restore it from a backup."""


class PackStoreUnusable(Unavailable):
    """The folder of policy packs cannot be used; look at its rights and at the free space."""


class PackStoreFull(Conflict):
    """This house keeps 1,000 policies; move those that were never in use out of its folder."""


def _shown(text: str) -> str:
    """Cut a text that may quote the pack, and keep control characters off the terminal."""
    clean = "".join(one if one.isprintable() else "?" for one in text)
    return clean if len(clean) <= _SHOWN_MAX else f"{clean[:_SHOWN_MAX]}…"
