"""The Merkle tree of a log: hashes, roots, proofs and their verification, over bytes alone.

A *node* is the hash over a whole stretch of 2^level leaves; its number counts nodes of its
level. Whatever is proved is the hash of a stretch, and every stretch of the standard folds
from at most log2(n) nodes.

Source: RFC 9162, section 2.1 (the tree of RFC 6962).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final, NamedTuple

from balai.ledger.errors import ProofWrong, SizeInvalid

HASH_BYTES: Final = 32
SIZE_MAX: Final = 2**31 - 1
PROOF_MAX: Final = 63  # hashes in one proof; more than any tree of this size needs
EMPTY_ROOT: Final = sha256(b"").digest()
_LEAF: Final = b"\x00"
_NODE: Final = b"\x01"


class Node(NamedTuple):
    """The hash over the leaves `number << level` to `(number + 1) << level`."""

    level: int
    number: int


class Stretch(NamedTuple):
    """Leaves from `begin` up to `end`, as the standard cuts them."""

    begin: int
    end: int


def leaf_hash(data: bytes) -> bytes:
    """Hash what a leaf holds."""
    return sha256(_LEAF + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two neighbours into the node above them."""
    return sha256(_NODE + left + right).digest()


def cover(stretch: Stretch) -> list[Node]:
    """Name the nodes that make up a stretch, from left to right."""
    nodes, begin = [], stretch.begin
    while begin < stretch.end:
        level = (stretch.end - begin).bit_length() - 1
        nodes.append(Node(level, begin >> level))
        begin += 1 << level
    return nodes


def fold(hashes: Sequence[bytes]) -> bytes:
    """Hash the nodes of a stretch, from left to right, into one."""
    if not hashes:
        return EMPTY_ROOT
    folded = hashes[-1]
    for one in reversed(hashes[:-1]):
        folded = node_hash(one, folded)
    return folded


def hash_of(stretch: Stretch, hashes: Mapping[Node, bytes]) -> bytes:
    """Give the hash of a stretch whose nodes are at hand."""
    return fold([hashes[node] for node in cover(stretch)])


def inclusion_stretches(index: int, size: int) -> list[Stretch]:
    """Name what proves that a leaf is in a tree, from the leaf's sibling up.

    Raises:
        SizeInvalid: there is no such leaf in a tree of this size.
    """
    if not 0 <= index < size <= SIZE_MAX:
        raise SizeInvalid(f"there is no leaf {index} in a tree of {size}")
    stretches, begin, end = [], 0, size
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            stretches.append(Stretch(middle, end))
            end = middle
        else:
            stretches.append(Stretch(begin, middle))
            begin = middle
    return stretches[::-1]


def consistency_stretches(old: int, new: int) -> list[Stretch]:
    """Name what proves that a tree only grew from one size to another.

    Raises:
        SizeInvalid: the old tree is the larger one.
    """
    if not 0 <= old <= new <= SIZE_MAX:
        raise SizeInvalid(f"a tree cannot grow from {old} to {new}")
    if old in {0, new}:
        return []
    stretches, begin, end = [], 0, new
    while end != old:
        middle = begin + _split(end - begin)
        if old <= middle:
            stretches.append(Stretch(middle, end))
            end = middle
        else:
            stretches.append(Stretch(begin, middle))
            begin = middle
    if begin:  # who checks knows the old root already when it is a node of the new tree
        stretches.append(Stretch(begin, end))
    return stretches[::-1]


def completed(index: int) -> int:
    """Tell how many nodes above the leaves are whole once this leaf is there."""
    return (~index & (index + 1)).bit_length() - 1


def siblings(index: int) -> list[Node]:
    """Name the left neighbours with which this leaf completes its nodes, from below."""
    return [Node(level, (index >> level) - 1) for level in range(completed(index))]


def complete(leaf: bytes, lefts: Iterable[bytes]) -> list[bytes]:
    """Hash the nodes that a new leaf completes, from below."""
    nodes = []
    for left in lefts:
        leaf = node_hash(left, leaf)
        nodes.append(leaf)
    return nodes


@dataclass(slots=True)
class Frontier:
    """A tree that leaves are added to, kept as its largest whole nodes."""

    size: int = 0
    peaks: list[bytes] = field(default_factory=list)

    def push(self, leaf: bytes) -> list[bytes]:
        """Add a leaf; give the nodes it completes, from below."""
        count = completed(self.size)
        lefts = [self.peaks.pop() for _ in range(count)]
        nodes = complete(leaf, lefts)
        self.peaks.append(nodes[-1] if nodes else leaf)
        self.size += 1
        return nodes

    def root(self) -> bytes:
        """Give the root of the tree as it is now."""
        return fold(self.peaks)


def verify_inclusion(
    index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes
) -> None:
    """Make sure that a leaf is in the tree of this root.

    Source: RFC 9162, section 2.1.3.2.

    Raises:
        SizeInvalid: there is no such leaf in a tree of this size.
        ProofWrong: it is not proved.
    """
    stretches = inclusion_stretches(index, size)
    if len(stretches) != len(proof):
        raise ProofWrong
    for stretch, one in zip(stretches, proof, strict=True):
        leaf = node_hash(one, leaf) if stretch.begin < index else node_hash(leaf, one)
    if leaf != root:
        raise ProofWrong


class Head(NamedTuple):
    """A tree of so many leaves, told by its root."""

    size: int
    root: bytes


def verify_consistency(old: Head, new: Head, proof: Sequence[bytes]) -> None:
    """Make sure that a tree only grew.

    Source: RFC 9162, section 2.1.4.2.

    Raises:
        SizeInvalid: the old tree is the larger one.
        ProofWrong: it is not proved.
    """
    stretches = consistency_stretches(old.size, new.size)
    if len(stretches) != len(proof) or (old.size == 0 and old.root != EMPTY_ROOT):
        raise ProofWrong
    if old.size == 0:
        return
    steps = list(zip(stretches, proof, strict=True))
    if stretches and stretches[0].end == old.size:
        (_, first), *steps = steps
    else:
        first = old.root  # the old tree is itself a node of the new one
    old_root = new_root = first
    for stretch, one in steps:
        if stretch.begin < old.size:
            old_root, new_root = node_hash(one, old_root), node_hash(one, new_root)
        else:
            new_root = node_hash(new_root, one)
    if (old_root, new_root) != (old.root, new.root):
        raise ProofWrong


def _split(count: int) -> int:
    """Give the largest power of two below a number of leaves."""
    return 1 << ((count - 1).bit_length() - 1)
