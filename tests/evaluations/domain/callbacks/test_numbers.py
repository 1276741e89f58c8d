import pytest

from evaluations.domain.callbacks import correct_number, end_wrong_numbers
from evaluations.domain.withdrawing import put_on_do_not_call
from evaluations.enums import CallbackState, WithdrawnReason
from evaluations.models import Callback
from satisfaction.accounts.enums import Role
from satisfaction.errors import NotAllowed, Refused
from tests.evaluations.stage import AFTER_D2, D1, EVENING, ON_D2
from tests.factories import make_person

from .desk import DAY, NINE, Desk, make_desk, rated

pytestmark = pytest.mark.django_db
NEW = "139 1111 2222"


@pytest.fixture
def desk() -> Desk:
    return make_desk()


def test_a_corrected_number_puts_it_back_into_the_queue_twice_is_once(desk):
    callback = desk.callback(has_wrong_number=True)

    for _ in range(2):
        correct_number(callback, NEW, by=desk.caller, now=NINE)

    assert list(Callback.objects.in_queue_of(desk.caller)) == [callback]
    callback.order.refresh_from_db()
    assert (callback.order.reporter_phone, callback.order.reporter_phone_key) == (
        "13911112222",
        "13911112222",
    )
    assert callback.order.history.count() == 1 + 1  # built, corrected


def test_the_reporters_other_waiting_orders_get_it_too(desk):
    one, other = desk.of_one_reporter(desk.caller, desk.caller, has_wrong_number=True)

    correct_number(one, NEW, by=desk.caller, now=NINE)

    other.refresh_from_db()
    assert (other.has_wrong_number, other.order.reporter_phone) == (False, "13911112222")


@pytest.mark.parametrize(
    ("role", "may"),
    [
        (Role.DISPATCHER, True),
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
        correct_number(callback, NEW, by=person, now=NINE)
    else:
        with pytest.raises(NotAllowed):
            correct_number(callback, NEW, by=person, now=NINE)

    callback.refresh_from_db()
    assert callback.has_wrong_number is not may


def test_a_manager_corrects_the_number_of_an_own_callback(desk):
    callback = desk.callback(desk.stage.manager, has_wrong_number=True)

    correct_number(callback, NEW, by=desk.stage.manager, now=NINE)

    callback.refresh_from_db()
    assert callback.has_wrong_number is False


@pytest.mark.parametrize("phone", ["", "138****4414", "无", "{same}"])
def test_undialable_or_the_same_number_is_refused(desk, phone):
    callback = desk.callback(has_wrong_number=True)

    with pytest.raises(Refused):
        correct_number(callback, phone.format(same=callback.order.reporter_phone), by=desk.caller, now=NINE)


def test_a_number_on_the_do_not_call_list_withdraws_it(desk):
    put_on_do_not_call(phone=NEW, reason="本人要求", until_on=D1, by=desk.stage.head, now=NINE)

    callback = correct_number(desk.callback(has_wrong_number=True), NEW, by=desk.caller, now=NINE)

    assert (callback.state, callback.withdrawn_reason) == (
        CallbackState.WITHDRAWN,
        WithdrawnReason.DO_NOT_CALL,
    )


def test_no_number_is_corrected_after_the_end(desk):
    with pytest.raises(Refused):
        correct_number(rated(desk.callback(), desk.caller), NEW, by=desk.caller, now=NINE)


def test_the_system_ends_wrong_numbers_at_d2_once(desk):
    wrong, right = desk.callback(has_wrong_number=True), desk.callback()

    assert end_wrong_numbers(now=EVENING) == end_wrong_numbers(now=ON_D2) == []
    assert end_wrong_numbers(now=AFTER_D2) == [DAY]
    assert end_wrong_numbers(now=AFTER_D2) == []

    wrong.refresh_from_db()
    right.refresh_from_db()
    assert (wrong.state, wrong.ended_at, wrong.ended_by) == (CallbackState.UNREACHABLE, AFTER_D2, None)
    assert right.state == CallbackState.ASSIGNED
