from datetime import timedelta

import pytest

from evaluations.callbacks.phone_numbers import correct_number, end_wrong_numbers, show_number
from evaluations.callbacks.withdraw import put_on_do_not_call
from evaluations.enums import CallbackState, WithdrawnReason
from evaluations.models import Callback
from satisfaction.audit.enums import AuditKind
from satisfaction.audit.models import AuditEvent
from satisfaction.core.errors import NotAllowed, Refused
from satisfaction.core.roles import Role
from tests.factories import make_person
from tests.worlds.crew import AFTER_D2, D1, EVENING, ON_D2
from tests.worlds.desk import DAY, NINE, rated
from workorders.phones import phone_key

pytestmark = pytest.mark.django_db
NEW = "139 1111 2222"
WHY = "报修人换号"


def test_a_corrected_number_puts_it_back_into_the_queue_twice_is_once(desk):
    callback = desk.callback(has_wrong_number=True)

    for _ in range(2):
        correct_number(callback, NEW, by=desk.caller, reason=WHY, now=NINE)

    assert list(Callback.objects.in_queue_of(desk.caller)) == [callback]
    callback.order.refresh_from_db()
    assert (callback.order.reporter_phone, callback.order.reporter_phone_key) == (
        "13911112222",
        phone_key("13911112222"),
    )
    assert callback.order.history.count() == 1 + 1  # built, corrected


def test_the_reporters_other_waiting_orders_get_it_too(desk):
    one, other = desk.of_one_reporter(desk.caller, desk.caller, has_wrong_number=True)

    correct_number(one, NEW, by=desk.caller, reason=WHY, now=NINE)

    other.refresh_from_db()
    assert (other.has_wrong_number, other.order.reporter_phone) == (False, "13911112222")


@pytest.mark.parametrize(
    ("role", "may"),
    [
        (Role.DISPATCHER, False),
        (Role.LEAD, True),
        (Role.ADMIN, True),
        (Role.MANAGER, False),
        (Role.HEAD, False),
        (Role.FOREMAN, False),
    ],
)
def test_who_corrects_a_dispatchers_number(desk, role, may):
    callback, person = desk.callback(has_wrong_number=True), make_person("somebody", role)

    if may:
        correct_number(callback, NEW, by=person, reason=WHY, now=NINE)
    else:
        with pytest.raises(NotAllowed):
            correct_number(callback, NEW, by=person, reason=WHY, now=NINE)

    callback.refresh_from_db()
    assert callback.has_wrong_number is not may


def test_a_corrected_number_is_kept_with_both_numbers_masked_and_the_reason(desk):
    one, other = desk.of_one_reporter(desk.caller, desk.caller, has_wrong_number=True)

    correct_number(one, NEW, by=desk.lead, reason=WHY, now=NINE)

    events = AuditEvent.objects.filter(kind=AuditKind.NUMBER_CHANGED).order_by("subject_id")
    assert list(events.values_list("subject_id", "by", "at", "reason", "details")) == [
        (row.pk, desk.lead.pk, NINE, WHY, {"phone": ["138****4414", "139****2222"]}) for row in (one, other)
    ]
    assert one.order.history.latest().history_user == desk.lead


def test_a_number_without_a_reason_is_refused(desk):
    callback = desk.callback(has_wrong_number=True)

    with pytest.raises(Refused, match="原因"):
        correct_number(callback, NEW, by=desk.caller, reason=" ", now=NINE)


@pytest.mark.parametrize("has_wrong_number", [True, False])
def test_a_colleague_may_neither_see_nor_correct_the_number_of_an_open_call(desk, has_wrong_number):
    callback = desk.callback(has_wrong_number=has_wrong_number)

    for phone in (NEW, callback.order.reporter_phone):  # a correct guess gets the same answer as a wrong one
        with pytest.raises(NotAllowed):
            correct_number(callback, phone, by=desk.colleague, reason=WHY, now=NINE)
    with pytest.raises(NotAllowed):
        show_number(callback, by=desk.colleague, now=NINE)

    assert not AuditEvent.objects.exists()


def test_a_number_shown_to_another_than_the_caller_is_kept_once_a_day(desk):
    callback = desk.callback()

    for person in (desk.caller, desk.lead, desk.lead):
        show_number(callback, by=person, now=NINE)
    show_number(callback, by=desk.lead, now=NINE + timedelta(days=1))

    events = AuditEvent.objects.filter(kind=AuditKind.NUMBER_SHOWN)
    assert (
        list(events.order_by("at").values_list("by", "subject_id", "details"))
        == [(desk.lead.pk, callback.order_id, {})] * 2
    )


def test_no_number_is_shown_after_the_end(desk):
    with pytest.raises(Refused):
        show_number(rated(desk.callback(), desk.caller), by=desk.lead, now=NINE)


def test_a_manager_corrects_the_number_of_an_own_callback(desk):
    callback = desk.callback(desk.stage.manager, has_wrong_number=True)

    correct_number(callback, NEW, by=desk.stage.manager, reason=WHY, now=NINE)

    callback.refresh_from_db()
    assert callback.has_wrong_number is False


@pytest.mark.parametrize("phone", ["", "138****4414", "无", "{same}"])
def test_undialable_or_the_same_number_is_refused(desk, phone):
    callback = desk.callback(has_wrong_number=True)

    with pytest.raises(Refused):
        correct_number(
            callback, phone.format(same=callback.order.reporter_phone), by=desk.caller, reason=WHY, now=NINE
        )


def test_a_number_on_the_do_not_call_list_withdraws_it(desk):
    put_on_do_not_call(phone=NEW, reason="本人要求", until_on=D1, by=desk.stage.head, now=NINE)

    callback = correct_number(desk.callback(has_wrong_number=True), NEW, by=desk.caller, reason=WHY, now=NINE)

    assert (callback.state, callback.withdrawn_reason) == (
        CallbackState.WITHDRAWN,
        WithdrawnReason.DO_NOT_CALL,
    )


def test_no_number_is_corrected_after_the_end(desk):
    with pytest.raises(Refused):
        correct_number(rated(desk.callback(), desk.caller), NEW, by=desk.caller, reason=WHY, now=NINE)


def test_the_system_ends_wrong_numbers_at_d2_once(desk):
    wrong, right = desk.callback(has_wrong_number=True), desk.callback()

    assert end_wrong_numbers(now=EVENING) == end_wrong_numbers(now=ON_D2) == []
    assert end_wrong_numbers(now=AFTER_D2) == [DAY]
    assert end_wrong_numbers(now=AFTER_D2) == []

    wrong.refresh_from_db()
    right.refresh_from_db()
    assert (wrong.state, wrong.ended_at, wrong.ended_by) == (CallbackState.UNREACHABLE, AFTER_D2, None)
    assert right.state == CallbackState.ASSIGNED
