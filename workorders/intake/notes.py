"""Rows of a workbook that are no orders: totals, remarks, signatures below the table (domain §11)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC

from satisfaction.sheets import cells
from satisfaction.sheets.tables import RawCell, is_blank_cell

_WORDS = (
    "合计|总计|小计|累计|共计|总数|本日合计|当日合计|本页合计|制表|制单|填表|填报|编制|审核|审批|审查|复核|校对|核对|批准|签发"
    "|负责人|主管|领导|值班员|值班人|记录人|统计人|经办人|签字|签名|签章|盖章|备注|说明|附注|注释|注|附|统计日期|统计时间|制表日期"
    "|日期|打印时间|打印日期|报送|数据来源"
)
_ENGLISH = (
    "grandtotal|subtotal|total|preparedby|checkedby|approvedby|reviewedby|remarks?|notes?|signature|signed"
)
_NOTE = re.compile(
    rf"[(【\[※*]*(?:(?:{_WORDS})(?:人|员|者|栏)?(?:$|[:;,.、()\]】_\d-].*)"
    rf"|(?:{_ENGLISH})(?:$|[:;,.()\]].*))",
    re.IGNORECASE,
)
_PUNCTUATION = re.compile(r"[，。、；：！？;:!?（）()“”《》\s]")
LONGEST_CODE = 40


def is_note(number: RawCell, row: Sequence[RawCell]) -> bool:
    """Whether a row is a note rather than an order; `number` is its cell in the column of the order number."""
    name = cells.display_text(number)
    if not name:
        first = next((cells.display_text(cell) for cell in row if not is_blank_cell(cell)), "")
        return bool(_NOTE.fullmatch(_tight(first)))
    if _NOTE.fullmatch(_tight(name)):
        return True
    # A remark merged across the table stands in every cell of it, or alone in the first.
    return not _is_code(name) and {cells.display_text(cell) for cell in row if not is_blank_cell(cell)} == {
        name
    }


def _tight(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


def _is_code(text: str) -> bool:
    """Whether it can be the number of an order: short, with a digit, no sentence and no date."""
    if len(text) > LONGEST_CODE or not re.search(r"\d", text) or _PUNCTUATION.search(text):
        return False
    try:
        return not re.search("[年月日]", text) or cells.parse_moment(text, UTC) is None
    except ValueError:
        return True
