"""Attacks by a head of section who also leads a crew or rated an order (domain §1, §3, §12)."""

from datetime import date

import pytest
from django.urls import reverse

from evaluations.enums import Rating
from evaluations.models import DoNotCall, Settlement, TakenOut
from satisfaction.accounts.models import User
from satisfaction.calendars import days
from satisfaction.core.roles import Role
from tests.factories import make_lead, make_person, make_self_evaluation
from tests.worlds.attacked_centre import GOOD, Centre, bad
from tests.worlds.crew import DAY
from tests.worlds.desk import NINE
from workorders.enums import LeadKind

pytestmark = pytest.mark.django_db


@pytest.fixture
def head_of_crew(centre: Centre) -> User:
    """A second head of section, deputy of the crew; `centre.head` remains the reader."""
    person = make_person("both", Role.HEAD, Role.DEPUTY)
    make_lead(centre.crew, person, LeadKind.DEPUTY)
    return person


def test_taking_out_a_bad_order_needs_a_reason_before_the_call_and_another_head(centre, head_of_crew):
    callback, called = centre.desk.callback(), centre.desk.callback()
    centre.calls(called, **bad())
    own = centre.does(head_of_crew, "evaluations:take_out", callback.order_id, reason="演练")
    silent = centre.does(centre.head, "evaluations:take_out", callback.order_id, reason="")
    late = centre.does(centre.head, "evaluations:take_out", called.order_id, reason="演练")
    centre.does(centre.head, "evaluations:take_out", callback.order_id, reason="演练")

    assert (own.status_code, silent.status_code, late.status_code) == (403, 422, 422)
    assert TakenOut.objects.get().order == callback.order
    assert centre.head_sees("head", "剔除", callback.order.number, "演练")
    assert centre.pattern(centre.crew, "taken_out") == (1, 2)


def test_correcting_a_rating_of_the_own_crew_is_another_heads(centre, head_of_crew):
    callback = centre.desk.callback()
    make_self_evaluation(callback.order, Rating.SATISFIED, by=centre.foreman, rated_at=NINE)
    centre.calls(callback, **bad())
    centre.publishes()
    wish = {"state": "rated", "reason": "误记", **GOOD}
    own = centre.corrects(callback, head_of_crew, **wish)
    self_evaluation = {"rating": "basically_satisfied", "reason": "误记"}
    own_self = centre.does(
        head_of_crew, "evaluations:correct_self_evaluation", callback.order_id, **self_evaluation
    )
    centre.does(centre.foreman, "evaluations:object", callback.order_id, reason="报修人认错了人")
    upheld = {"is_upheld": "1", "words": "属实"}
    own_objection = centre.does(head_of_crew, "evaluations:objection", callback.order.objection.pk, **upheld)

    assert [one.status_code for one in (own, own_self, own_objection)] == [403] * 3
    centre.does(centre.head, "evaluations:objection", callback.order.objection.pk, **upheld)
    assert centre.head_sees("head", callback.order.number, "属实")


def test_correcting_what_one_rated_oneself_is_another_heads(centre):
    """A head who phones may not decide about their own call."""
    callback = centre.desk.callback(centre.head)
    centre.calls(callback, centre.head, **bad())
    centre.publishes()

    own = centre.corrects(callback, centre.head, state="refused", reason="误记")
    stand_in = centre.corrects(callback, centre.manager, state="refused", reason="误记")

    assert (own.status_code, stand_in.status_code) == (403, 302)
    assert centre.head_sees("manager", callback.order.number, "已评价 → 拒绝评价")


def test_listing_angry_reporters_of_the_own_crew_as_do_not_call_is_another_heads(centre, head_of_crew):
    order = centre.desk.callback(order_reporter_phone="13800004414").order
    entry = {"phone": "13800004414", "reason": "要求不再来电", "until_on": "2026-12-31"}

    own = centre.does(head_of_crew, "evaluations:do_not_call", **entry)
    listed = DoNotCall.objects.exists()
    centre.does(centre.head, "evaluations:do_not_call", **entry)

    assert (own.status_code, listed, DoNotCall.objects.count()) == (403, False, 1)
    assert centre.head_sees("head", "要求不再来电", "138****4414")
    assert centre.pattern(order.crew, "not_called") == (1, 1)


def test_reopening_a_settled_month_needs_a_reason_and_stays_on_record(centre, clock):
    callback = centre.desk.callback()
    make_self_evaluation(callback.order, Rating.SATISFIED, by=centre.foreman, rated_at=NINE)
    centre.calls(callback, **bad())
    centre.publishes()
    clock(days.moment_at(date(2026, 6, 10), days.time(9)))
    centre.does(centre.head, "evaluations:settle", DAY.replace(day=1))
    settled = Settlement.objects.get().pk
    frozen = centre.corrects(callback, centre.head, state="refused", reason="误记")
    silent = centre.does(centre.head, "evaluations:reopen", DAY.replace(day=1), reason="")
    centre.does(centre.head, "evaluations:reopen", DAY.replace(day=1), reason="更正一张", settlement=settled)

    assert (frozen.status_code, silent.status_code) == (
        422,
        200,
    )  # the form again, with the missing fields marked
    assert centre.head_sees("head", "2026-05", "更正一张")
    month = centre.browser(centre.head).get(reverse("evaluations:month", args=[DAY.replace(day=1)]))
    assert "更正一张" in month.content.decode()
