"""Two real months drawn day by day, with 6 dispatchers and 3 managers: the acceptance test of the draw.

April 2016 and the workbook of March 2016 come from the incident log of a company's service desk; its groups
and people stand for crews and technicians.
"""

import csv
import gzip
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from evaluations.draw.rules import DISPATCHER, MANAGER, DrawOrder
from tests.worlds.draws import SHARE, Month, Row, order

DATA = Path(__file__).parents[2] / "data"


def april() -> dict[date, list[Row]]:
    """Maps closing day to (number, crew, technician); `?` is unknown."""
    days = defaultdict(list)
    with gzip.open(DATA / "servicenow-2016-04.csv.gz", "rt", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            if "?" not in (row["assignment_group"], row["resolved_by"]):
                closed_at = datetime.strptime(row["closed_at"], "%d/%m/%Y %H:%M")
                days[closed_at.date()].append((row["number"], row["assignment_group"], row["resolved_by"]))
    return dict(sorted(days.items()))


def march() -> dict[date, list[Row]]:
    """The workbook's evaluated orders: faults reported to the central phone, with known crew and technician."""
    header, *rows = (
        CalamineWorkbook.from_path(DATA / "fault-workbook-2016-03.xlsx").get_sheet_by_index(0).to_python()
    )
    days = defaultdict(list)
    for cells in rows:
        row = dict(zip(header, cells, strict=True))
        is_evaluated = (row["登记渠道"], row["工单类型"]) == ("统一报修电话", "故障")
        if is_evaluated and row["所属工班"] and row["维修人工号"]:
            closed_on = date(row["关闭时间"].year, row["关闭时间"].month, row["关闭时间"].day)
            days[closed_on].append((row["工单号"], row["所属工班"], row["维修人工号"]))
    return dict(sorted(days.items()))


MONTHS = {"april": april(), "march": march()}


@pytest.fixture(params=MONTHS)
def days(request: pytest.FixtureRequest) -> dict[date, list[Row]]:
    return MONTHS[request.param]


def test_real_months_have_the_sizes_they_were_measured_with():
    sizes = {name: (len(days), sum(map(len, days.values()))) for name, days in MONTHS.items()}

    assert sizes == {"april": (30, 7256), "march": (28, 4894)}


def test_real_month_with_everybody_on_duty_meets_the_bar(days):
    month = Month()
    off: Counter[bool] = Counter()

    for day, rows in days.items():
        result = month.rows(day, rows)

        assert result.worst_crew_deviation < 1
        assert result.worst_technician_deviation < 1.5
        assert len(result.assignments) == len(rows) and all(given.caller for given in result.assignments)
        for group in (DISPATCHER, MANAGER):
            assert month.load_difference(day, day + timedelta(1), group) <= 1
        off.update(is_off(month, technician) for technician in {technician for *_, technician in rows})

    assert off[True] <= 0.005 * off.total()
    assert max(month.spread_of(technician, DISPATCHER) for technician in month.technicians) <= 1
    assert max(month.spread_of(technician, MANAGER) for technician in month.technicians) <= 2


def is_off(month: Month, technician: str) -> bool:
    drawn, managers = month.technicians[technician]
    return abs(managers - SHARE * drawn) >= 1


def test_real_month_drawn_in_several_runs_a_day_keeps_the_hard_rules(days):
    month = Month(dispatchers=("d1", "d2", "d3", "d4"), managers=("m1", "m2"))

    for day, rows in days.items():
        results = [month.rows(day, rows[start::3]) for start in range(3)]

        assert all(result.worst_crew_deviation < 1 for result in results)
        for group in (DISPATCHER, MANAGER):
            assert month.load_difference(day, day + timedelta(1), group) <= 1


def test_real_month_with_absences_and_barred_callers_keeps_the_hard_rules(days):
    """d6 is away every other week, m1 for a week, all managers on two days; d1 leads one crew, m2 another."""
    month = Month()
    first = min(days).replace(day=1)
    month.absent = absences(first)
    crews = Counter(crew for rows in days.values() for _, crew, _ in rows).most_common(2)
    leads = {crews[0][0]: "d1", crews[1][0]: "m2"}

    for day, rows in days.items():
        drawn = [late_or_not(day, row, leads.get(row[1])) for row in rows]
        result = month.run(day, drawn)

        by_number = {o.number: o for o in drawn}
        assert result.worst_crew_deviation < 1 and result.debts == {}
        for given in result.assignments:
            assert (
                given.caller
                in set(month.roster(given.calling_on)[given.group]) - by_number[given.number].barred
            )
        assert_as_even_as_possible(month, day, result, by_number)

    # d1 is barred from the largest crew and takes more of the others; d2 … d5 stay even.
    month.absent.add((first, "d1"))
    assert max(month.spread_of(technician, DISPATCHER) for technician in month.technicians) <= 1


def absences(first: date) -> set[tuple[date, str]]:
    month = [first + timedelta(n) for n in range(33)]
    return (
        {(day, "d6") for day in month if day.day % 14 < 7}
        | {(day, "m1") for day in month[8:15]}
        | {(day, name) for day in (month[5], month[20]) for name in ("m1", "m2", "m3")}
    )


def late_or_not(day: date, row: Row, lead: str | None) -> DrawOrder:
    number, crew, technician = row
    late = number.endswith("7")
    calling_on = day + timedelta(2 if late else 1)
    return order(
        number,
        technician,
        crew=crew,
        barred=[lead] if lead else (),
        calling_on=calling_on,
        later=calling_on + timedelta(1),
    )


def assert_as_even_as_possible(month, day, result, by_number):
    load = month.day_loads[day]
    for given in result.assignments:
        may = set(month.roster(given.calling_on)[given.group]) - by_number[given.number].barred
        least = min(load[given.calling_on, name] for name in may)
        assert load[given.calling_on, given.caller] - least <= 1
