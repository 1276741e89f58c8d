"""Crews, leads and technicians in the admin site: conflicts get a sentence, nothing is deleted (domain §12)."""

import pytest

from tests.factories import CrewFactory, TechnicianFactory, make_lead, make_person
from workorders.enums import LeadKind
from workorders.models import Crew, CrewLead, Technician

pytestmark = pytest.mark.django_db
LEADS, TECHNICIANS = "/admin/workorders/crewlead/", "/admin/workorders/technician/"
TAKEN = "这个工班已有工长"


@pytest.fixture(autouse=True)
def admin(client):
    person = make_person("boss", "admin")
    client.force_login(person)
    return person


@pytest.fixture
def crew():
    crew = CrewFactory()
    make_lead(crew, make_person("zhang", "foreman"))
    return crew


def lead(crew, person, **fields):
    given = {
        "crew": crew.pk,
        "person": person.pk,
        "kind": LeadKind.FOREMAN,
        "from_on": "2026-05-01",
        "to_on": "",
    }
    return given | fields


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [({}, TAKEN), ({"kind": LeadKind.DEPUTY, "to_on": "2026-04-30"}, "最后一天不能早于第一天。")],
    ids=["second foreman", "ends before it begins"],
)
def test_lead_that_contradicts_is_told_in_words(client, crew, fields, sentence):
    page = client.post(f"{LEADS}add/", lead(crew, make_person("li", "foreman"), **fields))

    assert (page.status_code, sentence in page.text, CrewLead.objects.count()) == (200, True, 1)


@pytest.mark.parametrize(
    ("last_day", "expected"),
    [("", (200, True, 1)), ("2026-04-30", (302, False, 2))],
    ids=["beside the former", "after the former"],
)
def test_foremen_follow_each_other_on_the_page_of_the_crew(client, crew, last_day, expected):
    former, new = crew.leads.get(), make_person("li", "foreman")
    rows = [
        {**lead(crew, former.person), "id": former.pk, "from_on": "2000-01-01", "to_on": last_day},
        lead(crew, new),
    ]
    data = {"name": crew.name, "is_active": "on", "leads-TOTAL_FORMS": "2", "leads-INITIAL_FORMS": "1"}
    data |= {f"leads-{n}-{name}": value for n, row in enumerate(rows) for name, value in row.items()}

    page = client.post(f"/admin/workorders/crew/{crew.pk}/change/", data)

    assert (page.status_code, "一个工班同时只有一位工长" in page.text, crew.leads.count()) == expected


def test_employee_number_is_given_once(client):
    known = TechnicianFactory()

    page = client.post(
        f"{TECHNICIANS}add/", {"employee_no": known.employee_no, "name": "另一位", "is_active": "on"}
    )

    assert (page.status_code, "工号" in page.text, Technician.objects.count()) == (200, True, 1)
    assert "errorlist" in page.text


@pytest.mark.parametrize("what", ["crew", "technician", "crewlead", "workorder"])
def test_nothing_of_the_past_is_deleted(client, crew, what):
    technician = TechnicianFactory(crew=crew)
    pk = {"crew": crew.pk, "technician": technician.pk, "crewlead": crew.leads.get().pk, "workorder": 1}[what]

    one = client.post(f"/admin/workorders/{what}/{pk}/delete/", {"post": "yes"})
    many = client.post(
        f"/admin/workorders/{what}/", {"action": "delete_selected", "_selected_action": pk, "post": "yes"}
    )

    assert (one.status_code, many.status_code) in ((403, 302), (403, 403), (403, 200))
    assert (Crew.objects.count(), Technician.objects.count(), CrewLead.objects.count()) == (1, 1, 1)


@pytest.mark.parametrize("key", ["9" * 30, "x", "-1", "²"])
def test_what_cannot_be_a_key_is_no_choice(client, crew, key):
    page = client.post(f"{LEADS}add/", lead(crew, make_person("li", "foreman")) | {"crew": key})

    assert (page.status_code, "errorlist" in page.text, CrewLead.objects.count()) == (200, True, 1)


def test_number_beyond_any_day_in_an_address_is_a_bad_request(client):
    year = 2**62

    assert client.get(f"/admin/workorders/workorder/?closed_on__year={year}").status_code == 400


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (("2026-05-01", "2026-05-31"), 1),
        (("2026-04-01", "2026-05-01"), 1),
        (("2026-06-01", "2026-06-02"), 1),
        (("2026-04-01", "2026-04-30"), 2),
        (("2026-07-01", "2026-07-31"), 2),
    ],
)
def test_foremen_of_the_past_do_not_overlap_either(client, days, expected):
    crew = CrewFactory()
    crew.leads.create(person=make_person("zhang"), kind="foreman", from_on="2026-05-01", to_on="2026-06-30")

    page = client.post(f"{LEADS}add/", lead(crew, make_person("li"), from_on=days[0], to_on=days[1]))

    assert crew.leads.count() == expected
    assert ("一个工班同时只有一位工长" in page.text) == (expected == 1)


@pytest.mark.parametrize("number", ["0042", " 0042　", "００４２", "00 42"])
def test_number_that_is_only_spelt_otherwise_is_taken(client, number):
    TechnicianFactory(employee_no="0042", name="李四")

    page = client.post(f"{TECHNICIANS}add/", {"employee_no": number, "name": "另一位", "is_active": "on"})

    assert (page.status_code, "已有“李四 0042”" in page.text, Technician.objects.count()) == (200, True, 1)


def test_number_is_kept_as_a_workbook_is_searched_for_it(client):
    client.post(f"{TECHNICIANS}add/", {"employee_no": "Ｗ 0１", "name": "王强", "is_active": "on"})

    assert Technician.objects.get().employee_no == "W01"


def test_number_that_stands_is_not_changed_by_the_way(client):
    known = TechnicianFactory(employee_no="W 01", crew=None)
    data = {"employee_no": "W 01", "name": "王强", "is_active": "on"}

    page = client.post(f"{TECHNICIANS}{known.pk}/change/", data)

    known.refresh_from_db()
    assert (page.status_code, known.employee_no, known.name) == (302, "W 01", "王强")


def test_crew_that_is_only_spelt_otherwise_is_taken(client):
    CrewFactory(name="终端一班")
    none = {"leads-TOTAL_FORMS": "0", "leads-INITIAL_FORMS": "0"}

    page = client.post("/admin/workorders/crew/add/", {"name": "终端　一班", "is_active": "on"} | none)

    assert (page.status_code, "已有“终端一班”,只是写法不同" in page.text, Crew.objects.count()) == (
        200,
        True,
        1,
    )


@pytest.mark.parametrize("selected", ["x", "9" * 30, ""])
def test_action_for_rows_that_cannot_be_is_a_bad_request(client, selected):
    data = {"action": "deactivate_people", "_selected_action": selected}

    assert client.post("/admin/accounts/user/", data).status_code == 400
