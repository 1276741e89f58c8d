"""Unreadable files: each gets a sentence that says what to do instead."""

import gzip

import pytest

from satisfaction.core.errors import Refused
from satisfaction.sheets.reading import read_table
from satisfaction.sheets.tables import UploadLimits
from tests.satisfaction.sheets.building import (
    HEADER,
    KEY,
    data,
    encrypted_container,
    gz_bomb,
    inline,
    legacy_workbook,
    row,
    value,
    with_password,
    workbook,
    workbook_parts,
    zipped,
)

GOOD = workbook(data(HEADER, row(2, inline("A2", "A-1"))))
DAMAGED = "已损坏或不完整：请用 Excel 打开原文件，另存为 .xlsx"
PROTECTED = "设有密码：请在 Excel 中去掉密码"
NO_TABLE = "不是能读懂的表格：请上传 .xlsx"
NO_WORKBOOK = "不是 Excel 工作簿：请上传其中的"
MARKUP = "其实是网页或 XML，不是工作簿：请用 Excel 打开，另存为 .xlsx"
TOO_LARGE = "解开后超过 1 MB：请分成几个较小的文件"
TOO_MUCH = "时间或内存太多：请用 Excel 打开，只留下要上传的表"
LIMITS = UploadLimits(max_unpacked_bytes=1024 * 1024, max_text_bytes=1024 * 1024)

BOMB = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><worksheet>&b;</worksheet>'
)


def shared(uses: int, length: int) -> bytes:
    """A small file that shows one long text in many cells."""
    rows = (row(n, value(f"A{n}", "0", "s")) for n in range(2, uses + 2))
    return workbook(data(HEADER, *rows), texts=f"<si><t>{'x' * length}</t></si>")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        pytest.param(b"", "是空的：请选择有内容的文件", id="empty"),
        pytest.param(b" \r\n ", "是空的", id="spaces"),
        pytest.param(GOOD[: len(GOOD) // 2], DAMAGED, id="truncated zip"),
        pytest.param(b"PK\x03\x04 and so on", DAMAGED, id="zip by its first bytes only"),
        pytest.param(zipped({"a.txt": "a"}), NO_WORKBOOK, id="zip of something"),
        pytest.param(
            zipped({"[Content_Types].xml": "", "word/document.xml": ""}), NO_WORKBOOK, id="document"
        ),
        pytest.param(zipped({"mimetype": "application/vnd.oasis.opendocument"}), "另存为 .xlsx", id="ods"),
        pytest.param(zipped({"[Content_Types].xml": "", "xl/workbook.bin": ""}), "另存为 .xlsx", id="xlsb"),
        pytest.param(zipped(workbook_parts() | {"xl/workbook.xml": "<a"}), DAMAGED, id="broken part"),
        pytest.param(workbook(), "没有表头", id="no sheet"),
        pytest.param(workbook("<?xml version='1.0'?>" + "<a"), DAMAGED, id="broken sheet"),
        pytest.param(workbook(BOMB), DAMAGED, id="entity bomb"),
        pytest.param(
            zipped(workbook_parts(data(HEADER)) | {"xl/sharedStrings.xml": BOMB}), DAMAGED, id="bomb in texts"
        ),
        pytest.param(workbook(data(HEADER) + " " * 2_000_000), TOO_LARGE, id="zip bomb"),
        pytest.param(shared(uses=1_000, length=10_000), TOO_LARGE, id="texts shown too often"),
        pytest.param(workbook(data(row(1, value("A2", "1")))), DAMAGED, id="cell of another row"),
        pytest.param(workbook(data('<row r="x"/>')), DAMAGED, id="row without number"),
        pytest.param(workbook(data(row(1, value("ABCD1", "1")))), DAMAGED, id="column beyond any"),
        pytest.param(encrypted_container(), PROTECTED, id="encrypted xlsx"),
        pytest.param(with_password(legacy_workbook()), PROTECTED, id="encrypted xls"),
        pytest.param(legacy_workbook()[:3_000], DAMAGED, id="truncated xls"),
        pytest.param(legacy_workbook(corner=True, sheets=3), TOO_MUCH, id="xls with far corners"),
        pytest.param(b"\xd0\xcf\x11\xe0" + b"\0" * 600, DAMAGED, id="xls by its first bytes only"),
        pytest.param(b"<html><table><tr><td>1</td></tr></table></html>", MARKUP, id="web page"),
        pytest.param("\ufeff \n<!DOCTYPE html><table>".encode(), MARKUP, id="web page with a mark"),
        pytest.param("<table><td>工单号</td></table>".encode("gb18030"), MARKUP, id="web page in GB18030"),
        pytest.param(b'<?xml version="1.0"?><Workbook/>', MARKUP, id="spreadsheet 2003"),
        pytest.param(b"MIME-Version: 1.0\r\n", MARKUP, id="web archive"),
        pytest.param(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", NO_TABLE, id="picture"),
        pytest.param("工单号,a".encode("utf-16-le"), NO_TABLE, id="UTF-16 without a mark"),
        pytest.param(b"number\n\xff\xff\n", NO_TABLE, id="no encoding fits"),
        pytest.param(b"a,b\n1,2\n", "没有表头：请保留含有“工单号 / number”一列的那一行", id="no header"),
        pytest.param(b'number,name\n1,"a\n2,b\n', "第 2 行的引号不成对", id="quote never closed"),
        pytest.param(b"number\n" + b"," * 1_000_001, "第 2 行太长", id="endless line"),
        pytest.param(b'number\n"' + b"x\n" * 500_001 + b'"\n', "第 2 行的引号不成对", id="endless field"),
        pytest.param(gz_bomb(5 * 1024 * 1024), TOO_LARGE, id="gz bomb"),
        pytest.param(gzip.compress(b"number\n1\n")[:-6], DAMAGED, id="truncated gz"),
        pytest.param(b"\x1f\x8b not packed", DAMAGED, id="gz by its first bytes only"),
        pytest.param(gzip.compress(GOOD), NO_TABLE, id="packed workbook"),
    ],
)  # fmt: skip
def test_unreadable_file_is_refused_with_a_sentence(content: bytes, sentence: str):
    with pytest.raises(Refused) as refused:
        read_table(content, filename="上传.xls", header_key=KEY, limits=LIMITS)

    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)


def test_member_that_lies_about_its_size_is_refused():
    content = bytearray(workbook(data(HEADER) + " " * 2_000_000))
    entry = content.rindex(b"PK\x01\x02")  # the sheet's entry in the directory
    content[entry + 24 : entry + 28] = (100).to_bytes(4, "little")

    with pytest.raises(Refused, match="已损坏或不完整"):
        read_table(bytes(content), filename="上传.xlsx", header_key=KEY, limits=LIMITS)


def test_part_that_is_missing_is_refused():
    parts = workbook_parts(data(HEADER))
    del parts["xl/worksheets/sheet1.xml"]

    with pytest.raises(Refused, match=DAMAGED):
        read_table(zipped(parts), filename="上传.xlsx", header_key=KEY, limits=LIMITS)


def test_zip_with_a_password_is_refused():
    content = bytearray(GOOD)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        position = content.find(mark)
        while position >= 0:
            content[position + offset] |= 1  # the member is marked as encrypted
            position = content.find(mark, position + 1)

    with pytest.raises(Refused, match=PROTECTED):
        read_table(bytes(content), filename="上传.xlsx", header_key=KEY, limits=LIMITS)


def test_file_beyond_the_limit_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"x" * (3 * 1024 * 1024))

    with pytest.raises(Refused, match=r"“a\.csv”有 3\.0 MB，超过 2 MB 的上限：请分成几个文件上传"):
        read_table(path, filename="a.csv", header_key=KEY, limits=UploadLimits(max_bytes=2 * 1024 * 1024))


def test_limits_come_from_the_settings(settings):
    settings.SHEET_MAX_BYTES, settings.SHEET_MAX_ROWS, settings.SHEET_MAX_BLANK_ROWS = 1_000, 2, 3

    assert UploadLimits.from_settings() == UploadLimits(max_bytes=1_000, max_rows=2, max_blank_rows=3)
