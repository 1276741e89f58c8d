"""Blind both ways (domain §4, §12): no page, total, export or admin page shows a rating too early.

To add a page, add one line to CANDIDATES: its name, its address, whether it always prints all three rating words
(keys to press, filters, columns), so that only other words can reveal a rating, whether it names the ratings only in
headings (points still reveal a rating then), and whether it names all callers.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import openpyxl
import pytest
from django.urls import NoReverseMatch, reverse

from evaluations.enums import CallbackState, Rating
from evaluations.models import CallReassignment, EvaluationPolicy, ProblemType
from satisfaction.accounts.models import User
from satisfaction.core.roles import Role
from tests.factories import make_person, make_self_evaluation
from tests.worlds.crew import AFTER_D2, D2, DAY, EVENING, MORNING, Stage, make_stage
from workorders.models import WorkOrder

pytestmark = pytest.mark.django_db
OWN = ("自评密语", "整改密语")
CALLER = "密语回访人"
REPORTED = ("报修密语", "密语摘要", "密语问题", "改派密语", CALLER)
LABEL = "基本满意"
POINTS = re.compile(r"(?<![\w.])87(?![\w.])")


@dataclass(frozen=True)
class Page:
    name: str
    address: Callable[[WorkOrder], str]
    has_rating_words: bool = False
    heads_with_ratings: bool = False
    lists_callers: bool = False

    def exists(self) -> bool:
        """Pages of apps that are not installed yet are added when they are."""
        try:
            return bool(self.address(WorkOrder(pk=1, number="X", closed_on=DAY, technician_id=1, crew_id=1)))
        except NoReverseMatch:
            return False


def listed(name: str, **query: str) -> Callable[[WorkOrder], str]:
    return lambda order: f"{reverse(name)}?{'&'.join(f'{key}={value}' for key, value in query.items())}"


def of_order(name: str) -> Callable[[WorkOrder], str]:
    return lambda order: reverse(name, args=[order.pk])


def of_month(name: str, *more: str) -> Callable[[WorkOrder], str]:
    return lambda order: reverse(name, args=[DAY.replace(day=1), *(getattr(order, key) for key in more)])


def of_day(name: str, *more: str) -> Callable[[WorkOrder], str]:
    return lambda order: reverse(name, args=[DAY, *(getattr(order, key) for key in more)])


def behind(kpi: str) -> Callable[[WorkOrder], str]:
    asked = {"kpi": kpi, "first": f"{DAY}", "last": f"{DAY}"}
    return lambda order: f"{listed('improvement:kpi_orders', **asked)(order)}&crew={order.crew_id}"


MONTH = f"{DAY:%Y-%m}"
CANDIDATES = [
    Page("home", listed("home"), has_rating_words=True, lists_callers=True),
    Page("sheet", listed("evaluations:self_evaluation"), has_rating_words=True),
    Page("in place", listed("evaluations:self_evaluation", in_place="1"), has_rating_words=True),
    Page("card", of_order("evaluations:rate"), has_rating_words=True),
    Page("correction", of_order("evaluations:correct_self_evaluation"), has_rating_words=True),
    Page("results", listed("evaluations:results", day=f"{DAY}")),
    Page("objections", listed("evaluations:objections")),
    Page("object", of_order("evaluations:object")),
    Page("orders", listed("orders:list"), has_rating_words=True),
    Page("order", lambda order: reverse("orders:page", args=[order.number])),
    Page("desk", listed("evaluations:desk"), has_rating_words=True),
    Page("board", listed("evaluations:board", day=f"{DAY}"), has_rating_words=True, lists_callers=True),
    Page("reassign", listed("evaluations:reassign"), lists_callers=True),
    Page("day", of_day("evaluations:day"), heads_with_ratings=True),
    Page("orders of a day", of_day("evaluations:day_orders", "technician_id"), has_rating_words=True),
    Page("month", of_month("evaluations:month"), heads_with_ratings=True),
    Page(
        "month of a technician",
        of_month("evaluations:technician_month", "technician_id"),
        has_rating_words=True,
    ),
    Page("month of a crew", of_month("evaluations:crew_month", "crew_id"), has_rating_words=True),
    Page("left out", of_month("evaluations:left_out")),
    Page("exclusions", listed("evaluations:exclusions", month=MONTH)),
    Page("draws", of_month("evaluations:draw_month")),
    Page("draw", of_day("evaluations:draw_day")),
    Page("export", listed("evaluations:export", first=f"{DAY}", last=f"{DAY}"), heads_with_ratings=True),
    Page("revisits", listed("improvement:revisits")),
    Page("revisit", lambda order: reverse("improvement:revisit", args=[order.number])),
    Page("meetings", listed("improvement:meetings")),
    Page("projects", listed("improvement:projects")),
    Page("kpis", of_day("improvement:kpi_day"), heads_with_ratings=True),
    Page("satisfied orders", behind("satisfied"), heads_with_ratings=True),
    Page("managers' orders", behind("manager_share"), heads_with_ratings=True),
    Page("notices", listed("notices:list")),
    Page("audit", listed("audit", first=f"{DAY}", last=f"{D2}")),
    Page("admin: own ratings", listed("admin:evaluations_selfevaluation_changelist"), has_rating_words=True),
    Page("admin: corrections", listed("admin:evaluations_ratingcorrection_changelist")),
    Page("admin: callbacks", listed("admin:evaluations_callback_changelist"), has_rating_words=True),
    Page("admin: attempts", listed("admin:evaluations_callbackattempt_changelist")),
    Page("admin: reassignments", listed("admin:evaluations_callreassignment_changelist")),
    Page("admin: objections", listed("admin:evaluations_objection_changelist")),
    Page("admin: daily scores", listed("admin:evaluations_dailyscore_changelist")),
    Page("admin: revisits", listed("admin:improvement_revisit_changelist")),
    Page("admin: order", of_order("admin:workorders_workorder_change")),
    Page("admin: orders", listed("admin:workorders_workorder_changelist")),
]
PAGES = [page for page in CANDIDATES if page.exists()]


@pytest.fixture
def stage() -> Stage:
    EvaluationPolicy.objects.filter(begins_on=date(2000, 1, 1)).update(points_basically_satisfied=87)
    return make_stage()


@pytest.fixture
def move_to(time_machine):
    return lambda moment: time_machine.move_to(moment, tick=False)


def rated_by_crew(stage: Stage, order: WorkOrder) -> None:
    make_self_evaluation(
        order,
        Rating.BASICALLY_SATISFIED,
        by=stage.foreman,
        rated_at=MORNING,
        comment="自评密语",
        opinion="整改密语",
    )


def rated_by_reporter(stage: Stage, order: WorkOrder, **fields: object) -> None:
    caller = make_person("caller", Role.DISPATCHER, name=CALLER)
    callback = stage.called(
        order,
        Rating.BASICALLY_SATISFIED,
        caller=caller,
        words="报修密语",
        summary="密语摘要",
        other_problem="密语问题",
        **fields,
    )
    callback.problem_types.set(ProblemType.objects.filter(code=4))
    CallReassignment.objects.create(
        callback=callback,
        from_caller=stage.dispatcher,
        to_caller=caller,
        reason="改派密语",
        by=stage.head,
        at=MORNING,
    )
    order.reporter_phone = "13900001111"
    order._history_user, order._history_date = caller, MORNING
    order.save()


def viewer(stage: Stage, who: str) -> User:
    """One of the cast, or one person with several roles: `foreman+dispatcher` leads the crew and phones too."""
    if "+" not in who:
        return getattr(stage, who, None) or make_person(who, who)
    first, second = who.split("+")
    person = make_person(who, first, second)
    if first == "foreman":
        stage.crew.leads.filter(person=stage.foreman).update(person=person)
    elif first == "technician":
        stage.technician.user = person
        stage.technician.save()
    return person


def shown(client, page: Page, order: WorkOrder) -> str:
    """The page's text: HTML, or every cell of a workbook; empty if the page is not for this reader."""
    response = client.get(page.address(order), follow=True)
    assert response.status_code in (200, 302, 403, 404, 422), response.status_code
    content = b"".join(response.streaming_content) if response.streaming else response.content
    if content[:2] != b"PK":
        return content.decode()
    book = openpyxl.load_workbook(io.BytesIO(content))
    return " ".join(str(cell) for sheet in book for row in sheet.values for cell in row)


def leaks(page: Page, text: str, words: tuple[str, ...]) -> list[str]:
    found = [word for word in words if word in text and not (word == CALLER and page.lists_callers)]
    if not (page.has_rating_words or page.heads_with_ratings):
        found += [LABEL] * (LABEL in text)
    if not page.has_rating_words:
        found += POINTS.findall(text)
    return found


def told(client, order: WorkOrder, words: tuple[str, ...]) -> dict[str, list[str]]:
    """Every page with forbidden text, and that text."""
    found = {page.name: leaks(page, shown(client, page, order), words) for page in PAGES}
    return {name: leaked for name, leaked in found.items() if leaked}


OUTSIDE = ["dispatcher", "lead", "manager", "head", "admin", "outsider", "worker", "technician+lead"]
CREW = [
    "foreman",
    "deputy",
    "worker",
    "foreman+dispatcher",
    "foreman+lead",
    "foreman+head",
    "foreman+admin",
    "technician+lead",
]


@pytest.mark.any_database
@pytest.mark.parametrize("who", OUTSIDE)
@pytest.mark.parametrize("phase", ["not drawn", "assigned", "ended"])
def test_own_rating_is_the_crews_alone_until_the_callback_is_published(client, stage, move_to, who, phase):
    order = stage.order()
    rated_by_crew(stage, order)
    if phase == "assigned":
        stage.called(order, "", state=CallbackState.ASSIGNED, published_at=None, ended_at=None)
    elif phase == "ended":
        stage.called(order, "", state=CallbackState.REFUSED, published_at=None)
    move_to(AFTER_D2)
    client.force_login(viewer(stage, who))

    assert told(client, order, OWN) == {}


@pytest.mark.any_database
@pytest.mark.parametrize("who", CREW)
def test_unpublished_result_is_unknown_to_the_crew(client, stage, move_to, who):
    order = stage.order()
    rated_by_reporter(stage, order, published_at=None)
    make_self_evaluation(order, Rating.SATISFIED, by=stage.foreman, rated_at=MORNING)
    move_to(AFTER_D2)
    client.force_login(viewer(stage, who))

    assert told(client, order, REPORTED) == {}


@pytest.mark.any_database
@pytest.mark.parametrize("who", CREW)
def test_published_result_is_unknown_to_the_crew_until_it_has_rated(client, stage, move_to, who):
    order = stage.order()
    rated_by_reporter(stage, order)
    move_to(EVENING)
    client.force_login(viewer(stage, who))

    assert told(client, order, REPORTED) == {}


@pytest.mark.parametrize("page", [page for page in PAGES if page.name in ("results", "order")])
@pytest.mark.parametrize("who", ["foreman", "deputy", "worker", "dispatcher", "head", "foreman+dispatcher"])
def test_both_sides_are_shown_once_both_are_in_and_published(client, stage, move_to, page, who):
    """The control: these pages do show the words when they may."""
    order = stage.order()
    rated_by_crew(stage, order)
    rated_by_reporter(stage, order)
    move_to(EVENING)
    client.force_login(viewer(stage, who))

    text = shown(client, page, order)

    assert {"自评密语", "报修密语", LABEL} <= {*leaks(page, text, (*OWN, *REPORTED))}


@pytest.mark.parametrize("who", ["foreman", "deputy", "worker"])
def test_crew_sees_the_published_result_from_d2_on_even_unrated(client, stage, move_to, who):
    page = next(page for page in PAGES if page.name == "results")
    order = stage.order()
    rated_by_reporter(stage, order)
    move_to(AFTER_D2)
    client.force_login(viewer(stage, who))

    assert "报修密语" in shown(client, page, order)
