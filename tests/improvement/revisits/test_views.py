"""Revisits over HTTP: roles, every state guard by direct POST, typed text is kept (domain §9, §12)."""

from datetime import date, time
from io import BytesIO

import openpyxl
import pytest
import segno
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from evaluations.enums import Rating
from improvement.enums import Decision, RevisitState
from improvement.models import Revisit, RevisitPhoto, RevisitQuestion
from improvement.revisits.actions import save_revisit_draft, stored_answers, submit_revisit
from improvement.revisits.photos import add_photos, read_picture
from satisfaction.calendars import days
from satisfaction.core.roles import Role
from tests.factories import CrewFactory, TechnicianFactory, make_lead, make_person
from tests.worlds.crew import DAY, EVENING, make_absent, make_stage, queries_of, technician_of
from tests.worlds.revisits import (
    LATE,
    NOW,
    answer,
    dissatisfied,
    handed_in,
    on_agenda,
    open_meeting,
    picture,
    returned,
    turned_satisfied,
    types,
)
from workorders.models import CrewLead

pytestmark = pytest.mark.django_db
LIST = reverse("improvement:revisits")


@pytest.fixture
def stage():
    stage = make_stage()
    stage.lead = make_person("lead", Role.LEAD)
    stage.admin = make_person("admin", Role.ADMIN)
    return stage


@pytest.fixture(autouse=True)
def then(time_machine):
    time_machine.move_to(NOW, tick=False)


def url(name, order):
    return reverse(f"improvement:{name}", args=[order.number])


def page_of(order):
    return url("revisit", order)


def filled(version=0, action="submit", **fields):
    known = {
        "version": version,
        "action": action,
        "visited_at": "2026-05-14T10:00",
        "words": "修了三次还是掉线",
        "problem_types": list(types(3)),
        "findings": "机房温度过高,交换机反复重启",
        "measure": "加装风扇,每周巡检一次",
    }
    return known | fields


def status_at(client, address):
    """Reads the file to its end, as a browser does."""
    response = client.get(address)
    if response.streaming:
        assert b"".join(response.streaming_content)
    return response.status_code


def numbers(response):
    return [card.order.number for card in response.context["cards"]]


# --- The list ---------------------------------------------------------------------------------------------


def test_list_names_what_is_due_with_its_date_and_why(client, stage):
    order = dissatisfied(stage, words="还是坏的")
    client.force_login(stage.foreman)

    response = client.get(LIST)

    [card] = response.context["cards"]
    assert (card.order, card.due.at, card.why_due) == (
        order,
        days.moment_at(date(2026, 6, 8), time(18)),
        "2026年6月故障分析会尚未安排,按第 8 个服务日下班前上交",
    )
    assert all(
        words in response.content.decode() for words in (order.number, card.why_due, "还是坏的", "待回访")
    )


def test_deadline_explains_itself_in_the_list_on_the_home_page_and_on_the_form(client, stage):
    order = dissatisfied(stage)
    why, words = url("revisit_deadline", order), "6月8日星期一是第 8 个服务日,6月8日星期一 18:00 到期。"
    client.force_login(stage.foreman)

    assert all(why in client.get(page).text for page in (LIST, reverse("home")))
    assert all(words in client.get(page).text for page in (why, page_of(order)))
    client.force_login(make_person("stranger", Role.FOREMAN))
    assert client.get(why).status_code == 404


def test_list_counts_what_is_overdue(client, stage, time_machine):
    dissatisfied(stage)
    time_machine.move_to(LATE, tick=False)
    client.force_login(stage.foreman)

    response = client.get(LIST)

    assert (response.context["overdue"], [card.standing for card in response.context["cards"]]) == (
        1,
        ["overdue"],
    )


def test_list_has_a_tab_for_each_standing(client, stage):
    due, begun = dissatisfied(stage), dissatisfied(stage)
    save_revisit_draft(begun, by=stage.foreman, answer=answer(), version=0, now=NOW)
    submitted = handed_in(stage).order
    decided = handed_in(stage)
    on_agenda(decided, open_meeting(stage), Decision.NO_ACTION)
    dropped = dissatisfied(stage)
    save_revisit_draft(dropped, by=stage.foreman, answer=answer(), version=0, now=NOW)
    turned_satisfied(dropped)
    client.force_login(stage.foreman)

    found = {
        tab: numbers(client.get(LIST, {"state": tab})) for tab in ("open", "submitted", "decided", "dropped")
    }

    assert found == {
        "open": [due.number, begun.number],
        "submitted": [submitted.number],
        "decided": [decided.order.number],
        "dropped": [dropped.number],
    }


def test_list_is_narrowed_by_month_and_crew(client, stage):
    dissatisfied(stage)
    other = TechnicianFactory()
    wanted = dissatisfied(stage, technician=other, day=date(2026, 4, 30))
    client.force_login(stage.manager)

    both = numbers(client.get(LIST))
    narrowed = [
        numbers(client.get(LIST, q)) for q in ({"crew": other.crew.pk}, {"month": "2026-04"}, {"month": "x"})
    ]

    assert (len(both), narrowed[:2], len(narrowed[2])) == (2, [[wanted.number]] * 2, 2)


@pytest.mark.parametrize("state", ["open", "submitted"])
@pytest.mark.parametrize("who", ["foreman", "manager"])
def test_list_takes_the_same_number_of_queries_for_one_and_for_many(client, stage, state, who):
    handed_in(stage), dissatisfied(stage)
    client.force_login(getattr(stage, who))
    one = queries_of(client, f"{LIST}?state={state}")
    for _ in range(29):
        handed_in(stage), dissatisfied(stage)

    assert queries_of(client, f"{LIST}?state={state}") == one


def test_list_shows_thirty_a_page(client, stage):
    for _ in range(31):
        dissatisfied(stage)
    client.force_login(stage.foreman)

    assert [len(numbers(client.get(LIST, {"page": page}))) for page in (1, 2)] == [30, 1]


def test_empty_list_says_what_will_come(client, stage):
    client.force_login(stage.foreman)

    assert "没有要回访的报修人" in client.get(LIST).content.decode()


# --- Permissions ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("foreman", 200),
        ("deputy", 200),
        ("lead", 200),
        ("manager", 200),
        ("head", 200),
        ("outsider", 404),
        ("worker", 403),
        ("dispatcher", 403),
        ("admin", 403),
    ],
)
def test_who_may_read(client, stage, who, status):
    revisit = handed_in(stage)
    [photo] = add_photos(revisit, [read_picture(picture())], by=stage.foreman, now=NOW)
    client.force_login(getattr(stage, who))
    order = revisit.order

    addresses = [url(name, order) for name in ("revisit", "revisit_print", "revisit_excel")]
    addresses.append(reverse("improvement:revisit_photo", args=[photo.pk]))

    assert [status_at(client, address) for address in addresses] == [status] * 4


def test_nobody_of_the_crew_hears_of_it_sooner_than_the_crew_may(client, stage, time_machine):
    order = stage.order()
    stage.called(order, Rating.DISSATISFIED)
    time_machine.move_to(EVENING, tick=False)
    client.force_login(stage.foreman)

    assert (client.get(page_of(order)).status_code, numbers(client.get(LIST))) == (404, [])


def test_an_order_without_revisit_has_no_page(client, stage):
    order = stage.order()
    stage.called(order, Rating.SATISFIED)
    client.force_login(stage.foreman)

    assert [client.get(page_of(order)).status_code, client.post(page_of(order), filled()).status_code] == [
        404,
        404,
    ]


def test_wrong_methods_are_refused(client, stage):
    order = handed_in(stage).order
    client.force_login(stage.head)

    assert [
        client.post(LIST).status_code,
        client.get(url("revisit_return", order)).status_code,
        client.post(url("revisit_print", order)).status_code,
    ] == [405, 405, 405]


def test_a_foreman_who_changed_crews_finds_nothing_of_the_old_one(client, stage):
    order = dissatisfied(stage)
    CrewLead.objects.filter(person=stage.foreman).update(to_on=DAY)
    make_lead(CrewFactory(), stage.foreman)
    client.force_login(stage.foreman)

    assert (client.post(page_of(order), filled()).status_code, numbers(client.get(LIST))) == (404, [])


# --- The form --------------------------------------------------------------------------------------------------


def test_form_opens_with_the_reporters_words_and_no_rating_chosen(client, stage):
    order = dissatisfied(stage, words="还是坏的", types=(1,))
    client.force_login(stage.foreman)

    response = client.get(page_of(order))

    page = response.content.decode()
    assert "还是坏的" in page
    assert page.count(" checked") == 1
    assert not Revisit.objects.exists()


def test_a_draft_is_kept_and_found_again(client, stage):
    order = dissatisfied(stage)
    client.force_login(stage.foreman)

    response = client.post(page_of(order), filled(action="draft", measure=""), follow=True)

    assert "已暂存" in response.content.decode()
    assert response.context["form"]["findings"].value() == "机房温度过高,交换机反复重启"
    assert Revisit.objects.get().state == RevisitState.DRAFT


def test_submit_stores_the_form_with_its_photos(client, stage):
    order = dissatisfied(stage)
    client.force_login(stage.foreman)

    response = client.post(page_of(order), filled(photos=[picture("a.png"), picture("b.png", "JPEG")]))

    revisit = Revisit.objects.get()
    assert (response.url, revisit.state, stored_answers(revisit)) == (
        page_of(order),
        RevisitState.SUBMITTED,
        answer(),
    )
    assert list(revisit.photos.values_list("name", flat=True)) == ["a.jpg", "b.jpg"]


def test_what_is_missing_is_said_and_what_was_typed_stays(client, stage):
    order = dissatisfied(stage)
    client.force_login(stage.foreman)

    response = client.post(page_of(order), filled(measure="", findings="只写了这些"))

    page = response.content.decode()
    assert (response.status_code, "提交前请填写:工长整改措施和建议" in page, "只写了这些" in page) == (
        422,
        True,
        True,
    )
    assert not Revisit.objects.exists()


@pytest.mark.parametrize(
    ("upload", "sentence"),
    [
        (SimpleUploadedFile("form.jpg", b"<html></html>", "image/jpeg"), "不是可用的照片"),
        (SimpleUploadedFile("form.jpg", b"\xff\xd8" + b"0" * 5000, "image/jpeg"), "超过"),
    ],
)
def test_an_attachment_that_is_no_picture_or_too_large_stops_the_save_and_keeps_the_text(
    client, stage, settings, upload, sentence
):
    settings.REVISIT_PHOTO_MAX_BYTES = 4000
    upload.seek(0)
    order = dissatisfied(stage)
    client.force_login(stage.foreman)

    response = client.post(page_of(order), filled(photos=[upload]))

    page = response.content.decode()
    assert (response.status_code, sentence in page, "机房温度过高" in page) == (422, True, True)
    assert (Revisit.objects.count(), RevisitPhoto.objects.count()) == (0, 0)


def test_one_photo_too_many_undoes_the_whole_save(client, stage, settings):
    settings.REVISIT_MAX_PHOTOS = 1
    revisit = handed_in(stage)
    add_photos(revisit, [read_picture(picture())], by=stage.foreman, now=NOW)
    client.force_login(stage.foreman)

    response = client.post(
        page_of(revisit.order), filled(version=1, measure="改", photos=[picture(size=(9, 9))])
    )

    assert (response.status_code, "最多附 1 张" in response.content.decode()) == (422, True)
    assert Revisit.objects.get().measure == answer().measure


def test_two_tabs_the_second_sees_both_texts_and_saves_knowingly(client, stage):
    order = handed_in(stage).order
    submit_revisit(order, by=stage.foreman, answer=answer(measure="第一页"), version=1, now=NOW)
    client.force_login(stage.foreman)

    conflict = client.post(page_of(order), filled(version=1, measure="第二页"))
    page = conflict.content.decode()
    again = client.post(
        page_of(order), filled(version=conflict.context["form"]["version"].value(), measure="第二页")
    )

    assert (conflict.status_code, "别处保存" in page, "第一页" in page, "第二页" in page) == (
        422,
        True,
        True,
        True,
    )
    assert (again.status_code, Revisit.objects.get().measure) == (302, "第二页")


def test_the_same_form_sent_twice_is_one_form(client, stage):
    order = dissatisfied(stage)
    client.force_login(stage.foreman)

    statuses = [client.post(page_of(order), filled()).status_code for _ in range(2)]

    assert (statuses, Revisit.objects.get().version) == ([302, 302], 1)


@pytest.mark.parametrize(
    ("decision", "action", "sentence"),
    [
        ("", "submit", "正在讨论"),
        (Decision.NO_ACTION, "submit", "作出决定"),
        (Decision.NO_ACTION, "draft", "作出决定"),
    ],
)
def test_a_form_before_the_meeting_is_closed_whatever_is_posted(client, stage, decision, action, sentence):
    revisit = handed_in(stage)
    on_agenda(revisit, open_meeting(stage), decision)
    client.force_login(stage.foreman)

    response = client.post(page_of(revisit.order), filled(version=1, action=action, measure="改"))

    assert (response.status_code, sentence in response.content.decode()) == (422, True)
    assert Revisit.objects.get().measure == answer().measure


def test_a_submitted_form_is_read_and_opened_again_by_hand(client, stage):
    order = handed_in(stage).order
    client.force_login(stage.foreman)

    read, edit = client.get(page_of(order)), client.get(page_of(order) + "?edit=1")

    assert ("form" in read.context, "form" in edit.context) == (False, True)
    assert client.post(page_of(order), filled(version=1, action="draft", measure="改")).status_code == 422


def test_who_reads_finds_no_form_even_when_asking_for_it(client, stage):
    order = handed_in(stage).order
    client.force_login(stage.manager)

    response = client.get(page_of(order) + "?edit=1")

    page = response.content.decode()
    assert ("机房温度过高" in page, 'name="findings"' in page, "退回提问" in page) == (True, False, False)


def test_the_question_is_answered_on_the_form_and_the_thread_stays(client, stage):
    asked = returned(stage)
    client.force_login(stage.foreman)
    page = client.get(page_of(asked.revisit.order)).content.decode()

    without = client.post(page_of(asked.revisit.order), filled(version=2))
    client.post(page_of(asked.revisit.order), filled(version=2, reply="本周五"))

    assert (asked.question in page, without.status_code) == (True, 422)
    client.force_login(stage.head)
    thread = client.get(page_of(asked.revisit.order)).content.decode()
    assert (asked.question in thread, "本周五" in thread, "退回提问" in thread) == (True, True, True)


def test_a_question_needs_words_and_a_form_that_was_handed_in(client, stage):
    revisit, due = handed_in(stage), dissatisfied(stage)
    client.force_login(stage.head)

    assert [
        client.post(url("revisit_return", revisit.order), {"question": " "}).status_code,
        client.post(url("revisit_return", due), {"question": "为何?"}).status_code,
    ] == [422, 422]
    assert not RevisitQuestion.objects.exists()


def test_a_dropped_revisit_is_marked_and_may_still_be_finished(client, stage):
    order = dissatisfied(stage)
    save_revisit_draft(order, by=stage.foreman, answer=answer(), version=0, now=NOW)
    turned_satisfied(order)
    client.force_login(stage.foreman)

    page = client.get(page_of(order)).content.decode()

    assert "不再需要" in page
    assert client.post(page_of(order), filled(version=1)).status_code == 302


# --- The phone -------------------------------------------------------------------------------------------------


def test_the_phone_is_shown_in_full_to_who_must_go_there_and_masked_to_others(client, stage):
    order = dissatisfied(stage, reporter_phone="13812344414")
    shown = {}
    for who in ("foreman", "deputy", "lead", "manager", "head"):
        client.force_login(getattr(stage, who))
        pages = (
            client.get(page_of(order)).content.decode(),
            client.get(url("revisit_print", order)).content.decode(),
        )
        shown[who] = ["13812344414" in page for page in pages]

    assert shown == {"foreman": [True, True]} | {
        who: [False, False] for who in ("deputy", "lead", "manager", "head")
    }


def test_the_phone_is_masked_once_the_form_is_handed_in(client, stage):
    order = handed_in(stage, dissatisfied(stage, reporter_phone="13812344414")).order
    client.force_login(stage.foreman)

    for name in ("revisit", "revisit_print"):
        page = client.get(url(name, order)).content.decode()
        assert ("13812344414" in page, "138****4414" in page or "138 **** 4414" in page) == (False, True)


def test_the_deputy_sees_the_phone_while_the_foreman_is_away(client, stage):
    order = dissatisfied(stage, reporter_phone="13812344414")
    make_absent(stage.foreman, days.local_day(NOW))
    client.force_login(stage.deputy)

    assert "13812344414" in client.get(page_of(order)).content.decode()


def test_a_manager_visits_in_place_when_both_leads_are_concerned(client, stage):
    CrewLead.objects.filter(person=stage.deputy).delete()
    order = dissatisfied(stage, technician=technician_of(stage.foreman, stage.crew))
    client.force_login(stage.manager)

    client.post(page_of(order), filled())

    assert "代访" in client.get(page_of(order)).content.decode()


def test_a_manager_visits_in_place_when_the_crew_has_no_lead(client, stage):
    CrewLead.objects.filter(crew=stage.crew).delete()
    order = dissatisfied(stage, reporter_phone="13812344414")
    found = {}
    for name in ("manager", "head", "lead", "outsider", "dispatcher"):
        person = getattr(stage, name, None) or make_person(name, name)
        client.force_login(person)
        response = client.get(page_of(order))
        found[name] = (response.status_code, "13812344414" in response.content.decode())
    client.force_login(stage.manager)
    home = client.get("/home/manager/").content.decode()

    client.post(page_of(order), filled())

    assert found == {
        "manager": (200, True),
        "head": (200, True),
        "lead": (200, False),
        "outsider": (404, False),
        "dispatcher": (403, False),
    }
    assert "要上门回访" in home
    assert order.number in home
    assert "代访" in client.get(page_of(order)).content.decode()


def test_a_visit_dated_before_the_call_is_marked(client, stage):
    """A form older than the rule may contain this."""
    fit, early = handed_in(stage), handed_in(stage)
    Revisit.objects.filter(pk=early.pk).update(visited_at=days.moment_at(date(2026, 5, 12), time(9, 59)))
    client.force_login(stage.head)

    found = ["早于电话回访" in client.get(page_of(one.order)).content.decode() for one in (fit, early)]

    assert found == [False, True]


# --- Paper, Excel, photos -------------------------------------------------------------------------------------


def test_the_code_on_the_paper_leads_back_to_the_record(client, stage):
    order = handed_in(stage).order
    client.force_login(stage.foreman)

    code = client.get(url("revisit_print", order)).context["code"]

    assert code == segno.make(f"http://testserver{page_of(order)}", error="m").svg_data_uri(scale=4, border=2)


def cells(response):
    book = openpyxl.load_workbook(BytesIO(b"".join(response.streaming_content)))
    return {
        page.title: [cell.value for row in page.iter_rows() for cell in row if cell.value] for page in book
    }


def test_excel_holds_the_fields_in_the_order_of_the_plan_and_every_text_is_a_text(client, stage):
    order = handed_in(
        stage,
        dissatisfied(stage, number="WX/1", reporter_name="=1+1", reporter_phone="13812344414"),
        problem_types=types(1, 4),
        other_problem="等太久",
        measure="=SUM(A1)",
    ).order
    client.force_login(stage.foreman)

    response = client.get(url("revisit_excel", order))

    assert "attachment" in response["Content-Disposition"]
    assert cells(response) == {
        "WX-1": [
            *("评价不满意回访表", "工单号", "WX/1", "所属工班", stage.crew.name, "报修人", "=1+1"),
            *("报修人位置", "二号机房", "报修时间", "2026-05-11 13:00", "报修人电话", "138****4414"),
            *("回访人", "foreman", "回访时间", "2026-05-14 10:00"),
            *("报修人不满意问题和建议统计", "修了三次还是掉线", "不满意问题类型"),
            "☑ 1 维修人员故障响应速度\n☐ 2 维修人员服务态度\n☐ 3 经维修后设备运行状态\n☑ 4 其它:等太久",
            *("工长回访情况统计", "机房温度过高,交换机反复重启", "工长整改措施和建议", "=SUM(A1)"),
            *("报修人签字:", "工长签字:"),
        ]
    }


def test_excel_forms_are_texts_on_one_a4_page_in_a_chinese_font(client, stage):
    order = handed_in(stage, measure="=SUM(A1)").order
    client.force_login(stage.foreman)

    content = b"".join(client.get(url("revisit_excel", order)).streaming_content)

    [page] = openpyxl.load_workbook(BytesIO(content)).worksheets
    assert {cell.data_type for row in page.iter_rows() for cell in row if cell.value} == {"s"}
    assert {cell.font.name for row in page.iter_rows() for cell in row if cell.value} == {"Microsoft YaHei"}
    setup = page.page_setup
    assert (setup.paperSize, setup.orientation, setup.fitToWidth, setup.fitToHeight, page.print_area) == (
        9,
        "portrait",
        1,
        1,
        f"'{page.title}'!$A$1:$D$12",
    )


def test_excel_of_a_month_has_a_sheet_for_each_form_one_may_see(client, stage):
    mine, april = handed_in(stage), handed_in(stage, dissatisfied(stage, day=date(2026, 4, 30)))
    dissatisfied(stage)
    client.force_login(stage.outsider)
    nothing = client.get(reverse("improvement:revisits_excel", args=["2026-05"]))
    client.force_login(stage.manager)

    may, of_april = (
        client.get(reverse("improvement:revisits_excel", args=[m])) for m in ("2026-05", "2026-04")
    )

    assert (list(cells(may)), list(cells(of_april))) == ([mine.order.number], [april.order.number])
    assert (nothing.status_code, "还没有提交的回访表" in nothing.content.decode()) == (422, True)
    assert client.get(reverse("improvement:revisits_excel", args=["x"])).status_code == 422


def test_excel_of_a_month_takes_the_same_number_of_queries_for_one_and_for_many(client, stage):
    address = reverse("improvement:revisits_excel", args=["2026-05"])
    handed_in(stage)
    client.force_login(stage.manager)
    one = queries_of(client, address)
    for _ in range(29):
        handed_in(stage)

    assert queries_of(client, address) == one


def test_sheets_of_orders_with_alike_numbers_keep_apart(client, stage):
    for number in ("WX/1", "WX:1", "wx-1", "N" * 40 + "1", "N" * 40 + "2"):
        handed_in(stage, dissatisfied(stage, number=number))
    client.force_login(stage.manager)

    titles = list(cells(client.get(reverse("improvement:revisits_excel", args=["2026-05"]))))

    assert (len({title.casefold() for title in titles}), max(map(len, titles)) <= 31) == (5, True)


def test_a_photo_is_handed_out_as_the_picture_it_is_and_kept_by_nobody(client, stage):
    revisit = handed_in(stage)
    read = read_picture(picture())
    [photo] = add_photos(revisit, [read], by=stage.foreman, now=NOW)
    client.force_login(stage.head)

    response = client.get(reverse("improvement:revisit_photo", args=[photo.pk]))

    assert b"".join(response.streaming_content) == read.content
    assert (response["Content-Type"], response["Cache-Control"], response["X-Content-Type-Options"]) == (
        "image/jpeg",
        "private, no-store",
        "nosniff",
    )


def test_a_photo_whose_file_is_gone_answers_404(client, stage):
    [photo] = add_photos(handed_in(stage), [read_picture(picture())], by=stage.foreman, now=NOW)
    photo.file.storage.delete(photo.file.name)
    client.force_login(stage.head)

    assert client.get(reverse("improvement:revisit_photo", args=[photo.pk])).status_code == 404


def test_a_photo_of_a_submitted_form_stays(client, stage):
    [photo] = add_photos(handed_in(stage), [read_picture(picture())], by=stage.foreman, now=NOW)
    client.force_login(stage.foreman)

    assert client.post(reverse("improvement:revisit_photo_remove", args=[photo.pk])).status_code == 422
    assert RevisitPhoto.objects.exists()


# --- The admin site --------------------------------------------------------------------------------------------


def test_an_admin_sees_that_it_was_handed_in_and_not_what_it_says(client, stage):
    revisit = handed_in(stage)
    client.force_login(stage.admin)

    listed = client.get(reverse("admin:improvement_revisit_changelist"))
    page = client.get(reverse("admin:improvement_revisit_change", args=[revisit.pk])).content.decode()

    assert (listed.status_code, revisit.order.number in listed.content.decode()) == (200, True)
    assert ("机房温度过高" in page, 'name="_save"' in page) == (False, False)


def test_an_admin_of_a_crew_does_not_hear_of_it_sooner_than_the_crew(client, stage):
    revisit = handed_in(stage)
    TechnicianFactory(crew=stage.crew, user=stage.admin)
    revisit.order.callback.published_at = None
    revisit.order.callback.save()
    client.force_login(stage.admin)

    page = client.get(reverse("admin:improvement_revisit_changelist")).content.decode()

    assert revisit.order.number not in page
