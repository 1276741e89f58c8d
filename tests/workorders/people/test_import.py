"""People from a file: accounts, roles, crews, leads, technicians (contract: import_people)."""

from datetime import date

import pytest
from django.utils import timezone

from satisfaction.accounts.models import User
from satisfaction.core.roles import Role
from tests.factories import make_lead, make_person
from workorders.models import Crew, CrewLead, Technician
from workorders.people.import_ import import_people, links_of
from workorders.people.rows import RowError, RowRejected, read_people, read_roles

pytestmark = pytest.mark.django_db
TODAY, YESTERDAY = date(2026, 5, 12), date(2026, 5, 11)
HEADER = "用户名,姓名,角色,工班,工号,电话,邮箱"
ROWS = (
    "zhang,张工,维修人,甲班,W017,138 0000 4414,zhang@centre.example",
    "he,何工长,工长,甲班,,,",
    "fu,付师傅,副工长,甲班,,,",
    "lu,陆调度,调度长,,,,",
    "shen,沈科长,分管领导,,,,",
    "root,管理,系统管理员,,,,",
)


def take_in(*lines, header=HEADER, today=TODAY, dry_run=False, by=None):
    content = "\n".join([header, *lines]).encode()
    people = read_people(content, filename="people.csv")
    return import_people(people, by=by, today=today, dry_run=dry_run)


def counts(result):
    document = result.document()
    return [document[key] for key in ("rows", "created", "updated", "unchanged", "rejected")]


def everything():
    """Everything an import may change, as plain values."""
    return (
        {(p.username, p.name, p.phone, p.email, p.group_roles(), p.caller_group) for p in User.objects.all()},
        set(Crew.objects.values_list("name", "is_active")),
        set(CrewLead.objects.values_list("crew__name", "person__username", "kind", "from_on", "to_on")),
        set(Technician.objects.values_list("employee_no", "name", "crew__name", "user__username")),
    )


def leads():
    return set(CrewLead.objects.values_list("person__username", "kind", "from_on", "to_on"))


def test_import_creates_people_crews_leads_and_technicians():
    result = take_in(*ROWS)

    assert counts(result) == [6, 6, 0, 0, 0]
    assert everything() == (
        {
            ("zhang", "张工", "13800004414", "zhang@centre.example", frozenset({"technician"}), ""),
            ("he", "何工长", "", "", frozenset({"foreman"}), ""),
            ("fu", "付师傅", "", "", frozenset({"deputy"}), ""),
            ("lu", "陆调度", "", "", frozenset({"lead", "dispatcher"}), "dispatcher"),
            ("shen", "沈科长", "", "", frozenset({"head", "manager"}), "manager"),
            ("root", "管理", "", "", frozenset({"admin"}), ""),
        },
        {("甲班", True)},
        {("甲班", "he", "foreman", TODAY, None), ("甲班", "fu", "deputy", TODAY, None)},
        {("W017", "张工", "甲班", "zhang")},
    )


def test_import_twice_changes_nothing():
    take_in(*ROWS)
    before, traces = everything(), User.history.count()

    result = take_in(*ROWS, today=date(2026, 6, 1))

    assert (counts(result), everything(), User.history.count()) == ([6, 0, 0, 6, 0], before, traces)


def test_dry_run_says_the_same_and_stores_nothing():
    result = take_in(*ROWS, "bad,坏,皇帝,,,,", dry_run=True)

    assert (counts(result), everything()) == ([7, 6, 0, 0, 1], (set(), set(), set(), set()))


def test_english_headers_in_any_order_and_unknown_columns():
    take_in(
        "Zhang Gong,x,W017,foreman;technician,zhang,A", header="Name,remark,employee no,ROLES,User_Name,crew"
    )

    person = User.objects.get()
    assert (person.username, person.name, person.roles) == ("zhang", "Zhang Gong", {"foreman", "technician"})


def test_people_have_no_password_until_they_set_one():
    take_in(*ROWS)

    assert not any(person.has_usable_password() for person in User.objects.all())


def test_blank_cell_never_empties():
    take_in(*ROWS)
    before = everything()

    result = take_in("zhang,,,,,,", "he,,,,,,", "lu,,,,,,")

    assert (counts(result), everything()) == ([3, 0, 0, 3, 0], before)


def test_roles_given_replace_those_before():
    take_in(*ROWS)

    result = take_in("lu,,管理人员,,,,")

    person = User.objects.get(username="lu")
    assert (counts(result)[2], person.roles, person.caller_group) == (1, {"manager"}, "manager")


def test_user_name_in_other_case_is_the_same_person():
    take_in(*ROWS)

    result = take_in("ZHANG,张大工,,,,,")

    assert (counts(result), User.objects.get(username="zhang").name) == ([1, 0, 1, 0, 0], "张大工")


def test_new_foreman_begins_today_and_the_old_one_ended_yesterday():
    crew = Crew.objects.create(name="甲班")
    make_lead(crew, make_person("old", "foreman"), from_on=date(2020, 1, 1))

    take_in("he,何工长,工长,甲班,,,")

    assert leads() == {("old", "foreman", date(2020, 1, 1), YESTERDAY), ("he", "foreman", TODAY, None)}


def test_foreman_replaced_on_the_first_day_never_was():
    take_in("he,何工长,工长,甲班,,,")

    take_in("li,李工长,工长,甲班,,,")

    assert leads() == {("li", "foreman", TODAY, None)}


def test_foreman_who_moves_leaves_the_former_crew():
    make_lead(Crew.objects.create(name="甲班"), make_person("he", "foreman"), from_on=date(2020, 1, 1))

    take_in("he,,工长,乙班,,,")

    assert set(CrewLead.objects.values_list("crew__name", "from_on", "to_on")) == {
        ("甲班", date(2020, 1, 1), YESTERDAY),
        ("乙班", TODAY, None),
    }


def test_who_is_no_longer_foreman_leads_no_crew():
    make_lead(Crew.objects.create(name="甲班"), make_person("he", "foreman"), from_on=date(2020, 1, 1))

    take_in("he,,维修人,甲班,W9,,")

    assert leads() == {("he", "foreman", date(2020, 1, 1), YESTERDAY)}


def test_deputies_stand_beside_each_other():
    take_in("fu,付,副工长,甲班,,,", "gu,顾,副工长,甲班,,,")

    assert leads() == {("fu", "deputy", TODAY, None), ("gu", "deputy", TODAY, None)}


def test_technician_changes_crew():
    take_in(*ROWS)

    result = take_in("zhang,,,乙班,,,")

    assert (counts(result)[2], Technician.objects.get().crew.name) == (1, "乙班")


def test_technician_known_from_a_workbook_gets_the_account():
    Technician.objects.create(employee_no="W017", name="张工")

    take_in(ROWS[0])

    assert set(Technician.objects.values_list("employee_no", "crew__name", "user__username")) == {
        ("W017", "甲班", "zhang")
    }


@pytest.mark.parametrize(
    ("line", "column", "value", "message"),
    [
        (",无名,维修人,,W1,,", "用户名", "", "没有用户名"),
        ("a b,张,调度,,,,", "用户名", "a b", "合法的用户名"),
        ("new,,调度,,,,", "姓名", "", "新人员需要姓名"),
        ("new,新,,,,,", "角色", "", "新人员需要角色"),
        ("new,新,皇帝,,,,", "角色", "皇帝", "不认识角色“皇帝”"),
        ('new,新,"调度,科室负责人",,,,', "角色", "调度,科室负责人", "一个回访组"),
        ("new,新,维修人,甲班,,,", "工号", "", "维修人需要工号"),
        ("new,新,工长,,,,", "工班", "", "工长需要工班"),
        ("new,新,副工长,,,,", "工班", "", "副工长需要工班"),
        ("new,新,维修人,,W017,,", "工号", "W017", "已登记为 张工"),
        ("zhang,,,,W018,,", "工号", "W018", "此人的工号是 W017"),
        ("new,新,调度,,,,nonsense", "邮箱", "nonsense", "Email"),
        ("new,新,调度,,,1234567890123456789012345678901234567890123,", "电话", None, "32"),
        ("gone,,调度,,,,", "用户名", "gone", "已停用"),
        ("new,新,工长,撤销班,,,", "工班", "撤销班", "工班已停用"),
        ("root,,调度,,,,", "角色", "调度", "至少要保留一名系统管理员"),
    ],
)
def test_row_that_cannot_be_is_rejected_and_named(line, column, value, message):
    take_in(*ROWS)
    make_person("gone", "dispatcher", is_active=False)
    Crew.objects.create(name="撤销班", is_active=False)
    before = everything()

    result = take_in(line)

    [error] = result.errors
    assert (error.row, error.column, counts(result)) == (2, column, [1, 0, 0, 0, 1])
    assert value is None or error.value == value
    assert message in error.message
    assert everything() == before


def test_error_value_rejects_its_row():
    result = take_in(ROWS[0], "new,#N/A,维修人,甲班,,,")

    assert counts(result) == [2, 1, 0, 0, 1]
    assert result.errors == [RowError(3, "姓名", "#N/A", "单元格是错误值 #N/A")]


def test_good_rows_come_in_beside_rejected_ones():
    result = take_in(ROWS[0], "new,新,皇帝,,,,", ROWS[1])

    assert counts(result) == [3, 2, 0, 0, 1]
    assert [error.row for error in result.errors] == [3]


@pytest.mark.parametrize(
    ("first", "second", "what"),
    [
        (ROWS[0], ROWS[0], [2, 1, 0, 1, 0]),
        (ROWS[0], ROWS[0].replace("甲班", "乙班"), [2, 1, 0, 0, 1]),
        (ROWS[1], "li,李工长,工长,甲班,,,", [2, 1, 0, 0, 1]),
    ],
)
def test_file_that_contradicts_itself_is_not_followed(first, second, what):
    assert counts(take_in(first, second)) == what


def test_import_says_by_whom():
    boss = make_person("boss", "admin")

    take_in(*ROWS[:2], by=boss)

    histories = (User.objects.get(username="zhang").history, CrewLead.history, Technician.history)
    assert [history.first().history_user for history in histories] == [boss] * 3


def test_document_has_the_keys_of_the_contract():
    document = take_in("new,新,皇帝,,,,").document()

    message = "不认识角色“皇帝”,可用:维修人、工长、副工长、调度、调度长、管理人员、科室负责人、系统管理员。"
    assert document == {
        "rows": 1,
        "created": 0,
        "updated": 0,
        "unchanged": 0,
        "rejected": 1,
        "errors": [{"row": 2, "column": "角色", "value": "皇帝", "message": message}],
    }


def test_row_error_names_the_column_as_the_file_calls_it():
    result = take_in("new,New,emperor", header="username,name,role")

    assert result.errors == [RowError(2, "role", "emperor", result.errors[0].message)]


def test_links_are_for_active_people_without_a_password():
    take_in(*ROWS[:3])
    User.objects.filter(username="fu").update(is_active=False)
    person = User.objects.get(username="he")
    person.set_password("correct horse")
    person.save()

    links = links_of(
        ["zhang", "he", "fu", "zhang", "nobody"], by=None, now=timezone.now(), site="https://centre.example"
    )

    assert [(username, name) for username, name, _link in links] == [("zhang", "张工")]
    assert links[0][2].startswith("https://centre.example/accounts/password/")


@pytest.mark.parametrize(
    ("text", "roles"),
    [
        ("", None),
        (" , ", None),
        ("technician", {Role.TECHNICIAN}),
        ("工长、维修人", {Role.FOREMAN, Role.TECHNICIAN}),
        ("工班长;维修员", {Role.FOREMAN, Role.TECHNICIAN}),
        ("工长，维修人；管理员", {Role.FOREMAN, Role.TECHNICIAN, Role.ADMIN}),
        ("科室负责人/分管领导", {Role.HEAD, Role.MANAGER}),
        ("维修工程师", {Role.MANAGER}),
        ("Lead Dispatcher", {Role.LEAD, Role.DISPATCHER}),
        ("DEPUTY,管理员", {Role.DEPUTY, Role.ADMIN}),
        ("副工班长|调度员", {Role.DEPUTY, Role.DISPATCHER}),
    ],
)
def test_read_roles_knows_both_languages(text, roles):
    assert read_roles(text) == roles


def test_read_roles_names_the_unknown_word():
    with pytest.raises(RowRejected) as rejected:
        read_roles("工长,皇帝")

    assert (rejected.value.field, "“皇帝”" in rejected.value.message) == ("roles", True)


def test_file_that_spells_crew_and_number_otherwise_brings_nobody_new():
    take_in(*ROWS)
    before = everything()

    again = take_in("ｚｈａｎｇ,张工,维修人,甲　班,Ｗ０１７,,", "he,何工长,工长,　甲 班,,,")

    assert counts(again) == [2, 0, 0, 2, 0]
    assert everything() == before


def test_technician_known_by_an_imported_order_is_found_by_any_spelling():
    known = Technician.objects.create(employee_no="W 018", name="王 强")

    take_in("wang,王强,维修人,甲班,Ｗ０１８,,")

    assert Technician.objects.values_list("pk", "employee_no", "name", "user__username").get() == (
        known.pk,
        "W 018",
        "王强",
        "wang",
    )


def test_user_name_is_kept_in_the_width_in_which_one_signs_in():
    take_in("ｗａｎｇ１,王强,调度,,,,")

    assert User.objects.get().username == "wang1"


@pytest.mark.parametrize(
    "line",
    [
        "boss,管理,维修人,甲班,W1,,",
        "x y,新人,调度,,,,",
        "<b>,新人,调度,,,,",
        f"{'长' * 151},新人,调度,,,,",
        f"new,{'长' * 151},调度,,,,",
        f"new,新人,维修人,{'长' * 65},W1,,",
        f"new,新人,维修人,甲班,{'9' * 33},,",
        "new,新人,调度,,,,not@an@address",
        "new,新人,维修人,,,,",
        "new,新人,工长,,,,",
        ",新人,调度,,,,",
    ],
)
def test_row_that_cannot_be_is_told_and_loses_nothing(line):
    make_person("boss", "admin", name="管理")
    before = everything()

    result = take_in(line)

    assert (counts(result), everything()) == ([1, 0, 0, 0, 1], before)
    assert result.errors[0].message


def test_characters_that_nobody_sees_are_no_part_of_a_name():
    take_in("wang\u2060,\u200b王强\ufeff,调度,,,,")

    assert User.objects.values_list("username", "name").get() == ("wang", "王强")
