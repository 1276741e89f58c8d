"""Attacks by a foreman who wants fewer bad orders and more good ones (domain §3, §4, §12)."""

from uuid import uuid4

import pytest
from django.urls import reverse

from evaluations.enums import CallbackState, Rating
from evaluations.models import Callback, SelfEvaluation
from satisfaction.accounts.models import User
from satisfaction.core.roles import Role
from tests.factories import OrderFactory, make_callback, make_lead, make_person, make_self_evaluation
from tests.worlds.attacked_centre import GOOD, WORDS, Centre, bad
from tests.worlds.crew import AFTER_D2, DAY
from tests.worlds.desk import NINE
from tests.worlds.workbooks import order as row
from workorders.enums import LeadKind
from workorders.models import PendingChange, WorkOrder

pytestmark = pytest.mark.django_db


def incomplete(centre: Centre, **known) -> WorkOrder:
    lacking = {"technician": None, "kind": "", "entered_at": None, "with_deadlines": False} | known
    return OrderFactory(crew=centre.crew, **lacking)


def completes(centre: Centre, by: User, order: WorkOrder, **known: str):
    return centre.does(by, "orders:incomplete", **{f"o{order.pk}-{name}": known[name] for name in known})


def with_second_role(centre: Centre, *roles: str) -> User:
    """Gives the foreman's deputy another role."""
    person = make_person("both", Role.DEPUTY, *roles)
    centre.crew.leads.filter(kind=LeadKind.DEPUTY).delete()
    make_lead(centre.crew, person, LeadKind.DEPUTY)
    return person


@pytest.mark.parametrize("wish", [{"employee_no": "W999", "kind": "fault"}, {"kind": "request"}])
def test_charging_another_crew_or_leaving_the_scope_waits_for_dispatch(centre, wish):
    """While completing a bad order, the foreman names another crew's technician or records the fault as a request."""
    order = incomplete(centre)
    completes(centre, centre.foreman, order, **wish)
    order.refresh_from_db()
    change = PendingChange.objects.get()
    own = centre.does(centre.foreman, "orders:decide_pending", change.pk, action="confirm", reason="是")
    centre.does(centre.caller, "orders:decide_pending", change.pk, action="decline", reason="记录不符")

    assert (order.technician, order.kind, own.status_code) == (None, "", 403)
    assert centre.head_sees("dispatcher", "驳回", order.number, "记录不符")
    assert WorkOrder.objects.get(pk=order.pk).kind == ""


def test_dispatcher_who_leads_the_crew_completes_it_as_the_crew_does(centre):
    """A second role does not bypass the rule."""
    both = with_second_role(centre, Role.DISPATCHER)
    order = incomplete(centre)

    completes(centre, both, order, kind="request")
    change = PendingChange.objects.get()
    own = centre.does(both, "orders:decide_pending", change.pk, action="confirm", reason="是")

    order.refresh_from_db()
    assert (order.kind, change.by, own.status_code) == ("", both, 403)


def test_own_number_written_while_completing_is_marked_to_the_caller(centre):
    """The foreman enters their own phone number."""
    order = incomplete(centre, technician=centre.technician, kind="fault", reporter_phone="")
    completes(centre, centre.foreman, order, phone="13911112222")
    order.refresh_from_db()
    callback = make_callback(order, centre.caller)
    centre.does(centre.caller, "evaluations:open_call", callback.pk)

    assert "号码由工班填写" in centre.reads(centre.caller, "evaluations:call", callback.pk)
    assert "工班填写" in centre.order_page(order)
    assert centre.head_sees("foreman", order.number, "139****2222")
    assert centre.pattern(centre.crew, "completed") == (1, 1)


def test_completing_only_the_good_ones_leaves_the_others_listed_and_counted(centre):
    """A bad order is left incomplete and so stays out of the evaluation."""
    left, good = incomplete(centre), incomplete(centre)
    completes(centre, centre.foreman, good, kind="fault", employee_no=centre.technician.employee_no)

    month = centre.reads(centre.head, "evaluations:left_out", DAY.replace(day=1))
    listed = centre.reads(centre.caller, "orders:incomplete")

    assert left.number in listed and good.number not in listed
    assert f"{left.number} {DAY} 资料不全" in month
    assert centre.pattern(centre.crew, "completed") == (1, 2)


def test_splitting_one_job_into_many_orders_is_said_at_the_import_and_counted(centre):
    """Sixty orders of one technician within one minute; each adds 0.15."""
    rows = [row(f"WX-{n}") for n in range(60)]
    said = centre.imports(centre.admin, *rows, create_people="on")

    crew = WorkOrder.objects.get(number="WX-1").crew
    assert "60 张工单彼此近似" in said
    assert centre.head_sees("admin", "导入", "近似工单：60")
    assert centre.pattern(crew, "near_identical") == (60, 60)


def test_guessing_the_callback_before_it_is_published_answers_alike(centre):
    """Pages and refusals do not tell the crew that the reporter is dissatisfied or that the call has ended."""
    told = []
    for answers in (bad(), GOOD, None):
        callback = centre.desk.callback(order_number="WX-GUESS", order_reporter_phone="13800004414")
        if answers:
            centre.calls(callback, **answers)
        pages = [centre.order_page(callback.order, centre.foreman)]
        pages += [centre.reads(centre.foreman, name) for name in ("home", "evaluations:results")]
        for name, pk in (("correct_callback", callback.pk), ("object", callback.order_id)):
            refused = centre.does(centre.foreman, f"evaluations:{name}", pk, state="refused", reason="猜")
            pages.append(str(refused.status_code))
        told.append(pages)
        callback.attempts.all().delete()
        callback.saves.all().delete()
        order = callback.order
        callback.delete()
        WorkOrder.objects.filter(pk=order.pk).delete()

    assert told[0] == told[1] == told[2]


def test_rating_after_having_seen_the_result_is_marked_not_blind(centre, clock):
    """The foreman waits until the crew may see the result, then rates to match it."""
    callback = centre.desk.callback()
    centre.calls(callback, **bad())
    centre.publishes()
    clock(AFTER_D2)
    seen = centre.order_page(callback.order, centre.foreman)
    centre.does(
        centre.foreman, "evaluations:rate", callback.order_id, rating="dissatisfied", opinion="加强培训"
    )

    given = SelfEvaluation.objects.get()
    assert (WORDS in seen, given.is_late, given.is_not_blind) == (True, True, True)
    assert centre.pattern(centre.crew, "not_blind") == (1, 1)
    assert centre.pattern(centre.crew, "self_late") == (1, 1)


def test_correcting_the_self_evaluation_after_the_result_is_a_heads(centre):
    callback = centre.desk.callback()
    make_self_evaluation(callback.order, Rating.SATISFIED, by=centre.foreman, rated_at=NINE)
    centre.calls(callback, **bad())
    wish = {"rating": "basically_satisfied", "reason": "看错"}
    silent = centre.does(
        centre.foreman, "evaluations:correct_self_evaluation", callback.order_id, **wish | {"reason": ""}
    )
    centre.publishes()
    late = centre.does(centre.foreman, "evaluations:correct_self_evaluation", callback.order_id, **wish)
    centre.does(centre.head, "evaluations:correct_self_evaluation", callback.order_id, **wish)

    assert (silent.status_code, late.status_code) == (422, 403)
    assert centre.head_sees("head", "自评：满意 → 基本满意", "看错")


def test_rating_the_own_repair_is_the_deputys(centre):
    centre.technician.user = centre.foreman
    centre.technician.save()
    order = centre.desk.stage.order()

    own = centre.does(centre.foreman, "evaluations:rate", order.pk, rating="satisfied")
    other = centre.does(centre.desk.stage.deputy, "evaluations:rate", order.pk, rating="satisfied")

    assert (own.status_code, other.status_code) == (403, 302)
    assert SelfEvaluation.objects.get().rated_by == centre.desk.stage.deputy


def test_always_ten_points_stand_out_beside_the_other_crews(centre):
    """A self-evaluation is the foreman's own choice; it is shown beside the reporters' ratings."""
    for n in range(30):
        own = n < 10
        order = centre.desk.stage.order() if own else OrderFactory(technician=centre.other_technician)
        make_callback(order, centre.caller, rating=Rating.SATISFIED, published_at=NINE)
        rating = Rating.SATISFIED if own else Rating.BASICALLY_SATISFIED
        make_self_evaluation(order, rating, by=centre.foreman, rated_at=NINE)

    assert centre.pattern(centre.crew, "self_satisfied") == (10, 10)
    assert centre.is_marked(centre.crew, "self_satisfied")


@pytest.mark.parametrize("role", [Role.DISPATCHER, Role.LEAD, Role.ADMIN])
def test_second_role_shows_no_more_of_the_own_crews_callback(centre, role):
    """For a deputy who is also a dispatcher, the stricter rule applies to the order, the board and the results."""
    both = with_second_role(centre, role)
    callback = centre.desk.callback()
    names = {"order": ("orders:page", callback.order.number), "results": ("evaluations:results",)}
    if role != Role.ADMIN:
        names |= {"board": ("evaluations:board",)}
    before = {key: centre.reads(both, *name, day=f"{DAY}") for key, name in names.items()}
    centre.calls(callback, **bad())
    after = {key: centre.reads(both, *name, day=f"{DAY}") for key, name in names.items()}

    assert before == after
    assert centre.browser(both).get(reverse("evaluations:call", args=[callback.pk])).status_code in (403, 404)


def test_second_role_phones_no_reporter_of_the_own_crew(centre):
    both = with_second_role(centre, Role.DISPATCHER)
    callback = centre.desk.callback(both)

    refused = centre.does(both, "evaluations:open_call", callback.pk)
    saved = centre.does(both, "evaluations:call", callback.pk, outcome="reached", token=uuid4(), **GOOD)

    callback.refresh_from_db()
    assert refused.status_code in (302, 403) and saved.status_code in (403, 422)
    assert callback.state == CallbackState.ASSIGNED


def test_second_role_decides_nothing_for_the_own_crew(centre):
    """As lead, the deputy tries to confirm a colleague's workbook that moves a bad order to another crew."""
    both = with_second_role(centre, Role.LEAD)
    centre.imports(centre.admin, row(), create_people="on")
    WorkOrder.objects.update(crew=centre.crew)
    centre.imports(centre.caller, row(所属工班="另一工班"))
    change = PendingChange.objects.get()

    refused = centre.does(both, "orders:decide_pending", change.pk, action="confirm", reason="登记错了")

    assert (refused.status_code, WorkOrder.objects.get().crew) == (403, centre.crew)


def test_second_role_marks_no_duplicate_of_the_own_crew(centre):
    """As lead, the deputy tries to exclude a bad order from the evaluation, or a repeat from the rate."""
    both = with_second_role(centre, Role.LEAD)
    earlier = centre.desk.stage.order()
    duplicate = centre.desk.stage.order(reported_at=earlier.reported_at)
    repeat = OrderFactory(technician=centre.other_technician, repeat_of=earlier, original_number="x")
    wish = {"number": earlier.number, "reason": "同一次报修"}

    marked = centre.does(both, "orders:link", duplicate.number, action="duplicate", **wish)
    unlinked = centre.does(both, "orders:link", repeat.number, action="unlink", **wish)
    centre.does(centre.lead, "orders:link", duplicate.number, action="duplicate", **wish)

    repeat.refresh_from_db()
    assert (marked.status_code, unlinked.status_code, repeat.repeat_of) == (403, 403, earlier)
    assert centre.head_sees("lead", duplicate.number, earlier.number, "同一次报修")


def test_objecting_is_once_within_days_and_decided_by_somebody_else(centre):
    """The foreman objects to every bad rating."""
    callback = centre.desk.callback()
    make_self_evaluation(callback.order, Rating.SATISFIED, by=centre.foreman, rated_at=NINE)
    centre.calls(callback, **bad())
    centre.publishes()
    centre.does(centre.foreman, "evaluations:object", callback.order_id, reason="报修人认错了人")
    objection = callback.order.objection
    decision = {"is_upheld": "1", "words": "属实"}
    own = centre.does(centre.foreman, "evaluations:objection", objection.pk, **decision)

    objection.refresh_from_db()
    assert (own.status_code, objection.state) == (403, "undecided")
    assert "报修人认错了人" in centre.order_page(callback.order)
    assert centre.pattern(centre.crew, "objected") == (1, 1)
    assert Callback.objects.get().rating == Rating.DISSATISFIED
