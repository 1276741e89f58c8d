"""Pages that start, evaluate and cancel a project, and plan and report its steps (domain §9.10, §9.11)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from improvement.models import ProjectStep
from improvement.readers import RUNNERS
from satisfaction.core.access import roles_required
from satisfaction.core.form_errors import form_status, run_action, submitted_version
from satisfaction.core.form_fields import load_choices
from satisfaction.core.requests import UserRequest
from satisfaction.core.roles import CREW_LEADS

from .forms import ReportForm, StatementForm, StepForm
from .page import effect_context, visible_project
from .steps import add_step, change_step, remove_step, report_step
from .transitions import cancel_project, evaluate_project, start_project


def render_action_form(request: UserRequest, form: Any, **context: Any) -> HttpResponse:
    """Renders a page with one form; `context` holds `title`, `button` and the project."""
    load_choices(form)
    context["form"] = form
    return render(request, "improvement/projects/act.html", context, status=form_status(form))


@roles_required(*RUNNERS)
@require_POST
def project_start(request: UserRequest, pk: int) -> HttpResponse:
    found = visible_project(request, pk)
    start_project(found, by=request.user, version=submitted_version(request), now=timezone.now())
    messages.success(request, _("项目开始推进。"))
    return redirect("improvement:project", pk)


@roles_required(*RUNNERS)
def project_evaluate(request: UserRequest, pk: int) -> HttpResponse:
    """The evaluation of the effect, beside the numbers."""
    found, now = visible_project(request, pk), timezone.now()
    form = StatementForm(_("整改效果评定"), request.POST or None, initial={"version": found.version})
    if request.method == "POST" and form.is_valid():
        words, version = form.cleaned_data["words"], form.cleaned_data["version"]
        if run_action(form, evaluate_project, found, by=request.user, effect=words, version=version, now=now):
            messages.success(request, _("效果已评定,将列入下次故障分析会确认。"))
            return redirect("improvement:project", pk)
    context = {"project": found, "title": _("评定效果"), "button": _("提交评定")}
    return render_action_form(request, form, **context, **effect_context(request, found, now))


@roles_required(*RUNNERS)
def project_cancel(request: UserRequest, pk: int) -> HttpResponse:
    found = visible_project(request, pk)
    form = StatementForm(_("取消原因"), request.POST or None, initial={"version": found.version})
    if request.method == "POST" and form.is_valid():
        words, version, now = form.cleaned_data["words"], form.cleaned_data["version"], timezone.now()
        if run_action(form, cancel_project, found, by=request.user, reason=words, version=version, now=now):
            messages.success(request, _("项目已取消。"))
            return redirect("improvement:project", pk)
    return render_action_form(request, form, project=found, title=_("取消项目"), button=_("取消项目"))


@roles_required(*RUNNERS)
def step_add(request: UserRequest, pk: int) -> HttpResponse:
    found = visible_project(request, pk)
    form = StepForm(request.POST or None, initial={"token": uuid4()})
    if request.method == "POST" and form.is_valid():
        token, now = form.cleaned_data["token"], timezone.now()
        if run_action(form, add_step, found, by=request.user, plan=form.plan(), token=token, now=now):
            messages.success(request, _("步骤已添加。"))
            return redirect("improvement:project", pk)
    return render_action_form(request, form, project=found, title=_("添加步骤"), button=_("添加步骤"))


@roles_required(*RUNNERS)
def step_edit(request: UserRequest, pk: int, step: int) -> HttpResponse:
    row = visible_step(request, pk, step)
    form = StepForm.of(row, request.POST or None)
    if request.method == "POST" and form.is_valid():
        version, now = form.cleaned_data["version"], timezone.now()
        if run_action(form, change_step, row, by=request.user, plan=form.plan(), version=version, now=now):
            messages.success(request, _("已保存。"))
            return redirect("improvement:project", pk)
    context = {"project": row.project, "step": row, "title": _("修改步骤"), "button": _("保存")}
    return render_action_form(request, form, **context)


@roles_required(*RUNNERS)
@require_POST
def step_remove(request: UserRequest, pk: int, step: int) -> HttpResponse:
    """Deletes a step without progress; repeating it is harmless."""
    found = visible_project(request, pk)
    row = ProjectStep.objects.filter(project=found, pk=step).first()
    if row is not None:
        remove_step(row, by=request.user, version=submitted_version(request), now=timezone.now())
        messages.success(request, _("步骤已删除。"))
    return redirect("improvement:project", pk)


@roles_required(*RUNNERS, *CREW_LEADS)
def step_report(request: UserRequest, pk: int, step: int) -> HttpResponse:
    """A progress report by the crew's foreman or a manager."""
    row = visible_step(request, pk, step)
    initial = {"version": row.version, "progress": row.progress, "done_on": row.done_on}
    form = ReportForm(request.POST or None, initial=initial)
    form.bound_days(first=row.project.decided_on, last=timezone.localdate())
    if request.method == "POST" and form.is_valid():
        now, given = timezone.now(), form.cleaned_data
        if run_action(form, report_step, row, by=request.user, now=now, **given):
            messages.success(request, _("进展已记录。"))
            return redirect("improvement:project", pk)
    context = {"project": row.project, "report": row, "title": _("报告进展"), "button": _("保存")}
    return render_action_form(request, form, **context)


def visible_step(request: UserRequest, pk: int, step: int) -> ProjectStep:
    found = visible_project(request, pk)
    steps = ProjectStep.objects.select_related("project", "who", "crew", "done_by")
    return get_object_or_404(steps, project=found, pk=step)
