"""Contents of the fields of the form 评价不满意回访表, in order, for print and Excel (domain §9.2)."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from evaluations.models import Callback, ProblemType
from improvement.models import Revisit
from improvement.revisits.queries import Orders
from satisfaction.core.formats import format_iso_minute
from workorders.models import WorkOrder
from workorders.phones import masked


@dataclass(frozen=True)
class ProblemTypeBox:
    """One of 不满意问题类型. `text`: the explanation of “other”."""

    code: int
    name: str
    is_ticked: bool
    text: str = ""

    def __str__(self) -> str:
        words = f"{'☑' if self.is_ticked else '☐'} {self.code} {self.name}"
        return f"{words}{_(':')}{self.text}" if self.text else words


@dataclass(frozen=True)
class RevisitPaper:
    """The twelve fields of one form; empty fields are filled in by hand."""

    number: str
    crew: str
    reporter: str
    location: str
    reported_at: str
    phone: str
    visitor: str
    visited_at: str
    words: str
    boxes: tuple[ProblemTypeBox, ...]
    findings: str
    measure: str

    @property
    def small(self) -> list[str]:
        """The first eight fields, two per row."""
        return [
            self.number,
            self.crew,
            self.reporter,
            self.location,
            self.reported_at,
            self.phone,
            self.visitor,
            self.visited_at,
        ]

    @property
    def problems(self) -> str:
        return "   ".join(map(str, self.boxes))


class PaperMaker:
    """Makes forms; reads the problem types once for any number of them."""

    def __init__(self) -> None:
        self.types = list(ProblemType.objects.order_by("code"))

    def __call__(self, order: WorkOrder, *, shows_phone: bool, is_blank: bool = False) -> RevisitPaper:
        """Returns the form of an order from `with_form_data`.

        A form not begun holds the reporter's answers from the call; a blank form only the order's data.
        """
        revisit: Revisit | None = None if is_blank else getattr(order, "revisit", None)
        phone = order.reporter_phone if shows_phone else masked(order.reporter_phone)
        return RevisitPaper(
            number=order.number,
            crew=str(order.crew or ""),
            reporter=order.reporter_name,
            location=order.reporter_location,
            reported_at=format_iso_minute(order.reported_at),
            phone=phone,
            visitor=str(revisit.visited_by or "") if revisit else "",
            visited_at=format_iso_minute(revisit.visited_at) if revisit else "",
            words="" if is_blank else (revisit or order.callback).words,
            boxes=self._boxes(None if is_blank else (revisit or order.callback)),
            findings=revisit.findings if revisit else "",
            measure=revisit.measure if revisit else "",
        )

    def _boxes(self, source: Revisit | Callback | None) -> tuple[ProblemTypeBox, ...]:
        """Returns the active types and the inactive ones that are ticked."""
        ticked = {one.pk for one in source.problem_types.all()} if source else set()
        text = source.other_problem if source else ""
        return tuple(
            ProblemTypeBox(
                one.code, str(one), one.pk in ticked, text if one.needs_text and one.pk in ticked else ""
            )
            for one in self.types
            if one.is_active or one.pk in ticked
        )


def with_form_data(orders: Orders) -> Orders:
    """Loads the data of forms in a fixed number of queries."""
    return orders.select_related("crew", "callback", "revisit__visited_by").prefetch_related(
        "callback__problem_types", "revisit__problem_types"
    )


def field_labels() -> list[str]:
    """Returns the labels of the twelve fields in order (domain §9.2)."""
    return [
        _("工单号"),
        _("所属工班"),
        _("报修人"),
        _("报修人位置"),
        _("报修时间"),
        _("报修人电话"),
        pgettext("上门回访", "回访人"),  # on the phone it is the caller
        _("回访时间"),
        _("报修人不满意问题和建议统计"),
        _("不满意问题类型"),
        _("工长回访情况统计"),
        _("工长整改措施和建议"),
    ]
