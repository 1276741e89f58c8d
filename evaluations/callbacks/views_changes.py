"""Pages beside the call: postponing, giving up, correcting the number or the result (domain §6)."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from evaluations.correction_wording import changes_of, in_one_line
from evaluations.guards import policy_of, refuse_settled
from evaluations.models import Callback
from satisfaction.core.access import roles_required
from satisfaction.core.error_pages import UNPROCESSABLE
from satisfaction.core.errors import NotAllowed, Refused
from satisfaction.core.form_errors import run_action, run_or_message
from satisfaction.core.requests import UserRequest, hide_navigation_counts
from satisfaction.core.roles import Role

from .answers import Contradictory, answers_of
from .call_sheet import sheet_of
from .correct import correct_callback, may_correct
from .forms import CallCorrectionForm, NumberForm, ReasonForm, answers_initial
from .phone_numbers import correct_number, show_number
from .postpone import postpone
from .save import end_unreachable
from .views import CALLERS, known

SAFE_AND_POST = ["GET", "HEAD", "POST"]


@roles_required(*CALLERS)
@require_http_methods(SAFE_AND_POST)
def postpone_call(request: UserRequest, pk: int) -> HttpResponse:
    """Postpones a callback: by its caller or a lead, once, with a reason."""
    callback = get_object_or_404(known(request), pk=pk)
    if callback.caller_id != request.user.pk and not request.user.has_role(Role.LEAD):
        raise PermissionDenied
    form = ReasonForm(request.POST or None)
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        if run_action(form, postpone, callback, by=request.user, reason=reason, now=timezone.now()):
            messages.success(request, _("%(number)s已顺延。") % {"number": callback.order.number})
            return redirect(back_of(request))
    return answer(request, "evaluations/callbacks/postpone.html", callback, form)


@roles_required(*CALLERS)
@require_POST
def end_call(request: UserRequest, pk: int) -> HttpResponse:
    """Ends the callback as unreachable after enough attempts."""
    callback = get_object_or_404(known(request), pk=pk)
    run_or_message(request, end_unreachable, callback, by=request.user, now=timezone.now())
    return redirect("evaluations:desk")


@roles_required(*CALLERS, Role.ADMIN)
@require_http_methods(SAFE_AND_POST)
def correct_phone(request: UserRequest, pk: int) -> HttpResponse:
    """Corrects the number and returns the callback to its caller's queue; the form shows the full number."""
    now = timezone.now()
    callback = show_number(get_object_or_404(known(request), pk=pk), by=request.user, now=now)
    form = NumberForm(request.POST or None)
    if form.is_valid():
        phone, reason = form.cleaned_data["phone"], form.cleaned_data["reason"]
        if run_action(form, correct_number, callback, phone, by=request.user, reason=reason, now=now):
            messages.success(request, _("%(number)s的电话号码已更正。") % {"number": callback.order.number})
            return redirect(back_of(request))
    return answer(request, "evaluations/callbacks/number.html", callback, form)


@roles_required(*CALLERS)
@require_http_methods(SAFE_AND_POST)
def correct_call(request: UserRequest, pk: int) -> HttpResponse:
    """Corrects a result; old and new values are kept.

    Before publication its caller may correct it, afterwards a head who did not rate the order.
    """
    callback = get_object_or_404(known(request), pk=pk)
    if not may_correct(callback, request.user):
        raise PermissionDenied
    answers = answers_of(callback)
    if request.method != "POST":
        refuse_settled(callback.order)
        initial = answers_initial(answers) | {"state": callback.state}
        return correction_page(
            request, callback, CallCorrectionForm(initial=initial, kept=answers.problem_types)
        )
    form = CallCorrectionForm(request.POST, kept=answers.problem_types)
    if not form.is_valid():
        return correction_page(request, callback, form, sentence=form.sentence)
    try:
        corrected = correct_callback(
            callback,
            state=form.cleaned_data["state"],
            answers=form.answers,
            by=request.user,
            now=timezone.now(),
            reason=form.cleaned_data["reason"],
            confirmed=form.contradictions,
        )
    except Contradictory as asked:
        found = request.POST.copy()
        found["confirmed"] = " ".join(one.value for one in asked.found)
        form = CallCorrectionForm(found, kept=answers.problem_types)
        return correction_page(request, callback, form, asks=str(asked))
    except NotAllowed:
        raise
    except Refused as refusal:
        return correction_page(request, callback, form, sentence=str(refusal))
    words = {"number": callback.order.number}
    if corrected.corrected_at == callback.corrected_at:
        messages.info(request, _("%(number)s没有改动,没有留下更正。") % words)
    else:
        messages.success(request, _("%(number)s已更正,前后两个值都保留。") % words)
    return redirect("evaluations:desk")


def correction_page(
    request: UserRequest, callback: Callback, form: CallCorrectionForm, *, sentence: str = "", asks: str = ""
) -> HttpResponse:
    context = {
        "callback": callback,
        "form": form,
        "sheet": sheet_of(callback, form, policy_of(callback.order), now=timezone.now()),
        "sentence": sentence,
        "asks": asks,
        "corrections": [
            (one, in_one_line(changes_of(one))) for one in callback.corrections.select_related("by")
        ],
    }
    status = UNPROCESSABLE if sentence or asks else 200
    hide_navigation_counts(request)
    return render(request, "evaluations/callbacks/correct.html", context, status=status)


def answer(
    request: UserRequest, template: str, callback: Callback, form: ReasonForm | NumberForm
) -> HttpResponse:
    status = UNPROCESSABLE if form.is_bound else 200
    hide_navigation_counts(request)
    context = {"callback": callback, "form": form, "back": back_of(request)}
    return render(request, template, context, status=status)


def back_of(request: UserRequest) -> str:
    """Returns the `back` URL if it is on this site, else the desk for callers, else the home page."""
    back = request.GET.get("back", "")
    if url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        return back
    return reverse("evaluations:desk" if request.user.has_role(*CALLERS) else "home")
