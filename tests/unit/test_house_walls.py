"""Walls that import-linter cannot see: which single files may know a library, and the locks."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "balai"


def _imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def _importers(library: str) -> set[str]:
    return {
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*.py")
        if library in _imports(path)
    }


def test_webrtc_is_known_to_the_embedded_stage_and_the_recorded_guest_only() -> None:
    importers = _importers("aiortc")
    assert "stage/embedded.py" in importers or "stage/embedded_link.py" in importers
    others = {name for name in importers if not name.startswith("stage/embedded")}
    assert others == {"demo/guest.py"}


def test_only_keys_and_what_signs_know_cryptography() -> None:
    assert _importers("cryptography") == {
        "catalogue/keys.py",
        "catalogue/list_writing.py",
        "evidence/stretches.py",
        "evidence/timestamp.py",
        "evidence/vault.py",
        "ledger/checkpoint.py",
    }


def test_only_bundles_know_age() -> None:
    assert _importers("pyrage") == {"evidence/bundle.py", "evidence/bundle_check.py"}


def test_only_the_extension_knows_threatexchange() -> None:
    importers = _importers("threatexchange")
    assert {name for name in importers if not name.startswith("tx/")} == set()


@pytest.mark.parametrize("library", ["fastapi", "starlette", "uvicorn", "httptools", "uvloop"])
def test_only_the_edge_speaks_http(library: str) -> None:
    assert {name for name in _importers(library) if not name.startswith("web/")} == set()


def test_the_hall_knows_no_records() -> None:
    """A hall worker reads published files; it could run on a machine without a database."""
    for path in (SOURCE / "web").glob("hall*.py"):
        modules = {
            node.module
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("balai")
        }
        allowed = {"balai.errors", "balai.settings"}
        assert {
            one for one in modules - allowed if not (one or "").startswith("balai.web.hall")
        } == set()


@pytest.mark.parametrize(
    ("command", "others"),
    [
        ("worker", {"scipy", "numba", "fastapi"}),  # it hands sound to who searches it
        ("words", {"scipy", "numba", "sqlalchemy"}),
        ("detector", {"scipy.signal", "sqlalchemy", "fastapi"}),
        ("web", {"numpy", "av", "aiortc"}),
        ("hall", {"numpy", "sqlalchemy", "fastapi"}),
    ],
)
def test_a_process_loads_only_what_it_uses(command: str, others: set[str]) -> None:
    """Each of these costs a process up to a second and up to 80 MiB."""
    asked = f"import sys, balai.app.{command}; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", asked], capture_output=True, text=True, check=True
    ).stdout.split()
    assert others & set(loaded) == set()


def test_no_file_is_longer_than_its_subject() -> None:
    long = {
        path.relative_to(ROOT).as_posix()
        for path in SOURCE.rglob("*.py")
        if len(path.read_text().splitlines()) > 400
    }
    assert long == set()


@pytest.mark.parametrize(
    "name", ["requirements.lock", "requirements-dev.lock", "requirements-whisper.lock"]
)
def test_a_lock_of_python_packages_carries_hashes_and_no_address(name: str) -> None:
    lines = (ROOT / name).read_text().splitlines()
    packages = [line for line in lines if re.match(r"[a-z0-9]", line)]
    assert packages != []
    assert [line for line in packages if not re.match(r"\S+==\S+ ", line)] == []
    assert sum("--hash=sha256:" in line for line in lines) >= len(packages)
    assert [line for line in lines if "://" in line or "index" in line.partition("#")[0]] == []


def test_the_lock_of_client_packages_carries_hashes_and_no_address() -> None:
    packages = json.loads((ROOT / "client" / "package-lock.json").read_text())["packages"]
    installed = {name: one for name, one in packages.items() if name and not one.get("link")}
    assert installed != {}
    assert [name for name, one in installed.items() if "integrity" not in one] == []
    assert [name for name, one in installed.items() if "resolved" in one] == []
