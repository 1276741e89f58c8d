"""The work order: one repair job from the customer's system."""

from __future__ import annotations

from datetime import date
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Count, F, Max, Min, Q, Window
from django.db.models.functions import Lag, Lead, TruncMinute
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from simple_history.models import HistoricalRecords
from typing_extensions import TypeVar

from satisfaction.core.encryption import EncryptedTextField, JSONWithPhoneField
from satisfaction.core.history import set_change_author
from workorders.enums import Channel, Kind, Missing, OutOfScope
from workorders.near_identical import NEAR
from workorders.scope import missing_parts, out_of_scope

from .crews import Crew, Technician

COMPLETE = (
    Q(crew__isnull=False) & Q(technician__isnull=False) & ~Q(reporter_phone="") & ~Q(kind="") & ~Q(channel="")
)


OrderT = TypeVar("OrderT", bound="WorkOrder", default="WorkOrder")


class WorkOrderQuerySet(models.QuerySet[OrderT]):
    def closed_on(self, day: date) -> Self:
        return self.filter(closed_on=day)

    def closed_between(self, first: date, last: date) -> Self:
        """Closed from `first` to `last`, both days included."""
        return self.filter(closed_on__range=(first, last))

    def ids_closed_between(self, first: date, last: date) -> tuple[int, int]:
        """Returns the smallest and the largest id, or (0, 0) if there are none. One query, from the index."""
        # The count is needed: for the smallest id alone PostgreSQL scans all ids until one matches.
        ids = self.closed_between(first, last).aggregate(least=Min("pk"), most=Max("pk"), n=Count("pk"))
        return ids["least"] or 0, ids["most"] or 0

    def complete(self) -> Self:
        return self.filter(COMPLETE)

    def incomplete(self) -> Self:
        """Orders without crew, technician, phone, kind or channel (domain §3), in scope or not."""
        return self.filter(~COMPLETE)

    def in_scope(self) -> Self:
        """Closed, complete fault orders from the central repair phone, except duplicates (domain §3)."""
        return self.complete().filter(
            closed_at__isnull=False, kind=Kind.FAULT, channel=Channel.HOTLINE, duplicate_of__isnull=True
        )

    def faults(self) -> Self:
        """Fault orders of a crew from any channel: the basis of repeat repairs (domain §3)."""
        return self.filter(crew__isnull=False, kind=Kind.FAULT, duplicate_of__isnull=True)

    def keep_first_versions(self) -> None:
        """Stores the current state of orders without history as their first history row.

        Call it before a change: an import stores no history, so the first change would have nothing to
        compare with. Two queries, three if a row is missing.
        """
        orders = list(self)
        history = self.model.history
        known = set(history.filter(id__in=[order.pk for order in orders]).values_list("id", flat=True))
        first = [order for order in orders if order.pk not in known]
        for order in first:
            set_change_author(order, by=None, at=order.received_at)
        history.bulk_history_create(first, batch_size=500)

    def near_identical(self) -> Self:
        """Orders that look like parts of one job, by the rules of `workorders.near_identical`."""
        closed = self.filter(closed_at__isnull=False)
        minute: list[Any] = [F("technician"), TruncMinute("closed_at"), F("equipment"), F("fault")]
        same_minute = (
            closed.filter(technician__isnull=False)
            .exclude(fault="")
            .annotate(beside=Window(Count("pk"), partition_by=minute))
        )
        job: dict[str, Any] = {
            "partition_by": [F("reporter_phone_key"), F("equipment"), F("fault")],
            "order_by": [F("closed_at"), F("pk")],
        }
        told = closed.exclude(reporter_phone_key="").exclude(fault="")
        same_text = told.annotate(
            since=F("closed_at") - Window(Lag("closed_at"), **job),
            until=Window(Lead("closed_at"), **job) - F("closed_at"),
        ).filter(Q(since__lte=NEAR) | Q(until__lte=NEAR))
        same = same_minute.filter(beside__gt=1)
        return self.filter(Q(pk__in=same.values("pk")) | Q(pk__in=same_text.values("pk")))

    def of_crews(self, crews: object) -> Self:
        return self.filter(crew__in=crews)

    def by_closing(self) -> Self:
        """Sorts as in the daily fault workbook (domain §11)."""
        return self.order_by("closed_at", "number")

    def with_people(self) -> Self:
        return self.select_related("crew", "technician")


class WorkOrder(models.Model):
    """工单. Belongs to its closing day and to the crew and technician it had then (domain §3).

    `received_at`: when it came in. `entered_at`: when it was first complete. `entered_by`: the person who
    imported or completed it then (None: a command). `due_at` and `last_due_at`: close of business of D+1 and
    D+2, empty while nothing is due (domain §2 Days). `imported`: the last import's values by field; a row
    that repeats them changes nothing. `reporter_masked_at`: since then name and phone are permanently masked
    and never written again.
    """

    number = models.CharField(_("工单号"), max_length=64, unique=True)
    reported_at = models.DateTimeField(_("报修时间"), null=True, blank=True)
    reporter_name = models.CharField(_("报修人"), max_length=100, blank=True)
    reporter_phone = EncryptedTextField(_("报修人电话"), blank=True)
    # Keyed hashes of the first two numbers (`workorders.phones.phone_keys`).
    reporter_phone_key = models.CharField(max_length=64, blank=True, editable=False)
    reporter_other_key = models.CharField(max_length=64, blank=True, editable=False)
    reporter_location = models.CharField(_("报修人位置"), max_length=200, blank=True)
    equipment = models.CharField(_("设备/系统"), max_length=200, blank=True)
    fault = models.TextField(_("故障描述"), blank=True)
    cause = models.TextField(_("故障原因"), blank=True)
    action = models.TextField(_("处理措施"), blank=True)
    crew = models.ForeignKey(
        Crew, models.PROTECT, null=True, blank=True, related_name="orders", verbose_name=_("所属工班")
    )
    technician = models.ForeignKey(
        Technician, models.PROTECT, null=True, blank=True, related_name="orders", verbose_name=_("维修人")
    )
    first_contact_at = models.DateTimeField(_("首次联系时间"), null=True, blank=True)
    finished_at = models.DateTimeField(_("完成时间"), null=True, blank=True)
    closed_at = models.DateTimeField(_("关闭时间"), null=True, blank=True)
    closed_on = models.DateField(_("关闭日"), null=True, blank=True, editable=False)
    kind = models.CharField(_("工单类型"), max_length=10, choices=Kind, blank=True)
    kind_text = models.CharField(max_length=64, blank=True)
    channel = models.CharField(_("登记渠道"), max_length=10, choices=Channel, blank=True)
    channel_text = models.CharField(max_length=64, blank=True)
    original_number = models.CharField(_("原工单号"), max_length=64, blank=True)
    repeat_of = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="repeats",
        verbose_name=_("二次报修的原工单"),
    )
    duplicate_of = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="duplicates",
        db_index=False,  # nearly always empty: SQLite would use it for “is in scope” and read every order
        verbose_name=_("重复登记的原工单"),
    )
    received_at = models.DateTimeField(_("收到时间"))
    entered_at = models.DateTimeField(_("资料齐全时间"), null=True, blank=True)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        db_index=False,  # read with the orders of one day, never filtered on
        verbose_name=_("带入人"),
    )
    due_at = models.DateTimeField(_("评价期限"), null=True, blank=True)
    last_due_at = models.DateTimeField(_("顺延期限"), null=True, blank=True)
    imported = JSONWithPhoneField(default=dict, editable=False)
    reporter_masked_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = WorkOrderQuerySet.as_manager()
    history = HistoricalRecords(excluded_fields=["imported"])

    class Meta:
        verbose_name = _("工单")
        verbose_name_plural = pgettext_lazy("复数", "工单")
        ordering = ["closed_at", "number"]
        indexes = [
            models.Index(fields=["closed_on", "crew", "id"], name="order_closed_crew"),
            models.Index(fields=["crew", "closed_on"], name="order_crew_closed"),
            models.Index(fields=["technician", "closed_on"], name="order_technician_closed"),
            models.Index(fields=["reporter_phone_key"], name="order_phone"),
            models.Index(fields=["reporter_other_key"], name="order_other_phone"),
            models.Index(fields=["closed_at", "number"], name="order_closed_number"),
            models.Index(fields=["original_number"], name="order_original", condition=~Q(original_number="")),
            models.Index(fields=["closed_on"], name="order_repeats", condition=Q(repeat_of__isnull=False)),
            models.Index(
                fields=["duplicate_of"], name="order_duplicates", condition=Q(duplicate_of__isnull=False)
            ),
            models.Index(
                fields=["received_at"], name="order_incomplete", condition=Q(entered_at__isnull=True)
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(number=""), name="order_has_number"),
            models.CheckConstraint(condition=Q(kind__in=["", *Kind.values]), name="order_kind_known"),
            models.CheckConstraint(
                condition=Q(channel__in=["", *Channel.values]), name="order_channel_known"
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, closed_on__isnull=True)
                | Q(closed_at__isnull=False, closed_on__isnull=False),
                name="order_closed_on_goes_with_closed_at",
            ),
            models.CheckConstraint(
                condition=Q(reported_at__isnull=True)
                | Q(closed_at__isnull=True)
                | Q(closed_at__gte=F("reported_at")),
                name="order_closed_after_reported",
            ),
            models.CheckConstraint(
                condition=Q(repeat_of__isnull=True) | Q(duplicate_of__isnull=True),
                name="order_repeat_or_duplicate",
            ),
            models.CheckConstraint(
                condition=(Q(repeat_of__isnull=True) | ~Q(repeat_of=F("id")))
                & (Q(duplicate_of__isnull=True) | ~Q(duplicate_of=F("id"))),
                name="order_not_its_own_original",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Stores the imported version in the history before the first change."""
        if not self._state.adding:
            WorkOrder.objects.filter(pk=self.pk).keep_first_versions()
        super().save(*args, **kwargs)

    @property
    def phone_keys(self) -> set[str]:
        """The keys of the numbers on this order."""
        return {self.reporter_phone_key, self.reporter_other_key} - {""}

    @property
    def undialable_phone(self) -> str:
        """The last import's phone text if it cannot be dialled, else ""."""
        return "" if self.reporter_phone else self.imported.get("reporter_phone", "")

    @property
    def missing(self) -> list[Missing]:
        """The values that an incomplete order lacks, in workbook column order."""
        return missing_parts(
            phone=self.reporter_phone,
            crew=self.crew_id,
            technician=self.technician_id,
            kind=self.kind,
            channel=self.channel,
        )

    @property
    def out_of_scope(self) -> OutOfScope | None:
        """Why this order is not evaluated; None if it is in scope. `in_scope()` is the same rule in SQL."""
        return out_of_scope(
            is_closed=self.closed_at is not None,
            is_duplicate=self.duplicate_of_id is not None,
            missing=self.missing,
            kind=self.kind,
            channel=self.channel,
        )
