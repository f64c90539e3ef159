"""`balai ear key`: keys that sign lists, and whose lists are taken."""

from pathlib import Path

from balai.app.ear_terminal import printable, table
from balai.catalogue import keys, sources
from balai.catalogue.folder import Catalogue


def run_key_generate(*, file: Path) -> bool:
    """Make a key, and print what others need."""
    print(keys.public_bytes(keys.generate(file)).hex())
    return True


def run_key_show(*, file: Path) -> bool:
    """Print a key's public half."""
    print(keys.public_bytes(keys.load(file)).hex())
    return True


def run_key_trust(*, catalogue: Path, name: str, public_key: str) -> bool:
    """Take lists of a source from now on."""
    with Catalogue(catalogue, create=True) as records, records.transaction() as session:
        sources.trust(session, name=name, public_key=keys.parse_public(public_key))
    print(f"Lists signed by {name} are taken here.")
    return True


def run_key_distrust(*, catalogue: Path, name: str) -> bool:
    """Take no more lists of a source."""
    with Catalogue(catalogue) as records, records.transaction() as session:
        sources.distrust(session, name=name)
    print(f"Lists signed by {name} are taken no more; what they brought stays.")
    return True


def run_key_trusted(*, catalogue: Path) -> bool:
    """Print whose lists are taken."""
    with Catalogue(catalogue) as records, records.reading() as session:
        rows = [
            (printable(one.name), one.public_key.hex(), f"{one.trusted_at:%Y-%m-%d}")
            for one in sources.trusted(session)
        ]
    print(table([("source", "public key", "since"), *rows]))
    return True
