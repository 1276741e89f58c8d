"""Orders of one closing day as table rows with consistent times."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any, NamedTuple

from evaluations.deadlines import DeadlineMaker
from satisfaction.calendars import days
from satisfaction.core.encryption import encrypt
from satisfaction.demo.places import reporters
from satisfaction.demo.texts import FIELDS, REQUESTS
from workorders.enums import Channel, Kind
from workorders.phones import phone_key

from .shape import CentreSize
from .staff import GeneratedStaff
from .table import BulkTable

REPEATS, REQUESTED, ELSEWHERE, INCOMPLETE, DUPLICATES = 0.025, 0.03, 0.02, 0.005, 0.005
ARRIVAL = time(8, 30)
OPENS_AT, CLOSES_AT = 8 * 3600 + 1800, 22 * 3600
OTHER_CHANNEL = "微信群"
RowValues = dict[str, Any]


class EarlierOrder(NamedTuple):
    """Data of an earlier order for a repeat."""

    id: int
    number: str
    closed_at: datetime
    row: RowValues


@dataclass
class GeneratedOrders:
    shape: CentreSize
    staff: GeneratedStaff
    random: Random
    table: BulkTable
    now: datetime
    made: int = 0
    past: deque[EarlierOrder] = field(default_factory=lambda: deque(maxlen=400))

    def __post_init__(self) -> None:
        self.make = DeadlineMaker()
        # Encrypted here, since rows bypass the model.
        self.posts = [(p.name, encrypt(p.phone), phone_key(p.phone), p.location) for p in reporters()]
        self.repairs = [repair for repairs in FIELDS for repair in repairs]
        self.diligence = [self.random.uniform(0.6, 1.4) for _ in self.staff.technicians]

    def of_day(self, day: date, count: int) -> list[RowValues]:
        """Returns the rows of the day by closing time."""
        begins = days.start_of_day(day).astimezone(UTC)
        arrival = min(days.moment_at(day + timedelta(days=1), ARRIVAL).astimezone(UTC), self.now)
        due = self.make(day, arrival)
        shared: RowValues = {
            "closed_on": day,
            "received_at": arrival,
            "due_at": due.due_at.astimezone(UTC),
            "last_due_at": due.last_due_at.astimezone(UTC),
        }
        seconds = sorted(self.random.choices(range(OPENS_AT, CLOSES_AT), k=count))
        people = self.random.choices(self.staff.technicians, self.diligence, k=count)
        rows = []
        for n, (second, technician) in enumerate(zip(seconds, people, strict=True), start=1):
            number = f"WX-{day:%Y%m%d}-{n:05d}"
            rows.append(shared | self.order(number, begins + timedelta(seconds=second), technician))
        self.past.extend(
            EarlierOrder(row["id"], row["number"], row["closed_at"], row)
            for row in rows[:: max(1, count // 50)]
        )
        return rows

    def order(self, number: str, closed_at: datetime, technician: Any) -> RowValues:
        self.made += 1
        name, phone, key, location = self.random.choice(self.posts)
        repair = self.random.choice(self.repairs)
        finished_at = closed_at - timedelta(seconds=int(self.random.random() * 1800) + 180)
        contact_at = finished_at - timedelta(seconds=int(repair.minutes * (36 + self.random.random() * 54)))
        row = {
            "id": self.table.take_id(),
            "number": number,
            "closed_at": closed_at,
            "finished_at": finished_at,
            "first_contact_at": contact_at,
            "reported_at": contact_at - timedelta(seconds=int(self.random.random() * 3900) + 120),
            "reporter_name": name,
            "reporter_phone": phone,
            "reporter_phone_key": key,
            "reporter_location": location,
            "equipment": repair.equipment,
            "fault": repair.fault,
            "cause": repair.cause,
            "action": repair.action,
            "crew_id": technician.crew_id,
            "technician_id": technician.pk,
            "kind": Kind.FAULT.value,
            "channel": Channel.HOTLINE.value,
        }
        self.make_odd(row)
        return row

    def make_odd(self, row: RowValues) -> None:
        """Turns a few rows into repeats, duplicates, requests, other channels and incomplete orders."""
        chance = self.random.random()
        if chance < REPEATS:
            self.make_repeat(row)
        elif chance < (edge := REPEATS + REQUESTED):
            request = self.random.choice(REQUESTS)
            row |= {"kind": Kind.REQUEST.value, "equipment": request.equipment, "fault": request.fault}
        elif chance < (edge := edge + ELSEWHERE):
            row |= {"channel": Channel.OTHER.value, "channel_text": OTHER_CHANNEL}
        elif chance < (edge := edge + INCOMPLETE):
            row["crew_id"] = None
        elif chance < edge + DUPLICATES and self.past:
            earlier = self.past[-1]
            row |= {
                "kind": Kind.DUPLICATE.value,
                "duplicate_of_id": earlier.id,
                "original_number": earlier.number,
            }

    def make_repeat(self, row: RowValues) -> None:
        """Makes the row a repeat of an earlier order."""
        if not self.past:
            return
        earlier = self.random.choice(self.past)
        if earlier.closed_at >= row["reported_at"]:
            return
        same = (
            "reporter_name",
            "reporter_phone",
            "reporter_phone_key",
            "reporter_location",
            "equipment",
            "fault",
        )
        row |= {name: earlier.row[name] for name in same}
        row |= {"repeat_of_id": earlier.id, "original_number": earlier.number}


def in_scope(row: RowValues) -> bool:
    return row["kind"] == Kind.FAULT and row["channel"] == Channel.HOTLINE and row["crew_id"] is not None


def with_entry(row: RowValues) -> RowValues:
    """Returns the row with `entered_at` if it is complete, else without deadlines."""
    if row["crew_id"] is not None:
        return row | {"entered_at": row["received_at"]}
    return row | {"due_at": None, "last_due_at": None}
