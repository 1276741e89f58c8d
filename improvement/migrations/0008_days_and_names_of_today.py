from django.db import migrations
from django.utils import timezone

DECIDED = ("decided", "in_progress", "evaluated", "confirmed")


def local_day(moment):
    return timezone.localtime(moment, timezone.get_default_timezone()).date()


def write_decided_on(apps, schema_editor):
    """The day of the first state after the decision; a project without history: of its item, else of its making."""
    projects = apps.get_model("improvement", "ImprovementProject")
    history = apps.get_model("improvement", "HistoricalImprovementProject")
    items = apps.get_model("improvement", "AgendaItem")
    for project in projects.objects.exclude(state="proposed"):
        rows = history.objects.filter(id=project.pk, state__in=DECIDED).order_by("history_date")
        moment = rows.values_list("history_date", flat=True).first()
        if moment is None:
            if project.state == "cancelled":
                continue
            decided = items.objects.filter(project=project, decision__in=["new_project", "accepted"])
            moment = decided.order_by("decided_at").values_list("decided_at", flat=True).first()
        project.decided_on = local_day(moment or project.created_at)
        project.save(update_fields=["decided_on"])


def write_reported_on(apps, schema_editor):
    """Since when the history says that the step is done; without history: the day it was done."""
    steps = apps.get_model("improvement", "ProjectStep")
    history = apps.get_model("improvement", "HistoricalProjectStep")
    for step in steps.objects.filter(done_on__isnull=False):
        reported_at = None
        rows = history.objects.filter(id=step.pk).order_by("-history_date", "-history_id")
        for done_on, at in rows.values_list("done_on", "history_date"):
            if done_on is None:
                break
            reported_at = at
        step.reported_on = local_day(reported_at) if reported_at else step.done_on
        step.save(update_fields=["reported_on"])


def write_names(apps, schema_editor):
    """Closed minutes get today's names, and what they say of their items where nothing was kept yet."""
    meetings = apps.get_model("improvement", "AnalysisMeeting")
    for meeting in meetings.objects.filter(state="closed"):
        meeting.names = {
            "planned_by": called(meeting.planned_by),
            "opened_by": called(meeting.opened_by),
            "closed_by": called(meeting.closed_by),
            "attendees": [called(person) for person in meeting.attendees.order_by("pk")],
        }
        meeting.save(update_fields=["names"])
        for item in meeting.items.all():
            item.told = as_it_stands(item) | item.told | people_of(item)
            item.save(update_fields=["told"])


def called(person):
    return (person.name or person.username) if person else ""


def people_of(item):
    revisit = item.revisit
    technician = revisit.order.technician if revisit else None
    return {
        "technician": f"{technician.name} {technician.employee_no}" if technician else "",
        "visitor": called(revisit.visited_by) if revisit else "",
        "decided_by": called(item.decided_by),
    }


def as_it_stands(item):
    project, revisit = item.project, item.revisit
    if revisit:
        crews = [revisit.order.crew.name] if revisit.order.crew else []
    elif item.proposal.get("orders"):
        crews = sorted({order["crew_name"] for order in item.proposal["orders"]} - {""})
    else:
        crews = [crew.name for crew in project.crews.order_by("name")] if project else []
    shows_measure = project and item.decision != "deferred"
    return {
        "crews": crews,
        "measure": revisit.measure if revisit else "",
        "problem": project.problem if project else "",
        "decided_measure": project.decided_measure if shows_measure else "",
        "responsible": called(project.responsible) if project else "",
    }


class Migration(migrations.Migration):
    """From the history of what is there; rows that break the new rules keep their days."""

    dependencies = [("improvement", "0007_days_and_names")]
    operations = [
        migrations.RunPython(write_decided_on, migrations.RunPython.noop),
        migrations.RunPython(write_reported_on, migrations.RunPython.noop),
        migrations.RunPython(write_names, migrations.RunPython.noop),
    ]
