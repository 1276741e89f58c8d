"""Today up to mid-morning: everybody has done part of the work, the rest is still open."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from evaluations.callbacks.attempts import Attempt
from evaluations.callbacks.guards import clear_holds
from evaluations.callbacks.open_call import open_callback
from evaluations.callbacks.save import record_attempt
from evaluations.enums import CallbackState, Outcome
from evaluations.feedback.acknowledge import acknowledge
from evaluations.models import Callback
from evaluations.self_evaluation.actions import save_self_evaluation
from evaluations.self_evaluation.queries import orders_to_rate
from evaluations.workbook.import_rows import import_rows
from satisfaction.accounts.models import User
from satisfaction.calendars import days
from workorders.enums import Kind
from workorders.intake.complete import Completion
from workorders.intake.order_rows import OrderCells, OrderRow
from workorders.intake.pending import complete_as_crew
from workorders.models import WorkOrder

from .dates import DemoDates
from .opinions import OpinionGenerator
from .people import CALLERS, DemoPeople
from .rows import FAULT
from .stories import SpecialCases

CALLED_SHARE = {
    "lead": 0.4,
    "dispatcher1": 0.75,
    "dispatcher2": 0.55,
    "dispatcher3": 0.65,
    "head": 0.5,
    "manager1": 0.5,
    "manager2": 0.0,
}
"""Share of today's calls that each caller has made."""
IN_BETWEEN = {
    1: Attempt(Outcome.NO_ANSWER),
    3: Attempt(Outcome.BUSY, note="通话中"),
    5: Attempt(Outcome.CALL_LATER, note="正在处理客流,下午再打"),
}
"""Number of a dispatcher's call → its unusual outcome."""
RATED_SHARE = (0.6, 0.4, 0.3, 0.0, 1.0, 0.5)
"""Share of today's self-evaluations that each crew has made."""
ACKNOWLEDGED = (0, 4)
"""Indices of crews that have acknowledged results today."""


@dataclass
class TodaysWork:
    dates: DemoDates
    cast: DemoPeople
    opinions: OpinionGenerator
    stories: SpecialCases

    def play(self) -> None:
        self.acknowledge()
        self.rate()
        for username, _name, _role in CALLERS:
            self.call(self.cast[username])
        self.correct()
        self.bring_in_again()
        self.complete_as_crew()

    def clock(self, *, minutes: float, since: time = time(8, 50)) -> datetime:
        begins = days.moment_at(self.dates.today, since)
        return self.dates.at(
            self.dates.today, (begins + timedelta(minutes=minutes)).timetz().replace(tzinfo=None)
        )

    def acknowledge(self) -> None:
        day = self.dates.yesterday - timedelta(days=1)
        for place in ACKNOWLEDGED:
            crew = self.cast.crews[place]
            acknowledge(crew, day, by=self.cast.foremen[crew.pk], now=self.clock(minutes=2 + place))

    def rate(self) -> None:
        """Rates orders of each crew that are not overdue; overdue ones stay open."""
        for place, crew in enumerate(self.cast.crews):
            for person in (self.cast.foremen[crew.pk], self.cast.deputies[crew.pk]):
                now = self.clock(minutes=5)
                waiting = list(
                    orders_to_rate(person.pk, now=now).filter(due_at__gt=now).order_by("closed_at", "number")
                )
                for n, order in enumerate(waiting[: round(len(waiting) * RATED_SHARE[place])]):
                    at = self.clock(minutes=6 + place + 1.5 * n)
                    save_self_evaluation(order, by=person, answer=self.opinions.of_foreman(order), now=at)

    def call(self, caller: User) -> None:
        mine = Callback.objects.filter(
            caller=caller, state=CallbackState.ASSIGNED, calling_on=self.dates.today
        )
        # The lead begins with calls left from the day before, the others end with them.
        by_closing = "order__closed_at" if caller.username == "lead" else "-order__closed_on"
        waiting = list(mine.select_related("order__technician").order_by(by_closing, "pk"))
        made = round(len(waiting) * CALLED_SHARE[caller.username])
        for n, callback in enumerate(waiting[:made]):
            begins = self.clock(minutes=5 * n)
            callback.refresh_from_db(fields=["state", "call_again_at", "has_wrong_number"])
            if callback.state != CallbackState.ASSIGNED or callback.has_wrong_number:
                continue
            attempt = self.attempt(caller, n, callback, begins)
            open_callback(callback, by=caller, now=begins)
            record_attempt(callback, attempt, by=caller, now=begins + timedelta(seconds=40 + 17 * (n % 7)))
        clear_holds(Callback.objects.filter(held_by=caller))

    def attempt(self, caller: User, n: int, callback: Callback, now: datetime) -> Attempt:
        if caller.username == "dispatcher2" and n == 2:
            return Attempt(Outcome.WRONG_NUMBER, note="接听者说打错了")
        if caller.username == "dispatcher3" and n == 2:
            return Attempt(Outcome.REFUSED, note="忙,不愿评价")
        if caller.caller_group == "dispatcher" and n in IN_BETWEEN:
            one = IN_BETWEEN[n]
            later = self.promise(now)
            return replace(one, call_again_at=later) if one.outcome == Outcome.CALL_LATER else one
        if n == 4:
            return Attempt(Outcome.REACHED, answers=self.opinions.dissatisfied(callback.order))
        return Attempt(Outcome.REACHED, answers=self.opinions.of_reporter(callback.order))

    def promise(self, now: datetime) -> datetime:
        return max(days.moment_at(self.dates.today, time(14, 30)), now + timedelta(hours=1))

    def bring_in_again(self) -> None:
        """Imports a workbook that changes a request to a fault; the change waits for a lead."""
        requests = WorkOrder.objects.filter(kind=Kind.REQUEST, crew__isnull=False, technician__isnull=False)
        order = requests.exclude(reporter_phone="").order_by("-closed_on", "pk").first()
        if order is None:
            return
        row = OrderRow.of(OrderCells(number=order.number, kind=FAULT), row=2)
        import_rows([row], now=self.clock(minutes=110), by=self.cast["dispatcher2"], must_confirm=True)

    def complete_as_crew(self) -> None:
        """Completes an order as foreman with a technician of another crew; it waits for dispatch."""
        lacking = WorkOrder.objects.incomplete().filter(crew__isnull=False, technician__isnull=True)
        order = lacking.order_by("-closed_on", "pk").select_related("crew").first()
        if order is None:
            return
        assert order.crew
        technician = next(one for one in self.cast.technicians.values() if one.crew_id != order.crew_id)
        complete_as_crew(
            [Completion(order.pk, technician=technician)],
            by=self.cast.foremen[order.crew.pk],
            now=self.clock(minutes=115),
            orders=[order.pk],
            writers_crews={order.crew.pk},
        )

    def correct(self) -> None:
        """Corrects one callback and one self-evaluation, each by its author."""
        now = self.clock(minutes=105)
        ended = Callback.objects.rated().filter(ended_at__gte=days.start_of_day(self.dates.today))
        callback = (
            ended.filter(caller=self.cast["dispatcher1"], published_at__isnull=True).order_by("pk").first()
        )
        if callback:
            self.stories.correct_own(callback, now)
        open_orders = Callback.objects.filter(
            state=CallbackState.ASSIGNED,
            order__self_evaluation__rated_by=self.cast["foreman1"],
            order__closed_on=self.dates.yesterday,
        )
        waiting = open_orders.select_related("order__self_evaluation__rated_by").order_by("pk").first()
        if waiting:
            self.stories.correct_self_evaluation(waiting.order, now)
