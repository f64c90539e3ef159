"""Whatever bytes a bundle, a sealed file or a stretch has: an error kind, never a leak."""

import contextlib
import hashlib
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pyrage  # type: ignore[import-untyped]
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from balai.errors import Invalid, Tampered
from balai.evidence import archive, bundle, bundle_check, stretches, vault
from balai.evidence.sound import Sound, Window, pack, unpack
from tests.evidence_house import EvidenceHouse, evidence_house

KEY = pyrage.x25519.Identity.generate()
WHOLE = bundle.inner(
    {"a.txt": b"first", "b/c.txt": b"x" * 700}, purpose="p", timestamp_url=None
)
SEALED = pyrage.encrypt(WHOLE, [KEY.to_public()])
WRAPPING = bytes(32)
LOCKED = vault.lock(WRAPPING, "name", b"content" * 9)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
)
KEYS = st.sampled_from(["format", "purpose", "stamped", "files", "x"])
MANIFESTS = st.dictionaries(KEYS, JSON | st.just(bundle.FORMAT), max_size=5)


@st.composite
def damaged(draw: st.DrawFn, whole: bytes) -> bytes:
    """Cut, change, repeat or fill in somewhere."""
    data = bytearray(whole)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(len(data) - 1, 0)))
        end = at + draw(st.integers(0, 600))
        data[at:end] = draw(st.binary(max_size=40) | st.just(bytes(data[at:end]) * 2))
    return bytes(data)


@given(damaged(WHOLE) | st.binary(max_size=2000))
def test_an_opened_bundle(data: bytes) -> None:
    if data != WHOLE:
        with pytest.raises((Invalid, Tampered)):
            bundle_check.check(data)


@given(
    damaged(SEALED) | st.binary(max_size=400).map(lambda end: b"age-encryption.org/v1\n" + end)
)
def test_a_sealed_bundle(data: bytes) -> None:
    if data != SEALED:
        with pytest.raises((Invalid, Tampered)):
            bundle_check.check(bundle_check.unseal(data, str(KEY)))


@given(st.text(max_size=300))
def test_a_key_file(text: str) -> None:
    with pytest.raises((Invalid, Tampered)):
        bundle_check.unseal(SEALED, text)


@given(MANIFESTS | JSON, st.lists(st.sampled_from(["a", "manifest.tsr", "b/c"]), unique=True))
def test_a_manifest_whose_hashes_are_right(told: object, names: list[str]) -> None:
    """Whoever makes a whole bundle can write what they want: it is checked, or refused."""
    manifest = json.dumps(told).encode()
    files = {bundle.MANIFEST: manifest, **dict.fromkeys(names, b"x")}
    ends = {n: d for n, d in files.items() if n in (bundle.MANIFEST, bundle.STAMP)}
    sums = bundle.sums({n: hashlib.sha256(d).hexdigest() for n, d in ends.items()})
    with contextlib.suppress(Invalid, Tampered):
        checked = bundle_check.check(archive.write({**files, bundle.SUMS: sums}))
        assert (checked.files, names) == ((), [])


@given(damaged(LOCKED) | st.binary(max_size=300))
def test_a_sealed_file(data: bytes) -> None:
    if data != LOCKED:
        with pytest.raises(Tampered):
            vault.unlock(WRAPPING, "name", data)


@given(damaged(pack(Sound(Window("r", 0, 9_600), {"ada": {960: b"one", 1920: b"two"}}))))
def test_content(data: bytes) -> None:
    with contextlib.suppress(Tampered):
        assert isinstance(unpack(data), Sound)


@pytest.fixture(scope="module")
def house() -> Iterator[EvidenceHouse]:
    with tempfile.TemporaryDirectory() as name, evidence_house(Path(name)) as house:
        yield house


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_stretch(house: EvidenceHouse, data: st.DataObject) -> None:
    """What is left of a damaged stretch is what was said; nothing else is ever taken for it."""
    room = "room"
    stretches.destroy_ring(house.store, room)
    said = house.speak(room, "ada", "ben", to_s=1)
    path = house.store.ring / room / "0.ring"
    path.write_bytes(data.draw(damaged(path.read_bytes())))
    sound = stretches.gather(house.store, Window(room, 0, 48_000))
    for seat, packets in sound.voices.items():
        assert packets.items() <= said[seat].items()
