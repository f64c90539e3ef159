"""What an operator brings is kept, up to a limit that never stands in the way of the house."""

from pathlib import Path

import pytest

from balai.policy.errors import PackStoreFull
from balai.policy.pack import shipped
from balai.policy.store import listed
from balai.rulebook import packs
from tests.policy_packs import PACK, encoded
from tests.zipped_packs import zipped


def test_so_many_packs_are_brought_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packs, "PACKS_MAX", 1)
    kept = packs.take(tmp_path, zipped(encoded()))
    with pytest.raises(PackStoreFull):
        packs.take(tmp_path, zipped(encoded(pack=PACK.replace("1.0.0", "1.0.1"))))
    assert listed(tmp_path) == [kept.hash]
    assert packs.take(tmp_path, zipped(encoded())) == kept  # it is there already
    assert packs.by_hash(tmp_path, shipped().hash).hash == shipped().hash
