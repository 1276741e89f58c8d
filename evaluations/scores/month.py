"""The report of a month for one viewer: ranking, totals, orders left out (domain §4, §8, §12).

Every number comes from orders that take part. Their ratings are complete and published, so everybody who may see the
month may know them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any

from django.db.models import Prefetch, Sum
from django.utils.translation import gettext_lazy as _

from evaluations.enums import CrewFormula, LeftOut, MonthState
from evaluations.guards import policy_of_month
from evaluations.models import Award, DailyScore, SettledShare, Settlement
from evaluations.months import settles_at
from evaluations.visibility import Viewer
from satisfaction.accounts.models import User
from satisfaction.calendars import days
from workorders.models import Crew, CrewLead, Technician, WorkOrder

from .explanations import OrderPoints, month_orders, problem_counts
from .month_lines import RankingLine, ranking_lines
from .participation import participation_rules
from .ranking import (
    RankingNumbers,
    RankingRow,
    RankingTable,
    crew_standing,
    live_table,
    settled_table,
    technician_standing,
)

NOT_YET = "not_yet"
"""Reason shown to a crew for an order whose callback it may not know yet."""
REVEALING_REASONS = frozenset(
    {
        LeftOut.WAITING,
        LeftOut.OPEN,
        LeftOut.UNPUBLISHED,
        LeftOut.UNREACHABLE,
        LeftOut.REFUSED,
        LeftOut.NO_SELF_EVALUATION,
    }
)
SETTLED_READS = (
    Settlement,
    SettledShare,
    Award,
    DailyScore,
    Crew,
    CrewLead,
    Technician,
    User,
    User.groups.through,
)
"""What the page of a settled month is made of; that of any other month: of everything."""
REASON_LABELS: dict[str, Any] = {**dict(LeftOut.choices), NOT_YET: _("评价未齐或未公布")}


@dataclass(frozen=True)
class RepeatRate:
    """Repeats charged to a technician or crew, and their fault orders."""

    repeats: int
    orders: int

    @property
    def rate(self) -> Fraction | None:
        """None without fault orders (domain §3)."""
        return Fraction(self.repeats, self.orders) if self.orders else None


@dataclass
class MonthReport:
    """One month, settled or not, for `viewer`. Each property queries the database once."""

    month: date
    viewer: Viewer
    compare: str = ""
    """Id of an earlier settlement to compare with; any other text: no comparison."""

    @cached_property
    def settlements(self) -> list[Settlement]:
        """All settlements of the month, latest first, with awards and without snapshots."""
        every = Settlement.objects.filter(month=self.month).defer("snapshot")
        every = every.prefetch_related(Prefetch("awards", Award.objects.select_related("technician", "crew")))
        return list(every.select_related("settled_by", "reopened_by").order_by("-settled_at", "-pk"))

    @cached_property
    def settlement(self) -> Settlement | None:
        """The settlement in force."""
        return next((one for one in self.settlements if one.reopened_at is None), None)

    @cached_property
    def awards(self) -> dict[str, Award]:
        """Awards of the settlement in force, by kind."""
        return {award.kind: award for award in self.settlement.awards.all()} if self.settlement else {}

    @property
    def state(self) -> MonthState:
        if self.settlement:
            return MonthState.SETTLED
        return MonthState.REOPENED if self.settlements else MonthState.PROVISIONAL

    @cached_property
    def table(self) -> RankingTable:
        if self.settlement:
            return settled_table(self.settlement)
        return live_table(self.month, state=self.state)

    @cached_property
    def numbers(self) -> RankingNumbers:
        if self.settlement:
            return RankingNumbers.from_snapshot(self.settlement.policy)
        return RankingNumbers.from_policy(policy_of_month(self.month))

    @property
    def weight(self) -> str:
        """Score points per order, as written in the policy."""
        weight = self.numbers.weight
        return f"{(Decimal(weight.numerator) / Decimal(weight.denominator)).normalize():f}"

    @property
    def twenty(self) -> Fraction:
        """Score points for twenty orders."""
        return self.numbers.weight * 20

    @property
    def is_per_head(self) -> bool:
        return self.numbers.crew_formula == CrewFormula.PER_HEAD

    @property
    def settles_at(self) -> Any:
        return settles_at(self.month, policy_of_month(self.month))

    @cached_property
    def compared(self) -> Settlement | None:
        return next((one for one in self.settlements if str(one.pk) == self.compare), None)

    def before(self, name: str) -> dict[int, RankingRow]:
        """Returns the rows of the compared settlement by id. `name`: technicians or crews."""
        rows = self.compared.snapshot["table"][name] if self.compared else []
        return {row["id"]: row for row in rows}

    # --- Lines ------------------------------------------------------------------------------------

    @cached_property
    def technicians(self) -> list[RankingLine]:
        rows, before = self.table["technicians"], self.before("technicians")
        lines = ranking_lines(rows, lambda row: technician_standing(row, self.numbers), before)
        return [line for line in lines if self.sees_technician(line.row)]

    @cached_property
    def crews(self) -> list[RankingLine]:
        rows, before = self.table["crews"], self.before("crews")
        lines = ranking_lines(rows, lambda row: crew_standing(row, self.numbers), before)
        return [line for line in lines if self.sees_crew(line.row["id"])]

    def sees_technician(self, row: RankingRow) -> bool:
        return (
            self.viewer.sees_all
            or row["id"] == self.viewer.technician
            or not self.viewer.led_crews.isdisjoint(row["crew_ids"])
        )

    def sees_crew(self, crew: int) -> bool:
        return self.viewer.sees_all or crew in self.viewer.led_crews

    @property
    def sees_totals(self) -> bool:
        return self.viewer.sees_all or bool(self.viewer.led_crews)

    @property
    def sees_winners(self) -> bool:
        """Winners are announced when the month is settled; before, only viewers of the whole ranking see them."""
        return self.viewer.sees_all or self.settlement is not None

    @cached_property
    def stars(self) -> list[RankingRow]:
        return [row for row in self.table["technicians"] if row["employee_no"] in self.table["star"]]

    @cached_property
    def winning_crews(self) -> list[RankingRow]:
        return [row for row in self.table["crews"] if row["name"] in self.table["winning_crew"]]

    @cached_property
    def best(self) -> dict[str, Fraction]:
        """The highest scores: the full width of a bar."""
        top = {"technicians": self.technicians[:1], "crews": self.crews[:1]}
        return {
            name: max((line.score.total for line in lines if line.score), default=Fraction(1))
            for name, lines in top.items()
        }

    @cached_property
    def has_orders(self) -> bool:
        """Whether the month has orders in scope."""
        return (
            WorkOrder.objects.in_scope().closed_between(self.month, days.last_of_month(self.month)).exists()
        )

    # --- Totals -----------------------------------------------------------------------------------

    def total(self, name: str) -> int:
        return sum(row[name] for row in self.table["crews"])

    @property
    def orders(self) -> int:
        return self.total("orders")

    @property
    def taking_part(self) -> int:
        return self.total("taking_part")

    @property
    def dissatisfied(self) -> int:
        return self.total("dissatisfied")

    @property
    def dissatisfied_rate(self) -> Fraction | None:
        return Fraction(self.dissatisfied, self.taking_part) if self.taking_part else None

    @cached_property
    def previous_dissatisfied_rate(self) -> Fraction | None:
        """The rate of the previous month, from its daily rows."""
        before = days.previous_month(self.month)
        rows = DailyScore.objects.filter(day__range=(before, days.last_of_month(before)))
        sums = rows.aggregate(n=Sum("taking_part"), bad=Sum("dissatisfied"))
        return Fraction(sums["bad"], sums["n"]) if sums["n"] else None

    @cached_property
    def problems(self) -> list[RankingRow]:
        if self.settlement:
            return self.settlement.snapshot["problems"]
        return problem_counts(self.month, participation_rules(self.month))

    # --- Repeat repairs ---------------------------------------------------------------------------

    def repeat_rate(self, row: RankingRow, **of: int) -> RepeatRate:
        """Returns repeats charged ÷ fault orders of the technician or crew of `row` (domain §3.4)."""
        orders = WorkOrder.objects.faults().closed_between(self.month, days.last_of_month(self.month))
        if self.settlement:
            orders = orders.exclude(received_at__gt=self.settlement.settled_at)
        return RepeatRate(row["repeat_repairs"], orders.filter(**of).count())

    # --- Left out ---------------------------------------------------------------------------------

    @cached_property
    def left_out(self) -> list[RankingRow]:
        """Orders left out that the viewer may see, with `reason` and its label `why`."""
        return [self.reason_for_viewer(row) for row in self.table["left_out"] if self.sees_left_out(row)]

    def sees_left_out(self, row: RankingRow) -> bool:
        return self.viewer.sees_all or row["crew_id"] in self.viewer.led_crews

    def reason_for_viewer(self, row: RankingRow) -> RankingRow:
        """Replaces a reason that would reveal a callback the viewer's crew may not know, until settling."""
        day = date.fromisoformat(row["day"]) if row["day"] else None
        is_own = self.viewer.is_blind_as_the_crew(
            crew=row["crew_id"], technician=row["technician_id"], day=day
        )
        is_telling = is_own and self.settlement is None and row["reason"] in REVEALING_REASONS
        reason = NOT_YET if is_telling else row["reason"]
        return {**row, "reason": reason, "why": REASON_LABELS[reason]}

    @property
    def left_out_by_reason(self) -> list[tuple[str, Any, int]]:
        """(reason, label, number), most first."""
        counts = Counter(row["reason"] for row in self.left_out)
        return [(reason, REASON_LABELS[reason], count) for reason, count in counts.most_common()]

    # --- Down to the orders -----------------------------------------------------------------------

    def orders_of(self, **of: Any) -> list[OrderPoints]:
        """Returns the orders that took part (technician=, crew=) and that the viewer may see."""
        return [one for one in month_orders(self.month, self.settlement, **of) if self.sees_order(one)]

    def sees_order(self, one: OrderPoints) -> bool:
        return self.sees_crew(one.crew) or one.technician == self.viewer.technician

    def left_out_of(self, **of: Any) -> list[RankingRow]:
        """Returns the orders left out (technician_id=, crew_id=, day=) that the viewer may see."""
        return [row for row in self.left_out if all(row[name] == value for name, value in of.items())]

    def left_out_days(self, **of: Any) -> list[str]:
        """Returns the day of each order in scope left out (technician_id=, crew_id=), without the reason."""
        return [
            row["day"]
            for row in self.table["left_out"]
            if row["reason"] != LeftOut.INCOMPLETE
            and all(row[name] == value for name, value in of.items())
            and (self.sees_crew(row["crew_id"]) or row["technician_id"] == self.viewer.technician)
        ]
