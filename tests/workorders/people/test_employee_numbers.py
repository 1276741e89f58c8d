"""An account and a technician with one employee number are one person, whichever is created first (domain §5.6)."""

from datetime import date

import pytest

from evaluations.draw.run import draw_day
from evaluations.models import Callback
from satisfaction.accounts.models import User
from satisfaction.calendars import days
from tests.factories import OrderFactory, TechnicianFactory, make_person
from tests.worlds.workbooks import NOW, order, rejections, take
from workorders.intake.complete import Completion, complete_orders
from workorders.models import Crew, Technician, WorkOrder
from workorders.people.import_ import import_people
from workorders.people.rows import read_people

pytestmark = pytest.mark.django_db
TODAY = date(2026, 5, 12)
PEOPLE = ("d9,张三,dispatcher,,W900", "d8,李四,dispatcher,,", "m1,王五,manager,,")


def import_lines(*lines):
    content = "\n".join(["用户名,姓名,角色,工班,工号", *lines]).encode()
    return import_people(read_people(content, filename="people.csv"), by=None, today=TODAY)


def people_come():
    import_lines(*PEOPLE)


def orders_come(employee_no="W900", name="张三", n=6):
    return take(*[order(f"WX-{i}", 维修人工号=employee_no, 维修人=name) for i in range(n)])


def admin_gives_the_number(client):
    for line in PEOPLE:
        import_lines(line.replace("W900", ""))
    person = User.objects.get(username="d9")
    client.force_login(make_person("boss", "admin"))
    data = {"username": "d9", "name": "张三", "employee_no": "ｗ900", "roles": ["dispatcher"]}
    assert client.post(f"/admin/accounts/user/{person.pk}/change/", data).status_code == 302


def own_repairs_of(username):
    return Callback.objects.filter(caller__username=username).count()


@pytest.mark.parametrize(
    "events",
    [
        pytest.param(lambda client: (people_come(), orders_come()), id="people, then orders"),
        pytest.param(lambda client: (orders_come(), people_come()), id="orders, then people"),
        pytest.param(lambda client: (orders_come(), admin_gives_the_number(client)), id="orders, then admin"),
        pytest.param(lambda client: (admin_gives_the_number(client), orders_come()), id="admin, then orders"),
        pytest.param(lambda client: (people_come(), orders_come("ｗ900")), id="full width in the workbook"),
        pytest.param(lambda client: (people_come(), people_come(), orders_come()), id="people twice"),
    ],
)
def test_own_repair_is_never_drawn_to_the_technician(client, events):
    events(client)

    draw_day(days.local_day(WorkOrder.objects.first().closed_at), now=NOW)

    assert Technician.objects.get().user == User.objects.get(username="d9")
    assert (own_repairs_of("d9"), Callback.objects.exclude(caller=None).count()) == (0, 6)


def test_number_of_an_account_under_another_name_rejects_the_row():
    people_come()

    imported = orders_come(name="赵六", n=1)

    assert rejections(imported) == [(2, "维修人")]
    assert imported.errors[0].message == "工号 W900 已登记为“张三”,不是“赵六”"
    assert not Technician.objects.exists()


def test_number_of_a_technician_under_another_name_rejects_the_person():
    orders_come(name="赵六", n=1)

    result = import_lines(*PEOPLE)

    assert [(e.row, e.column, e.message) for e in result.errors] == [
        (2, "工号", "工号 W900 已登记为 赵六,请检查。")
    ]
    assert Technician.objects.get().user is None


def test_number_of_another_account_rejects_the_person():
    result = import_lines(PEOPLE[0], "d8,李四,dispatcher,,w900")

    assert [(e.row, e.message) for e in result.errors] == [(3, "工号 W900 已登记为 张三,请检查。")]


def test_number_is_kept_for_everybody_and_twice_changes_nothing():
    first = import_lines("root,管理,admin,,W1", "m1,王五,manager,,W2", "f,何,foreman,甲班,W3")
    again = import_lines("root,管理,admin,,W1", "m1,王五,manager,,W2", "f,何,foreman,甲班,W3")

    assert set(User.objects.values_list("username", "employee_no")) == {
        ("root", "W1"),
        ("m1", "W2"),
        ("f", "W3"),
    }
    assert set(Technician.objects.values_list("employee_no", "user__username")) == {("W3", "f")}
    assert (first.document()["created"], again.document()["unchanged"]) == (3, 3)


def test_database_whose_numbers_were_lost_is_mended_by_the_next_import():
    import_lines(PEOPLE[0].replace("W900", ""))
    orders_come()

    result = import_lines(*PEOPLE)

    assert (result.document()["updated"], Technician.objects.get().user.username) == (1, "d9")


def test_person_who_becomes_a_technician_later_needs_no_number_again():
    import_lines(PEOPLE[2] + "W7")

    import_lines("m1,,technician,甲班,")

    assert Technician.objects.values_list("employee_no", "crew__name", "user__username").get() == (
        "W7",
        "甲班",
        "m1",
    )


def test_completing_with_the_own_repair_keeps_it_from_the_caller():
    people_come()
    orders_come(n=1)
    incomplete = OrderFactory(technician=None, crew=Crew.objects.get(), number="WX-9")
    by = make_person("lu", "dispatcher")

    complete_orders([Completion(incomplete.pk, technician=Technician.objects.get())], by=by, now=NOW)

    assert WorkOrder.objects.get(number="WX-9").technician.user.username == "d9"


TECHNICIANS = "/admin/workorders/technician/"


@pytest.fixture
def boss(client):
    person = make_person("boss", "admin")
    client.force_login(person)
    return person


def technician_data(**fields):
    return {"employee_no": "W900", "name": "张三", "crew": "", "user": "", "is_active": "on"} | fields


def test_technician_added_by_the_admin_is_linked_by_number(client, boss):
    people_come()

    assert client.post(f"{TECHNICIANS}add/", technician_data(employee_no="ｗ900")).status_code == 302

    assert Technician.objects.get().user.username == "d9"


def test_technician_with_the_number_of_an_account_of_another_name_is_told(client, boss):
    people_come()

    page = client.post(f"{TECHNICIANS}add/", technician_data(name="赵六"))

    assert (page.status_code, "工号 W900 已登记为 张三" in page.text, Technician.objects.count()) == (
        200,
        True,
        0,
    )


def test_technician_linked_by_hand_gives_the_account_its_number(client, boss):
    technician = TechnicianFactory(employee_no="W5", name="张三")
    person = make_person("d9", "dispatcher", name="张三")
    page = f"{TECHNICIANS}{technician.pk}/change/"

    client.post(page, technician_data(employee_no="W5", user=person.pk))
    linked = User.objects.get(pk=person.pk).employee_no
    client.post(page, technician_data(employee_no="W6", user=person.pk))
    corrected = User.objects.get(pk=person.pk).employee_no
    client.post(page, technician_data(employee_no="W6"))

    assert (linked, corrected) == ("W5", "W6")
    assert (User.objects.get(pk=person.pk).employee_no, Technician.objects.get().user) == ("", None)


def test_person_cannot_have_the_number_of_a_technician_of_another_name(client, boss):
    TechnicianFactory(employee_no="W900", name="赵六")
    data = {"username": "d9", "name": "张三", "employee_no": "W900", "roles": ["dispatcher"]}

    page = client.post("/admin/accounts/user/add/", data)

    assert (page.status_code, "工号 W900 已登记为 赵六" in page.text) == (200, True)
    assert not User.objects.filter(username="d9").exists()


def test_number_of_a_linked_person_stays_when_the_field_is_empty(client, boss):
    person = make_person("w1", "technician", name="张三")
    TechnicianFactory(employee_no="W1", name="张三", user=person)
    data = {"username": "w1", "name": "张三", "employee_no": "", "roles": ["technician"]}

    client.post(f"/admin/accounts/user/{person.pk}/change/", data)

    assert User.objects.get(pk=person.pk).employee_no == "W1"
