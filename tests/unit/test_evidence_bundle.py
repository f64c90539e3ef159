"""Bundles: sealed for somebody, whole to the bit, checked without a house."""

import hashlib
import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pyrage  # type: ignore[import-untyped]
import pytest
from sqlalchemy import select

from balai.cli import main
from balai.evidence import archive, bundle, bundle_check
from balai.evidence.bundle import Wanted
from balai.evidence.errors import (
    BundleBroken,
    BundleInvalid,
    BundleSealed,
    PurposeMissing,
    RecipientInvalid,
    TimestampMissing,
)
from balai.ledger.model import LedgerEntry
from tests.evidence_house import OLGA, EvidenceHouse, evidence_house

FILES = {"one/a.txt": b"first", "one/b.txt": b"", "two.json": b"{}" * 300}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[EvidenceHouse]:
    with evidence_house(tmp_path / "var") as house:
        yield house


def opened(**changes: Any) -> bytes:
    return bundle.inner(FILES, purpose="case 1", timestamp_url=None, **changes)


def sealed_bundle(house: EvidenceHouse, *, url: str | None = None) -> tuple[bytes, str, str]:
    """Give a bundle, the evidence's identifier and the recipient's key."""
    room = house.room()
    house.speak(room, "ada", "ben", to_s=12)
    sealed = house.seal(room, 1, 3)
    key = pyrage.x25519.Identity.generate()
    wanted = Wanted(
        sealed_ids=[sealed.id],
        recipients=[str(key.to_public())],
        by_person_id=OLGA,
        purpose="referral 3",
        enclosed={"decision.json": b"{}"},
    )
    data = bundle.make(house.database, house.store, wanted, timestamp_url=url)
    return data, sealed.id, str(key)


def test_its_recipient_opens_and_checks_it(house: EvidenceHouse) -> None:
    data, sealed_id, key = sealed_bundle(house)
    assert bundle_check.is_sealed(data)
    inner = bundle_check.unseal(data, f"# created today\n{key}\n")
    checked = bundle_check.check(inner)
    names = ("about.json", "custody.json", "content", "ada.opus", "ben.opus")
    assert checked.files == ("enclosed/decision.json", *(f"{sealed_id}/{n}" for n in names))
    assert (checked.purpose, checked.stamped_at) == ("referral 3", None)
    log = json.loads(dict(archive.read(inner))[f"{sealed_id}/custody.json"])
    assert [one["what"] for one in log] == ["sealed", "bundled"]
    with house.database.reading() as session:
        (*_, entry) = session.scalars(select(LedgerEntry).order_by(LedgerEntry.index))
        record = json.loads(entry.record_bytes or b"")
        told = record.get("record", record)
        assert entry.kind == "evidence_bundled"
        assert told["recipients"] == [str(pyrage.x25519.Identity.from_str(key).to_public())]


def test_others_cannot_open_it(house: EvidenceHouse) -> None:
    data, _, key = sealed_bundle(house)
    for keys in ("", "# nothing", "not a key", str(pyrage.x25519.Identity.generate())):
        with pytest.raises(BundleSealed):
            bundle_check.unseal(data, keys)
    for at in range(200, len(data), 997):
        changed = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        with pytest.raises(BundleBroken):
            bundle_check.unseal(changed, key)


def test_a_purpose_and_recipients_are_asked_for(house: EvidenceHouse) -> None:
    for recipients, purpose, error in (
        ([], "x", RecipientInvalid),
        (["age1no"], "x", RecipientInvalid),
        ([str(pyrage.x25519.Identity.generate().to_public())], " ", PurposeMissing),
    ):
        wanted = Wanted(["none"], recipients, OLGA, purpose)
        with pytest.raises(error):
            bundle.make(house.database, house.store, wanted, timestamp_url=None)


def _place(data: bytes, at: int) -> str:
    """Name the file whose head, content or padding a byte is in."""
    begin, name = 0, ""
    for name, content in archive.read(data):
        begin += 512 + len(content) + -len(content) % 512
        if at < begin:
            return name
    return name


def test_one_flipped_bit_names_the_file() -> None:
    data = opened()
    assert bundle_check.check(data).files == tuple(FILES)
    for at in range(len(data)):
        changed = data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1 :]
        with pytest.raises((BundleBroken, BundleInvalid)) as caught:
            bundle_check.check(changed)
        place = _place(data, at)
        if at >= 512:  # within the first head it may be no bundle at all
            assert place in str(caught.value), at


def test_what_is_cut_or_added_is_noticed() -> None:
    data = opened()
    for end in range(0, len(data), 100):
        with pytest.raises((BundleBroken, BundleInvalid)):
            bundle_check.check(data[:end])
    for more in (b"x", bytes(512), data):
        with pytest.raises(BundleBroken):
            bundle_check.check(data + more)


def test_tar_and_sha256sum_agree(tmp_path: Path) -> None:
    (tmp_path / "b.tar").write_bytes(opened())
    subprocess.run(["tar", "xf", "b.tar"], cwd=tmp_path, check=True)
    for name, content in FILES.items():
        assert (tmp_path / name).read_bytes() == content
    subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=tmp_path, check=True)


@pytest.mark.parametrize(
    "name",
    ["../x", "/etc/passwd", "a/../b", "a//b", ".hidden", "", "a" * 100, "a\nb", "ä", "a/"],
)
def test_no_file_leads_out_of_a_bundle(name: str) -> None:
    with pytest.raises(BundleInvalid):
        archive.write({name: b"x"})


def rebuilt(manifest: bytes, **files: bytes) -> bytes:
    """A bundle whose hashes are right, whatever its manifest says."""
    told = bundle.sums({bundle.MANIFEST: hashlib.sha256(manifest).hexdigest()})
    return archive.write({bundle.MANIFEST: manifest, **files, bundle.SUMS: told})


@pytest.mark.parametrize(
    "manifest",
    [
        b"", b"[]", b"{}", b"nul", b"[" * 100_000, b"\xff", b'{"format": "balai-evidence/2"}',
        b'{"format":"balai-evidence/1","purpose":1,"stamped":false,"files":{}}',
        b'{"format":"balai-evidence/1","purpose":"","stamped":1,"files":{}}',
        b'{"format":"balai-evidence/1","purpose":"","stamped":false,"files":{"a":1}}',
        b'{"format":"balai-evidence/1","purpose":"","stamped":false,"files":{"../a":""}}',
        b'{"format":"balai-evidence/1","purpose":"","stamped":true,"files":{}}',
    ],
)  # fmt: skip
def test_a_manifest_that_was_written_to_do_harm(manifest: bytes) -> None:
    with pytest.raises((BundleBroken, BundleInvalid)):
        bundle_check.check(rebuilt(manifest))


# ── time stamps ──────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, bytes]]:
    """A time-stamp authority on this machine; give its address and its root certificate."""
    folder = tmp_path_factory.mktemp("tsa")
    (folder / "tsa.cnf").write_text(
        "[req]\ndistinguished_name=dn\nprompt=no\n[dn]\nCN=Test Authority\n"
        "[root]\nbasicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n"
        "subjectKeyIdentifier=hash\n"
        "[leaf]\nbasicConstraints=critical,CA:FALSE\nextendedKeyUsage=critical,timeStamping\n"
        "keyUsage=critical,digitalSignature\nsubjectKeyIdentifier=hash\n"
        "authorityKeyIdentifier=keyid\n"
        f"[tsa]\ndefault_tsa=tsa1\n[tsa1]\ndir={folder}\nserial={folder}/serial\n"
        "signer_digest=sha256\ndefault_policy=1.2.3.4.1\ndigests=sha256,sha384,sha512\n"
        "accuracy=secs:1\nordering=no\ntsa_name=no\ness_cert_id_chain=no\n"
        "ess_cert_id_alg=sha256\n"
    )
    (folder / "serial").write_text("01\n")
    for line in (
        "req -x509 -newkey rsa:2048 -nodes -keyout root.key -out root.pem -days 2 "
        "-config tsa.cnf -extensions root -subj /CN=Root",
        "req -newkey rsa:2048 -nodes -keyout leaf.key -out leaf.csr -config tsa.cnf "
        "-subj /CN=Stamps",
        "x509 -req -in leaf.csr -CA root.pem -CAkey root.key -CAcreateserial -out leaf.pem "
        "-days 2 -extfile tsa.cnf -extensions leaf",
    ):
        subprocess.run(["openssl", *line.split()], cwd=folder, check=True, capture_output=True)
    with HTTPServer(("127.0.0.1", 0), _stamping(folder)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}"
        yield url, (folder / "root.pem").read_bytes()
        server.shutdown()
        thread.join()


def _stamping(folder: Path) -> type[BaseHTTPRequestHandler]:
    class Stamping(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = self.rfile.read(int(self.headers["Content-Length"]))
            (folder / "asked.tsq").write_bytes(asked)
            line = (
                "ts -reply -config tsa.cnf -section tsa1 -queryfile asked.tsq "
                "-signer leaf.pem -inkey leaf.key -out answer.tsr"
            )
            subprocess.run(
                ["openssl", *line.split()], cwd=folder, check=True, capture_output=True
            )
            answer = (folder / "answer.tsr").read_bytes()
            if self.path == "/stale":
                answer = (folder / "old.tsr").read_bytes()
            shutil.copy(folder / "answer.tsr", folder / "old.tsr")
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"nonsense" if self.path == "/nonsense" else answer)

        def log_message(self, *_arguments: Any) -> None:
            pass

    return Stamping


def test_the_manifest_is_stamped_and_the_stamp_proven(authority: tuple[str, bytes]) -> None:
    url, root = authority
    data = bundle.inner(FILES, purpose="case 1", timestamp_url=url)
    checked = bundle_check.check(data, authority=root)
    assert checked.stamped_at is not None
    assert checked.is_authority_known
    assert not bundle_check.check(data).is_authority_known
    other = root.replace(b"CERTIFICATE", b"NOTHING")
    with pytest.raises(BundleInvalid):
        bundle_check.check(data, authority=other)
    files = dict(archive.read(data))
    with pytest.raises(BundleBroken, match=bundle.MANIFEST):
        bundle_check.check(archive.write({**files, bundle.MANIFEST: b"{}"}))
    begin = data.index(files[bundle.STAMP])
    for at in range(begin, begin + len(files[bundle.STAMP]), 11):
        changed = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        with pytest.raises(BundleBroken, match=bundle.STAMP):
            bundle_check.check(changed)


def test_a_stamp_of_something_else_is_refused(authority: tuple[str, bytes]) -> None:
    url, root = authority
    files = dict(archive.read(bundle.inner(FILES, purpose="a", timestamp_url=url)))
    other = dict(archive.read(bundle.inner(FILES, purpose="b", timestamp_url=url)))
    files[bundle.STAMP] = other[bundle.STAMP]
    ends = {name: files[name] for name in (bundle.MANIFEST, bundle.STAMP)}
    told = bundle.sums({n: hashlib.sha256(d).hexdigest() for n, d in ends.items()})
    with pytest.raises(BundleBroken, match=bundle.STAMP):
        bundle_check.check(archive.write({**files, bundle.SUMS: told}), authority=root)


@pytest.mark.parametrize("path", ["/nonsense", "/stale"])
def test_an_authority_that_talks_nonsense(authority: tuple[str, bytes], path: str) -> None:
    url, _ = authority
    bundle.inner(FILES, purpose="before", timestamp_url=url)
    with pytest.raises(TimestampMissing):
        bundle.inner(FILES, purpose="case 1", timestamp_url=url + path)


def test_an_authority_that_is_away() -> None:
    for url in ("http://127.0.0.1:9", "nonsense", "http://[::"):
        with pytest.raises(TimestampMissing):
            bundle.inner(FILES, purpose="case 1", timestamp_url=url)


# ── the command ──────────────────────────────────────────────────────────────────────────────


def test_the_command_from_list_to_verify(
    house: EvidenceHouse,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    room = house.room()
    house.speak(room, "ada", to_s=12)
    sealed = house.seal(room, 1, 3)
    key = pyrage.x25519.Identity.generate()
    (tmp_path / "key.txt").write_text(f"{key}\n")
    monkeypatch.setenv("BALAI_DATA", str(house.settings.data))
    monkeypatch.setenv("BALAI_EVIDENCE_KEYS", str(house.settings.evidence_keys))
    monkeypatch.chdir(tmp_path)
    why = ["--by", "olga", "--purpose", "case 1"]

    main(["evidence", "list"])
    assert sealed.id in capsys.readouterr().out
    main(["evidence", "read", sealed.id, "--out", "heard", *why])
    assert [path.name for path in (tmp_path / "heard").iterdir()] == ["ada.opus"]
    main(["evidence", "hold", sealed.id, "--by", "olga", "--reason", "order 7"])
    main(["evidence", "unhold", sealed.id, "--by", "olga", "--reason", "gone"])
    to = ["--to", str(key.to_public())]
    main(["evidence", "bundle", sealed.id, *to, "--out", "b.age", *why])
    capsys.readouterr()
    main(["evidence", "verify", "b.age", "--identity", "key.txt"])
    assert "is whole: 4 files" in capsys.readouterr().out
    with pytest.raises(SystemExit, match="give the file with the key"):
        main(["evidence", "verify", "b.age"])
    with pytest.raises(SystemExit, match="There is a file of this name"):
        main(["evidence", "bundle", sealed.id, *to, "--out", "b.age", *why])
    data = (tmp_path / "b.age").read_bytes()
    (tmp_path / "b.age").write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(SystemExit, match=r"b\.age"):
        main(["evidence", "verify", "b.age", "--identity", "key.txt"])
    with pytest.raises(SystemExit):
        main(["evidence", "verify", "none.age"])
