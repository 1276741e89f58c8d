"""Places of an operator that report faults, each with a phone; all invented."""

from __future__ import annotations

from typing import NamedTuple

LINES: dict[str, tuple[str, ...]] = {
    "一号线": (
        "会展中心站",
        "体育场站",
        "科技园站",
        "人民广场站",
        "图书馆站",
        "南门站",
        "火车站站",
        "大学城站",
    ),
    "二号线": ("机场站", "展览馆站", "市政府站", "青年路站", "江边站", "工业园站", "医院站", "北苑站"),
    "三号线": ("东湖站", "软件园站", "文化宫站", "码头站", "西苑站", "新港站"),
}
POSTS = (("站务", "站厅"), ("票务室", "票务室"), ("综控室", "综控室"), ("值班站长", "车控室"))
OFFICES = (
    ("车辆段调度室", "车辆段运用库二层"),
    ("物资库", "车辆段物资总库"),
    ("财务部", "办公楼 5 层"),
    ("人力资源部", "办公楼 4 层"),
    ("会议中心", "办公楼 2 层"),
    ("档案室", "办公楼 1 层"),
    ("行车调度大厅", "控制中心 3 层"),
    ("电力调度", "控制中心 3 层"),
    ("乘务派班室", "车辆段综合楼"),
    ("培训中心", "培训楼机房"),
)


class Reporter(NamedTuple):
    name: str
    phone: str
    location: str


def reporters() -> list[Reporter]:
    """Returns all places with distinct phones from an unassigned range."""
    places = [
        (name, f"{line} · {station} · {where}")
        for line, stations in LINES.items()
        for station in stations
        for name, where in POSTS
    ]
    return [
        Reporter(name, f"1380000{1001 + n}", location)
        for n, (name, location) in enumerate([*places, *OFFICES])
    ]
