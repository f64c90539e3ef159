"""The tree of any size is the standard's, its proofs prove, and nothing else does."""

from collections.abc import Sequence
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from balai.ledger import tree
from balai.ledger.errors import ProofWrong, SizeInvalid
from balai.ledger.tree import Frontier, Head, Node, Stretch

SIZE = 300
LEAVES = [tree.leaf_hash(b"%d" % number) for number in range(SIZE)]
SIZES = st.integers(0, SIZE)


def split(count: int) -> int:
    power = 1
    while power * 2 < count:
        power *= 2
    return power


def naive_root(leaves: Sequence[bytes]) -> bytes:
    """RFC 6962, section 2.1, word by word."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    at = split(len(leaves))
    return sha256(b"\x01" + naive_root(leaves[:at]) + naive_root(leaves[at:])).digest()


def naive_path(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """RFC 6962, section 2.1.1."""
    if len(leaves) == 1:
        return []
    at = split(len(leaves))
    if index < at:
        return [*naive_path(index, leaves[:at]), naive_root(leaves[at:])]
    return [*naive_path(index - at, leaves[at:]), naive_root(leaves[:at])]


def naive_growth(old: int, leaves: Sequence[bytes], *, is_known: bool = True) -> list[bytes]:
    """RFC 6962, section 2.1.2."""
    if old == len(leaves):
        return [] if is_known else [naive_root(leaves)]
    at = split(len(leaves))
    if old <= at:
        return [*naive_growth(old, leaves[:at], is_known=is_known), naive_root(leaves[at:])]
    return [*naive_growth(old - at, leaves[at:], is_known=False), naive_root(leaves[:at])]


def nodes_of(count: int) -> dict[Node, bytes]:
    """Give every node as it is stored: with the last leaf below it."""
    frontier, nodes = Frontier(), {}
    for index, leaf in enumerate(LEAVES[:count]):
        nodes[Node(0, index)] = leaf
        for level, node in enumerate(frontier.push(leaf), start=1):
            nodes[Node(level, index >> level)] = node
    return nodes


NODES = nodes_of(SIZE)


def hashes(stretches: list[Stretch]) -> list[bytes]:
    return [tree.hash_of(stretch, NODES) for stretch in stretches]


def head(size: int) -> Head:
    return Head(size, naive_root(LEAVES[:size]))


@given(size=SIZES)
def test_the_root_is_the_standard_s(size: int) -> None:
    frontier = Frontier()
    for leaf in LEAVES[:size]:
        frontier.push(leaf)
    assert frontier.root() == naive_root(LEAVES[:size])
    assert tree.fold(hashes([Stretch(0, size)])[:1] if size else []) == frontier.root()


@given(data=st.data(), size=st.integers(1, SIZE))
def test_every_leaf_is_proved(data: st.DataObject, size: int) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof = hashes(tree.inclusion_stretches(index, size))
    assert proof == naive_path(index, LEAVES[:size])
    tree.verify_inclusion(index, size, LEAVES[index], proof, head(size).root)


@given(data=st.data(), new=SIZES)
def test_every_growth_is_proved(data: st.DataObject, new: int) -> None:
    old = data.draw(st.integers(0, new))
    proof = hashes(tree.consistency_stretches(old, new))
    assert proof == ([] if old == 0 else naive_growth(old, LEAVES[:new]))
    tree.verify_consistency(head(old), head(new), proof)


def changed(proof: list[bytes], at: int, bit: int) -> list[bytes]:
    whole = bytearray(b"".join(proof))
    whole[at % len(whole)] ^= 1 << bit
    return [bytes(whole[n : n + 32]) for n in range(0, len(whole), 32)]


@settings(deadline=None)
@given(
    data=st.data(),
    size=st.integers(2, SIZE),
    at=st.integers(0, 10_000),
    bit=st.integers(0, 7),
)
def test_no_other_proof_proves(data: st.DataObject, size: int, at: int, bit: int) -> None:
    index = data.draw(st.integers(0, size - 1))
    old = data.draw(st.integers(1, size))
    proof = hashes(tree.inclusion_stretches(index, size))
    root = head(size).root
    for wrong in (changed(proof, at, bit), proof[:-1], [*proof, root], [*proof[::-1], root]):
        with pytest.raises(ProofWrong):
            tree.verify_inclusion(index, size, LEAVES[index], wrong, root)
    other = (index + 1 + at % (size - 1)) % size
    with pytest.raises(ProofWrong):
        tree.verify_inclusion(other, size, LEAVES[index], proof, root)
    with pytest.raises(ProofWrong):
        tree.verify_inclusion(index, size, LEAVES[other], proof, root)
    growth = hashes(tree.consistency_stretches(old, size))
    wrong_old = Head(old, LEAVES[0] if old > 1 else LEAVES[1])
    with pytest.raises(ProofWrong):
        tree.verify_consistency(wrong_old, head(size), growth)
    for wrong in ([*growth, root], changed(growth, at, bit) if growth else [root]):
        with pytest.raises(ProofWrong):
            tree.verify_consistency(head(old), head(size), wrong)


@given(
    index=st.integers(-(2**65), 2**65),
    size=st.integers(-(2**65), 2**65),
    proof=st.lists(st.binary(max_size=40), max_size=70),
)
def test_any_proof_is_refused_in_no_time(index: int, size: int, proof: list[bytes]) -> None:
    with pytest.raises((ProofWrong, SizeInvalid)):
        tree.verify_inclusion(index, size, LEAVES[0], proof, LEAVES[1])
    with pytest.raises((ProofWrong, SizeInvalid)):
        tree.verify_consistency(Head(index, LEAVES[0]), Head(size, LEAVES[1]), proof)
