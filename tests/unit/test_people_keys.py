from pathlib import Path

import pytest

from balai.people.keys import HouseKey, HouseKeyBroken, digest, house_key


def test_a_signature_holds_for_its_purpose_and_its_value_only() -> None:
    key, other = HouseKey(b"a" * 32), HouseKey(b"b" * 32)
    signature = key.sign("session", "token")
    assert key.is_signed("session", "token", signature)
    assert not key.is_signed("csrf", "token", signature)
    assert not key.is_signed("session", "tokem", signature)
    assert not other.is_signed("session", "token", signature)
    assert not key.is_signed("session", "token", "é")


def test_a_digest_is_not_the_token() -> None:
    assert digest("token") == digest("token") != digest("tokem")
    assert "token" not in digest("token")


def test_a_house_keeps_its_key_to_itself(tmp_path: Path) -> None:
    key = house_key(tmp_path / "data")
    assert house_key(tmp_path / "data") == key
    (file,) = (tmp_path / "data").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_broken_key_stops_the_house(tmp_path: Path) -> None:
    house_key(tmp_path)
    (tmp_path / "house.key").write_bytes(b"short")
    with pytest.raises(HouseKeyBroken):
        house_key(tmp_path)
