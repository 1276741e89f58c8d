from dataclasses import asdict
from datetime import time, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from evaluations.callbacks.open_call import open_callback
from evaluations.callbacks.postpone import postpone
from evaluations.callbacks.queue import queue_of
from evaluations.callbacks.reassign import reassign
from evaluations.enums import CallbackState, Outcome, Rating
from evaluations.models import (
    Callback,
    CallbackAttempt,
    CallDraft,
    CallSave,
    CallSkip,
    EvaluationPolicy,
    ProblemType,
)
from satisfaction.core.roles import Role
from tests.factories import OrderFactory, TechnicianFactory, make_lead, make_person, make_self_evaluation
from tests.worlds.crew import queries_of, technician_of
from tests.worlds.desk import DAY, NINE, PHONE, SATISFIED, Desk, rated, tried
from workorders.enums import LeadKind
from workorders.models import WorkOrder

pytestmark = pytest.mark.django_db
DESK, NEXT = reverse("evaluations:desk"), reverse("evaluations:next_call")
AT_MOST = 12
GOOD = {name: value for name, value in asdict(SATISFIED).items() if isinstance(value, str) and value}


def call_url(callback: Callback) -> str:
    return reverse("evaluations:call", args=[callback.pk])


@pytest.fixture(autouse=True)
def nine():
    with time_machine.travel(NINE, tick=False):
        yield


@pytest.fixture
def caller(client, desk):
    client.force_login(desk.caller)
    return client


def opened(desk: Desk, **fields) -> Callback:
    return open_callback(desk.callback(**fields), by=desk.caller, now=NINE).callback


def body(page) -> str:
    """The page's HTML, with one space for any white space."""
    return " ".join(page.content.decode().split())


def test_desk_lists_the_own_queue_with_masked_numbers(caller, desk):
    mine, others = desk.callback(), desk.callback(desk.colleague)

    page = caller.get(DESK)

    assert [call.callback.pk for call in page.context["page"]] == [mine.pk]
    assert mine.order.reporter_phone not in body(page)
    assert others.order.number not in body(page)
    assert (page.context["head"].assigned, page.context["head"].left, page.context["ready"]) == (1, 1, 1)


def test_desk_counts_done_not_reached_left_overdue(caller, desk):
    rated(desk.callback(), desk.caller)
    desk.callback(state=CallbackState.UNREACHABLE, ended_at=NINE)
    desk.callback(due_at=NINE - timedelta(days=1))
    desk.callback(has_wrong_number=True)
    desk.callback(desk.colleague)

    head = caller.get(DESK).context["head"]

    assert (head.assigned, head.done, head.not_reached, head.left, head.overdue, head.wrong_numbers) == (
        4,
        1,
        1,
        2,
        1,
        1,
    )


def test_desk_asks_the_database_as_often_for_thirty_as_for_one(caller, desk, django_assert_num_queries):
    desk.callback()
    caller.get(DESK)
    with CaptureQueriesContext(connection) as one:
        caller.get(DESK)
    for _ in range(29):
        desk.callback()

    assert len(one) <= AT_MOST
    with django_assert_num_queries(len(one)):
        assert len(caller.get(DESK).context["page"].object_list) == 30


def test_next_call_opens_the_first_and_shows_it(caller, desk):
    callback = desk.callback()

    answer = caller.post(NEXT)

    assert (answer.status_code, answer.url) == (302, call_url(callback))
    callback.refresh_from_db()
    assert callback.held_by == desk.caller


def test_a_technician_of_the_crew_makes_the_calls_drawn_for_him_or_her_and_sees_no_others(caller, desk):
    technician_of(desk.caller, desk.stage.crew)
    mine, others = desk.callback(), desk.callback(desk.colleague)
    make_self_evaluation(mine.order, by=desk.stage.foreman, comment="自评秘密")

    page = caller.post(NEXT, follow=True)
    order_page = caller.get(reverse("orders:page", args=[mine.order.number]))
    answer = caller.post(call_url(mine), GOOD | {"outcome": "reached", "token": uuid4()})

    assert (page.status_code, page.context["call"].callback.pk) == (200, mine.pk)
    assert "自评秘密" not in body(page) + body(order_page)
    assert (answer.status_code, Callback.objects.get(pk=mine.pk).state) == (302, CallbackState.RATED)
    assert caller.get(call_url(mine)).status_code == 200
    assert caller.get(call_url(others)).status_code == 404


def test_who_leads_the_crew_since_the_draw_does_not_phone_and_is_told_who_reassigns(caller, desk):
    mine, free = desk.callback(), desk.callback(order_technician=TechnicianFactory())
    make_lead(desk.stage.crew, desk.caller, LeadKind.DEPUTY)

    answer = caller.post(NEXT)
    refused = caller.post(reverse("evaluations:open_call", args=[mine.pk]))
    saved = caller.post(call_url(mine), GOOD | {"outcome": "reached", "token": uuid4()})

    assert (answer.status_code, answer.url) == (302, call_url(free))
    assert (refused.status_code, "请调度长" in body(refused)) == (403, True)
    assert saved.status_code == 403
    assert Callback.objects.get(pk=mine.pk).state == CallbackState.ASSIGNED


def test_next_call_says_when_the_next_one_is(caller, desk):
    tried(desk.callback(), desk.caller, NINE)

    page = caller.post(NEXT, follow=True)

    assert "下一个在今天 11:00" in body(page)
    assert page.context["next_at"] == NINE + timedelta(hours=2)


def test_nothing_is_opened_by_looking(caller, desk):
    callback = desk.callback()

    assert caller.get(NEXT).status_code == 405
    page = caller.get(call_url(callback))

    assert (page.status_code, "开始回访" in body(page)) == (200, True)
    assert not Callback.objects.filter(held_by__isnull=False).exists()


def test_call_shows_order_script_and_number_but_not_the_self_evaluation(caller, desk):
    callback = opened(desk, order_fault="网络不通", order_equipment="交换机")
    make_self_evaluation(callback.order, by=desk.stage.foreman, comment="自评秘密")

    page = caller.get(call_url(callback))

    assert callback.order.reporter_phone in body(page).replace(" ", "")
    assert "<b>网络不通</b>" in body(page)
    assert "<b>昨天 13:00</b>" in body(page)
    assert "自评秘密" not in body(page)
    assert "checked" not in body(page)


def test_call_shows_the_reporters_other_orders_and_those_of_the_fault(caller, desk):
    """Orders of the last 30 days, whoever repaired them; orders rated in this call are already on the screen."""
    stage = desk.stage
    original = stage.order(day=DAY - timedelta(days=50))
    callback = opened(desk, order_reporter_phone=PHONE, order_repeat_of=original)
    again = stage.order(day=DAY, closing_clock=time(17), repeat_of=callback.order)
    earlier = stage.order(day=DAY - timedelta(days=3), reporter_phone=PHONE.replace(" ", "-"))
    stage.order(day=DAY - timedelta(days=40), reporter_phone=PHONE)

    page = caller.get(call_url(callback))

    numbers = [order.number for order in page.context["call"].further]
    assert numbers == [again.number, earlier.number, original.number]
    assert all(number in body(page) for number in numbers)


@pytest.mark.parametrize(
    ("hour_of", "offered"),
    [
        (NINE, [("1", False), ("2", False), ("3", True), ("4", False)]),
        (NINE + timedelta(hours=8, minutes=30), [("1", True), ("3", True), ("4", False)]),
        (NINE + timedelta(days=1), [("1", False), ("2", False), ("4", False)]),
    ],
    ids=["morning of D+1", "evening of D+1", "D+2, postponed"],
)
def test_later_says_what_postpones_and_offers_nothing_past_d2(caller, desk, hour_of, offered):
    callback = desk.callback()
    if hour_of > callback.due_at:
        postpone(callback, by=desk.caller, reason="出差", now=NINE)
    with time_machine.travel(hour_of, tick=False):
        later = caller.get(call_url(callback)).context["call"].later

    assert [(key.key, key.postpones) for key in later] == offered


def test_a_satisfied_call_is_saved_and_the_next_is_there(caller, desk):
    callback, following = opened(desk), desk.callback()

    answer = caller.post(call_url(callback), GOOD | {"outcome": "reached", "token": uuid4()})

    callback.refresh_from_db()
    following.refresh_from_db()
    mark = f"?saved={callback.pk}&undo={CallSave.objects.get().pk}"
    assert (answer.status_code, answer.url) == (302, call_url(following) + mark)
    assert (callback.state, callback.rating, callback.response) == (
        CallbackState.RATED,
        Rating.SATISFIED,
        "yes",
    )
    assert following.held_by == desk.caller


def test_after_the_last_the_list_says_so(caller, desk):
    callback = opened(desk)

    page = caller.post(call_url(callback), GOOD | {"outcome": "reached"}, follow=True)

    assert "都回访完了" in body(page)
    assert f'data-saved="{callback.pk}"' in body(page)


def test_the_reporters_other_order_follows_in_the_same_call(caller, desk):
    first, second = desk.of_one_reporter(desk.caller, desk.caller)
    desk.callback(due_at=NINE)  # would be next otherwise
    open_callback(first, by=desk.caller, now=NINE)

    answer = caller.post(call_url(first), GOOD | {"outcome": "reached"})

    assert answer.url.startswith(f"{call_url(second)}?saved={first.pk}")


def test_all_orders_of_the_reporter_are_rated_with_one_save(caller, desk):
    first, second, colleagues = desk.of_one_reporter(desk.caller, desk.caller, desk.colleague)
    open_callback(first, by=desk.caller, now=NINE)
    page = caller.get(call_url(first))
    of_second = {f"o{second.pk}-rating": "basically_satisfied", f"o{second.pk}-response": "no"}

    caller.post(
        call_url(first), GOOD | of_second | {"outcome": "reached", "with": second.pk, "token": uuid4()}
    )

    assert [part.callback for part in page.context["call"].parts] == [first, second]
    assert page.context["call"].others == [colleagues]
    assert list(Callback.objects.order_by("pk").values_list("state", "rating", "response")) == [
        (CallbackState.RATED, Rating.SATISFIED, "yes"),
        (CallbackState.RATED, Rating.BASICALLY_SATISFIED, "no"),
        (CallbackState.ASSIGNED, "", "not_asked"),
    ]
    assert list(CallbackAttempt.objects.order_by("pk").values_list("callback", "is_same_call")) == [
        (first.pk, False),
        (second.pk, True),
    ]


def test_what_is_wrong_with_a_further_order_saves_nothing(caller, desk):
    first, second = desk.of_one_reporter(desk.caller, desk.caller)
    open_callback(first, by=desk.caller, now=NINE)
    data = GOOD | {"outcome": "reached", "with": second.pk, f"o{second.pk}-rating": "dissatisfied"}

    page = caller.post(call_url(first), data)

    assert (page.status_code, f"{second.order.number}: 不满意" in body(page)) == (422, True)
    assert (
        f'name="o{second.pk}-rating" data-rating="dissatisfied" value="dissatisfied" data-key="3" checked'
        in body(page)
    )
    assert not CallbackAttempt.objects.exists()


def test_a_draft_comes_back_for_its_caller_alone_and_can_be_given_up(caller, client, desk):
    callback = opened(desk)
    draft = reverse("evaluations:save_draft", args=[callback.pk])

    kept = caller.post(
        draft, {"rating": "satisfied", "words": "很好", "token": uuid4(), "outcome": "reached"}
    )
    restored = body(caller.get(call_url(callback)))
    values = callback.__class__.objects.get().draft.values
    caller.post(reverse("evaluations:give_up_draft", args=[callback.pk]))

    assert (kept.status_code, values) == (204, {"rating": ["satisfied"], "words": ["很好"]})
    assert ("已恢复" in restored, ">很好</textarea>" in restored) == (True, True)
    assert 'value="satisfied" data-key="1" checked' in restored
    assert not CallDraft.objects.exists()
    client.force_login(desk.colleague)
    assert client.post(draft, {"rating": "satisfied"}).status_code == 403


def test_a_save_is_undone_within_five_seconds_as_it_was_filled_in(caller, desk):
    callback, following = opened(desk), desk.callback()
    caller.post(call_url(callback), GOOD | {"outcome": "reached", "words": "谢谢", "token": uuid4()})
    save = CallSave.objects.get()

    answers = [caller.post(reverse("evaluations:undo_save", args=[save.pk])) for _ in range(2)]

    callback.refresh_from_db()
    following.refresh_from_db()
    assert [answer.url for answer in answers] == [call_url(callback)] * 2
    assert (callback.state, callback.rating, callback.held_by, following.held_by) == (
        "assigned",
        "",
        desk.caller,
        None,
    )
    assert 'value="satisfied" data-key="1" checked' in body(caller.get(call_url(callback)))
    assert not CallbackAttempt.objects.exists()


def test_a_skip_needs_a_reason_and_lets_the_next_one_follow(caller, desk):
    callback, following = opened(desk, due_at=NINE + timedelta(minutes=30)), desk.callback()

    answer = caller.post(call_url(callback), {"skip": "other", "skip_reason": "等维修人回电"})

    assert answer.url == f"{call_url(following)}?saved={callback.pk}"
    assert list(CallSkip.objects.values_list("callback", "by", "reason")) == [
        (callback.pk, desk.caller.pk, "等维修人回电")
    ]
    assert not CallbackAttempt.objects.exists()


def test_a_call_promised_for_anybody_is_offered_to_the_group_and_taken(caller, client, desk):
    callback = opened(desk)
    caller.post(call_url(callback), {"later": "hour", "is_anybodys": "on", "token": uuid4()})
    client.force_login(desk.colleague)
    before = client.get(DESK).context["offered"]

    with time_machine.travel(NINE + timedelta(hours=1), tick=False):
        offered = client.get(DESK).context["offered"]
        answer = client.post(NEXT)

    callback.refresh_from_db()
    assert (before, offered, answer.url) == ([], [callback], call_url(callback))
    assert (callback.caller, callback.held_by, callback.is_anybodys) == (
        desk.colleague,
        desk.colleague,
        False,
    )


def test_outside_calling_hours_next_says_when(caller, desk):
    EvaluationPolicy.objects.update(calling_from=time(8), calling_until=time(20))
    desk.callback()

    with time_machine.travel(NINE + timedelta(hours=11, minutes=30), tick=False):
        page = caller.post(NEXT, follow=True)

    assert "不在拨打时间(08:00–20:00);下一个在明天 8:00" in body(page)


SCREENS = ["call", "postpone", "correct_number"]


def many(callback: Callback, by, count: int) -> None:
    """Creates more callbacks like this one, each with one failed attempt, in three statements."""
    like = OrderFactory.build_batch(count, technician=callback.order.technician, with_deadlines=False)
    for order in like:
        order.entered_at, order.due_at, order.last_due_at = (
            callback.order.entered_at,
            callback.order.due_at,
            callback.order.last_due_at,
        )
    own = ("caller", "group", "state", "calling_on", "due_at", "run", "drawn_group", "drawn_caller")
    fields = {name: getattr(callback, name) for name in own}
    drawn = [Callback(order=order, **fields) for order in WorkOrder.objects.bulk_create(like)]
    CallbackAttempt.objects.bulk_create(
        CallbackAttempt(callback=one, by=by, started_at=NINE, ended_at=NINE, outcome=Outcome.NO_ANSWER)
        for one in Callback.objects.bulk_create(drawn)
    )


@pytest.mark.parametrize("queue", [1, 30, 300])
@pytest.mark.parametrize("role", ["caller", "head"])
def test_no_screen_asks_more_than_twelve_times_whatever_the_queue(client, desk, role, queue):
    person = desk.caller if role == "caller" else desk.stage.head
    callbacks = desk.of_one_reporter(*[person] * 3)
    ended = rated(desk.callback(person), person)
    many(desk.callback(person), person, queue)
    open_callback(callbacks[0], by=person, now=NINE)
    client.force_login(person)
    urls = [DESK, *(reverse(f"evaluations:{name}", args=[callbacks[0].pk]) for name in SCREENS)]
    urls += [call_url(ended), reverse("evaluations:correct_callback", args=[ended.pk])]

    asked = {url: queries_of(client, url) for url in urls}

    assert len(queue_of(person, now=NINE)) == queue + 4
    assert {url: n for url, n in asked.items() if n > AT_MOST} == {}


@pytest.mark.parametrize(
    ("data", "outcome", "again"),
    [
        ({"outcome": "no_answer"}, Outcome.NO_ANSWER, NINE + timedelta(hours=2)),
        ({"outcome": "busy"}, Outcome.BUSY, NINE + timedelta(minutes=15)),
        ({"later": "hour"}, Outcome.CALL_LATER, NINE + timedelta(hours=1)),
        ({"later": "afternoon"}, Outcome.CALL_LATER, NINE + timedelta(hours=5)),
        ({"later": "at", "later_at": "2026-05-12T15:30"}, Outcome.CALL_LATER, NINE + timedelta(hours=6.5)),
        ({"outcome": "wrong_number"}, Outcome.WRONG_NUMBER, None),
        ({"outcome": "refused"}, Outcome.REFUSED, None),
    ],
)
def test_every_other_outcome_has_its_button(caller, desk, data, outcome, again):
    callback = opened(desk)

    caller.post(call_url(callback), data)

    callback.refresh_from_db()
    assert (callback.attempts.get().outcome, callback.call_again_at) == (outcome, again)


def test_giving_up_has_its_button_once_enough_was_tried(caller, desk):
    callback = desk.callback()
    for hours in (18, 20):
        tried(callback, desk.caller, NINE - timedelta(hours=hours))
    open_callback(callback, by=desk.caller, now=NINE)

    assert "无人接听并结束" in body(caller.get(call_url(callback)))
    caller.post(call_url(callback), {"gives_up": "1"})

    callback.refresh_from_db()
    assert callback.state == CallbackState.UNREACHABLE


def test_what_is_missing_comes_back_with_everything_filled_in(caller, desk):
    callback = opened(desk)
    kind = ProblemType.objects.get(code=1)

    page = caller.post(
        call_url(callback),
        {"outcome": "reached", "rating": "dissatisfied", "response": "no", "problem_types": kind.pk},
    )

    assert (page.status_code, "未说明原因”。" in body(page)) == (422, True)
    assert 'value="dissatisfied" data-key="3" checked' in body(page)
    assert 'value="no" data-key="W" checked' in body(page)
    assert f'name="problem_types" value="{kind.pk}" data-key="U" checked' in body(page)
    assert not callback.attempts.exists()


def test_a_contradiction_is_asked_about_once(caller, desk):
    callback = opened(desk)
    data = GOOD | {"outcome": "reached", "repaired": "no"}

    page = caller.post(call_url(callback), data)
    asked = page.context["call"].form["confirmed"].value()
    answer = caller.post(call_url(callback), data | {"confirmed": asked})

    callback.refresh_from_db()
    assert (page.status_code, "确定吗" in body(page)) == (422, True)
    assert (answer.status_code, callback.is_contradictory) == (302, True)


def test_a_double_click_is_one_attempt(caller, desk):
    callback, data = opened(desk), {"outcome": "no_answer", "token": uuid4()}

    answers = [caller.post(call_url(callback), data) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert CallbackAttempt.objects.count() == 1


def test_a_stale_page_is_told_how_it_ended_and_where_to_correct(caller, desk):
    callback = rated(desk.callback(), desk.caller)

    page = caller.post(call_url(callback), {"outcome": "refused", "token": uuid4()})

    assert (page.status_code, "这次填写没有保存" in body(page)) == (422, True)
    assert reverse("evaluations:correct_callback", args=[callback.pk]) in body(page)
    assert callback.attempts.count() == 1


def test_what_no_json_can_hold_stops_neither_a_draft_nor_a_save(caller, desk):
    callback = opened(desk)
    odd = {"words": "很\0好", "later_at\0": "x", "unknown": "\0"}

    kept = caller.post(reverse("evaluations:save_draft", args=[callback.pk]), odd)
    values = CallDraft.objects.get().values
    saved = caller.post(
        call_url(callback), {**GOOD, "outcome": "reached", "token": uuid4(), "unknown": "a\0b"}
    )

    assert (kept.status_code, values) == (204, {"words": ["很好"]})
    assert (saved.status_code, CallSave.objects.get().form["unknown"]) == (302, ["ab"])


def test_ended_call_shows_its_result_and_clears_the_draft(caller, desk):
    callback = rated(desk.callback(), desk.caller)

    page = caller.get(call_url(callback))

    assert (page.status_code, "满意" in body(page), f'data-saved="{callback.pk}"' in body(page)) == (
        200,
        True,
        True,
    )


def test_signed_out_in_mid_form_comes_back_to_the_call(client, desk):
    callback = opened(desk)

    answer = client.post(call_url(callback), GOOD | {"outcome": "reached"})

    assert answer.status_code == 302
    assert answer.url.endswith(f"?next={call_url(callback)}")
    assert not callback.attempts.exists()


def test_reassigned_meanwhile_is_said_in_a_sentence(caller, desk):
    callback = desk.callback()
    reassign(callback, to=desk.colleague, by=desk.lead, reason="病假", now=NINE)

    page = caller.post(call_url(callback), GOOD | {"outcome": "reached"})

    assert (page.status_code, "现在由colleague回访" in body(page)) == (403, True)
    assert not callback.attempts.exists()


def test_somebody_elses_call_is_forbidden_and_an_unknown_one_not_found(caller, desk):
    others = desk.callback(desk.colleague)

    assert caller.get(call_url(others)).status_code == 403
    assert caller.post(reverse("evaluations:open_call", args=[others.pk])).status_code == 403
    assert caller.get(reverse("evaluations:call", args=[987654])).status_code == 404


@pytest.mark.parametrize("role", [Role.FOREMAN, Role.DEPUTY, Role.TECHNICIAN, Role.ADMIN])
def test_nobody_else_has_a_desk(client, desk, role):
    callback = desk.callback()
    client.force_login(make_person("somebody", role))

    for name in ("desk", "next_call"):
        assert client.post(reverse(f"evaluations:{name}")).status_code == 403
    for name in ("call", "open_call", "hold_call", "release_call"):
        assert client.post(reverse(f"evaluations:{name}", args=[callback.pk])).status_code == 403
    assert client.get(DESK).status_code == 403


def test_what_a_colleague_has_on_the_screen_is_refused_with_the_name(caller, desk):
    mine, others = desk.of_one_reporter(desk.caller, desk.colleague)
    open_callback(others, by=desk.colleague, now=NINE)

    page = caller.post(reverse("evaluations:open_call", args=[mine.pk]), follow=True)

    assert "colleague正在与这位报修人通话" in body(page)
    assert "colleague通话中" in body(page)


def test_leaving_lets_the_reporter_go(caller, desk):
    callback = opened(desk)

    answer = caller.post(reverse("evaluations:release_call", args=[callback.pk]), headers={"X-Leaving": "1"})

    callback.refresh_from_db()
    assert (answer.status_code, callback.held_by) == (204, None)


def test_a_lead_lets_go_what_somebody_left_open(client, desk):
    callback = opened(desk)
    client.force_login(desk.lead)

    answer = client.post(reverse("evaluations:release_call", args=[callback.pk]))

    callback.refresh_from_db()
    assert (answer.url, callback.held_by) == (reverse("evaluations:board"), None)


def test_a_long_call_keeps_its_reporter(caller, desk):
    callback = opened(desk)
    with time_machine.travel(NINE + timedelta(minutes=10), tick=False):
        answer = caller.post(reverse("evaluations:hold_call", args=[callback.pk]))

    callback.refresh_from_db()
    assert (answer.status_code, callback.held_until) == (204, NINE + timedelta(minutes=25))


def test_a_colleagues_order_is_taken_over_in_the_call(caller, desk):
    mine, others = desk.of_one_reporter(desk.caller, desk.colleague)
    open_callback(mine, by=desk.caller, now=NINE)
    url = reverse("evaluations:take_over", args=[mine.pk, others.pk])

    answers = [caller.post(url).url for _ in range(2)]

    others.refresh_from_db()
    assert (answers, others.caller) == ([call_url(mine)] * 2, desk.caller)
    assert [part.callback for part in caller.get(call_url(mine)).context["call"].parts] == [mine, others]


def test_the_queue_warns_when_the_reporter_was_phoned_today(caller, desk):
    _mine, others = desk.of_one_reporter(desk.caller, desk.colleague)
    tried(others, desk.colleague, NINE)

    assert "今天已打过" in body(caller.get(DESK))


def test_the_script_leaves_unknown_names_and_escapes_what_it_is_given(caller, desk):
    callback = opened(desk, order_fault="<script>x</script>")
    callback.script.greeting_zh = "{fault} {nobody} <i>"
    callback.script.save()

    page = body(caller.get(call_url(callback)))

    assert "<b>&lt;script&gt;x&lt;/script&gt;</b> {nobody} &lt;i&gt;" in page
