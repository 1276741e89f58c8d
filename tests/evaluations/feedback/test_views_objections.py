import pytest
from django.urls import reverse

from evaluations.enums import ObjectionState, Rating
from evaluations.feedback.objections import raise_objection
from evaluations.models import Objection
from tests.factories import make_self_evaluation
from tests.worlds.crew import EVENING, MORNING, queries_of

pytestmark = pytest.mark.django_db
LIST = reverse("evaluations:objections")


@pytest.fixture(autouse=True)
def evening(time_machine):
    time_machine.move_to(EVENING, tick=False)


def published(stage, **fields):
    order = stage.order()
    make_self_evaluation(order, by=stage.foreman, rated_at=MORNING)
    stage.called(order, Rating.DISSATISFIED, **fields)
    return order


def objected(stage, **fields):
    return raise_objection(published(stage, **fields), by=stage.foreman, reason="评错了工单", now=EVENING)


def object_url(order):
    return reverse("evaluations:object", args=[order.pk])


def url_of(objection):
    return reverse("evaluations:objection", args=[objection.pk])


def test_foreman_objects_with_a_reason(client, stage):
    order = published(stage)
    client.force_login(stage.foreman)

    page, response = client.get(object_url(order)), client.post(object_url(order), {"reason": "评错了工单"})

    assert (page.status_code, response.status_code, response["Location"]) == (200, 302, LIST)
    assert Objection.objects.values_list("order", "by", "reason").get() == (
        order.pk,
        stage.foreman.pk,
        "评错了工单",
    )


def test_object_without_reason_shows_the_form_again(client, stage):
    client.force_login(stage.foreman)

    assert client.post(object_url(published(stage)), {"reason": " "}).status_code == 422
    assert not Objection.objects.exists()


@pytest.mark.parametrize(
    ("who", "status"), [("deputy", 403), ("outsider", 404), ("head", 403), ("dispatcher", 403)]
)
def test_object_is_the_acting_leads(client, stage, who, status):
    order = published(stage)
    client.force_login(getattr(stage, who))

    assert client.post(object_url(order), {"reason": "评错了工单"}).status_code == status


@pytest.mark.parametrize(
    ("is_upheld", "state"), [("1", ObjectionState.UPHELD), ("0", ObjectionState.REJECTED)]
)
def test_head_decides_with_words(client, stage, is_upheld, state):
    objection = objected(stage)
    client.force_login(stage.head)

    page = client.get(url_of(objection))
    response = client.post(url_of(objection), {"is_upheld": is_upheld, "words": "已核实"})

    assert ("form" in page.context, "checked" in page.content.decode(), response.status_code) == (
        True,
        False,
        302,
    )
    assert Objection.objects.values_list("state", "decision", "decided_by").get() == (
        state,
        "已核实",
        stage.head.pk,
    )


def test_decide_without_choice_shows_the_form_again(client, stage):
    client.force_login(stage.head)

    assert client.post(url_of(objected(stage)), {"words": "已核实"}).status_code == 422


@pytest.mark.parametrize(
    ("who", "sees", "decides"),
    [("foreman", 200, 403), ("manager", 200, 403), ("outsider", 404, 404), ("dispatcher", 403, 403)],
)
def test_decide_is_a_heads(client, stage, who, sees, decides):
    objection = objected(stage)
    client.force_login(getattr(stage, who))

    page = client.get(url_of(objection))
    response = client.post(url_of(objection), {"is_upheld": "1", "words": "已核实"})

    assert (page.status_code, response.status_code) == (sees, decides)
    assert "form" not in (page.context or {})


def test_stand_in_gets_the_form_when_every_head_called(client, stage):
    objection = objected(stage, caller=stage.head)
    client.force_login(stage.manager)

    assert "form" in client.get(url_of(objection)).context


def test_list_shows_undecided_first_and_only_own_crews(client, stage):
    decided, undecided = objected(stage), objected(stage)
    Objection.objects.filter(pk=decided.pk).update(
        state=ObjectionState.UPHELD, decision="已核实", decided_by=stage.head, decided_at=EVENING
    )
    found = {}
    for who in ("head", "foreman", "outsider"):
        client.force_login(getattr(stage, who))
        found[who] = list(client.get(LIST).context["page"])

    assert found == {"head": [undecided, decided], "foreman": [undecided, decided], "outsider": []}


def test_list_counts_a_months_objections_by_crew_for_who_may_see_them(client, stage):
    decided, _undecided = objected(stage), objected(stage)
    Objection.objects.filter(pk=decided.pk).update(
        state=ObjectionState.UPHELD, decision="已核实", decided_by=stage.head, decided_at=EVENING
    )
    found = {}
    for who in ("head", "foreman", "outsider"):
        client.force_login(getattr(stage, who))
        found[who] = list(client.get(LIST, {"month": "2026-05"}).context["by_crew"])

    row = {"order__crew__name": stage.crew.name, "raised": 2, "undecided": 1, "upheld": 1, "rejected": 0}
    assert found == {"head": [row], "foreman": [row], "outsider": []}
    assert list(client.get(LIST, {"month": "2026-04"}).context["by_crew"]) == []
    assert client.get(LIST, {"month": "2026-4x"}).status_code == 422


def test_list_takes_the_same_number_of_queries_for_one_and_for_many(client, stage):
    objected(stage)
    client.force_login(stage.head)
    one = queries_of(client, LIST)

    for _ in range(29):
        objected(stage)

    assert queries_of(client, LIST) == one
