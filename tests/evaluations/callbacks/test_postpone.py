from datetime import time, timedelta

import pytest

from evaluations.callbacks.postpone import postpone, postpone_by_system
from evaluations.enums import Outcome, PostponedReason
from evaluations.models import Callback
from satisfaction.calendars import days
from satisfaction.core.errors import NotAllowed, Refused
from tests.worlds.crew import AFTER_D2, D2, EVENING, settle
from tests.worlds.desk import D1, DAY, NINE, rated, tried

pytestmark = pytest.mark.django_db
WHY = "报修人出差"


def postponed(callback: Callback) -> tuple:
    row = Callback.objects.get(pk=callback.pk)
    return row.postponed_reason, row.postponed_text, row.postponed_by, row.calling_on, row.due_at


@pytest.mark.parametrize("who", ["caller", "lead"])
def test_postponed_by_its_caller_or_a_lead_twice_is_once(desk, who):
    callback, by = desk.callback(), getattr(desk, who)

    first = postpone(callback, by=by, reason=WHY, now=NINE)
    again = postpone(callback, by=by, reason=WHY, now=EVENING)

    assert postponed(callback) == (PostponedReason.SAID, WHY, by, D2, callback.order.last_due_at)
    assert again.postponed_at == first.postponed_at == NINE


def test_a_lead_postpones_what_has_no_caller(desk):
    callback = desk.waiting()

    postpone(callback, by=desk.lead, reason=WHY, now=NINE)

    assert postponed(callback)[0] == PostponedReason.SAID


def test_not_by_others_not_without_reason_not_twice(desk):
    callback = desk.callback()

    for by in (desk.colleague, desk.stage.head, desk.stage.manager):
        with pytest.raises(NotAllowed):
            postpone(callback, by=by, reason=WHY, now=NINE)
    with pytest.raises(Refused, match="原因"):
        postpone(callback, by=desk.caller, reason=" ", now=NINE)
    postpone(callback, by=desk.caller, reason=WHY, now=NINE)
    with pytest.raises(Refused, match="一次"):
        postpone(callback, by=desk.lead, reason="另一个原因", now=NINE)


def test_what_the_draw_moved_was_postponed(desk):
    callback = desk.callback(desk.stage.manager, postponed_reason=PostponedReason.NO_MANAGER)

    with pytest.raises(Refused, match="一次"):
        postpone(callback, by=desk.stage.manager, reason=WHY, now=NINE)


def test_not_when_ended_settled_or_after_d2(desk):
    with pytest.raises(Refused):
        postpone(rated(desk.callback(), desk.caller), by=desk.caller, reason=WHY, now=NINE)
    callback = desk.callback()
    with pytest.raises(Refused, match="尽快"):
        postpone(callback, by=desk.caller, reason=WHY, now=AFTER_D2)
    settle()
    with pytest.raises(Refused, match="已结算"):
        postpone(callback, by=desk.caller, reason=WHY, now=NINE)


def test_the_system_postpones_only_what_has_no_caller_or_a_wrong_number(desk):
    nobody = desk.waiting()
    wrong, left = desk.callback(has_wrong_number=True), desk.callback()
    rated(desk.callback(), desk.caller)

    assert postpone_by_system(now=days.moment_at(D1, time(17, 59))) == []
    assert postpone_by_system(now=EVENING) == [DAY]
    assert postpone_by_system(now=EVENING) == []

    last = left.order.last_due_at
    assert postponed(nobody) == (PostponedReason.NO_CALLER, "", None, D2, last)
    assert postponed(wrong) == (PostponedReason.WRONG_NUMBER, "", None, D2, last)
    assert postponed(left) == ("", "", None, D1, left.due_at)


def test_the_system_makes_up_after_d2_what_it_would_have_postponed_and_nothing_else(desk):
    nobody = desk.waiting()
    known, late, left = desk.callback(), desk.callback(), desk.callback()
    tried(known, desk.caller, NINE, Outcome.WRONG_NUMBER)
    tried(late, desk.caller, AFTER_D2, Outcome.WRONG_NUMBER)

    assert postpone_by_system(now=AFTER_D2 + timedelta(days=7)) == [DAY]
    assert postpone_by_system(now=AFTER_D2 + timedelta(days=7)) == []

    last = left.order.last_due_at
    assert postponed(nobody) == (PostponedReason.NO_CALLER, "", None, D2, last)
    assert postponed(known) == (PostponedReason.WRONG_NUMBER, "", None, D2, last)
    assert [postponed(row)[0] for row in (late, left)] == ["", ""]
