"""Pages of improvement projects: board, tracking table, printed forms, and one project (domain §9.9)."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from improvement.enums import ProjectState
from improvement.models import ImprovementProject
from improvement.readers import READERS, RUNNERS, improvement_viewer
from satisfaction.audit.actions import record_file
from satisfaction.calendars import days
from satisfaction.core.access import roles_required
from satisfaction.core.form_errors import form_status, run_action
from satisfaction.core.form_fields import load_choices
from satisfaction.core.pagination import page_of
from satisfaction.core.requests import UserRequest, hide_navigation_counts

from .actions import change_project, create_project
from .excel import crew_names, effect_text, source_in_words, step_line, write_tracking_table
from .forms import ProjectFilter, ProjectForm
from .page import project_context, visible_project
from .queries import projects_visible_to, with_progress, with_steps

EXCEL_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MAX_PROJECTS = 200
"""Maximum number of cards on the board and of rows in the printed form; the table is paginated."""


@roles_required(*READERS)
@require_safe
def projects(request: UserRequest) -> HttpResponse:
    """A board by state, or the tracking table, filtered by the query string."""
    found = filter_projects(request)
    load_choices(found.form)
    is_table = request.GET.get("view") == "table"
    context: dict[str, Any] = {
        "filter": found,
        "is_table": is_table,
        "runs": request.user.has_role(*RUNNERS),
        "today": timezone.localdate(),
        "query": request.GET.urlencode(),
    }
    if is_table:
        context["page"] = page_of(request, with_steps(found.qs))
    else:
        context["columns"] = board_columns(list(found.qs[: MAX_PROJECTS + 1]))
    return render(request, "improvement/projects/list.html", context)


def filter_projects(request: UserRequest) -> ProjectFilter:
    now = timezone.now()
    visible = projects_visible_to(improvement_viewer(request.user, now=now))
    return ProjectFilter(request.GET, queryset=with_progress(visible, days.local_day(now)))


def board_columns(found: list[ImprovementProject]) -> list[dict[str, Any]]:
    """Returns one column per state; the column of cancelled projects only if there are any."""
    columns = [
        {"state": state, "projects": [project for project in found[:MAX_PROJECTS] if project.state == state]}
        for state in ProjectState
    ]
    return [column for column in columns if column["projects"] or column["state"] != ProjectState.CANCELLED]


@roles_required(*READERS)
@require_safe
def projects_excel(request: UserRequest) -> FileResponse:
    """改善项目跟踪管理表 as a workbook, with the filters and order of the page."""
    content = BytesIO()
    projects = list(with_steps(filter_projects(request).qs))
    write_tracking_table(content, projects)
    content.seek(0)
    name = f"{_('改善项目跟踪管理表')}-{timezone.localdate():%Y-%m-%d}.xlsx"
    record_file(request, about=name, rows=len(projects))
    return FileResponse(content, as_attachment=True, filename=name, content_type=EXCEL_TYPE)


@roles_required(*READERS)
@require_safe
def projects_print(request: UserRequest) -> HttpResponse:
    """改善项目跟踪管理表 on A4 landscape, with the filters and order of the page."""
    return render_tracking_form(request, list(with_steps(filter_projects(request).qs)[: MAX_PROJECTS + 1]))


@roles_required(*READERS)
@require_safe
def project_print(request: UserRequest, pk: int) -> HttpResponse:
    """改善项目跟踪管理表 of one project."""
    return render_tracking_form(request, [visible_project(request, pk)], project=pk)


def render_tracking_form(
    request: UserRequest, found: list[ImprovementProject], *, project: int | None = None
) -> HttpResponse:
    """Renders at most MAX_PROJECTS projects; the page says when there are more."""
    rows = [
        {
            "project": one,
            "source": source_in_words(one),
            "steps": [step_line(n, step) for n, step in enumerate(one.steps.all(), start=1)],
            "effect": effect_text(one),
            "crews": crew_names(one),
        }
        for one in found[:MAX_PROJECTS]
    ]
    context = {
        "rows": rows,
        "only": project,
        "is_cut": len(found) > MAX_PROJECTS,
        "most": MAX_PROJECTS,
        "query": request.GET.urlencode(),
        "today": timezone.localdate(),
    }
    hide_navigation_counts(request)
    return render(request, "improvement/projects/print.html", context)


@roles_required(*RUNNERS)
def project_new(request: UserRequest) -> HttpResponse:
    """Proposes a project for the next meeting."""
    form = ProjectForm(request.POST or None, initial={"token": uuid4()})
    if request.method == "POST" and form.is_valid():
        token = form.cleaned_data["token"]
        done = run_action(
            form, create_project, by=request.user, plan=form.plan(), token=token, now=timezone.now()
        )
        if done:
            messages.success(request, _("项目已提出,将列入下次故障分析会的议题。"))
            return redirect("improvement:project", done.pk)
    load_choices(form)
    return render(request, "improvement/projects/edit.html", {"form": form}, status=form_status(form))


@roles_required(*RUNNERS)
def project_edit(request: UserRequest, pk: int) -> HttpResponse:
    found = visible_project(request, pk)
    form = ProjectForm.of(found, request.POST or None)
    if request.method == "POST" and form.is_valid():
        version = form.cleaned_data["version"]
        if run_action(
            form,
            change_project,
            found,
            by=request.user,
            plan=form.plan(),
            version=version,
            now=timezone.now(),
        ):
            messages.success(request, _("已保存。"))
            return redirect("improvement:project", pk)
    load_choices(form)
    context = {"form": form, "project": found}
    return render(request, "improvement/projects/edit.html", context, status=form_status(form))


@roles_required(*READERS)
@require_safe
def project(request: UserRequest, pk: int) -> HttpResponse:
    """One project: plan, effect, decisions and changes."""
    context = project_context(request, visible_project(request, pk))
    return render(request, "improvement/projects/project.html", context)
