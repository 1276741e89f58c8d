"""Attacks by an administrator who wants to read hidden ratings or act as somebody else (domain §4, §5, §12)."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from evaluations.draw.seeds import day_secret, make_seeds
from evaluations.enums import CallbackState, Rating
from evaluations.models import DaySeed, EvaluationPolicy
from satisfaction.accounts.models import RoleGrant, User
from satisfaction.core.roles import Role
from satisfaction.notices.models import Notice
from tests.factories import OrderFactory, make_lead, make_person, make_self_evaluation
from tests.worlds.attacked_centre import Centre, bad
from tests.worlds.crew import D1, DAY
from tests.worlds.desk import NINE
from tests.worlds.workbooks import order as row
from workorders.models import WorkOrder

pytestmark = pytest.mark.django_db
PEOPLE = "/admin/accounts/user/"


def previews(centre: Centre, person: User, cells: dict[str, str], *guesses: dict[str, str]) -> set[str]:
    """The preview's answer to each guess, with the guess removed."""
    said = set()
    for guess in guesses:
        page = centre.reads(
            person, "evaluations:import_job", centre.uploads(person, cells | guess).split("/")[-2]
        )
        for value in guess.values():
            page = page.replace(f" {value} ", " ? ")
        said.add(page)
    return said


def test_guessing_self_evaluations_by_previews_is_refused_alike(centre):
    """The preview must not reveal the stored value, as in: "10" cannot become "8"."""
    callback = centre.desk.callback(order_number="WX-1")
    make_self_evaluation(
        callback.order, Rating.SATISFIED, by=centre.foreman, rated_at=NINE, comment="自评密语"
    )

    points = previews(
        centre, centre.admin, {"工单号": "WX-1"}, *[{"工长测评分值": n} for n in ("10", "8", "6")]
    )
    words = previews(
        centre, centre.admin, {"工单号": "WX-1"}, {"工长评语": "自评密语"}, {"工长评语": "别的话"}
    )

    assert (len(points), len(words)) == (1, 1)


def test_guessing_the_callback_of_the_own_crew_by_previews_is_refused_alike(centre):
    """The admin works in the crew and tries to read the reporter's rating before the others."""
    both = make_person("both", Role.ADMIN, Role.DEPUTY)
    make_lead(centre.crew, both, "deputy")
    callback = centre.desk.callback(order_number="WX-1")
    centre.calls(callback, **bad())

    guesses = [{"调度测评分值": points, "调度测评人": "dispatcher"} for points in ("10", "8", "6")]

    assert len(previews(centre, both, {"工单号": "WX-1"}, *guesses)) == 1


def test_one_time_link_for_a_head_is_announced_and_recorded_as_his_act(centre):
    """The admin issues a link for the head, sets a password and signs in as the head."""
    page = centre.at_once(
        lambda: centre.browser(centre.admin).post(
            PEOPLE, {"action": "make_links", "_selected_action": [centre.head.pk]}
        )
    ).content.decode()
    link = re.search(r"http://testserver(/accounts/password/[^<\s\"]+)", page)[1]
    thief = Client()
    form = thief.get(link, follow=True).redirect_chain[-1][0]
    thief.post(form, {"new_password1": "brand new 1", "new_password2": "brand new 1"})

    signed_out = centre.browser(centre.head).get("/")
    centre.head.refresh_from_db()
    centre.browser(centre.head).force_login(centre.head)
    assert signed_out.status_code == 302
    assert "签发了一次性链接" in Notice.objects.get(person=centre.head).text
    assert centre.head_sees("admin", "签发一次性链接", "head")
    assert centre.head_sees("head 127.0.0.1 登录", "一次性链接", "签发人：admin")


@pytest.mark.parametrize("role", [Role.HEAD, Role.ADMIN])
def test_giving_himself_or_a_friend_the_role_head_waits_for_a_second_person(centre, role):
    friend = make_person("friend", Role.TECHNICIAN)
    for person in (friend, centre.admin):
        roles = sorted({*person.roles, role})
        data = {"username": person.username, "name": person.name, "roles": roles}
        centre.does(centre.admin, "admin:accounts_user_change", person.pk, **data)
    own = [
        centre.does(centre.admin, "accounts:decide_grant", grant.pk, decision="confirm").status_code
        for grant in RoleGrant.objects.all()
    ]

    assert role not in User.objects.get(pk=friend.pk).roles
    assert Role.HEAD not in User.objects.get(pk=centre.admin.pk).roles
    assert set(own) == {403}
    assert centre.head_sees("admin", "提出授予角色", "friend")
    assert "friend" in centre.reads(centre.head, "accounts:grants")


def test_flooding_the_trail_hides_nothing(centre):
    """The admin grants a role, then signs in until the entry leaves page one; paging and the filter still find it."""
    friend = make_person("friend", Role.TECHNICIAN)
    data = {"username": "friend", "name": "friend", "roles": ["technician", "foreman"]}
    centre.does(centre.admin, "admin:accounts_user_change", friend.pk, **data)
    browser = Client()
    browser.force_login(friend)
    before = User.history.count()
    for _ in range(60):
        browser.post("/accounts/logout/")
        browser.force_login(friend)
    history = User.history.count()
    narrowed = centre.browser(centre.head).get(reverse("audit"), {"kind": "event:roles_changed"})

    found, address = False, reverse("audit")
    for _page in range(10):
        text = centre.browser(centre.head).get(address).content.decode()
        found |= "变更角色" in text.split("<tbody>")[-1]
        following = re.search(r'rel="next" href="([^"]+)"', text)
        if found or not following:
            break
        address = reverse("audit") + following[1].replace("&amp;", "&")
    assert history == before
    assert found
    assert "friend" in narrowed.content.decode()


def test_reading_seeds_in_the_database_tells_no_draw(centre):
    """The admin reads the tables: tomorrow's seed is stored as a hash and a value that is useless alone."""
    make_seeds(now=NINE)
    seed = DaySeed.objects.first()
    with connection.cursor() as cursor:
        cursor.execute("select * from evaluations_dayseed")
        stored = str(cursor.fetchall())

    assert seed.sha256 in stored
    assert day_secret(seed) not in stored
    assert seed.sha256 in centre.reads(centre.foreman, "evaluations:draw")


def test_reading_phones_in_the_database_shows_none(centre):
    OrderFactory(number="WX-9", reporter_phone="13800004414")
    with connection.cursor() as cursor:
        cursor.execute("select * from workorders_workorder")
        stored = str(cursor.fetchall())

    assert "WX-9" in stored and "13800004414" not in stored


def test_changing_the_points_is_on_record_with_old_and_new(centre):
    """The admin changes next month's weights in favour of one crew."""
    policy = EvaluationPolicy.objects.get()
    page = centre.browser(centre.admin).get(reverse("admin:evaluations_evaluationpolicy_add"))
    form = page.context["adminform"].form
    data = {name: value for name in form.fields if (value := form[name].value()) not in (None, False)}
    data |= {"begins_on": "2026-06-01", "award_bonus": "0.75"}
    answer = centre.does(centre.admin, "admin:evaluations_evaluationpolicy_add", **data)

    assert answer.status_code == 302
    assert policy.award_bonus != EvaluationPolicy.objects.latest("begins_on").award_bonus
    assert centre.head_sees("admin", "评价方案", "0.75")


def test_changing_evaluations_in_the_admin_site_is_not_offered(centre):
    callback = centre.desk.callback(state=CallbackState.REFUSED)
    given = make_self_evaluation(callback.order, by=centre.foreman, rated_at=NINE)
    names = {"callback": callback.pk, "selfevaluation": given.pk}

    answers = {
        name: centre.does(
            centre.admin, f"admin:evaluations_{name}_change", pk, rating="satisfied"
        ).status_code
        for name, pk in names.items()
    }
    deleted = centre.does(centre.admin, "admin:workorders_workorder_delete", callback.order_id, post="yes")

    assert set(answers.values()) <= {302, 403, 404} and deleted.status_code == 403
    callback.refresh_from_db()
    assert callback.state == CallbackState.REFUSED and WorkOrder.objects.filter(pk=callback.order_id).exists()


def test_discarding_a_closed_order_is_refused(centre):
    order = centre.desk.stage.order()

    answer = centre.does(centre.admin, "orders:discard", order.number, reason="误入")

    assert answer.status_code == 422 and WorkOrder.objects.filter(pk=order.pk).exists()


def test_taking_the_data_home_is_on_record_with_its_rows(centre):
    """An admin's export holds full numbers: the person, time, count and address are recorded."""
    centre.imports(centre.admin, row(), create_people="on")
    answer = centre.browser(centre.admin).get("/exports/", {"first": f"{DAY}"})
    b"".join(answer.streaming_content)

    assert centre.head_sees("admin", "导出", "行数：1", "127.0.0.1")


def test_moving_blame_by_an_import_of_his_own_names_old_and_new(centre):
    """An admin's second workbook applies at once; each change is recorded, and none is allowed after the draw."""
    centre.imports(centre.admin, row(), create_people="on")
    centre.imports(centre.admin, row(所属工班="另一工班"))

    assert WorkOrder.objects.get().crew == centre.other_crew
    assert centre.head_sees("admin", "WX-1", "工班甲 → 另一工班")


def test_moving_deadlines_by_the_service_calendar_is_on_record(centre):
    """The admin makes today a holiday so that late self-evaluations are in time."""
    day = {"day": f"{D1}", "name": "临时放假"}
    centre.does(centre.admin, "admin:calendars_calendaroverride_add", **day)

    assert centre.head_sees("admin", f"{D1}", "临时放假")
