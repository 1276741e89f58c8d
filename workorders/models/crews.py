"""Crews, crew leads and technicians."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from simple_history.models import HistoricalRecords

from workorders.enums import LeadKind


class CrewLeadQuerySet(models.QuerySet["CrewLead"]):
    def in_office(self, day: date) -> CrewLeadQuerySet:
        """Leads whose term includes the day."""
        return self.filter(from_on__lte=day).filter(Q(to_on__isnull=True) | Q(to_on__gte=day))

    def not_over(self, day: date) -> CrewLeadQuerySet:
        """Leads whose term has not ended before the day."""
        return self.filter(Q(to_on__isnull=True) | Q(to_on__gte=day))


class Crew(models.Model):
    """工班: technicians led by a foreman. Deactivated when dissolved, never deleted."""

    name = models.CharField(_("工班"), max_length=64, unique=True)
    is_active = models.BooleanField(_("在用"), default=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("工班")
        verbose_name_plural = pgettext_lazy("复数", "工班")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Technician(models.Model):
    """维修人: identified by employee number; may work for several crews; the account is optional."""

    employee_no = models.CharField(_("工号"), max_length=32, unique=True)
    name = models.CharField(_("姓名"), max_length=64)
    crew = models.ForeignKey(
        Crew, models.PROTECT, null=True, blank=True, related_name="technicians", verbose_name=_("现属工班")
    )
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="technician",
        verbose_name=_("账号"),
    )
    is_active = models.BooleanField(_("在岗"), default=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("维修人")
        verbose_name_plural = pgettext_lazy("复数", "维修人")
        ordering = ["employee_no"]

    def __str__(self) -> str:
        return f"{self.name} {self.employee_no}"


class CrewLead(models.Model):
    """A person's term as lead of a crew, both days included; no last day means until further notice."""

    crew = models.ForeignKey(Crew, models.PROTECT, related_name="leads", verbose_name=_("工班"))
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="leaderships", verbose_name=_("人员")
    )
    kind = models.CharField(_("职务"), max_length=10, choices=LeadKind)
    from_on = models.DateField(_("自"))
    to_on = models.DateField(_("至"), null=True, blank=True)

    objects = CrewLeadQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("工班负责人")
        verbose_name_plural = pgettext_lazy("复数", "工班负责人")
        ordering = ["crew", "kind", "from_on"]
        constraints = [
            models.CheckConstraint(
                condition=Q(to_on__isnull=True) | Q(to_on__gte=F("from_on")),
                name="lead_ends_after_it_begins",
                violation_error_message=_("最后一天不能早于第一天。"),
            ),
            models.UniqueConstraint(
                fields=["crew", "kind"],
                condition=Q(to_on__isnull=True, kind=LeadKind.FOREMAN),
                name="lead_one_open_foreman_a_crew",
                violation_error_message=_("这个工班已有工长:请先给前任填写最后一天并保存,再登记新工长。"),
            ),
            models.UniqueConstraint(fields=["crew", "person", "kind", "from_on"], name="lead_once"),
        ]

    def __str__(self) -> str:
        return f"{self.crew} {self.get_kind_display()} {self.person}"
