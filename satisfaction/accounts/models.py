"""People with accounts, their roles and absences."""

from __future__ import annotations

from datetime import date
from functools import cached_property
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractUser, Group
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.db import models
from django.db.models import Case, Exists, F, IntegerField, OuterRef, Q, Value, When
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from simple_history.models import HistoricalRecords

from satisfaction.core.roles import Role

from .enums import CallerGroup, GrantState


class UserQuerySet(models.QuerySet["User"]):
    def active(self) -> UserQuerySet:
        return self.filter(is_active=True)

    def in_caller_group(self, group: str) -> UserQuerySet:
        return self.filter(caller_group=group)

    def callers(self) -> UserQuerySet:
        """People who phone reporters, of either group."""
        return self.exclude(caller_group="")

    def with_role(self, role: str) -> UserQuerySet:
        return self.filter(groups__name=role)

    def named(self, username: str) -> User | None:
        """Returns the person with this user name; case is ignored unless it decides between two people."""
        found = list(self.filter(username__iexact=username)[:2])
        exact = next((person for person in found if person.username == username), None)
        return exact or (found[0] if len(found) == 1 else None)

    def admins(self) -> UserQuerySet:
        """People with the role admin, and superusers."""
        held = Group.objects.filter(name=Role.ADMIN, user=OuterRef("pk"))
        return self.filter(Q(is_superuser=True) | Exists(held))

    def with_roles(self) -> UserQuerySet:
        """Loads the roles that a list of people shows."""
        return self.prefetch_related("groups")

    def rostered_by(self, user: User) -> UserQuerySet:
        """People whose absences `user` may enter (domain §12.1).

        A lead enters dispatchers', a head managers', both without their own; an admin everybody's.
        """
        if user.has_role(Role.ADMIN):
            return self.active()
        groups = [
            group
            for role, group in ((Role.LEAD, CallerGroup.DISPATCHER), (Role.HEAD, CallerGroup.MANAGER))
            if user.has_role(role)
        ]
        return self.active().filter(caller_group__in=groups).exclude(pk=user.pk)

    def on_duty(self, day: date) -> UserQuerySet:
        """Active people without an absence on that day (domain §2.4)."""
        absent = Absence.objects.filter(person=OuterRef("pk")).covering(day)
        return self.active().filter(~Exists(absent))


UserManager = DjangoUserManager.from_queryset(UserQuerySet, "UserManager")
UserManager.__module__ = __name__  # migrations name it


class AbsenceQuerySet(models.QuerySet["Absence"]):
    def covering(self, day: date) -> AbsenceQuerySet:
        return self.filter(Q(first_on__lte=day) & Q(last_on__gte=day))

    def rostered_by(self, user: User) -> AbsenceQuerySet:
        """Absences that `user` may see and end (domain §12.1)."""
        return self.filter(person__in=User.objects.rostered_by(user))

    def not_over(self, day: date) -> AbsenceQuerySet:
        return self.filter(last_on__gte=day)


class RoleGrantQuerySet(models.QuerySet["RoleGrant"]):
    def pending(self) -> RoleGrantQuerySet:
        return self.filter(state=GrantState.PENDING)

    def pending_first(self) -> RoleGrantQuerySet:
        waits = When(state=GrantState.PENDING, then=Value(0))
        return self.order_by(Case(waits, default=Value(1), output_field=IntegerField()), "-asked_at", "-pk")


class User(AbstractUser):
    """A person with an account; deactivated on leaving, never deleted.

    `caller_group` follows from the roles (`people.set_roles` writes both). Everybody may have an employee
    number; the technician with that number is the same person (domain §3.11).
    """

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    name = models.CharField(_("姓名"), max_length=64)
    phone = models.CharField(_("电话"), max_length=32, blank=True)
    employee_no = models.CharField(_("工号"), max_length=32, blank=True)
    caller_group = models.CharField(_("回访组"), max_length=16, choices=CallerGroup, blank=True)
    # The password is public: the account signs in with DEMO=1 only (accounts.backends).
    is_demonstration = models.BooleanField(_("演示账号"), default=False, editable=False)
    # Sessions that began before or at this time have ended (accounts.sessions).
    sessions_ended_at = models.DateTimeField(null=True, editable=False)

    objects: ClassVar = UserManager()
    history = HistoricalRecords(excluded_fields=["password", "last_login", "sessions_ended_at"])

    REQUIRED_FIELDS = ["name"]
    never_shown = ("password", "last_login", "sessions_ended_at")

    class Meta:
        verbose_name = _("人员")
        verbose_name_plural = pgettext_lazy("复数", "人员")
        ordering = ["username"]
        constraints = [
            models.CheckConstraint(
                condition=Q(caller_group__in=["", *CallerGroup.values]), name="user_caller_group_known"
            ),
            models.UniqueConstraint(
                fields=["employee_no"],
                condition=~Q(employee_no=""),
                name="user_employee_no_once",
                violation_error_message=_("这个工号已属于另一个账号。"),
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.username

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Skips the history when only `last_login` is stored: a sign-in is no change of the person."""
        if kwargs.get("update_fields") is None or set(kwargs["update_fields"]) - {"last_login"}:
            super().save(*args, **kwargs)
            return
        self.skip_history_when_saving = True
        try:
            super().save(*args, **kwargs)
        finally:
            del self.skip_history_when_saving

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name

    @cached_property
    def roles(self) -> frozenset[str]:
        """The person's roles, cached on the object; a superuser also has the role admin."""
        return self.group_roles() | ({Role.ADMIN} if self.is_superuser else frozenset())

    def group_roles(self) -> frozenset[str]:
        """Returns the assigned roles, not cached; uses prefetched groups."""
        return frozenset(group.name for group in self.groups.all())

    def has_role(self, *roles: str) -> bool:
        return not self.roles.isdisjoint(roles)


class RoleGrant(models.Model):
    """The role head or admin, requested by one person and decided by another (domain §12.4)."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="role_grants", verbose_name=_("人员")
    )
    role = models.CharField(_("角色"), max_length=16, choices=Role)
    state = models.CharField(_("状态"), max_length=10, choices=GrantState, default=GrantState.PENDING)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("提出人")
    )
    asked_at = models.DateTimeField(_("提出时间"))
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("决定人")
    )
    decided_at = models.DateTimeField(_("决定时间"), null=True)

    objects = RoleGrantQuerySet.as_manager()

    class Meta:
        verbose_name = _("待确认的角色")
        verbose_name_plural = _("待确认的角色")
        ordering = ["-asked_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "role"], condition=Q(state=GrantState.PENDING), name="grant_pending_once"
            ),
            models.CheckConstraint(
                condition=Q(state=GrantState.PENDING, decided_by__isnull=True, decided_at__isnull=True)
                | Q(
                    state__in=[GrantState.CONFIRMED, GrantState.DECLINED],
                    decided_by__isnull=False,
                    decided_at__isnull=False,
                ),
                name="grant_decided_by_and_at",
            ),
            models.CheckConstraint(
                condition=~Q(state=GrantState.CONFIRMED) | ~Q(decided_by=F("asked_by")),
                name="grant_needs_two",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.get_role_display()}"

    @property
    def is_pending(self) -> bool:
        return self.state == GrantState.PENDING


class PreviousPassword(models.Model):
    """The hash of an earlier password, stored while PASSWORD_HISTORY requires it."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    password = models.CharField(max_length=128)
    set_at = models.DateTimeField()

    never_shown = ("person", "password", "set_at")

    def __str__(self) -> str:
        return str(self.person)


class Absence(models.Model):
    """An absence in the duty roster; everybody without one is on duty (domain §2.4)."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="absences", verbose_name=_("人员")
    )
    first_on = models.DateField(_("自"))
    last_on = models.DateField(_("至"))
    reason = models.CharField(_("原因"), max_length=200, blank=True)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("登记人")
    )
    entered_at = models.DateTimeField(_("登记时间"), auto_now_add=True)

    objects = AbsenceQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("缺勤")
        verbose_name_plural = _("值班表(缺勤)")
        ordering = ["-first_on", "person"]
        constraints = [
            models.CheckConstraint(
                condition=Q(last_on__gte=F("first_on")), name="absence_ends_after_it_begins"
            ),
            models.UniqueConstraint(fields=["person", "first_on", "last_on"], name="absence_once"),
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.first_on}–{self.last_on}"
