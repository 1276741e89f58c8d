"""A day in May on which every KPI has orders that count, that fail and that are excluded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from evaluations.enums import CallbackState, Rating, Response, WithdrawnReason
from evaluations.visibility import EVERYTHING, Viewer
from improvement.enums import Kpi
from improvement.kpis.periods import PeriodUnit, month_span, period_of
from improvement.kpis.queries import KpiScope, kpi_numbers
from improvement.kpis.report import KpiReport
from improvement.kpis.rules import KpiTally
from satisfaction.accounts.models import User
from satisfaction.calendars import days
from tests.factories import OrderFactory, make_callback, make_lead, make_person, make_self_evaluation
from tests.worlds.months import MAY, imported, taken_out, technician
from workorders.enums import Channel
from workorders.models import Technician, WorkOrder

DAY = date(2026, 5, 11)
DUE, LAST_DUE = days.moment_at(date(2026, 5, 12), time(18)), days.moment_at(date(2026, 5, 13), time(18))
NOW = days.moment_at(date(2026, 5, 14), time(9))
HOUR = timedelta(hours=1)


@dataclass
class KpiStage:
    """`one` of 甲, led by the foreman, has the orders; `two` is in 乙; `worker` is the account of `one`."""

    foreman: User
    worker: User
    dispatcher: User
    manager: User
    head: User
    one: Technician
    two: Technician

    def order(self, number: str, **fields: object) -> WorkOrder:
        return OrderFactory(number=number, technician=fields.pop("technician", self.one), **fields)

    def called(self, order: WorkOrder, rating: str = Rating.SATISFIED, **fields: object) -> None:
        caller = fields.pop("caller", self.dispatcher)
        at = fields.pop("published_at", DUE - HOUR)
        make_callback(order, caller, rating=rating, published_at=at, published_by=caller, **fields)


def make_kpi_stage() -> KpiStage:
    worker, foreman = make_person("worker", "technician"), make_person("foreman", "foreman")
    one = technician("W1", "甲", user=worker)
    make_lead(one.crew, foreman)
    return KpiStage(
        foreman=foreman,
        worker=worker,
        dispatcher=make_person("dispatcher", "dispatcher"),
        manager=make_person("manager", "manager"),
        head=make_person("head", "head"),
        one=one,
        two=technician("W2", "乙"),
    )


def fill(stage: KpiStage) -> None:
    """Creates eight orders of 甲 closed on DAY, and a repeat of the first, repaired by 乙 a day later."""
    good = stage.order("1 好")
    make_self_evaluation(good, by=stage.foreman, rated_at=DUE)
    stage.called(good, caller=stage.manager, response=Response.YES, published_at=DUE)

    slow = stage.order("2 慢")
    WorkOrder.objects.filter(pk=slow.pk).update(
        first_contact_at=slow.reported_at + HOUR + timedelta(seconds=1)
    )
    make_self_evaluation(slow, by=stage.foreman, rated_at=DUE + timedelta(seconds=1))
    stage.called(slow, Rating.DISSATISFIED, response=Response.NO, published_at=DUE + timedelta(seconds=1))

    lost = stage.order("3 未接通", first_contact_at=None)
    make_callback(lost, stage.dispatcher, CallbackState.UNREACHABLE, published_at=DUE - HOUR)

    overdue = stage.order("4 逾期")
    make_self_evaluation(overdue)
    make_callback(overdue, stage.dispatcher)

    out = stage.order("5 剔除")
    taken_out(out, stage.head)
    make_callback(
        out, stage.manager, CallbackState.WITHDRAWN, withdrawn_reason=WithdrawnReason.TAKEN_OUT, ended_at=DUE
    )

    quiet = stage.order("6 免打扰")
    make_self_evaluation(quiet, by=stage.foreman, rated_at=DUE - HOUR)
    make_callback(quiet, None, CallbackState.SET_ASIDE)

    imported(stage.order("7 导入"), 10, 8)

    by_system = stage.order("8 系统")
    make_self_evaluation(by_system, by=stage.foreman, rated_at=DUE - HOUR)
    make_callback(
        by_system, stage.dispatcher, rating=Rating.SATISFIED, due_at=LAST_DUE, published_at=LAST_DUE
    )

    stage.order(
        "9 二次",
        technician=stage.two,
        repeat_of=good,
        channel=Channel.OTHER,
        day=DAY + timedelta(days=1),
    )


OF_CREW = {
    Kpi.RESPONSE: KpiTally(5, 6, 1),
    Kpi.RESPONSE_SAID: KpiTally(1, 2, 2),
    Kpi.SELF_DONE: KpiTally(6, 7),
    Kpi.SELF_IN_TIME: KpiTally(3, 5, 2),
    Kpi.COVERAGE: KpiTally(4, 5, 2),
    Kpi.MANAGER_SHARE: KpiTally(2, 6),
    Kpi.CONTACT: KpiTally(4, 5),
    Kpi.SATISFIED: KpiTally(3, 4),
    Kpi.DISSATISFIED: KpiTally(1, 4),
    Kpi.FEEDBACK: KpiTally(2, 5, 2),
    Kpi.POINTS: KpiTally(20 + 16 + 18 + 20, 4),
    Kpi.REPEAT: KpiTally(1, 8),
}
"""What `fill` makes of 甲 on NOW; of 乙 only one fault."""


def numbers(month: date = MAY, *, now: datetime = NOW, viewer: Viewer = EVERYTHING, **fields: object):
    """Returns crew name → tallies that are not empty."""
    found = kpi_numbers(KpiScope((month_span(month),), viewer, now, **fields))
    return {
        found.crews.get(key.crew, None): {k: t for k, t in of.items() if t != KpiTally()}
        for key, of in found.tallies.items()
    }


def report(
    viewer: Viewer = EVERYTHING, *, unit: PeriodUnit = PeriodUnit.MONTH, day: date = MAY, now: datetime = NOW
) -> KpiReport:
    return KpiReport(viewer, period_of(unit, day, today=days.local_day(now)), now)
