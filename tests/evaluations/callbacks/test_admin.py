import pytest
from django.urls import reverse
from django.utils import timezone

from evaluations.callbacks.scripts import TEXTS, new_version
from evaluations.models import Callback, CallScript, EvaluationPolicy, ProblemType
from evaluations.visibility import callbacks_visible_to
from satisfaction.core.roles import Role
from tests.factories import make_lead, make_person
from tests.worlds.crew import settle
from tests.worlds.desk import NINE, tried

pytestmark = pytest.mark.django_db
READ_ONLY = ("callback", "callbackattempt", "callreassignment", "takenout", "donotcall")


def texts(**changed: str) -> dict[str, str]:
    latest = CallScript.objects.first()
    return {name: getattr(latest, name) for name in TEXTS} | changed


@pytest.fixture
def admin(client):
    client.force_login(make_person("admin", Role.ADMIN))
    return client


@pytest.mark.parametrize("model", READ_ONLY)
def test_what_happened_is_listed_and_never_written(admin, desk, model):
    callback = tried(desk.callback(), desk.caller, NINE)

    assert admin.get(reverse(f"admin:evaluations_{model}_changelist")).status_code == 200
    assert admin.get(reverse(f"admin:evaluations_{model}_add")).status_code == 403
    url = reverse("admin:evaluations_callback_change", args=[callback.pk])
    assert (admin.get(url).status_code, admin.post(url, {"state": "rated"}).status_code) == (200, 403)
    assert admin.post(reverse("admin:evaluations_callback_delete", args=[callback.pk])).status_code == 403


def test_an_admin_who_leads_the_crew_does_not_see_its_calls(client, desk):
    callback = desk.callback()
    both = make_person("both", Role.ADMIN, Role.FOREMAN)
    make_lead(desk.stage.crew, both, "deputy")
    client.force_login(both)

    page = client.get(reverse("admin:evaluations_callback_changelist"))

    assert callback.order.number not in page.content.decode()
    assert callbacks_visible_to(both, now=timezone.now()).count() == 0


def test_saving_the_script_makes_a_new_version_and_keeps_the_old(admin):
    old = CallScript.objects.get()
    url = reverse("admin:evaluations_callscript_change", args=[old.pk])

    for _ in range(2):
        admin.post(url, texts(greeting_zh="您好,{reporter}!"))

    assert list(CallScript.objects.values_list("version", "greeting_zh")) == [
        (2, "您好,{reporter}!"),
        (1, old.greeting_zh),
    ]


def test_the_same_texts_are_the_same_version():
    assert new_version(texts()).version == 1
    assert new_version(texts(manner_en="Were you happy?")).version == 2


def test_a_problem_type_keeps_its_number(admin):
    kind = ProblemType.objects.get(code=2)

    admin.post(
        reverse("admin:evaluations_problemtype_change", args=[kind.pk]),
        {"code": 9, "name_zh": "态度", "name_en": "Manner"},
    )

    kind.refresh_from_db()
    assert (kind.code, kind.name_zh, kind.is_active) == (2, "态度", False)


def policy_data(**changed: object) -> dict[str, object]:
    policy = EvaluationPolicy.objects.first()
    names = [field.name for field in EvaluationPolicy._meta.fields if field.name != "id"]
    return {name: getattr(policy, name) for name in names} | changed


def test_a_policy_is_added_for_a_month_to_come_and_refused_for_a_settled_one(admin):
    settle()
    url = reverse("admin:evaluations_evaluationpolicy_add")

    refused = admin.post(url, policy_data(begins_on="2026-05-01", effect_days=60))
    added = admin.post(url, policy_data(begins_on="2026-06-01", effect_days=60))

    assert (refused.status_code, "已结算" in refused.content.decode(), added.status_code) == (200, True, 302)
    assert list(EvaluationPolicy.objects.values_list("begins_on__month", "effect_days")) == [(6, 60), (1, 30)]
    assert EvaluationPolicy.history.first().history_user.username == "admin"


@pytest.mark.parametrize(
    ("changed", "sentence"), [({"effect_days": 60}, "已结算"), ({"begins_on": "2026-06-02"}, "一日开始")]
)
def test_a_policy_that_would_reach_back_is_told_so_and_nothing_changes(admin, changed, sentence):
    settle()
    policy = EvaluationPolicy.objects.get()
    name, args = ("add", []) if "begins_on" in changed else ("change", [policy.pk])
    before = EvaluationPolicy.objects.values().get()

    page = admin.post(
        reverse(f"admin:evaluations_evaluationpolicy_{name}", args=args), policy_data(**changed)
    )

    assert (page.status_code, sentence in page.text) == (200, True)
    assert EvaluationPolicy.objects.values().get() == before


def test_a_script_in_use_stays_with_the_call_that_used_it(admin, desk):
    old = CallScript.objects.get()
    callback = desk.callback()
    Callback.objects.filter(pk=callback.pk).update(script=old)

    admin.post(reverse("admin:evaluations_callscript_change", args=[old.pk]), texts(greeting_zh="新的问候"))

    callback.refresh_from_db()
    assert (callback.script, CallScript.objects.count()) == (old, 2)
    assert callback.script.greeting_zh == old.greeting_zh != "新的问候"
