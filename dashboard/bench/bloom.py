"""A Bloom filter of own bits, as Valkey keeps them in a string: says "not there" for certain, or "maybe"."""

import hashlib
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class Shape:
    bits: int
    hashes: int

    @classmethod
    def of(cls, members: int, false_positives: float) -> Self:
        """The smallest for so many members that says "maybe" of so small a share of all others.

        m = -n ln p / (ln 2)^2 bits and k = m / n ln 2 hashes (Bloom, CACM 13 (7), 1970; in this form Broder and
        Mitzenmacher, Network Applications of Bloom Filters, Internet Mathematics 1 (4), 2004).
        """
        bits = math.ceil(-members * math.log(false_positives) / math.log(2) ** 2)
        return cls(bits, max(1, round(bits / members * math.log(2))))

    def offsets(self, member: int) -> list[int]:
        """The bits of a member: h1 + i h2, as good as k hashes (Kirsch and Mitzenmacher, Less Hashing, ESA 2006)."""
        both = int.from_bytes(hashlib.blake2b(member.to_bytes(8), digest_size=16).digest())
        first, second = both >> 64, both & (1 << 64) - 1 | 1
        return [(first + i * second) % self.bits for i in range(self.hashes)]

    def filled(self, members: Iterable[int]) -> bytes:
        """In the order of SETBIT: bit 0 is the highest one of the first byte."""
        array = bytearray(self.bits // 8 + 1)
        for member in members:
            for offset in self.offsets(member):
                array[offset >> 3] |= 128 >> (offset & 7)
        return bytes(array)
