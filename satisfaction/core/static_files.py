"""Static files: hashed, compressed, and collected only when something changed."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import brotli
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage

IMPORTS = (r"""(?P<matched>\bfrom\s+["'](?P<url>\.{1,2}/[^"']+\.js)["'])""", 'from "%(url)s"')
"""Pattern and replacement of `import { name } from "./module.js"`, as Django's HashedFilesMixin takes them."""


class FastCompressor(Compressor):
    """A few percent larger than WhiteNoise's best, in a tenth of the time: a first start is waited for."""

    QUALITY = 8

    @staticmethod
    def compress_brotli(data: bytes) -> bytes:
        return brotli.compress(data, quality=FastCompressor.QUALITY)

    def should_compress(self, filename: str) -> bool:
        # Source maps are most of the bytes, and only a developer's tools ask for them.
        return not filename.endswith(".map") and super().should_compress(filename)


class HashedStaticStorage(CompressedManifestStaticFilesStorage):
    """STORAGES["staticfiles"]: names with hashes, kept for ever by browsers.

    Our own modules import each other by relative addresses: these get hashed names too, so that a browser never
    mixes modules of two releases. A circle of imports has no hash and is an error of collectstatic.
    """

    # Django's support_js_module_import_aggregation would read third-party scripts too, and fail on their comments.
    patterns = (*CompressedManifestStaticFilesStorage.patterns, ("js/*.js", (IMPORTS,)))

    def create_compressor(self, **kwargs: Any) -> Compressor:
        return FastCompressor(**kwargs)


def fingerprint() -> str:
    """Names, sizes and times of every source file, and how they are stored."""
    digest = sha256(str(settings.STORAGES["staticfiles"]).encode())
    for finder in get_finders():
        for name, storage in finder.list([]):
            changed = storage.get_modified_time(name).timestamp()
            digest.update(f"{name} {storage.size(name)} {changed}\n".encode())
    return digest.hexdigest()


def collect_if_changed() -> bool:
    """Fill STATIC_ROOT for WhiteNoise where the sources changed; was there anything to do?"""
    mark = settings.STATIC_ROOT / ".fingerprint"
    current = fingerprint()
    if mark.is_file() and mark.read_text() == current:
        return False
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    mark.write_text(current)
    return True
