"""The call desk: the queue, the next call, and the call screen with its form (domain §6)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from evaluations.enums import CallbackState
from evaluations.guards import is_settled, policy_of
from evaluations.models import Callback, CallDraft, CallSave
from evaluations.models.callbacks import CallbackWithRepeats
from evaluations.visibility import callbacks_visible_to
from satisfaction.core.access import roles_required
from satisfaction.core.error_pages import UNAVAILABLE, UNPROCESSABLE
from satisfaction.core.errors import BUSY, NotAllowed, Refused, is_busy
from satisfaction.core.form_errors import run_or_message
from satisfaction.core.formats import format_spoken_moment
from satisfaction.core.pagination import page_of
from satisfaction.core.params import int_param
from satisfaction.core.requests import UserRequest, hide_navigation_counts, set_navigation_counts
from satisfaction.core.roles import Role

from .answers import Contradictory
from .call_page import call_page
from .correct import may_correct
from .forms import AnswersForm, CallForm, further_form, further_ids
from .guards import AlreadyEnded, hours_of, lead_of
from .open_call import claim_next, open_or_take, release, skip_call, stay_on
from .queries import HeadLine, ended_by, head_line, offered_to, phoned_today, wrong_numbers_of
from .queue import QueuedCall, hours_now, queue_of
from .reassign import take_over
from .rules import Service, later_times
from .save import save_call

NOT_FILLED_IN = frozenset(
    "csrfmiddlewaretoken token confirmed outcome later later_at gives_up skip skip_reason is_anybodys with".split()
)
CALLERS = (Role.DISPATCHER, Role.LEAD, Role.MANAGER, Role.HEAD)


@roles_required(*CALLERS)
@require_safe
def desk(request: UserRequest) -> HttpResponse:
    """The queue page: the day's figures, the button for the next call, the list in the order of service."""
    now = timezone.now()
    hours = hours_now(now)
    queue = queue_of(request.user, now=now, hours=hours)
    offered = list(offered_to(request.user, now=now)[:20])
    page = page_of(request, queue)
    ready = [call for call in queue if call.service is not Service.NOT_YET]
    context = {
        "page": page,
        "offered": offered,
        "is_open": hours.is_open(now),
        "ready": len(ready) + len(offered),
        "next_at": None if ready or offered else next_time(queue),
        "phoned": phoned_today([call.callback for call in page], now=now),
        "wrong_numbers": list(wrong_numbers_of(request.user)),
        "ended": list(ended_by(request.user, now=now)[:20]),
        "now": now,
        **saved(request),
    }
    return desk_page(
        request, "evaluations/callbacks/desk.html", context, head=head_line(request.user, now=now)
    )


def next_time(queue: list[QueuedCall]) -> datetime | None:
    return min((call.callable_at for call in queue), default=None)


@roles_required(*CALLERS)
@require_POST
def next_call(request: UserRequest) -> HttpResponse:
    """Opens the first callback that may be called now; otherwise shows the time of the next one."""
    now = timezone.now()
    opened = claim_next(by=request.user, now=now)
    if opened:
        return redirect("evaluations:call", opened.callback.pk)
    messages.info(request, nothing_now(request, now))
    return redirect("evaluations:desk")


def nothing_now(request: UserRequest, now: datetime) -> str:
    hours = hours_now(now)
    queue = queue_of(request.user, now=now, hours=hours)
    at = next_time([call for call in queue if call.service is Service.NOT_YET])
    if any(call.service is not Service.NOT_YET for call in queue):
        return _("剩下的报修人正由同事通话,请稍候。")
    if at and not hours.is_open(now):
        return _("现在不在拨打时间(%(from)s–%(until)s);下一个在%(at)s。") % {
            "from": f"{hours.begins:%H:%M}",
            "until": f"{hours.ends:%H:%M}",
            "at": format_spoken_moment(at, now),
        }
    if at:
        return _("现在没有可拨打的;下一个在%(at)s。") % {"at": format_spoken_moment(at, now)}
    return _("都回访完了。")


@roles_required(*CALLERS)
@require_http_methods(["GET", "HEAD", "POST"])
def call(request: UserRequest, pk: int) -> HttpResponse:
    """The call screen and its form. The form posts to the same URL, so a new sign-in returns to it."""
    now = timezone.now()
    callback = get_object_or_404(known(request), pk=pk)
    if request.method == "POST":
        return record(request, callback, now)
    if callback.caller_id != request.user.pk:
        raise PermissionDenied
    if callback.state != CallbackState.ASSIGNED:
        return ended_page(request, callback)
    draft = draft_of(callback, request)
    form = CallForm.restored(draft.values) if draft else CallForm.fresh()
    page = call_page(callback, form, request.user, now=now, draft_at=draft.at if draft else None)
    context = {"call": page, "now": now, **saved(request)}
    return desk_page(request, "evaluations/callbacks/call.html", context, head=page.head)


def record(request: UserRequest, callback: CallbackWithRepeats, now: datetime) -> HttpResponse:
    """Saves and opens the next call; on missing or contradictory answers, shows the filled-in form again."""
    form = CallForm(request.POST)
    further = {pk: further_form(request.POST, pk) for pk in further_ids(request.POST)}
    wrong = [one for one in (form, *further.values()) if not one.is_valid()]
    if wrong:
        return again(request, callback, form, now, sentence=wrong[0].sentence)
    try:
        kept, save = stored(request, callback, form, further, now)
    except Contradictory as asked:
        found = request.POST.copy()
        found["confirmed"] = " ".join(one.value for one in asked.found)
        return again(request, callback, CallForm(found), now, asks=str(asked))
    except AlreadyEnded as ended:
        return ended_page(request, ended.callback, sentence=str(ended), status=UNPROCESSABLE)
    except NotAllowed:
        raise
    except Refused as refusal:
        return again(request, callback, form, now, sentence=str(refusal))
    except OperationalError as error:
        if not is_busy(error):
            raise
        return again(request, callback, form, now, sentence=str(BUSY), status=UNAVAILABLE)
    return onward(request, kept, save, now)


def stored(
    request: UserRequest, callback: Callback, form: CallForm, further: dict[int, AnswersForm], now: datetime
) -> tuple[Callback, CallSave | None]:
    """Makes one save for all of the reporter's orders on the screen. A skip returns no save to undo."""
    if form.reason_to_skip:
        return skip_call(callback, by=request.user, reason=form.reason_to_skip, now=now), None
    return save_call(
        callback,
        form.attempt(later_times(now, hours_of(policy_of(callback.order)))),
        by=request.user,
        now=now,
        further={pk: one.answers for pk, one in further.items()},
        form=filled_in(request.POST),
    )


def filled_in(data: QueryDict) -> dict[str, list[str]]:
    """Returns the form fields for a draft, without tokens, buttons and NUL characters (invalid in JSON)."""
    return {
        name: [text.replace("\0", "") for text in data.getlist(name)]
        for name in data
        if name not in NOT_FILLED_IN and "\0" not in name
    }


def draft_of(callback: Callback, request: UserRequest) -> CallDraft | None:
    """Returns the user's own draft of this call, if any."""
    draft = getattr(callback, "draft", None)
    return draft if draft and draft.by_id == request.user.pk else None


def again(
    request: UserRequest,
    callback: CallbackWithRepeats,
    form: CallForm,
    now: datetime,
    *,
    sentence: str = "",
    asks: str = "",
    status: int = UNPROCESSABLE,
) -> HttpResponse:
    if callback.caller_id != request.user.pk:
        raise PermissionDenied
    page = call_page(callback, form, request.user, now=now, sentence=sentence, asks=asks)
    context = {"call": page, "now": now}
    return desk_page(request, "evaluations/callbacks/call.html", context, head=page.head, status=status)


def onward(request: UserRequest, callback: Callback, save: CallSave | None, now: datetime) -> HttpResponse:
    """Redirects to the caller's next order of the same reporter, else the next in the queue, or the list."""
    mark = f"?saved={callback.pk}" + (f"&undo={save.pk}" if save else "")
    try:
        opened = claim_next(by=request.user, now=now)
    except OperationalError as error:
        if not is_busy(error):
            raise
        messages.info(request, _("已保存。系统正忙,请稍后再开始下一个。"))
        return redirect(reverse("evaluations:desk") + mark)
    if opened:
        return redirect(reverse("evaluations:call", args=[opened.callback.pk]) + mark)
    messages.success(request, nothing_now(request, now))
    return redirect(reverse("evaluations:desk") + mark)


def ended_page(
    request: UserRequest, callback: Callback, *, sentence: str = "", status: int = 200
) -> HttpResponse:
    """Shows how the callback ended and whether it can be corrected; also for a stale page or a second tab."""
    context = {
        "callback": callback,
        "sentence": sentence,
        "may_correct": may_correct(callback, request.user) and not is_settled(callback.order),
        "attempts": list(callback.attempts.select_related("by")),
    }
    hide_navigation_counts(request)
    return render(request, "evaluations/callbacks/ended.html", context, status=status)


@roles_required(*CALLERS)
@require_POST
def open_call(request: UserRequest, pk: int) -> HttpResponse:
    """Opens a callback from the list; if a colleague holds it, the message names that person."""
    callback = get_object_or_404(known(request), pk=pk)
    if run_or_message(request, open_or_take, callback, by=request.user, now=timezone.now()):
        return redirect("evaluations:call", pk)
    return redirect("evaluations:desk")


@roles_required(*CALLERS)
@require_POST
def hold_call(request: UserRequest, pk: int) -> HttpResponse:
    """Extends the hold during a long call; the page posts here every few minutes."""
    stay_on(get_object_or_404(known(request), pk=pk), by=request.user, now=timezone.now())
    return HttpResponse(status=204)


@roles_required(*CALLERS)
@require_POST
def release_call(request: UserRequest, pk: int) -> HttpResponse:
    """Releases the hold: the caller leaves the screen, or a lead frees a forgotten hold."""
    callback = get_object_or_404(known(request), pk=pk)
    release(callback, by=request.user, now=timezone.now())
    if request.headers.get("X-Leaving"):
        return HttpResponse(status=204)
    back = "evaluations:board" if request.user.has_role(lead_of(callback.group)) else "evaluations:desk"
    return redirect(back if callback.caller_id != request.user.pk else "evaluations:desk")


@roles_required(*CALLERS)
@require_POST
def take_over_call(request: UserRequest, pk: int, sibling: int) -> HttpResponse:
    """Takes over a colleague's order of the same reporter during the call, on the same screen."""
    now = timezone.now()
    get_object_or_404(known(request), pk=pk)
    take_over(get_object_or_404(known(request), pk=sibling), by=request.user, now=now)
    return redirect("evaluations:call", pk)


def desk_page(
    request: UserRequest, template: str, context: dict[str, Any], *, head: HeadLine, status: int = 200
) -> HttpResponse:
    """Renders a desk page; its navigation counts come from `head`, without further queries."""
    set_navigation_counts(request, {"desk": head.left})
    return render(request, template, context | {"head": head}, status=status)


def known(request: UserRequest) -> QuerySet[CallbackWithRepeats]:
    """Returns the callbacks visible to the person, with the joins for the call screen."""
    rows = callbacks_visible_to(request.user, now=timezone.now()).with_repeats()
    return rows.select_related(
        "order__crew",
        "order__technician",
        "order__repeat_of",
        "script",
        "held_by",
        "caller",
        "ended_by",
        "draft",
    )


def saved(request: UserRequest) -> dict[str, int | None]:
    """Returns the id of the callback just saved (its draft in the browser can go) and of the save to undo."""
    return {name: int_param(request.GET.get(name, "")) for name in ("saved", "undo")}
