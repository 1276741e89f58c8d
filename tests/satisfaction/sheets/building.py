"""Workbooks built by hand, part by part: files that no library would write but people upload."""

import gzip
import io
import struct
import zipfile
from datetime import datetime

import xlwt

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT_MAIN = "http://purl.oclc.org/ooxml/spreadsheetml/main"
STRICT_RELATIONS = "http://purl.oclc.org/ooxml/officeDocument/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
KEY = ("工单号", "number")

_TYPES = f"""<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels"
 ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
 <Default Extension="xml" ContentType="application/xml"/></Types>"""
_STYLES = """<styleSheet xmlns="{main}"><fonts count="1"><font/></fonts><fills count="1"><fill/></fills>
 <borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>
 <cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="22" applyNumberFormat="1"/></cellXfs></styleSheet>"""


def zipped(parts: dict[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def workbook_parts(
    *sheets: str, main: str = MAIN, relations: str = RELATIONS, properties: str = "", texts: str = ""
) -> dict[str, str | bytes]:
    """The parts of a workbook; each sheet is the content of <worksheet>, or a whole part if it begins with <?."""
    numbers = range(1, len(sheets) + 1)
    names = "".join(f'<sheet name="S{n}" sheetId="{n}" r:id="rId{n}"/>' for n in numbers)
    targets = "".join(
        relation(relations, f"rId{n}", "worksheet", f"worksheets/sheet{n}.xml") for n in numbers
    )
    targets += relation(relations, "rIdStyles", "styles", "styles.xml")
    targets += relation(relations, "rIdTexts", "sharedStrings", "sharedStrings.xml")
    root = relation(relations, "rId1", "officeDocument", "xl/workbook.xml")
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships">{root}</Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{relations}"><workbookPr {properties}/>'
        f"<sheets>{names}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
        f"{targets}</Relationships>",
        "xl/styles.xml": _STYLES.format(main=main),
        "xl/sharedStrings.xml": f'<sst xmlns="{main}">{texts}</sst>',
    }
    for number, sheet in zip(numbers, sheets, strict=True):
        whole = sheet if sheet.startswith("<?") else f'<worksheet xmlns="{main}">{sheet}</worksheet>'
        parts[f"xl/worksheets/sheet{number}.xml"] = whole
    return parts


def relation(relations: str, identity: str, kind: str, target: str) -> str:
    return f'<Relationship Id="{identity}" Type="{relations}/{kind}" Target="{target}"/>'


def workbook(*sheets: str, **options: str) -> bytes:
    return zipped(workbook_parts(*sheets, **options))


def data(*rows: str) -> str:
    return f"<sheetData>{''.join(rows)}</sheetData>"


def row(number: int, *cells: str) -> str:
    return f'<row r="{number}">{"".join(cells)}</row>'


def inline(reference: str, text: str) -> str:
    return f'<c r="{reference}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def value(reference: str, content: str, kind: str = "n", style: int = 0) -> str:
    return f'<c r="{reference}" t="{kind}" s="{style}"><v>{content}</v></c>'


HEADER = row(1, inline("A1", "工单号"), inline("B1", "报修时间"))


def legacy_workbook(*, corner: bool = False, sheets: int = 1, date1904: bool = False) -> bytes:
    """An .xls with its header in C3, below a merged title; with `corner` each sheet ends at IV65536."""
    book = xlwt.Workbook()
    book.dates_1904 = date1904
    moment = xlwt.easyxf(num_format_str="yyyy-mm-dd hh:mm:ss")
    for number in range(sheets):
        sheet = book.add_sheet(f"表{number + 1}")
        sheet.write_merge(0, 0, 2, 4, "三月故障")
        for column, title in enumerate(("工单号", "报修时间", "电话"), start=2):
            sheet.write(2, column, title)
        sheet.write(4, 2, "A-1")
        sheet.write(4, 3, datetime(2016, 3, 1, 13, 46, 5), moment)
        sheet.write(4, 4, 13800004414)
        if corner:
            sheet.write(65_535, 255, "x")
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def with_password(legacy: bytes) -> bytes:
    """Replaces the second record of the workbook's stream with FILEPASS, as in a protected .xls."""
    second = legacy.index(b"\x09\x08\x10\x00") + 20
    return legacy[:second] + struct.pack("<H", 0x2F) + legacy[second + 2 :]


def encrypted_container() -> bytes:
    """Excel's format for an .xlsx with a password: an OLE container instead of a zip."""
    names = b"".join(
        name.encode("utf-16-le").ljust(128, b"\0") for name in ("EncryptionInfo", "EncryptedPackage")
    )
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504 + names


def gz_bomb(size: int) -> bytes:
    return gzip.compress(b"\0" * size)
