"""Absences: who may enter them, and which are valid (domain §5.6, §12)."""

from datetime import date

import pytest

from satisfaction.accounts.models import Absence, User
from satisfaction.accounts.roster import add_absence, end_absence
from satisfaction.core.errors import Refused
from tests.factories import make_person

pytestmark = pytest.mark.django_db
TODAY = date(2026, 5, 12)


@pytest.fixture
def dispatcher():
    return make_person("dispatcher", "dispatcher")


def days(absence):
    return (absence.first_on, absence.last_on)


def test_add_absence_takes_the_person_off_duty_on_these_days_only(dispatcher):
    lead = make_person("lead", "lead")

    add_absence(dispatcher, first_on=date(2026, 5, 13), last_on=date(2026, 5, 14), by=lead, today=TODAY)

    on_duty = [dispatcher in User.objects.on_duty(date(2026, 5, day)) for day in (12, 13, 14, 15)]
    assert on_duty == [True, False, False, True]


def test_add_absence_twice_is_one(dispatcher):
    first = add_absence(dispatcher, first_on=TODAY, last_on=TODAY, by=None, today=TODAY)

    second = add_absence(dispatcher, first_on=TODAY, last_on=TODAY, by=None, today=TODAY)

    assert (first, Absence.objects.count()) == (second, 1)


@pytest.mark.parametrize(
    ("first_on", "last_on", "sentence"),
    [
        (date(2026, 5, 14), date(2026, 5, 13), "结束日期早于开始日期"),
        (date(2026, 5, 10), date(2026, 5, 11), "已经过去"),
        (date(2026, 5, 20), date(2026, 5, 21), "已登记缺勤"),
        (date(2026, 5, 12), date(2026, 5, 30), "已登记缺勤"),
    ],
)
def test_add_absence_refuses_impossible_days(dispatcher, first_on, last_on, sentence):
    Absence.objects.create(person=dispatcher, first_on=date(2026, 5, 19), last_on=date(2026, 5, 20))

    with pytest.raises(Refused, match=sentence):
        add_absence(dispatcher, first_on=first_on, last_on=last_on, by=None, today=TODAY)


@pytest.mark.parametrize(
    ("keeper", "of", "may"),
    [
        ("lead", "dispatcher", True),
        ("lead", "lead", True),
        ("lead", "manager", False),
        ("lead", "foreman", False),
        ("head", "manager", True),
        ("head", "head", True),
        ("head", "dispatcher", False),
        ("admin", "dispatcher", True),
        ("admin", "foreman", True),
        ("dispatcher", "dispatcher", False),
        ("manager", "manager", False),
    ],
)
def test_roster_is_kept_for_the_own_group(keeper, of, may):
    by, person = make_person("keeper", keeper), make_person("person", of)

    assert (person in User.objects.rostered_by(by)) is may


@pytest.mark.parametrize(("role", "may"), [("lead", False), ("head", False), ("admin", True)])
def test_own_absence_is_entered_by_somebody_else(role, may):
    person = make_person("person", role)

    assert (person in User.objects.rostered_by(person)) is may


def test_add_absence_outside_the_own_group_is_refused(dispatcher):
    head = make_person("head", "head")

    with pytest.raises(Refused, match="您不能登记"):
        add_absence(dispatcher, first_on=TODAY, last_on=TODAY, by=head, today=TODAY)


@pytest.mark.parametrize(
    ("first_on", "last_on", "left"),
    [
        (date(2026, 5, 10), date(2026, 5, 20), [(date(2026, 5, 10), date(2026, 5, 11))]),
        (date(2026, 5, 12), date(2026, 5, 20), []),
        (date(2026, 5, 15), date(2026, 5, 20), []),
        (date(2026, 5, 1), date(2026, 5, 3), [(date(2026, 5, 1), date(2026, 5, 3))]),
    ],
)
def test_end_absence_brings_the_person_back_today(dispatcher, first_on, last_on, left):
    absence = Absence.objects.create(person=dispatcher, first_on=first_on, last_on=last_on)

    end_absence(absence, by=None, today=TODAY)

    assert [days(absence) for absence in Absence.objects.all()] == left


def test_end_absence_twice_changes_nothing_more(dispatcher):
    absence = Absence.objects.create(person=dispatcher, first_on=date(2026, 5, 1), last_on=date(2026, 5, 20))

    end_absence(absence, by=None, today=TODAY)
    absence = end_absence(absence, by=None, today=TODAY)

    assert (days(absence), absence.history.count()) == ((date(2026, 5, 1), date(2026, 5, 11)), 2)
