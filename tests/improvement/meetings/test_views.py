import re
from datetime import timedelta
from io import BytesIO

import pytest
from django.db.models import Value
from django.db.models.functions import Concat
from django.urls import reverse
from openpyxl import load_workbook

from evaluations.enums import Rating
from evaluations.models import Callback
from improvement.enums import Decision, ItemKind, MeetingState, ProjectState, RevisitState
from improvement.meetings.actions import close_meeting, open_meeting, save_minutes
from improvement.models import AgendaItem, ImprovementProject, Revisit, RevisitQuestion
from improvement.projects.actions import change_project
from improvement.revisits.actions import return_with_question
from satisfaction.accounts.models import User
from tests.factories import make_person
from tests.worlds.crew import queries_of
from tests.worlds.meetings import (
    BEFORE,
    NOW,
    PLANNED_AT,
    ROLES,
    item_in,
    item_of,
)
from tests.worlds.revisits import uphold
from workorders.models import Crew, Technician

pytestmark = pytest.mark.django_db
LIST = reverse("improvement:meetings")
RUNNERS = ("manager", "head")
READERS = {"foreman", "deputy", "outsider", "lead", "manager", "head", "admin"}


@pytest.fixture(autouse=True)
def now(time_machine):
    time_machine.move_to(NOW, tick=False)


def url(name, meeting, *more):
    return reverse(f"improvement:{name}", args=[meeting.month, *more])


def in_state(room, state):
    """A meeting, with an undecided revisit if its state allows one."""
    if state == MeetingState.CLOSED:
        return room.held()
    return room.planned() if state == MeetingState.PLANNED else room.opened()


@pytest.mark.parametrize("name", ["meeting_plan", "meeting_open", "meeting_close"])
def test_changes_are_never_a_get(client, room, name):
    meeting = room.planned()
    client.force_login(room.head)

    address = reverse("improvement:meeting_plan") if name == "meeting_plan" else url(name, meeting)

    assert client.get(address).status_code == 405


@pytest.mark.parametrize("name", ["meeting", "minutes", "minutes_excel"])
def test_who_reads_meetings(client, room, name):
    meeting = room.opened()
    found = {}
    for who in ROLES:
        client.force_login(room.fresh(who))
        found[who] = (client.get(LIST).status_code, client.get(url(name, meeting)).status_code)

    assert found == {who: (200, 200) if who in READERS else (403, 403) for who in ROLES}


@pytest.mark.parametrize("name", ["meeting_mode", "meeting_screen", "meeting_end", "meeting_ask"])
def test_meeting_mode_is_for_who_runs_it(client, room, name):
    room.revisit()
    meeting = room.opened()
    more = [1] if name in ("meeting_screen", "meeting_ask") else []
    found = {}
    for who in ROLES:
        client.force_login(room.fresh(who))
        method = client.post if name == "meeting_ask" else client.get
        found[who] = method(url(name, meeting, *more)).status_code

    assert {who for who, status in found.items() if status == 403} == set(ROLES) - set(RUNNERS)


def test_no_such_meeting(client, room):
    client.force_login(room.head)

    for name, more in (("meeting", []), ("meeting_mode", []), ("meeting_screen", [1]), ("minutes", [])):
        assert client.get(reverse(f"improvement:{name}", args=[BEFORE.date(), *more])).status_code == 404


def test_planned_meeting_has_no_minutes_yet(client, room):
    meeting = room.planned()
    client.force_login(room.head)

    assert client.get(url("minutes", meeting)).status_code == 404
    assert client.get(url("meeting_mode", meeting))["Location"] == url("meeting", meeting)


def rows(response):
    return [(item.position, item.kind) for item in response.context["page"]]


def test_agenda_is_live_until_opened(client, room):
    meeting = room.planned()
    client.force_login(room.head)
    empty = client.get(url("meeting", meeting))
    revisit = room.revisit()

    filled = client.get(url("meeting", meeting))
    client.post(url("meeting_open", meeting))
    room.revisit()
    fixed = client.get(url("meeting", meeting))

    assert (rows(empty), rows(filled), rows(fixed)) == ([], [(1, "revisit")], [(1, "revisit")])
    assert revisit.order.number in fixed.content.decode()


@pytest.mark.parametrize("state", [MeetingState.PLANNED, MeetingState.OPEN])
def test_foreman_reads_what_concerns_the_own_crew(client, room, state):
    mine = room.revisit()
    theirs = room.revisit(room.dissatisfied(technician=room.other_worker, reporter_location="五楼"))
    late = room.dissatisfied(technician=room.other_worker)
    foreign = room.step(
        room.project_in(
            ProjectState.IN_PROGRESS, crews=frozenset({room.other_crew.pk}), problem="别班的项目"
        ),
        crew=room.other_crew,
    )
    meeting = in_state(room, state)
    found = {}
    for who in ("foreman", "outsider", "lead"):
        client.force_login(room.fresh(who))
        text = client.get(url("meeting", meeting)).content.decode()
        shown = (mine.order.number, theirs.order.number, late.number, foreign.what)
        found[who] = [one in text for one in shown]

    assert found["foreman"] == [True, False, False, False]
    assert found["outsider"] == [False, True, True, True]
    assert found["lead"] == [True] * 4


@pytest.mark.parametrize("name", ["minutes", "minutes_excel"])
def test_foreman_prints_what_concerns_the_own_crew(client, room, name):
    mine, theirs = room.revisit(), room.revisit(room.dissatisfied(technician=room.other_worker))
    meeting = room.opened()
    save_minutes(
        meeting, by=room.head, attendees=[room.outsider], other_attendees="", minutes="机密", now=NOW
    )
    found = {}
    for who in ("foreman", "outsider", "manager"):
        client.force_login(room.fresh(who))
        response = client.get(url(name, meeting))
        text = cells(response) if name == "minutes_excel" else response.content.decode()
        found[who] = [one in text for one in (mine.order.number, theirs.order.number, "机密")]

    assert found == {
        "foreman": [True, False, False],
        "outsider": [False, True, True],
        "manager": [True, True, True],
    }


def cells(response):
    book = load_workbook(BytesIO(b"".join(response.streaming_content)))
    return "\n".join(str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row)


def test_minutes_workbook_holds_the_decisions(client, room):
    room.revisit()
    meeting = room.opened()
    item = room.decide(item_of(meeting), Decision.NEW_PROJECT)
    client.force_login(room.head)

    book = load_workbook(BytesIO(b"".join(client.get(url("minutes_excel", meeting)).streaming_content)))

    assert book.sheetnames == ["故障分析会纪要", "议题与决定", "供了解"]
    decided = next(iter(book["议题与决定"].iter_rows(min_row=2, max_row=2, values_only=True)))
    assert decided[:10] == (
        1,
        "不满意回访",
        item.revisit.order.number,
        "工班甲",
        "当日联系报修人",
        "新建改善项目",
        "响应慢",
        "设专人值守",
        "manager",
        None,
    )


@pytest.mark.parametrize("name", ["minutes", "minutes_excel"])
def test_closed_minutes_say_the_same_whatever_becomes_of_project_and_revisit(client, room, name):
    waiting, decided = room.revisit(), room.revisit()
    meeting = room.opened()
    room.decide(AgendaItem.objects.get(revisit=waiting), Decision.DEFERRED)
    item = room.decide(AgendaItem.objects.get(revisit=decided), Decision.NEW_PROJECT)
    client.force_login(room.head)
    running = said(client.get(url(name, meeting)))
    close_meeting(meeting, by=room.head, now=NOW)
    closed = said(client.get(url(name, meeting)))

    plan = room.plan(problem="改了说法", responsible=room.head, crews=frozenset({room.other_crew.pk}))
    change_project(item.project, by=room.manager, plan=plan, now=NOW)
    ImprovementProject.objects.update(decided_measure="另一项措施")
    Revisit.objects.filter(pk=waiting.pk).update(measure="后来改的")

    assert said(client.get(url(name, meeting))) == closed != running
    assert "设专人值守" in str(closed) and "延至下次 1" in str(closed)


@pytest.mark.parametrize("name", ["minutes", "minutes_excel", "meeting", "meeting_screen"])
def test_closed_minutes_keep_the_names_of_that_time(client, room, name):
    """Chair, attendees, the deciding, visiting, repairing and responsible people, and the crew."""
    revisit, meeting = room.revisit(), room.opened()
    save_minutes(
        meeting, by=room.head, attendees=[room.foreman, room.lead], other_attendees="", minutes="", now=NOW
    )
    room.decide(item_of(meeting), Decision.NEW_PROJECT)
    close_meeting(meeting, by=room.head, now=NOW)
    viewer = make_person("viewer", "head")
    client.force_login(viewer)
    address = url(name, meeting, *([1] if name == "meeting_screen" else []))
    before = said(client.get(address))

    User.objects.exclude(pk=viewer.pk).update(name="改名")
    Crew.objects.update(name=Concat(Value("新"), "name"))
    Technician.objects.update(name="换了名字")

    after = said(client.get(address))
    assert _comparable(after) == _comparable(before)
    assert "head" in str(before)
    assert revisit.order.number in str(before)


def _comparable(words):
    """The page without its tokens, which change with each response."""
    return re.sub(r"\b[A-Za-z0-9]{64}\b|nonce-[^\"]*", "", str(words))


def said(response):
    """The text of a page, or the cells of a workbook."""
    if not response.streaming:
        return response.content.decode()
    book = load_workbook(BytesIO(b"".join(response.streaming_content)))
    return [[cell.value for cell in row] for sheet in book for row in sheet.rows]


def test_closing_says_which_revisit_waits(client, room):
    revisit = room.revisit()
    meeting = room.opened()
    client.force_login(room.head)

    response = client.post(url("meeting_close", meeting), {"version": meeting.version})
    end = client.get(url("meeting_end", meeting))

    assert response.status_code == 422
    assert re.search(rf"{revisit.order.number} ?\(工班甲\)", response.content.decode())
    assert [item.revisit for item in end.context["blocking"]] == [revisit]


def test_overdue_meeting_says_so(client, room, time_machine):
    meeting = room.planned()
    client.force_login(room.head)
    time_machine.move_to(PLANNED_AT + timedelta(days=1), tick=False)

    assert [row.is_overdue for row in client.get(LIST).context["page"]] == [True]
    assert "逾期未召开" in client.get(url("meeting", meeting)).content.decode()


def test_effect_is_not_confirmed_by_who_did_the_work(client, room):
    item = item_in(room, ItemKind.EFFECT)
    client.force_login(room.fresh("manager"))

    response = client.post(url("meeting_screen", item.meeting, item.position), {"decision": "confirmed"})

    assert response.status_code == 403
    assert ImprovementProject.objects.get().state == ProjectState.EVALUATED


@pytest.mark.parametrize("decision", ["confirmed", "accepted", "dismissed", "closed", ""])
def test_made_up_decision_is_refused(client, room, decision):
    item = item_in(room, ItemKind.REVISIT)
    client.force_login(room.head)

    response = client.post(
        url("meeting_screen", item.meeting, item.position),
        {"decision": decision, "reason": "x", "measure": "x"},
    )

    assert (response.status_code, AgendaItem.objects.get(pk=item.pk).decision) == (422, "")


def test_decision_goes_on_to_the_next_item_and_the_end(client, room):
    for _ in range(2):
        room.revisit()
    meeting = room.opened()
    meeting.items.filter(kind=ItemKind.PROPOSAL).delete()
    client.force_login(room.head)
    data = {"decision": "deferred", "reason": "待查"}

    first = client.get(url("meeting_mode", meeting))["Location"]
    then = client.post(url("meeting_screen", meeting, 1), data)["Location"]
    last = client.post(url("meeting_screen", meeting, 2), data)["Location"]

    assert (first, then, last) == (
        url("meeting_screen", meeting, 1),
        url("meeting_screen", meeting, 2),
        url("meeting_end", meeting),
    )
    assert client.get(url("meeting_mode", meeting))["Location"] == url("meeting_end", meeting)


def test_second_tab_keeps_its_words_and_is_told(client, room):
    item = item_in(room, ItemKind.REVISIT)
    room.decide(item, Decision.NO_ACTION)
    client.force_login(room.head)

    response = client.post(
        url("meeting_screen", item.meeting, item.position),
        {"version": item.version, "decision": "deferred", "reason": "我写的理由"},
    )

    text = response.content.decode()
    assert (response.status_code, "在别处修改" in text, "我写的理由" in text) == (422, True, True)
    assert f'value="{item.version + 1}"' in text


def test_nothing_is_chosen_beforehand(client, room):
    item = item_in(room, ItemKind.REVISIT)
    client.force_login(room.head)

    text = client.get(url("meeting_screen", item.meeting, item.position)).content.decode()

    assert "checked" not in text
    assert "当日联系报修人" in text


def test_revisit_goes_back_with_a_question(client, room):
    item = item_in(room, ItemKind.REVISIT)
    client.force_login(room.head)

    response = client.post(url("meeting_ask", item.meeting, item.position), {"question": "何时到场?"})

    item.revisit.refresh_from_db()
    assert (response.status_code, item.revisit.state) == (302, RevisitState.RETURNED)
    assert RevisitQuestion.objects.values_list("question", "meeting", "asked_by").get() == (
        "何时到场?",
        item.meeting_id,
        room.head.pk,
    )


def test_question_is_a_heads(client, room):
    item = item_in(room, ItemKind.REVISIT)
    client.force_login(room.manager)

    page = client.get(url("meeting_screen", item.meeting, item.position))
    response = client.post(url("meeting_ask", item.meeting, item.position), {"question": "何时到场?"})

    assert ("question" in page.context, response.status_code) == (False, 403)


def test_returned_revisit_shows_its_thread(client, room):
    item = item_in(room, ItemKind.REVISIT)
    return_with_question(item.revisit, by=room.head, question="何时到场?", now=NOW, meeting=item.meeting)
    client.force_login(room.head)

    text = client.get(url("meeting_screen", item.meeting, item.position)).content.decode()

    assert "何时到场?" in text
    assert "退回补充" in text


@pytest.mark.parametrize("how", ["corrected", "objected"])
def test_revisit_no_longer_needed_stays_on_the_agenda_and_is_marked(client, room, how):
    revisit, other = room.revisit(), room.revisit()
    if how == "corrected":
        Callback.objects.filter(order=revisit.order).update(rating=Rating.SATISFIED, points=10)
    else:
        uphold(revisit.order, room)
    meeting = room.planned()
    client.force_login(room.head)

    live = [(item.revisit, item.is_dropped) for item in client.get(url("meeting", meeting)).context["page"]]
    open_meeting(meeting, by=room.head, now=NOW)
    fixed = client.get(url("meeting", meeting))
    screens = [client.get(url("meeting_screen", meeting, n)).content.decode() for n in (1, 2)]

    assert live[:2] == [(revisit, True), (other, False)]
    assert [(item.revisit, item.is_dropped) for item in fixed.context["page"]][:2] == live[:2]
    assert fixed.content.decode().count("不再需要") == 1
    assert ["不再需要" in screen for screen in screens] == [True, False]


def test_phone_of_the_reporter_stays_hidden(client, room):
    item = item_in(room, ItemKind.REVISIT)
    client.force_login(room.head)
    pages = [url("meeting_screen", item.meeting, item.position), url("meeting", item.meeting)]

    for page in [*pages, url("minutes", item.meeting)]:
        assert item.revisit.order.reporter_phone not in client.get(page).content.decode()


@pytest.mark.parametrize("place", ["agenda", "opened", "list", "screen", "minutes", "end"])
def test_pages_take_the_same_number_of_queries_for_one_and_for_many(client, room, place):
    def fill(times):
        for _ in range(times):
            room.revisit()
            room.step(room.project_in(ProjectState.IN_PROGRESS))

    fill(1)
    meeting = room.planned()
    pages = {
        "agenda": url("meeting", meeting),
        "opened": url("meeting", meeting),
        "list": LIST,
        "screen": url("meeting_screen", meeting, 1),
        "minutes": url("minutes", meeting),
        "end": url("meeting_end", meeting),
    }
    client.force_login(room.head)
    if place != "agenda":
        client.post(url("meeting_open", meeting))
    one = queries_of(client, pages[place])

    fill(8)
    if place != "agenda":
        for n, revisit in enumerate(room_revisits(), start=50):
            AgendaItem.objects.get_or_create(
                meeting=meeting, revisit=revisit, defaults={"kind": ItemKind.REVISIT, "position": n}
            )

    assert queries_of(client, pages[place]) == one


def room_revisits():
    return Revisit.objects.all()


@pytest.mark.parametrize("version", ["9" * 5000, "x", ""])
def test_meeting_closes_whatever_stands_for_a_version(client, room, version):
    meeting = room.opened()
    client.force_login(room.head)

    response = client.post(url("meeting_close", meeting), {"version": version})

    meeting.refresh_from_db()
    assert (response.status_code, meeting.state) == (302, MeetingState.CLOSED)
