import re
from datetime import date, timedelta
from io import BytesIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from evaluations.enums import Rating
from improvement.enums import Decision, ProjectState
from improvement.models import ImprovementProject, ProjectStep
from improvement.projects.queries import overdue_steps, steps_due_between
from improvement.projects.rules import is_step_in_time
from improvement.projects.transitions import start_project
from tests.factories import OrderFactory
from tests.worlds.crew import queries_of
from tests.worlds.meetings import DAY, NOW, ROLES, item_of

pytestmark = pytest.mark.django_db
LIST, EXCEL, PRINT, NEW = (
    reverse(f"improvement:{name}") for name in ("projects", "projects_excel", "projects_print", "project_new")
)
RUNNERS = ("manager", "head")
READERS = ("foreman", "deputy", "lead", "manager", "head", "admin")
TODAY = NOW.date()


@pytest.fixture(autouse=True)
def now(time_machine):
    time_machine.move_to(NOW, tick=False)


def url(name, project, *more):
    return reverse(f"improvement:{name}", args=[project.pk, *more])


def form_of(room, project=None, **fields):
    given = {
        "version": project.version if project else "",
        "problem": "改过的描述",
        "source": "kpi",
        "responsible": room.manager.pk,
        "crews": [room.crew.pk],
    }
    return given | fields


S = ProjectState


def test_foreman_reports_the_own_crews_steps(client, room):
    project = room.project_in(S.IN_PROGRESS)
    step = project.steps.get()
    data = {"version": step.version, "progress": "完成", "done_on": TODAY.isoformat()}
    found = {}
    for who in ("deputy", "outsider", "foreman"):
        client.force_login(room.fresh(who))
        found[who] = client.post(url("step_report", project, step.pk), data).status_code

    step.refresh_from_db()
    assert found == {"deputy": 403, "outsider": 404, "foreman": 302}
    assert (step.progress, step.done_on, step.done_by) == ("完成", TODAY, room.foreman)


def test_removing_a_step_twice_is_once(client, room):
    project = room.project_in(S.IN_PROGRESS)
    step = project.steps.get()
    client.force_login(room.head)

    statuses = [client.post(url("step_remove", project, step.pk)).status_code for _ in range(2)]

    assert (statuses, ProjectStep.objects.count()) == ([302, 302], 0)


def test_step_of_another_project_is_not_found(client, room):
    one, other = room.project_in(S.IN_PROGRESS), room.project_in(S.IN_PROGRESS)
    client.force_login(room.head)

    for name in ("step_edit", "step_report"):
        assert client.post(url(name, one, other.steps.get().pk), {"progress": "x"}).status_code == 404


@pytest.mark.parametrize("name", ["project_start", "step_remove"])
def test_changes_are_never_a_get(client, room, name):
    project = room.project_in(S.IN_PROGRESS)
    client.force_login(room.head)
    more = [project.steps.get().pk] if name == "step_remove" else []

    assert client.get(url(name, project, *more)).status_code == 405


def test_who_reads_projects(client, room):
    project = room.proposed()
    found = {}
    for who in ROLES:
        client.force_login(room.fresh(who))
        addresses = (LIST, EXCEL, PRINT, url("project", project), url("project_print", project))
        found[who] = tuple(client.get(one).status_code for one in addresses)

    expected = {who: (200,) * 5 if who in READERS else (403,) * 5 for who in ROLES}
    assert found == expected | {"outsider": (200, 200, 200, 404, 404)}


def test_who_proposes_projects(client, room):
    found = {}
    for who in ROLES:
        client.force_login(room.fresh(who))
        found[who] = client.post(NEW, form_of(room)).status_code

    assert found == {who: 302 if who in RUNNERS else 403 for who in ROLES}


def shown(response):
    columns = response.context.get("columns")
    if columns is None:
        return [project.problem for project in response.context["page"]]
    return [project.problem for column in columns for project in column["projects"]]


@pytest.mark.parametrize("view", ["board", "table"])
def test_foreman_sees_own_crews_projects_and_those_of_all(client, room, view):
    room.proposed(problem="本班")
    room.proposed(problem="别班", crews=frozenset({room.other_crew.pk}))
    room.proposed(problem="全中心", crews=frozenset())
    room.proposed(problem="由他负责", crews=frozenset({room.other_crew.pk}), responsible=room.foreman)
    found = {}
    for who in ("foreman", "deputy", "outsider", "lead"):
        client.force_login(room.fresh(who))
        found[who] = set(shown(client.get(LIST, {"view": view})))

    assert found == {
        "foreman": {"本班", "全中心", "由他负责"},
        "deputy": {"本班", "全中心"},
        "outsider": {"别班", "全中心", "由他负责"},
        "lead": {"本班", "别班", "全中心", "由他负责"},
    }


def test_board_stands_by_state(client, room):
    for state in ProjectState:
        room.project_in(state)
    client.force_login(room.head)

    columns = client.get(LIST).context["columns"]

    assert [(column["state"], len(column["projects"])) for column in columns] == [
        (state, 1) for state in ProjectState
    ]


@pytest.mark.parametrize(
    ("query", "problems"),
    [
        ({"state": "in_progress"}, ["逾期"]),
        ({"crew": "other"}, ["别班", "全中心"]),
        ({"source": "audit"}, ["审核"]),
        ({"overdue": "1"}, ["逾期"]),
        ({"q": "审"}, ["审核"]),
        ({"q": "没有"}, []),
    ],
)
@pytest.mark.parametrize("view", ["board", "table"])
def test_filters_of_board_and_table(client, room, query, problems, view):
    room.project_in(S.IN_PROGRESS, problem="逾期")
    room.proposed(problem="别班", crews=frozenset({room.other_crew.pk}))
    room.proposed(problem="全中心", crews=frozenset())
    room.proposed(problem="审核", source="audit")
    client.force_login(room.head)
    query = query | ({"crew": room.other_crew.pk} if "crew" in query else {})

    assert sorted(shown(client.get(LIST, {"view": view, **query}))) == sorted(problems)


@pytest.mark.parametrize("descending", [False, True])
def test_table_is_sorted_as_asked(client, room, descending):
    late, soon = (room.project_in(S.DECIDED, problem=name) for name in ("晚", "早"))
    room.step(late, due_on=TODAY + timedelta(days=9))
    room.step(soon, due_on=TODAY + timedelta(days=1))
    client.force_login(room.head)

    found = shown(client.get(LIST, {"view": "table", "sort": "-due" if descending else "due"}))

    assert found == (["晚", "早"] if descending else ["早", "晚"])


def sheet(response):
    book = load_workbook(BytesIO(b"".join(response.streaming_content)))
    return book.active


def test_export_is_the_tracking_table_of_what_is_filtered(client, room):
    room.project_in(S.EVALUATED, problem="已评定", initial_measure="=1+1")
    room.proposed(problem="提出的")
    client.force_login(room.head)

    response = client.get(EXCEL, {"state": "evaluated"})

    page = sheet(response)
    rows = list(page.iter_rows(values_only=True))
    assert "%E6%94%B9%E5%96%84%E9%A1%B9%E7%9B%AE" in response["Content-Disposition"]
    assert (rows[0][0], rows[1][1:7]) == (
        "改善项目跟踪管理表",
        (
            "改善问题描述",
            "问题来源",
            "初步整改措施",
            "会议讨论确定整改措施",
            "推进工作计划",
            "整改效果评定和确认",
        ),
    )
    assert len(rows) == 3
    assert (rows[2][1], rows[2][3], page["D3"].data_type) == ("已评定", "=1+1", "s")
    assert re.fullmatch(
        r"1\. 排班调整 ?\(工班甲,期限 2026-05-14,完成 2026-04-01 逾期报告 2026-06-01\)", rows[2][5]
    )
    assert rows[2][6].startswith("响应变快\n生效前 0/0,生效后 0/0(各 30 天)。工单太少")


def test_export_prints_as_a_form_on_a4(client, room):
    room.project_in(S.EVALUATED)
    client.force_login(room.head)

    page = sheet(client.get(EXCEL))

    setup = page.page_setup
    assert (setup.paperSize, setup.orientation, setup.fitToWidth) == (9, "landscape", 1)
    assert (page.print_area, page.print_title_rows) == ("'改善项目跟踪管理表'!$A$1:$J$3", "$1:$2")
    assert page.row_dimensions[3].height > 60


def test_printed_form_holds_the_columns_of_the_plan(client, room):
    project = room.project_in(S.EVALUATED, problem="已评定", initial_measure="先做什么")
    room.proposed(problem="提出的")
    client.force_login(room.head)

    texts = [
        client.get(address).content.decode()
        for address in (f"{PRINT}?state=evaluated", url("project_print", project))
    ]

    for text in texts:
        heads = re.findall(r"<th[^>]*>([^<]+)</th>", text)
        assert heads[1:7] == [
            "改善问题描述",
            "问题来源",
            "初步整改措施",
            "会议讨论确定整改措施",
            "推进工作计划",
            "整改效果评定和确认",
        ]
        assert "已评定" in text and "先做什么" in text and "设专人值守" in text and "响应变快" in text
        assert "提出的" not in text
    assert "提出的" in client.get(PRINT).content.decode()


def test_overdue_steps_stand_out(client, room):
    project = room.project_in(S.IN_PROGRESS)
    client.force_login(room.head)

    board, page = client.get(LIST).content.decode(), client.get(url("project", project)).content.decode()

    assert "1 步逾期" in board
    assert 'class="chip late"' in page


def test_overdue_and_counted_are_steps_of_decided_projects(room):
    running, decided = room.project_in(S.IN_PROGRESS), room.project_in(S.DECIDED)
    proposed = room.proposed()
    late = running.steps.get()
    room.step(running, due_on=TODAY + timedelta(days=3), who=room.lead)
    far = room.step(decided, due_on=TODAY + timedelta(days=30))
    room.step(proposed, due_on=DAY)

    assert list(overdue_steps(TODAY)) == [late]
    assert [step.is_in_time for step in steps_due_between(DAY, DAY + timedelta(days=60))] == [False] * 3
    assert far not in overdue_steps(TODAY)


@pytest.mark.parametrize(
    "done_on", [None, date(2019, 1, 1), DAY - timedelta(days=41), DAY, DAY + timedelta(days=4)]
)
@pytest.mark.parametrize("reported_on", [DAY, DAY + timedelta(days=3), DAY + timedelta(days=4)])
def test_steps_in_time_are_the_same_rule(room, done_on, reported_on):
    project = room.project_in(S.IN_PROGRESS)
    step = project.steps.get()
    if done_on:
        project.steps.update(done_on=done_on, done_by=room.foreman, reported_on=reported_on)

    found = steps_due_between(step.due_on, step.due_on).get()

    days = {"due_on": found.due_on, "done_on": found.done_on, "reported_on": found.reported_on}
    assert found.is_in_time is is_step_in_time(**days, decided_on=project.decided_on)


def test_page_says_what_was_reported_late_or_done_before_the_decision(client, room):
    project = room.project_in(S.IN_PROGRESS)
    room.step(project, what="提前")
    late, early = project.steps.order_by("pk")
    project.steps.filter(pk=late.pk).update(done_on=DAY, done_by=room.foreman, reported_on=TODAY)
    project.steps.filter(pk=early.pk).update(done_on=date(2019, 1, 1), done_by=room.foreman, reported_on=DAY)
    client.force_login(room.head)

    text = client.get(url("project", project)).content.decode()

    assert ("报告于 2026-06-10" in text, text.count("不算按时"), text.count("逾期报告")) == (True, 1, 1)


def test_page_shows_the_effect_and_its_orders_as_far_as_the_reader_may_know(client, room):
    project = room.project_in(
        S.IN_PROGRESS, effective_on=DAY, crews=frozenset({room.crew.pk, room.other_crew.pk})
    )
    mine, theirs = room.dissatisfied(), room.dissatisfied(technician=room.other_worker)
    found = {}
    for who in ("foreman", "manager"):
        client.force_login(room.fresh(who))
        response = client.get(url("project", project))
        found[who] = (
            response.context["effect"].after.rated,
            [order.number for order in response.context["effect_orders"]],
        )

    assert found == {"foreman": (2, [mine.number]), "manager": (2, [mine.number, theirs.number])}


def test_result_the_crew_may_not_know_yet_is_in_nobodys_numbers(client, room):
    project = room.project_in(S.IN_PROGRESS, effective_on=TODAY - timedelta(days=3))
    order = OrderFactory(technician=room.worker, day=TODAY - timedelta(days=1))
    room.rated(order, Rating.DISSATISFIED, types=(1,))
    found = {}
    for who in ("foreman", "head"):
        client.force_login(room.fresh(who))
        response = client.get(url("project", project))
        found[who] = (response.context["effect"].after.rated, order.number in response.content.decode())

    assert found == {"foreman": (0, False), "head": (0, False)}


def test_second_tab_keeps_its_words_and_is_told(client, room):
    project = room.proposed()
    client.force_login(room.head)
    client.post(url("project_edit", project), form_of(room, project, problem="先保存的"))

    response = client.post(url("project_edit", project), form_of(room, project, problem="后写的"))

    text = response.content.decode()
    assert (response.status_code, "在别处修改" in text, "后写的" in text) == (422, True, True)
    assert ImprovementProject.objects.get().problem == "先保存的"


def test_same_form_twice_is_one_project(client, room):
    client.force_login(room.head)
    token = client.get(NEW).context["form"].initial["token"]

    for _ in range(2):
        client.post(NEW, form_of(room, token=token))

    assert ImprovementProject.objects.count() == 1


@pytest.mark.parametrize("name", ["project_start", "project_evaluate"])
def test_what_stands_in_the_way_is_said(client, room, name):
    project = room.project_in(S.DECIDED if name == "project_start" else S.IN_PROGRESS)
    client.force_login(room.head)

    text = client.get(url("project", project)).content.decode()

    assert url(name, project) not in text
    assert {"project_start": "还没有步骤", "project_evaluate": "还有步骤没有完成"}[name] in text


def test_page_shows_decisions_and_history(client, room):
    room.revisit()
    item = room.decide(item_of(room.opened()), Decision.NEW_PROJECT)
    room.step(item.project)
    start_project(item.project, by=room.manager, now=NOW)
    client.force_login(room.foreman)

    response = client.get(url("project", item.project))

    assert [one.decision for one in response.context["items"]] == [Decision.NEW_PROJECT]
    assert [(change.by, change.step) for change in response.context["changes"]] == [
        (room.manager, ""),
        (room.head, ""),
        (room.manager, "排班调整"),
    ]


@pytest.mark.parametrize("place", ["board", "table", "excel", "project", "print"])
def test_pages_take_the_same_number_of_queries_for_one_and_for_many(client, room, place):
    project = room.project_in(S.IN_PROGRESS)
    room.project_in(S.EVALUATED)
    client.force_login(room.fresh("head"))
    pages = {
        "board": LIST,
        "table": f"{LIST}?view=table",
        "excel": EXCEL,
        "print": PRINT,
        "project": url("project", project),
    }
    count = asked if place == "excel" else queries_of
    one = count(client, pages[place])

    for n in range(9):
        other = room.project_in((S.IN_PROGRESS, S.EVALUATED, S.DECIDED)[n % 3])
        room.step(project)
        if n % 3 != 1:
            room.step(other)

    assert count(client, pages[place]) == one


def asked(client, address):
    with CaptureQueriesContext(connection) as captured:
        assert b"".join(client.get(address).streaming_content)
    return len(captured)
