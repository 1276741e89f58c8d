"""Entering and ending absences in the duty roster (domain §2.4, §12.1)."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from satisfaction.core.errors import Refused
from satisfaction.core.history import set_change_author

from .models import Absence, User


def add_absence(
    person: User, *, first_on: date, last_on: date, reason: str = "", by: User | None, today: date
) -> Absence:
    """Enters an absence from `first_on` to `last_on`, both included; repeating it returns the same row.

    Raises Refused for days in the wrong order or in the past, an overlap, or a person outside the actor's
    roster.
    """
    with transaction.atomic():
        person = User.objects.select_for_update().get(pk=person.pk)
        same = Absence.objects.filter(person=person, first_on=first_on, last_on=last_on).first()
        refuse_outside_roster(person, by=by)
        if same:
            return same
        refuse_wrong_days(first_on, last_on, today=today)
        refuse_overlap(person, first_on, last_on)
        absence = Absence(person=person, first_on=first_on, last_on=last_on, reason=reason, entered_by=by)
        set_change_author(absence, by=by)
        absence.save()
    return absence


def end_absence(absence: Absence, *, by: User | None, today: date) -> Absence | None:
    """Ends the absence yesterday, so that the person is on duty from today on.

    Deletes an absence that has not begun before today and returns None. Returns the absence otherwise; one
    that is already over is unchanged.
    """
    with transaction.atomic():
        absence = Absence.objects.select_for_update(of=("self",)).select_related("person").get(pk=absence.pk)
        refuse_outside_roster(absence.person, by=by)
        if absence.last_on < today:
            return absence
        set_change_author(absence, by=by)
        if absence.first_on >= today:
            absence.delete()
            return None
        absence.last_on = today - timedelta(days=1)
        absence.save(update_fields=["last_on"])
    return absence


def refuse_outside_roster(person: User, *, by: User | None) -> None:
    if by is not None and not User.objects.rostered_by(by).filter(pk=person.pk).exists():
        raise Refused(
            _("您不能登记 %(name)s 的缺勤:调度长管调度,科室负责人管管理人员,本人的由别人登记。")
            % {"name": person}
        )


def refuse_wrong_days(first_on: date, last_on: date, *, today: date) -> None:
    if last_on < first_on:
        raise Refused(_("结束日期早于开始日期,请对调。"))
    if last_on < today:
        raise Refused(_("这些日子已经过去,缺勤只能登记到今天或以后。"))


def refuse_overlap(person: User, first_on: date, last_on: date) -> None:
    other = Absence.objects.filter(person=person, first_on__lte=last_on, last_on__gte=first_on).first()
    if other:
        raise Refused(
            _("%(name)s 在 %(first)s 至 %(last)s 已登记缺勤,请先结束那一条。")
            % {"name": person, "first": other.first_on, "last": other.last_on}
        )
