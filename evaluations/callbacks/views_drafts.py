"""Saving and discarding a draft, and undoing a save (domain §6)."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from evaluations.models import Callback, CallSave
from satisfaction.core.access import roles_required
from satisfaction.core.errors import Refused
from satisfaction.core.form_errors import run_or_message
from satisfaction.core.requests import UserRequest

from .drafts import drop_draft, keep_draft
from .open_call import open_callback
from .undo import undo_save
from .views import CALLERS, filled_in, known


@roles_required(*CALLERS)
@require_POST
def save_draft(request: UserRequest, pk: int) -> HttpResponse:
    """Saves the current form; the page posts here while the caller fills it in."""
    callback = get_object_or_404(known(request), pk=pk)
    keep_draft(callback, filled_in(request.POST), by=request.user, now=timezone.now())
    return HttpResponse(status=204)


@roles_required(*CALLERS)
@require_POST
def give_up_draft(request: UserRequest, pk: int) -> HttpResponse:
    """Discards the draft; the call stays open."""
    callback = get_object_or_404(known(request), pk=pk)
    drop_draft(callback, by=request.user)
    return redirect("evaluations:call", pk)


@roles_required(*CALLERS)
@require_POST
def undo(request: UserRequest, pk: int) -> HttpResponse:
    """Undoes a save within five seconds and opens the call again with its filled-in form."""
    now = timezone.now()
    save = get_object_or_404(CallSave.objects.select_related("callback__order"), pk=pk, by=request.user)
    callback = run_or_message(request, undo_save, save, by=request.user, now=now)
    return on_screen_again(request, callback) if callback else redirect("evaluations:call", save.callback_id)


def on_screen_again(request: UserRequest, callback: Callback) -> HttpResponse:
    try:
        open_callback(callback, by=request.user, now=timezone.now())
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("evaluations:call", callback.pk)
