from datetime import date, time

import pytest

from evaluations.models import EvaluationPolicy
from evaluations.policies import save_policy
from satisfaction.core.errors import Refused
from tests.factories import make_self_evaluation
from tests.worlds.crew import DAY, MORNING, make_stage, settle

pytestmark = pytest.mark.django_db
JUNE = date(2026, 6, 1)


def test_a_new_policy_begins_on_the_first_of_an_unsettled_month():
    settle(DAY)

    save_policy(EvaluationPolicy(begins_on=JUNE, points_satisfied=12), now=MORNING)

    assert EvaluationPolicy.objects.for_month(JUNE).points_satisfied == 12
    assert EvaluationPolicy.objects.for_month(DAY).points_satisfied == 10


@pytest.mark.parametrize(
    ("begins_on", "sentence"),
    [(date(2026, 6, 2), "一日"), (date(2026, 5, 1), "已结算"), (date(2026, 4, 1), "已结算")],
)
def test_never_in_the_middle_of_a_month_or_over_a_settled_one(begins_on, sentence):
    settle(DAY)

    with pytest.raises(Refused, match=sentence):
        save_policy(EvaluationPolicy(begins_on=begins_on), now=MORNING)


def test_a_policy_that_ends_before_the_settled_month_may_be_added():
    save_policy(EvaluationPolicy(begins_on=date(2026, 5, 1)), now=MORNING)
    settle(DAY)

    save_policy(EvaluationPolicy(begins_on=date(2026, 4, 1), effect_days=60), now=MORNING)

    assert EvaluationPolicy.objects.count() == 3


def test_a_policy_with_a_settled_month_does_not_change_nor_move():
    policy = EvaluationPolicy.objects.get()
    settle(DAY)
    policy.effect_days = 60
    with pytest.raises(Refused, match="已结算"):
        save_policy(policy, now=MORNING)
    policy.begins_on = JUNE
    with pytest.raises(Refused, match="生效月份"):
        save_policy(policy, now=MORNING)


def test_points_do_not_change_under_ratings_that_were_given():
    stage = make_stage()
    make_self_evaluation(stage.order(), by=stage.foreman)
    policy = EvaluationPolicy.objects.get()
    policy.effect_days = 60
    save_policy(policy, now=MORNING)

    policy.points_satisfied = 11
    with pytest.raises(Refused, match="分值"):
        save_policy(policy, now=MORNING)
    with pytest.raises(Refused, match="分值"):
        save_policy(EvaluationPolicy(begins_on=date(2026, 5, 1), points_satisfied=11), now=MORNING)
    save_policy(EvaluationPolicy(begins_on=JUNE, points_satisfied=11), now=MORNING)


def test_another_close_of_business_moves_open_deadlines():
    order = make_stage().order()
    policy = EvaluationPolicy.objects.get()
    policy.close_of_business = time(17)

    save_policy(policy, now=MORNING)

    order.refresh_from_db()
    assert order.due_at == MORNING.replace(hour=17)
