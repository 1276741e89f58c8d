import pytest
from django.utils import translation

from satisfaction.core.errors import Refused
from satisfaction.sheets.headers import display_name, match_headers, normalise_header

SPEC = {
    "number": ("工单号", "order number", "number"),
    "repeat_of": ("二次报修(原工单号)", "repeat of"),
    "system": ("设备/系统", "system"),
}


@pytest.mark.parametrize(
    ("column", "field"),
    [
        ("工单号", "number"),
        (" 工 单\n号 * ", "number"),
        ("工单号＊：", "number"),
        ("\ufeff工单号", "number"),
        ("ORDER_NUMBER", "number"),
        ("Order  Number", "number"),
        ("ordernumber", "number"),
        ("二次报修（原工单号）", "repeat_of"),
        ("二次报修 ( 原工单号 )", "repeat_of"),
        ("设备／系统", "system"),
    ],
)
def test_header_is_known_however_it_is_spelled(column: str, field: str):
    assert match_headers([column], SPEC) == ({field: 0}, [])


def test_unknown_headers_are_listed_blank_ones_and_reasons_are_not():
    columns = ["拒绝原因", "", "备注", "Number", "备注", "工单"]

    assert match_headers(columns, SPEC) == ({"number": 3}, ["备注", "备注", "工单"])


def test_known_column_twice_is_refused_by_name():
    with pytest.raises(Refused, match="表头里“工单号”和“Order number”是同一列"):
        match_headers(["工单号", "备注", "Order number"], SPEC)


def test_different_headers_stay_different():
    assert normalise_header("报修人") != normalise_header("报修人电话")


@pytest.mark.parametrize(
    ("names", "chinese", "english"),
    [
        (("是服务日", "is_service_day", "service day"), "是服务日", "service day"),
        (("工号",), "工号", "工号"),
    ],
)
def test_name_shown_is_in_the_readers_language(names, chinese, english):
    in_language = {}
    for language in ("zh-hans", "en"):
        with translation.override(language):
            in_language[language] = display_name(names)

    assert in_language == {"zh-hans": chinese, "en": english}
