"""A plan is stored with its orders, without any evaluation (domain §11)."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import OrderFactory, make_person
from workorders.enums import ChangeState
from workorders.intake.order_rows import OrderCells, OrderRow
from workorders.intake.order_state import OrderState
from workorders.intake.plan import ImportProgress, IntakePlan
from workorders.intake.store import existing_orders, gather_facts, registered_people, store_plan
from workorders.models import Crew, PendingChange, Technician, WorkOrder
from workorders.phones import phone_key

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 5, 12, 0, 30, tzinfo=UTC)
CELLS = {
    "reported_at": NOW - timedelta(hours=20),
    "reporter_phone": "13800001111",
    "crew": "工班甲",
    "employee_no": "0042",
    "technician": "李四",
    "closed_at": NOW - timedelta(hours=16),
    "kind": "故障",
    "channel": "统一报修电话",
}


def order_row(number: str = "WX-1", **cells: object) -> OrderRow:
    return OrderRow.of(OrderCells.model_construct(number=number, **{**CELLS, **cells}), row=2)  # type: ignore[arg-type]


def import_orders(*rows: OrderRow, now: datetime = NOW, by=None, **options) -> dict[str, WorkOrder]:
    """No frozen fields and no deadlines: evaluation is not involved."""
    orders = existing_orders({row.number for row in rows})
    facts = gather_facts(rows, orders, frozen={}, file_cells={}, people=registered_people())
    plan = IntakePlan(facts, ImportProgress(), now=now, create_people=True, **options)
    for row in rows:
        plan.add(plan.plan_row(row))
    return store_plan(plan, orders, due={}, now=now, by=by)


def test_new_orders_are_stored_with_their_people():
    stored = import_orders(order_row(), order_row("WX-2", employee_no="", technician=""))

    first, second = WorkOrder.objects.order_by("number")
    crew, technician = Crew.objects.get(), Technician.objects.get()
    assert (first, second) == (stored["WX-1"], stored["WX-2"])
    assert (first.crew, first.technician, technician.crew) == (crew, technician, crew)
    assert (second.crew, second.technician, second.missing) == (crew, None, ["technician"])
    assert (first.reporter_phone_key, first.entered_at, second.entered_at) == (
        phone_key("13800001111"),
        NOW,
        None,
    )
    assert (first.due_at, first.imported) == (None, order_row().values)
    assert (crew.history.count(), technician.history.count(), first.history.count()) == (1, 1, 0)


def test_same_rows_again_store_nothing():
    import_orders(order_row())
    before = WorkOrder.objects.values().get()

    assert import_orders(order_row(), now=NOW + timedelta(days=1)) == {}
    assert WorkOrder.objects.values().get() == before


def test_change_is_stored_with_history_and_what_was_only_remembered_without():
    import_orders(order_row(), order_row("WX-2"))
    WorkOrder.objects.filter(number="WX-2").update(fault="黑屏")
    admin = make_person("a", "admin")

    stored = import_orders(order_row(crew="工班乙"), order_row("WX-2", fault="黑屏"), by=admin)

    first, second = WorkOrder.objects.order_by("number")
    assert list(stored) == ["WX-1"]
    assert (first.crew.name, first.history.first().history_user) == ("工班乙", admin)
    assert (second.imported["fault"], second.history.count()) == ("黑屏", 0)


def test_rejected_row_leaves_the_loaded_order_as_it_was():
    held = OrderFactory(number="WX-1", closed_at=None, closed_on=None)
    before = OrderState.of(held)
    orders = existing_orders({"WX-1"})
    row = order_row(closed_at=NOW + timedelta(days=1), fault="黑屏")
    facts = gather_facts([row], orders, frozen={}, file_cells={}, people=registered_people())
    plan = IntakePlan(facts, ImportProgress(), now=NOW, create_people=True)
    plan.add(plan.plan_row(row))

    assert store_plan(plan, orders, due={}, now=NOW, by=None) == {}
    assert OrderState.of(orders["WX-1"]) == before == OrderState.of(WorkOrder.objects.get())


def test_kind_that_becomes_duplicate_gives_up_the_link_until_it_is_linked_anew():
    import_orders(order_row("WX-0"), order_row(original="WX-0"))
    WorkOrder.objects.filter(number="WX-1").update(repeat_of=WorkOrder.objects.get(number="WX-0"))

    import_orders(order_row(original="WX-0", kind="重复登记"))

    held = WorkOrder.objects.get(number="WX-1")
    assert (held.repeat_of, held.duplicate_of, held.original_number) == (None, None, "WX-0")


@pytest.mark.parametrize("by", [None, "d"])
def test_waiting_row_is_kept_for_the_person_who_imports(by):
    import_orders(order_row())
    by = by and make_person(by, "dispatcher")

    import_orders(order_row(crew="工班乙"), by=by, must_confirm=True)

    waiting = list(PendingChange.objects.values_list("state", "fields", "by"))
    assert waiting == ([(ChangeState.WAITING, ["crew"], by.pk)] if by else [])
    assert WorkOrder.objects.get().crew.name == "工班甲"


def test_number_of_queries_does_not_depend_on_the_rows():
    counted = []
    for fault, count in (("无显示", 1), ("黑屏", 1), ("无显示", 20), ("黑屏", 20)):
        with CaptureQueriesContext(connection) as queries:
            import_orders(*(order_row(f"{count}-{n}", fault=fault) for n in range(count)))
        counted.append(len(queries))

    assert counted[1] == counted[3]
