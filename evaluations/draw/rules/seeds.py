"""Chance that is fixed before the day begins and can be checked afterwards (domain §5, rule 5).

Only SHA-256 is used, no generator of a programming language: whoever holds the seed can work out every lot
with any tool, and a new version of the language changes nothing.
"""

import hashlib

LOT_BITS = 64
MIDDLE_LOT = 1 << (LOT_BITS - 1)


def seed_sha256(seed: bytes | str) -> str:
    """SHA-256 of a day's seed (bytes or hex) as 64 hex digits: what is shown before the day begins."""
    return hashlib.sha256(seed_bytes(seed)).hexdigest()


def seed_of_run(seed: bytes | str, run: int) -> bytes:
    """32 bytes for run number `run` (from 1) of a day: SHA-256(seed ‖ run), the number in ASCII decimals."""
    return hashlib.sha256(seed_bytes(seed) + str(run).encode("ascii")).digest()


def lot(seed: bytes, *names: str) -> int:
    """The lot drawn for something named: the first 8 bytes of SHA-256(seed ‖ names joined by U+001F)."""
    digest = hashlib.sha256(seed + "\x1f".join(names).encode()).digest()
    return int.from_bytes(digest[: LOT_BITS // 8], "big")


def seed_bytes(seed: bytes | str) -> bytes:
    return bytes.fromhex(seed) if isinstance(seed, str) else seed
