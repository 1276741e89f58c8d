"""A person's own notices: list, mark as read, settings of the daily mail."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from satisfaction.core.access import everybody_signed_in
from satisfaction.core.pagination import page_of
from satisfaction.core.person import Person
from satisfaction.core.requests import UserRequest

from .forms import NoticePreferenceForm
from .models import Notice
from .preferences import preference_of, set_preference
from .remind import mark_read


def preference_form(person: Person) -> NoticePreferenceForm:
    chosen = preference_of(person)
    return NoticePreferenceForm(initial={"wants_digest": chosen.wants_digest, "language": chosen.language})


@everybody_signed_in
@require_safe
def notices(request: UserRequest) -> HttpResponse:
    """Lists open notices, unread first, then ended ones."""
    person: Person = request.user
    own = Notice.objects.visible_to(person)
    context = {
        "page": page_of(request, own.latest_first(), size=30),
        "unread": own.unread().count(),
        "form": preference_form(person),
        "has_address": bool(person.email),
    }
    return render(request, "notices/list.html", context)


@everybody_signed_in
@require_POST
def read_notice(request: UserRequest, pk: int) -> HttpResponse:
    """Marks a notice as read and opens the page it leads to."""
    notice = get_object_or_404(Notice.objects.visible_to(request.user), pk=pk)
    mark_read([notice.pk], by=request.user, now=timezone.now())
    return redirect(notice.url if "go" in request.POST and notice.url else "notices:list")


@everybody_signed_in
@require_POST
def read_all(request: UserRequest) -> HttpResponse:
    mark_read(None, by=request.user, now=timezone.now())
    return redirect("notices:list")


@everybody_signed_in
@require_POST
def settings(request: UserRequest) -> HttpResponse:
    """Stores the settings of the daily mail."""
    form = NoticePreferenceForm(request.POST)
    if form.is_valid():
        set_preference(request.user, **form.cleaned_data)
        messages.success(request, _("已保存。"))
    else:
        messages.error(request, _("请从列表中选择邮件语言。"))
    return redirect("notices:list")
