"""The tree gives what certificate transparency publishes for its reference tree."""

import pytest

from balai.ledger import tree
from balai.ledger.errors import SizeInvalid
from balai.ledger.tree import Frontier, Head, Node, Stretch

# Source: the reference leaves, roots and proofs of certificate-transparency (RFC 6962).
DATA = (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
)  # fmt: skip
ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
INCLUSION = {
    (0, 8): (
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ),
    (5, 8): (
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
    (2, 3): ("fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",),
    (0, 1): (),
}
GROWTH = {
    (1, 8): INCLUSION[0, 8],
    (2, 5): (
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ),
    (6, 8): (
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
    (3, 3): (),
}
LEAVES = [tree.leaf_hash(bytes.fromhex(data)) for data in DATA]


def nodes() -> dict[Node, bytes]:
    frontier, found = Frontier(), {}
    for index, leaf in enumerate(LEAVES):
        found[Node(0, index)] = leaf
        for level, node in enumerate(frontier.push(leaf), start=1):
            found[Node(level, index >> level)] = node
    return found


def shown(stretches: list[Stretch]) -> tuple[str, ...]:
    return tuple(tree.hash_of(stretch, nodes()).hex() for stretch in stretches)


def test_the_roots_are_those_that_are_published() -> None:
    frontier, roots = Frontier(), [Frontier().root().hex()]
    for leaf in LEAVES:
        frontier.push(leaf)
        roots.append(frontier.root().hex())
    assert tuple(roots) == ROOTS


@pytest.mark.parametrize(("index", "size"), INCLUSION)
def test_the_inclusion_proofs_are_those_that_are_published(index: int, size: int) -> None:
    assert shown(tree.inclusion_stretches(index, size)) == INCLUSION[index, size]
    proof = [bytes.fromhex(one) for one in INCLUSION[index, size]]
    tree.verify_inclusion(index, size, LEAVES[index], proof, bytes.fromhex(ROOTS[size]))


@pytest.mark.parametrize(("old", "new"), GROWTH)
def test_the_consistency_proofs_are_those_that_are_published(old: int, new: int) -> None:
    assert shown(tree.consistency_stretches(old, new)) == GROWTH[old, new]
    before, after = (Head(size, bytes.fromhex(ROOTS[size])) for size in (old, new))
    tree.verify_consistency(before, after, [bytes.fromhex(one) for one in GROWTH[old, new]])


@pytest.mark.parametrize(
    ("index", "completes"), [(0, 0), (1, 1), (2, 0), (3, 2), (6, 0), (7, 3), (2**31 - 1, 31)]
)
def test_an_entry_completes_as_many_nodes_as_its_index_ends_in_ones(
    index: int, completes: int
) -> None:
    assert tree.completed(index) == completes == len(tree.siblings(index))


@pytest.mark.parametrize(("index", "size"), [(0, 0), (1, 1), (-1, 3), (0, 2**31)])
def test_what_was_never_there_is_not_proved(index: int, size: int) -> None:
    with pytest.raises(SizeInvalid):
        tree.inclusion_stretches(index, size)
    with pytest.raises(SizeInvalid):
        tree.consistency_stretches(size + 1, size)
