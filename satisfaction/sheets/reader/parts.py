"""The parts of an `.xlsx`, a zip of XML; read in chunks, for any spelling of names and any encoding."""

import codecs
import posixpath
import re
import zipfile
from collections.abc import Callable, Iterator
from typing import Any
from xml.parsers import expat

from .problems import DAMAGED, PROTECTED, TOO_LARGE, UnreadableFile

CHUNK_SIZE = 256 * 1024  # bytes
_DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']""")
_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)

Attributes = dict[str, str]


class PackageParts:
    """The members of the archive by normalised name: `/`, no leading slash, lower case."""

    def __init__(self, archive: zipfile.ZipFile, max_unpacked_bytes: int) -> None:
        self._archive = archive
        self._left = self._most = max_unpacked_bytes
        self._members = {normalise_name(member.filename): member for member in archive.infolist()}

    def __contains__(self, name: str) -> bool:
        return normalise_name(name) in self._members

    def names(self) -> list[str]:
        return list(self._members)

    def size(self, name: str) -> int:
        return self._members[normalise_name(name)].file_size

    def parse(
        self,
        name: str,
        start: "StartHandler",
        end: "EndHandler | None" = None,
        text: "TextHandler | None" = None,
    ) -> None:
        """Parses one part with the handlers. Raises UnreadableFile if it is missing or malformed."""
        member = self._members.get(normalise_name(name))
        if member is None:
            raise UnreadableFile(DAMAGED)
        self._left -= member.file_size
        if self._left < 0:
            raise UnreadableFile(TOO_LARGE, most=self._most)
        parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.StartElementHandler = start
        parser.EndElementHandler = end
        parser.CharacterDataHandler = text
        parser.StartDoctypeDeclHandler = _refuse_doctype
        try:
            for piece in _pieces(self._archive, member):
                parser.Parse(piece, False)
            parser.Parse(b"", True)
        except (expat.ExpatError, UnicodeError) as error:
            raise UnreadableFile(DAMAGED) from error


StartHandler = Callable[[str, Attributes], Any]
EndHandler = Callable[[str], Any]
TextHandler = Callable[[str], Any]


def normalise_name(name: str) -> str:
    return posixpath.normpath(name.replace("\\", "/")).lstrip("/").lower()


def local_name(name: str) -> str:
    """Returns the name without its XML prefix."""
    return name.rpartition(":")[2] if ":" in name else name


def unescape(text: str) -> str:
    """Decodes `_x000D_`, which stands for a character that XML cannot store."""
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text


def _refuse_doctype(*_declaration: object) -> None:
    """Rejects a document type declaration: no spreadsheet program writes one."""
    raise UnreadableFile(DAMAGED)


def _pieces(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yields the part in chunks of UTF-8."""
    try:
        part = archive.open(member)
    except RuntimeError as error:  # the member is encrypted
        raise UnreadableFile(PROTECTED) from error
    with part:
        piece = part.read(CHUNK_SIZE)
        decode = _decoder(piece)
        while piece:
            yield decode(piece) if decode else piece
            piece = part.read(CHUNK_SIZE)


def _decoder(beginning: bytes) -> Callable[[bytes], bytes] | None:
    """Returns a function that converts to UTF-8; None for UTF-8 and unknown encodings."""
    marked = next((name for mark, name in _MARKS if beginning.startswith(mark)), None)
    declared = _DECLARED.match(beginning.lstrip())
    name = marked or (declared[1].decode() if declared else "utf-8")
    try:
        b"".decode(name)
    except LookupError:
        return None
    name = codecs.lookup(name).name
    # The declaration was readable as ASCII, so the part does not use two bytes for a character.
    if name in ("utf-8", "utf-8-sig", "ascii") or (not marked and name.startswith(("utf-16", "utf-32"))):
        return None
    decoder = codecs.getincrementaldecoder(name)()
    return lambda piece: decoder.decode(piece).encode()
