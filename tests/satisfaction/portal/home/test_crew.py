import pytest
from django.template.loader import render_to_string
from django.test import RequestFactory

from satisfaction.portal.home.crew import count_to_acknowledge, count_to_rate, crew_home
from tests.factories import make_self_evaluation
from tests.worlds.crew import DAY, EVENING, MORNING, ON_D2

pytestmark = pytest.mark.django_db


def test_crew_home_has_the_first_cards_all_counts_and_days_to_acknowledge(stage):
    orders = [stage.order() for _ in range(6)]
    done = stage.order()
    make_self_evaluation(done, by=stage.foreman, rated_at=MORNING)
    stage.called(done)

    found = crew_home(stage.foreman, now=EVENING)

    assert [card.order for card in found["cards"]] == orders[:5]
    assert (found["counts"], found["awaiting"]) == (
        {"to_rate": 6, "late": 6},
        [{"crew": stage.crew.pk, "name": stage.crew.name, "day": DAY, "results": 1}],
    )


def test_home_template_renders_what_crew_home_gives(stage):
    order = stage.order()
    request = RequestFactory().get("/")
    request.user = stage.foreman

    page = render_to_string(
        "evaluations/self_evaluation/_home.html", crew_home(stage.foreman, now=MORNING), request
    )

    assert (order.number in page, "待评 1" in page, 'id="unsent"' in page) == (True, True, True)


@pytest.mark.parametrize(
    ("who", "now", "expected"),
    [
        ("foreman", EVENING, (1, 1)),
        ("deputy", EVENING, (0, 1)),
        ("manager", MORNING, (0, 0)),
        ("manager", ON_D2, (1, 0)),
        ("outsider", EVENING, (0, 0)),
    ],
)
def test_counts_for_the_navigation(stage, who, now, expected):
    stage.order()
    done = stage.order()
    make_self_evaluation(done, by=stage.foreman, rated_at=MORNING)
    stage.called(done, published_at=EVENING)
    person = getattr(stage, who)

    assert (count_to_rate(person, now=now), count_to_acknowledge(person, now=now)) == expected
