"""The foreman's sheet over HTTP: one tap, no page between cards, a sentence whenever input could be lost."""

from datetime import timedelta

import pytest
from django.urls import reverse

from evaluations.enums import Rating
from evaluations.models import RatingCorrection, SelfEvaluation
from tests.factories import make_self_evaluation
from tests.worlds.crew import (
    DAY,
    EVENING,
    MORNING,
    ON_D2,
    make_absent,
    queries_of,
    technician_of,
)

pytestmark = pytest.mark.django_db
SHEET = reverse("evaluations:self_evaluation")
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture(autouse=True)
def morning(time_machine):
    time_machine.move_to(MORNING, tick=False)


def rate_url(order):
    return reverse("evaluations:rate", args=[order.pk])


def correct_url(order):
    return reverse("evaluations:correct_self_evaluation", args=[order.pk])


def numbers(response):
    return [card.order.number for card in response.context["cards"]]


def test_sheet_shows_the_crews_open_orders_late_first_and_counts(client, stage):
    today, late = stage.order(), stage.order(day=DAY - timedelta(days=1))
    client.force_login(stage.foreman)

    response = client.get(SHEET)

    assert numbers(response) == [late.number, today.number]
    assert response.context["counts"] == {"to_rate": 2, "late": 1}


def test_nothing_is_chosen_beforehand_and_there_is_no_all_satisfied(client, stage):
    stage.order()
    client.force_login(stage.foreman)

    page = client.get(SHEET).content.decode()

    assert ("checked" in page, "全部满意" in page, page.count('value="satisfied"')) == (False, False, 1)


def test_sheet_appends_further_cards_after_the_last(client, stage):
    orders = [stage.order() for _ in range(32)]
    client.force_login(stage.foreman)

    first = client.get(SHEET)
    second = client.get(SHEET, {"after": first.context["more"]}, **HTMX)

    assert numbers(first) + numbers(second) == [order.number for order in orders]
    assert (len(numbers(first)), second.context["more"]) == (30, None)


def test_sheet_takes_the_same_number_of_queries_for_one_and_for_many(client, stage):
    stage.order()
    client.force_login(stage.foreman)
    one = queries_of(client, SHEET)

    for _ in range(29):
        stage.order()

    assert queries_of(client, SHEET) == one


def test_one_tap_rates_and_answers_with_the_done_card_and_new_counts(client, stage):
    order = stage.order()
    stage.order()
    client.force_login(stage.foreman)

    response = client.post(rate_url(order), {"rating": "satisfied"}, **HTMX)

    page = response.content.decode()
    assert (response.status_code, response["X-Card"]) == (200, str(order.pk))
    assert ("已提交" in page, "撤销" in page, "待评 1" in page, "<html" in page) == (True, True, True, False)
    assert SelfEvaluation.objects.values_list("order", "rating", "points", "rated_by").get() == (
        order.pk,
        Rating.SATISFIED,
        10,
        stage.foreman.pk,
    )


def test_without_script_the_answer_leads_back_to_the_sheet(client, stage):
    order = stage.order()
    client.force_login(stage.foreman)

    response = client.post(rate_url(order), {"rating": "basically_satisfied"})

    assert (response.status_code, response["Location"]) == (302, SHEET)


def test_sent_twice_is_rated_once(client, stage):
    order = stage.order()
    client.force_login(stage.foreman)
    answer = {"rating": "satisfied", "comment": "及时", "record_factor": "good"}

    answers = [client.post(rate_url(order), answer, **HTMX).status_code for _ in range(2)]

    assert (answers, SelfEvaluation.objects.count()) == ([200, 200], 1)


def test_another_answer_to_a_rated_order_says_so_and_shows_the_rated_card(client, stage):
    order = stage.order()
    make_self_evaluation(order, by=stage.foreman)
    client.force_login(stage.foreman)

    response = client.post(rate_url(order), {"rating": "dissatisfied", "opinion": "培训"}, **HTMX)

    assert (response.status_code, response["X-Card"]) == (422, str(order.pk))
    assert "已有自评" in response.content.decode()
    assert SelfEvaluation.objects.get().rating == Rating.SATISFIED


def test_dissatisfied_without_opinion_opens_the_opinion(client, stage):
    order = stage.order()
    client.force_login(stage.foreman)

    response = client.post(rate_url(order), {"rating": "dissatisfied", "comment": "备件不足"}, **HTMX)

    page = response.content.decode()
    assert (response.status_code, "请填写整改意见" in page, "备件不足" in page) == (422, True, True)
    assert f'id="opinion-{order.pk}" hidden' not in page
    assert not SelfEvaluation.objects.exists()


def test_opinion_is_kept_with_dissatisfied_only(client, stage):
    order, other = stage.order(), stage.order()
    client.force_login(stage.foreman)

    client.post(rate_url(order), {"rating": "dissatisfied", "opinion": "重新培训"})
    client.post(rate_url(other), {"rating": "satisfied", "opinion": "打错了"})

    assert list(SelfEvaluation.objects.order_by("pk").values_list("rating", "opinion")) == [
        ("dissatisfied", "重新培训"),
        ("satisfied", ""),
    ]


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("foreman", 200),
        ("deputy", 403),
        ("manager", 403),
        ("outsider", 404),
        ("dispatcher", 403),
        ("worker", 403),
    ],
)
def test_who_may_rate_by_address(client, stage, who, status):
    order = stage.order()
    client.force_login(getattr(stage, who))

    found = client.get(rate_url(order)).status_code
    posted = client.post(rate_url(order), {"rating": "satisfied"}, **HTMX).status_code

    assert (found, posted) == (status, status)


def test_not_allowed_says_who_rates(client, stage):
    order = stage.order(technician=technician_of(stage.foreman, stage.crew))
    client.force_login(stage.foreman)

    response = client.post(rate_url(order), {"rating": "satisfied"}, **HTMX)

    assert (response.status_code, "本人维修" in response.content.decode()) == (403, True)


def test_deputys_sheet_fills_when_the_foreman_is_absent(client, stage):
    order = stage.order()
    client.force_login(stage.deputy)
    before = numbers(client.get(SHEET))

    make_absent(stage.foreman, MORNING.date())

    assert (before, numbers(client.get(SHEET))) == ([], [order.number])


def test_managers_sheet_is_what_is_left_on_d2(client, stage, time_machine):
    order = stage.order()
    client.force_login(stage.manager)
    before = numbers(client.get(SHEET))

    time_machine.move_to(ON_D2)
    after = numbers(client.get(SHEET))
    response = client.post(rate_url(order), {"rating": "satisfied", "in_place": "1"}, **HTMX)

    assert (before, after, response.status_code) == ([], [order.number], 200)
    assert SelfEvaluation.objects.get().is_in_place is True


def test_undo_opens_the_card_again_and_corrects_with_both_values_kept(client, stage):
    order = stage.order()
    make_self_evaluation(order, by=stage.foreman, comment="及时")
    client.force_login(stage.foreman)

    card = client.get(correct_url(order), **HTMX).content.decode()
    response = client.post(correct_url(order), {"rating": "basically_satisfied", "reason": "看错"}, **HTMX)

    assert ("及时" in card, "checked" in card, response.status_code) == (True, False, 200)
    assert RatingCorrection.objects.get().before["rating"] == "satisfied"
    assert SelfEvaluation.objects.get().rating == "basically_satisfied"


def test_correction_by_another_lead_is_refused_with_a_sentence(client, stage):
    order = stage.order()
    make_self_evaluation(order, by=stage.foreman)
    client.force_login(stage.deputy)

    response = client.post(correct_url(order), {"rating": "basically_satisfied"}, **HTMX)

    assert (response.status_code, "本人更正" in response.content.decode()) == (403, True)


def test_head_corrects_after_the_result_was_seen_with_a_reason(client, stage, time_machine):
    order = stage.order()
    make_self_evaluation(order, by=stage.foreman, rated_at=MORNING)
    stage.called(order)
    time_machine.move_to(EVENING)
    client.force_login(stage.head)

    without = client.post(correct_url(order), {"rating": "basically_satisfied"}, **HTMX)
    with_reason = client.post(
        correct_url(order), {"rating": "basically_satisfied", "reason": "与记录不符"}, **HTMX
    )

    assert (without.status_code, "原因" in without.content.decode(), with_reason.status_code) == (
        422,
        True,
        200,
    )


def test_in_place_author_does_not_get_the_rating_back_before_the_call_ended(client, stage, time_machine):
    time_machine.move_to(ON_D2)
    order = stage.order()
    make_self_evaluation(order, by=stage.manager, comment="绝密评语")
    client.force_login(stage.manager)

    pages = [client.get(url, **HTMX).content.decode() for url in (rate_url(order), correct_url(order))]

    assert [("绝密评语" in page, "chip tone-success" in page) for page in pages] == [
        (False, True),
        (False, False),
    ]


def test_recent_ratings_can_be_undone_from_the_sheet(client, stage):
    order = stage.order()
    make_self_evaluation(order, by=stage.foreman, rated_at=MORNING)
    client.force_login(stage.foreman)

    page = client.get(SHEET).content.decode()

    assert correct_url(order) in page


def test_what_somebody_else_answered_on_this_phone_is_not_taken(client, stage):
    order = stage.order()
    client.force_login(stage.foreman)

    response = client.post(rate_url(order), {"rating": "satisfied", "person": stage.deputy.pk}, **HTMX)

    assert (response.status_code, "X-Card" in response, SelfEvaluation.objects.exists()) == (
        403,
        False,
        False,
    )
