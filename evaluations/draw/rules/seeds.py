"""Random values fixed before the day begins and verifiable afterwards (domain §5, rule 5).

They use SHA-256 only, not the random generator of a language: with the seed every lot can be computed with any tool,
and a new version of the language changes nothing.
"""

import hashlib

LOT_BITS = 64
MIDDLE_LOT = 1 << (LOT_BITS - 1)


def seed_sha256(seed: bytes | str) -> str:
    """Returns the SHA-256 of a day's seed (bytes or hex) as 64 hex digits, published before the day begins."""
    return hashlib.sha256(seed_bytes(seed)).hexdigest()


def seed_of_run(seed: bytes | str, run: int) -> bytes:
    """Returns 32 bytes for run number `run` (from 1) of a day: SHA-256(seed ‖ run), the number in ASCII decimals."""
    return hashlib.sha256(seed_bytes(seed) + str(run).encode("ascii")).digest()


def lot(seed: bytes, *names: str) -> int:
    """Returns the lot for `names`: the first 8 bytes of SHA-256(seed ‖ names joined by U+001F)."""
    digest = hashlib.sha256(seed + "\x1f".join(names).encode()).digest()
    return int.from_bytes(digest[: LOT_BITS // 8], "big")


def seed_bytes(seed: bytes | str) -> bytes:
    return bytes.fromhex(seed) if isinstance(seed, str) else seed
