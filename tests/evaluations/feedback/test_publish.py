import pytest

from evaluations.enums import CallbackState, PostponedReason
from evaluations.feedback.publish import PublishResult, publish_day, publish_due_by_system, publish_month
from evaluations.models import Callback
from satisfaction.core.errors import NotAllowed, Refused
from tests.factories import make_lead
from tests.worlds.crew import AFTER_D2, D2, DAY, EVENING, ON_D2, settle
from tests.worlds.desk import NINE, rated

pytestmark = pytest.mark.django_db
WHY = "两位报修人未接通"


def published() -> set[int]:
    return set(Callback.objects.filter(published_at__isnull=False).values_list("pk", flat=True))


def test_publish_takes_what_ended_and_postpones_what_is_open(desk):
    done = rated(desk.callback(), desk.caller)
    refused = desk.callback(state=CallbackState.REFUSED)
    managers = desk.callback(desk.stage.manager)
    waiting = desk.waiting()
    desk.callback(state=CallbackState.WITHDRAWN, withdrawn_reason="taken_out")

    result = publish_day(DAY, by=desk.lead, now=NINE, reason=WHY)

    assert result == PublishResult(DAY, published=2, postponed=2, still_open=2)
    assert published() == {done.pk, refused.pk}
    assert set(
        Callback.objects.open().values_list(
            "pk", "postponed_reason", "postponed_text", "postponed_by", "calling_on"
        )
    ) == {(row.pk, PostponedReason.PUBLISHING, WHY, desk.lead.pk, D2) for row in (managers, waiting)}
    assert set(Callback.objects.filter(pk__in=published()).values_list("published_at", "published_by")) == {
        (NINE, desk.lead.pk)
    }


def test_publish_again_publishes_nothing_more_until_there_is_a_supplement(desk):
    first = rated(desk.callback(), desk.caller)
    late = desk.callback()
    publish_day(DAY, by=desk.caller, now=NINE, reason=WHY)

    assert publish_day(DAY, by=desk.caller, now=EVENING) == PublishResult(DAY, 0, 0, 1)
    rated(late, desk.caller, EVENING)
    assert publish_day(DAY, by=desk.lead, now=ON_D2) == PublishResult(DAY, 1, 0, 0)

    first.refresh_from_db()
    assert (first.published_at, first.published_by) == (NINE, desk.caller)


def test_publish_needs_a_reason_only_when_something_is_postponed(desk):
    rated(desk.callback(), desk.caller)
    desk.callback(desk.stage.manager, postponed_reason=PostponedReason.NO_MANAGER, postponed_at=NINE)
    open_callback = desk.callback()

    with pytest.raises(Refused, match="1 张工单没有回访完"):
        publish_day(DAY, by=desk.lead, now=NINE)
    assert published() == set()

    rated(open_callback, desk.caller)
    assert publish_day(DAY, by=desk.lead, now=NINE) == PublishResult(DAY, 2, 0, 1)


def test_after_d2_overdue_ones_stay_open_and_ask_for_no_reason(desk):
    overdue = desk.callback()

    assert publish_day(DAY, by=desk.lead, now=AFTER_D2) == PublishResult(DAY, 0, 0, 1)
    overdue.refresh_from_db()
    assert overdue.postponed_reason == ""


def test_only_dispatchers_publish_and_no_settled_month(desk):
    for by in (desk.stage.head, desk.stage.manager, desk.stage.foreman):
        with pytest.raises(NotAllowed):
            publish_day(DAY, by=by, now=NINE, reason=WHY)
    settle()
    with pytest.raises(Refused, match="已结算"):
        publish_day(DAY, by=desk.lead, now=NINE, reason=WHY)


def test_the_system_publishes_at_close_of_business_of_d2_once(desk):
    done = rated(desk.callback(), desk.caller)
    desk.callback()

    assert publish_due_by_system(now=ON_D2) == []
    assert publish_due_by_system(now=AFTER_D2) == [DAY]
    assert publish_due_by_system(now=AFTER_D2) == []

    done.refresh_from_db()
    assert published() == {done.pk}
    assert (done.published_at, done.published_by) == (AFTER_D2, None)


def test_settling_publishes_what_ended_whatever_its_deadline(desk):
    done = rated(desk.callback(), desk.caller)

    assert publish_month(DAY.replace(day=1), now=NINE) == [DAY]
    assert published() == {done.pk}


@pytest.mark.parametrize("state", [CallbackState.ASSIGNED, CallbackState.REFUSED])
def test_publishing_tells_a_lead_of_the_crew_nothing_of_its_calls(desk, state):
    """Neither the refusal nor the counts reveal whether the crew's call has ended (domain §4)."""
    make_lead(desk.stage.crew, desk.lead, "deputy")
    desk.callback(state=state)

    with pytest.raises(Refused, match="发布会把没有回访完的工单顺延"):
        publish_day(DAY, by=desk.lead, now=NINE)
    result = publish_day(DAY, by=desk.lead, now=NINE, reason=WHY)

    assert result.is_whole is False
