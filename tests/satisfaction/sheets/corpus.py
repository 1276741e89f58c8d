"""Generated odd files: attributes, encodings, formats, separators, footers, zip names, damage, merges, states.

`corpus()` yields (name, file name, content); every call yields the same files.
"""

from __future__ import annotations

import io
import random
from collections.abc import Iterator
from itertools import product

import xlwt

from tests.satisfaction.sheets.building import data, inline, row, value, workbook_parts, zipped

File = tuple[str, str, bytes]
COLUMNS = (
    "工单号", "报修时间", "报修人", "报修人电话", "故障描述", "所属工班", "维修人工号", "维修人", "完成时间",
    "关闭时间", "工单类型", "登记渠道",
)  # fmt: skip
CELLS = (
    "WX-1", "2026-01-20 08:00", "赵甲", "13800001234", "无显示", "工班甲", "W001", "维修人01",
    "2026-01-20 09:00", "2026-01-20 10:00", "故障", "统一报修电话",
)  # fmt: skip
LETTERS = "ABCDEFGHIJKL"
COUNTS = ("", "0", "-1", "1", "x", "2147483647", "99999999999", "9999999999999999999")
ENCODINGS = (
    "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-7", "gbk", "gb2312", "gb18030", "big5",
    "shift_jis", "euc-kr", "iso-8859-1", "foo", "rot13", "hex",
)  # fmt: skip
FORMATS = (
    "General", "0", "@", "[h]:mm", "[mm]:ss", "[ss].00", "h:mm", "yyyy-mm-dd", "yyyy年m月d日", "[DBNum1]yyyy",
    "[$-F800]d",     '"d"0', "\\d0", "_d0", "[Red]0", "0;[h]", "d/m/yyyy h:mm AM/PM", "mmm", "[hh", "",
)  # fmt: skip
NUMBERS = (
    "0",
    "0.5",
    "59",
    "60",
    "46353.35",
    "2958466",
    "13800001234",
    "-1",
    "1e308",
    "2026112712345671",
    "NaN",
    "1_0",
)
KINDS = ("s", "str", "e", "b", "d", "n", "inlineStr", "x", "")
CONTENTS = (
    "",
    " ",
    "0",
    "1",
    "-1",
    "99999999999",
    "#VALUE!",
    "2026-11-20T08:00:00",
    "&#xD800;",
    "&lt;a&gt;",
    "x" * 40_000,
)
FOOTERS = (
    "合计",
    "合计：1",
    "制表：张三",
    "备注：1、本表",
    "审核人",
    "Total",
    "——",
    "第 1 页",
    "=SUM(A1:A9)",
    "工单号",
)
MERGES = (
    "A1:L1",
    "A2:L2",
    "A:A",
    "A:L",
    "2:2",
    "1:2",
    "A2:A9",
    "I2:J2",
    "L2:A1",
    "A1",
    "",
    "XFD1048576:A1",
    "A0:B0",
    "$A$2:$B$2",
    "A2:XFD1048576",
)
STATES = ("visible", "hidden", "veryHidden", "", "Hidden", "x")


def sheet(*extra: str, cells: dict[str, str] | None = None, after: str = "") -> str:
    """The content of a worksheet: the header, one good order with some `cells` replaced, further rows."""
    header = row(1, *(inline(f"{letter}1", name) for letter, name in zip(LETTERS, COLUMNS, strict=True)))
    good = {f"{letter}2": inline(f"{letter}2", text) for letter, text in zip(LETTERS, CELLS, strict=True)}
    return data(header, row(2, *(good | (cells or {})).values()), *extra) + after


def corpus() -> Iterator[File]:
    for number, made in enumerate(
        (attributes, encodings, formats, kinds, separators, footers, names, merges, states)
    ):
        yield from made()
        yield from damaged(number)
    yield from legacy()


def attributes() -> Iterator[File]:
    """Counts and references that contradict the content."""
    plain = workbook_parts(
        sheet(after='<mergeCells count="1"><mergeCell ref="A9:B9"/></mergeCells>'), texts="<si><t>a</t></si>"
    )
    places = (
        ("xl/sharedStrings.xml", "<sst ", '<sst count="{}" '),
        ("xl/sharedStrings.xml", "<sst ", '<sst uniqueCount="{}" '),
        ("xl/styles.xml", 'cellXfs count="2"', 'cellXfs count="{}"'),
        ("xl/styles.xml", 'fonts count="1"', 'fonts count="{}"'),
        ("xl/styles.xml", 'numFmtId="22"', 'numFmtId="{}"'),
        ("xl/worksheets/sheet1.xml", 'mergeCells count="1"', 'mergeCells count="{}"'),
        ("xl/worksheets/sheet1.xml", "<sheetData>", '<dimension ref="A1:{}"/><sheetData>'),
        ("xl/worksheets/sheet1.xml", '<row r="2">', '<row r="{}">'),
        ("xl/worksheets/sheet1.xml", '<row r="2">', '<row r="2" spans="1:{}">'),
        ("xl/worksheets/sheet1.xml", '<row r="2">', '<row r="2" hidden="{}">'),
        ("xl/worksheets/sheet1.xml", 'r="C2"', 'r="{}"'),
        ("xl/worksheets/sheet1.xml", 'r="C2"', 'r="C2" s="{}"'),
        ("xl/workbook.xml", 'sheetId="1"', 'sheetId="{}"'),
        ("xl/workbook.xml", 'r:id="rId1"', 'r:id="{}"'),
        ("xl/workbook.xml", "<workbookPr ", '<workbookPr date1904="{}" '),
    )
    for (part, old, new), count in product(places, COUNTS):
        assert old in str(plain[part]), (part, old)
        changed = str(plain[part]).replace(old, new.format(count))
        yield f"attribute {new} {count}", "a.xlsx", zipped(plain | {part: changed})


def encodings() -> Iterator[File]:
    plain = workbook_parts(sheet(), texts="<si><t>甲</t></si>") | {
        "docProps/app.xml": "<Properties>甲</Properties>"
    }
    for part, encoding, is_declared in product(plain, ENCODINGS, (True, False)):
        text = (f'<?xml version="1.0" encoding="{encoding}"?>' if is_declared else "") + str(plain[part])
        try:
            content = text.encode(encoding, "xmlcharrefreplace")
        except (LookupError, UnicodeError):
            content = text.encode()
        if is_declared or encoding.startswith("utf"):
            yield f"encoding {encoding} of {part}", "a.xlsx", zipped(plain | {part: content})


def formats() -> Iterator[File]:
    for code, number in product(FORMATS, NUMBERS):
        cells = {"D2": value("D2", number, style=1), "J2": value("J2", number, style=1)}
        parts = workbook_parts(sheet(cells=cells))
        code = code.replace("&", "&amp;").replace('"', "&quot;")
        styles = str(parts["xl/styles.xml"]).replace(
            "<fonts", f'<numFmts><numFmt numFmtId="200" formatCode="{code}"/></numFmts><fonts'
        )
        yield (
            f"format {code} {number}",
            "a.xlsx",
            zipped(parts | {"xl/styles.xml": styles.replace('numFmtId="22"', 'numFmtId="200"')}),
        )


def kinds() -> Iterator[File]:
    for kind, content, formula in product(KINDS, CONTENTS, ("", "<f>1+1</f>")):
        cell = f'<c r="J2" t="{kind}">{formula}<v>{content}</v></c>'
        yield (
            f"kind {kind} {content[:20]} {formula}",
            "a.xlsx",
            zipped(workbook_parts(sheet(cells={"J2": cell}))),
        )


def separators() -> Iterator[File]:
    for mark, encoding, end, quote in product(",;\t|", ENCODINGS[:10], ("\r\n", "\n", "\r"), ("", '"')):
        text = (
            end.join(mark.join(f"{quote}{cell}{quote}" for cell in line) for line in (COLUMNS, CELLS)) + end
        )
        yield f"separator {mark!r} {encoding} {end!r} {quote}", "a.csv", text.encode(encoding)
    for line in (
        '"',
        '"a',
        'a"b"',
        "\0",
        "x" * 2_000_000,
        "," * 5_000,
        "\x1a",
        "sep=;",
        "<html>",
        "MIME-Version: 1.0",
    ):
        for content in (
            f"{line}\n{','.join(COLUMNS)}\n",
            f"{','.join(COLUMNS)}\n{','.join(CELLS)}\n{line}\n",
        ):
            yield f"line {line[:9]!r}", "a.csv", content.encode()


def footers() -> Iterator[File]:
    for text, gap in product(FOOTERS, (3, 4, 900, 5_000)):
        yield (
            f"footer {text} {gap}",
            "a.xlsx",
            zipped(workbook_parts(sheet(row(gap, inline(f"A{gap}", text))))),
        )


def names() -> Iterator[File]:
    plain = workbook_parts(sheet())
    spellings = (
        str.upper, str.lower, str.title, lambda name: name.replace("/", "\\"), lambda name: f"/{name}",
        lambda name: f"./{name}", lambda name: f"a/../{name}", lambda name: f"../{name}", lambda name: f"{name}/",
        lambda name: f"C:\\{name}", lambda name: name.replace("/", "//"),
    )  # fmt: skip
    for number, spell in enumerate(spellings):
        yield f"names {number}", "a.xlsx", zipped({spell(name): content for name, content in plain.items()})
    for part in plain:
        for content in ("", "<", "<a/>", "<!DOCTYPE a><a/>", None):
            rest = {name: held for name, held in plain.items() if name != part}
            yield (
                f"part {part} {content}",
                "a.xlsx",
                zipped(rest if content is None else rest | {part: content}),
            )


def merges() -> Iterator[File]:
    for reference in MERGES:
        after = f'<mergeCells count="1"><mergeCell ref="{reference}"/></mergeCells>'
        yield f"merge {reference}", "a.xlsx", zipped(workbook_parts(sheet(after=after)))


def states() -> Iterator[File]:
    for first, second in product(STATES, STATES):
        parts = workbook_parts(sheet(), sheet())
        book = str(parts["xl/workbook.xml"]).replace('name="S1"', f'name="S1" state="{first}"')
        book = book.replace('name="S2"', f'name="S2" state="{second}"')
        yield f"states {first} {second}", "a.xlsx", zipped(parts | {"xl/workbook.xml": book})


def damaged(seed: int) -> Iterator[File]:
    """Bytes of a good file, randomly changed, cut or duplicated."""
    chance = random.Random(seed)
    for number in range(12):
        content = bytearray(legacy_workbook() if number % 3 == 0 else zipped(workbook_parts(sheet())))
        for _change in range(chance.choice((1, 3, 30))):
            content[chance.randrange(len(content))] = chance.randrange(256)
        if number % 4 == 1:
            del content[chance.randrange(len(content)) :]
        yield f"damage {seed} {number}", "a.xls", bytes(content)


def legacy() -> Iterator[File]:
    for date1904, state, error, is_hidden in product(
        (False, True), (0, 1, 2), (None, 7, 15, 42), (False, True)
    ):
        content = legacy_workbook(date1904=date1904, state=state, error=error, is_hidden=is_hidden)
        yield f"xls {date1904} {state} {error} {is_hidden}", "a.xls", content


def legacy_workbook(
    *, date1904: bool = False, state: int = 0, error: int | None = None, is_hidden: bool = False
) -> bytes:
    book = xlwt.Workbook()
    book.dates_1904 = date1904
    for name in ("表1", "表2"):
        page = book.add_sheet(name)
        for number, line in enumerate((COLUMNS, CELLS)):
            for column, text in enumerate(line):
                page.write(number, column, text)
        if error is not None:
            page.row(2).set_cell_error(9, error)
        page.row(1).hidden = is_hidden
    book.get_sheet(0).visibility = state
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()
