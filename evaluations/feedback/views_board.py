"""The lead's board of a closing day: open callbacks, and publishing (domain §7.1)."""

from __future__ import annotations

from datetime import date, datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from evaluations.callbacks.forms import PublishForm
from evaluations.callbacks.guards import lead_of
from evaluations.callbacks.phone_numbers import may_correct_number
from evaluations.enums import Group
from evaluations.models import Settlement
from evaluations.visibility import callbacks_visible_to
from satisfaction.calendars.days import local_day, parse_day
from satisfaction.core.access import roles_required
from satisfaction.core.error_pages import UNPROCESSABLE
from satisfaction.core.errors import Refused
from satisfaction.core.form_errors import error_sentence, run_action
from satisfaction.core.requests import UserRequest, hide_navigation_counts
from satisfaction.core.roles import Role

from .board import blocking_callbacks, crew_feedback, day_board, pending_days
from .publish import PUBLISHERS, PublishResult, publish_day

READERS = (Role.DISPATCHER, Role.LEAD, Role.MANAGER, Role.HEAD)
MAX_SHOWN = 100


@roles_required(*READERS)
@require_safe
def board(request: UserRequest) -> HttpResponse:
    """The board of the day in the query string, by default of the day that is due."""
    now = timezone.now()
    text = request.GET.get("day", "")
    return render_board(request, parse_day(text) if text else None, PublishForm(), now)


def render_board(
    request: UserRequest, wanted: date | None, form: PublishForm, now: datetime, *, sentence: str = ""
) -> HttpResponse:
    pending = pending_days(now=now, person=request.user)
    day = wanted or pending.due or local_day(now)
    in_the_way = blocking_callbacks(day, now=now)
    visible = callbacks_visible_to(request.user, now=now, among=in_the_way)
    open_callbacks = list(visible[: MAX_SHOWN + 1])
    is_settled = Settlement.objects.is_settled(day)
    context = {
        "board": day_board(day, now=now, person=request.user),
        "open_callbacks": [
            (row, may_correct_number(row, request.user)) for row in open_callbacks[:MAX_SHOWN]
        ],
        "has_more": len(open_callbacks) > MAX_SHOWN,
        "crews": crew_feedback(day, now=now),
        "late_days": pending.late,
        "is_chosen": wanted is not None,
        "may_publish": request.user.has_role(*PUBLISHERS) and not is_settled,
        "is_lead": request.user.has_role(Role.LEAD),
        "led_groups": [group.value for group in Group if request.user.has_role(lead_of(group))],
        "is_settled": is_settled,
        "form": form,
        "sentence": sentence,
        "now": now,
    }
    hide_navigation_counts(request)
    return render(
        request, "evaluations/feedback/board/board.html", context, status=UNPROCESSABLE if sentence else 200
    )


@roles_required(*PUBLISHERS)
@require_POST
def publish(request: UserRequest) -> HttpResponse:
    """Publishes ended callbacks and postpones open ones with the given reason."""
    now = timezone.now()
    form = PublishForm(request.POST)
    if not form.is_valid():
        raise Refused(_("请从当日看板发布。"))
    day = form.cleaned_data["day"]
    reason = form.cleaned_data["reason"]
    done = run_action(form, publish_day, day, by=request.user, now=now, reason=reason)
    if done is None:
        return render_board(request, day, form, now, sentence=error_sentence(form))
    messages.success(request, publish_message(done))
    return redirect(f"{reverse('evaluations:board')}?day={day:%Y-%m-%d}")


def publish_message(done: PublishResult) -> str:
    """Returns the result of publishing in one line, without numbers that would reveal the own crew's calls."""
    if not done.is_whole:
        return _("已发布%(day)s的结果。") % {"day": done.day}
    parts = [ngettext("已发布 %(n)d 条结果", "已发布 %(n)d 条结果", done.published) % {"n": done.published}]
    if done.postponed:
        parts.append(ngettext("顺延 %(n)d 张", "顺延 %(n)d 张", done.postponed) % {"n": done.postponed})
    if done.still_open:
        parts.append(
            ngettext("尚有 %(n)d 张未结束", "尚有 %(n)d 张未结束", done.still_open) % {"n": done.still_open}
        )
    return _(",").join(parts) + _("。")
