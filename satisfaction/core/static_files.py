"""Static files: hashed, compressed, and collected only after a change."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import brotli
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage

IMPORTS = (
    r"""(?P<matched>\b(?P<keyword>from|import)\s+["'](?P<url>\.{1,2}/[^"']+\.js)["'])""",
    '%(keyword)s "%(url)s"',
)
"""Pattern and replacement of imports, with names or without, for Django's HashedFilesMixin."""


class FastCompressor(Compressor):
    """A tenth of WhiteNoise's time for files a few percent larger: compression delays the first start."""

    QUALITY = 8

    @staticmethod
    def compress_brotli(data: bytes) -> bytes:
        return brotli.compress(data, quality=FastCompressor.QUALITY)

    def should_compress(self, filename: str) -> bool:
        # Source maps are most of the bytes, and only developer tools load them.
        return not filename.endswith(".map") and super().should_compress(filename)


class HashedStaticStorage(CompressedManifestStaticFilesStorage):
    """STORAGES["staticfiles"]: hashed names, which browsers cache for ever.

    Our own modules import each other by relative addresses. These get hashed names too, so that a browser
    never mixes modules of two releases. Circular imports have no hash and fail in collectstatic.
    """

    # Django's support_js_module_import_aggregation would also parse third-party scripts and fail on
    # their comments.
    patterns = (*CompressedManifestStaticFilesStorage.patterns, ("js/*.js", (IMPORTS,)))

    def create_compressor(self, **kwargs: Any) -> Compressor:
        return FastCompressor(**kwargs)


def fingerprint() -> str:
    """Returns a hash of the names, sizes and times of all source files and of the storage settings."""
    digest = sha256(str(settings.STORAGES["staticfiles"]).encode())
    for finder in get_finders():
        for name, storage in finder.list([]):
            changed = storage.get_modified_time(name).timestamp()
            digest.update(f"{name} {storage.size(name)} {changed}\n".encode())
    return digest.hexdigest()


def collect_if_changed() -> bool:
    """Fills STATIC_ROOT for WhiteNoise if the sources have changed; returns whether it did."""
    mark = settings.STATIC_ROOT / ".fingerprint"
    current = fingerprint()
    if mark.is_file() and mark.read_text() == current:
        return False
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    mark.write_text(current)
    return True
