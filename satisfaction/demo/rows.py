"""The orders of one closing day as rows of the daily workbook."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from satisfaction.calendars import days
from workorders.intake.order_rows import OrderCells, OrderRow
from workorders.models import Technician

from .people import DemoPeople
from .places import Reporter, reporters
from .texts import FIELDS, REQUESTS, Repair

WORKDAY, WEEKEND = 68, 52
"""Orders of all crews on a working day and on a weekend day."""
REPEATS, DUPLICATES, REQUESTED, ELSEWHERE, INCOMPLETE, LATE_CONTACT = 0.025, 0.006, 0.03, 0.03, 0.02, 0.07
OWN_FIELD = 0.82
SPLIT_CREW, SPLIT_ON, SPLIT_AFTER = 4, 2, timedelta(minutes=12)
"""Index of the crew that reports one repair as two orders, the weekday, and the time between them."""
ELSEWHERE_WORDS = ("微信群", "现场口头", "巡检发现")
FAULT, REQUEST, DUPLICATE, HOTLINE = "故障", "请求", "重复登记", "统一报修电话"


@dataclass
class DemoOrders:
    """Makes rows day by day; keeps recent orders for repeats.

    `diligence`: relative amount of work of each technician; `troubles`: relative number of faults of each
    place.
    """

    cast: DemoPeople
    random: Random
    recent: deque[OrderCells] = field(default_factory=lambda: deque(maxlen=600))

    def __post_init__(self) -> None:
        self.posts = reporters()
        self.troubles = [1 if "站" not in post.location else 3 for post in self.posts]
        self.staff = list(self.cast.technicians.values())
        self.diligence = [self.random.uniform(0.6, 1.5) for _ in self.staff]
        self.fields: dict[int | None, tuple[Repair, ...]] = {
            crew.pk: FIELDS[n % len(FIELDS)] for n, crew in enumerate(self.cast.crews)
        }
        self.names: dict[int | None, str] = {crew.pk: crew.name for crew in self.cast.crews}

    def of_day(self, day: date) -> list[OrderRow]:
        """Returns the rows of the day by closing time; order numbers contain the day."""
        usual = WEEKEND if day.weekday() >= 5 else WORKDAY
        closings = sorted(self._closing(day) for _ in range(usual + self.random.randrange(-5, 6)))
        cells = []
        for n, closed_at in enumerate(closings, start=1):
            cells.append(self._order(f"WX-{day:%Y%m%d}-{n:04d}", closed_at))
            self.recent.append(cells[-1])
        if day.weekday() == SPLIT_ON:
            cells += self._split(day, cells)
        return [OrderRow.of(one, row=n) for n, one in enumerate(cells, start=2)]

    def _split(self, day: date, cells: list[OrderCells]) -> list[OrderCells]:
        """Returns a second order for the same repair, which the page of patterns shows as near-identical."""
        crew = self.names[self.cast.crews[SPLIT_CREW].pk]
        whole = (one for one in cells if one.crew == crew and one.kind == FAULT and not one.original)
        job = next((one for one in whole if one.employee_no and one.reporter_phone and one.closed_at), None)
        if job is None:
            return []
        assert job.closed_at
        again = {
            "number": f"WX-{day:%Y%m%d}-{len(cells) + 1:04d}",
            "closed_at": job.closed_at + SPLIT_AFTER,
        }
        return [job.model_copy(update=again)]

    def _closing(self, day: date) -> datetime:
        minutes = self.random.triangular(9 * 60, 22 * 60, 15 * 60)
        return days.moment_at(day, time()) + timedelta(seconds=round(minutes * 60))

    def _order(self, number: str, closed_at: datetime) -> OrderCells:
        chance = self.random.random()
        if chance < REPEATS + DUPLICATES and (
            earlier := self._earlier(closed_at, is_repeat=chance < REPEATS)
        ):
            return self._again(number, closed_at, earlier, is_repeat=chance < REPEATS)
        technician = self.random.choices(self.staff, self.diligence)[0]
        is_request = self.random.random() < REQUESTED
        repair = self.random.choice(REQUESTS if is_request else self._field(technician))
        reporter = self.random.choices(self.posts, self.troubles)[0]
        kind = REQUEST if is_request else FAULT
        return self._cells(number, closed_at, technician, repair, reporter, kind=kind)

    def _field(self, technician: Technician) -> tuple[Repair, ...]:
        own = self.fields[technician.crew_id]
        return own if self.random.random() < OWN_FIELD else self.random.choice(FIELDS)

    def _earlier(self, closed_at: datetime, *, is_repeat: bool) -> OrderCells | None:
        """Returns an earlier fault: finished before this report for a repeat, still open for a duplicate."""
        fitting = [one for one in self.recent if one.kind == FAULT and one.employee_no and not one.original]
        if not is_repeat:
            same_day = [
                one
                for one in fitting[-15:]
                if one.closed_at and closed_at - one.closed_at < timedelta(hours=12)
            ]
            return self.random.choice(same_day) if same_day else None
        past = [one for one in fitting if one.closed_at and closed_at - one.closed_at > timedelta(hours=18)]
        return self.random.choice(past[-300:]) if past else None

    def _again(self, number: str, closed_at: datetime, earlier: OrderCells, *, is_repeat: bool) -> OrderCells:
        technician = self.cast.technicians[earlier.employee_no]
        repair = Repair(earlier.equipment, earlier.fault, earlier.cause, earlier.action, 60)
        reporter = Reporter(earlier.reporter_name, earlier.reporter_phone, earlier.reporter_location)
        if is_repeat:
            repair = repair._replace(
                fault=f"{repair.fault}(再次出现)", action=f"{repair.action};延长观察时间"
            )
            return self._cells(
                number, closed_at, technician, repair, reporter, kind=FAULT, original=earlier.number
            )
        repair = repair._replace(cause="与原工单为同一故障", action="并入原工单处理", minutes=5)
        cells = self._cells(
            number, closed_at, technician, repair, reporter, kind=DUPLICATE, original=earlier.number
        )
        assert earlier.reported_at and earlier.finished_at
        during = earlier.reported_at + (earlier.finished_at - earlier.reported_at) / 2
        return cells.model_copy(update={"reported_at": during, "first_contact_at": None})

    def _cells(
        self,
        number: str,
        closed_at: datetime,
        technician: Technician,
        repair: Repair,
        reporter: Reporter,
        *,
        kind: str,
        original: str = "",
    ) -> OrderCells:
        """Makes an order; its times are computed backwards from the closing time."""
        finished_at = closed_at - self._minutes(3, 35)
        first_contact_at = finished_at - self._minutes(repair.minutes * 0.6, repair.minutes * 1.5)
        is_late = self.random.random() < LATE_CONTACT
        reported_at = first_contact_at - (self._minutes(62, 115) if is_late else self._minutes(3, 55))
        values: dict[str, Any] = {
            "number": number,
            "reported_at": reported_at,
            "reporter_name": reporter.name,
            "reporter_phone": reporter.phone,
            "reporter_location": reporter.location,
            "equipment": repair.equipment,
            "fault": repair.fault,
            "cause": repair.cause,
            "action": repair.action,
            "crew": self.names[technician.crew_id],
            "employee_no": technician.employee_no,
            "technician": technician.name,
            "first_contact_at": first_contact_at,
            "finished_at": finished_at,
            "closed_at": closed_at,
            "kind": kind,
            "channel": self._channel(),
            "original": original,
        }
        return OrderCells.model_construct(**(values | dict.fromkeys(self._blanks(), "")))

    def _channel(self) -> str:
        return self.random.choice(ELSEWHERE_WORDS) if self.random.random() < ELSEWHERE else HOTLINE

    def _blanks(self) -> Iterator[str]:
        """Yields the fields that are blank if the order is incomplete."""
        if self.random.random() < INCOMPLETE:
            lacking = self.random.choice(
                (("crew",), ("employee_no", "technician"), ("reporter_phone",), ("kind",))
            )
            yield from lacking

    def _minutes(self, least: float, most: float) -> timedelta:
        return timedelta(seconds=round(self.random.uniform(least, most) * 60))
