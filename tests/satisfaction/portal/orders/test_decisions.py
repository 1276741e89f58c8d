import pytest
from django.urls import reverse

from evaluations.enums import Rating
from evaluations.models import Settlement
from tests.factories import make_callback, make_self_evaluation
from tests.worlds.crew import MORNING

pytestmark = pytest.mark.django_db


def links(client, order, person) -> set[str]:
    client.force_login(person)
    page = client.get(reverse("orders:page", args=[order.number])).content.decode()
    names = {
        "take_out": reverse("evaluations:take_out", args=[order.pk]),
        "correct_self": reverse("evaluations:correct_self_evaluation", args=[order.pk]),
    }
    if hasattr(order, "callback"):
        names["correct_callback"] = reverse("evaluations:correct_callback", args=[order.callback.pk])
    return {name for name, address in names.items() if f'href="{address}"' in page}


def test_a_head_takes_an_open_order_out_and_nobody_else(client, stage):
    order = stage.order()
    make_callback(order, stage.dispatcher)

    assert links(client, order, stage.head) == {"take_out"}
    for person in (stage.dispatcher, stage.manager, stage.foreman):
        assert links(client, order, person) == set()


def test_a_recorded_call_is_corrected_by_its_caller_then_by_a_head(client, stage):
    order = stage.order()
    make_self_evaluation(order, by=stage.foreman)
    callback = stage.called(order, Rating.SATISFIED, published_at=None)
    before = [links(client, order, person) for person in (stage.dispatcher, stage.head)]

    callback.published_at = MORNING
    callback.save()

    assert before == [{"correct_callback"}, set()]
    assert links(client, order, stage.dispatcher) == set()
    assert links(client, order, stage.head) == {"correct_callback", "correct_self"}


def test_settled_month_offers_no_decision_and_opens_no_form(client, stage):
    rated, open_order = stage.order(), stage.order()
    make_self_evaluation(rated, by=stage.foreman)
    callback = stage.called(rated, Rating.SATISFIED)
    Settlement.objects.create(
        month=rated.closed_on.replace(day=1), snapshot={}, policy={}, settled_at=MORNING
    )

    offered = [links(client, order, stage.head) for order in (rated, open_order)]
    forms = {
        "correct_callback": callback.pk,
        "correct_self_evaluation": rated.pk,
        "take_out": open_order.pk,
        "rate": open_order.pk,
    }
    statuses = {
        name: client.get(reverse(f"evaluations:{name}", args=[pk])).status_code for name, pk in forms.items()
    }

    assert offered == [set(), set()]
    assert statuses == dict.fromkeys(forms, 422)


def test_settled_month_opens_no_objection(client, stage):
    order = stage.order()
    make_self_evaluation(order, by=stage.foreman)
    stage.called(order, Rating.DISSATISFIED)
    Settlement.objects.create(
        month=order.closed_on.replace(day=1), snapshot={}, policy={}, settled_at=MORNING
    )
    client.force_login(stage.foreman)

    assert client.get(reverse("evaluations:object", args=[order.pk])).status_code == 422
