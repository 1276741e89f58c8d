import pytest
from django.urls import reverse

from improvement.enums import ProjectState

pytestmark = pytest.mark.django_db
MODELS = ("analysismeeting", "agendaitem", "improvementproject", "projectstep")


@pytest.mark.parametrize("model", MODELS)
def test_admin_reads_and_changes_nothing(client, room, model):
    room.revisit()
    meeting = room.opened()
    project = room.project_in(ProjectState.IN_PROGRESS)
    row = {
        "analysismeeting": meeting,
        "agendaitem": meeting.items.first(),
        "improvementproject": project,
        "projectstep": project.steps.get(),
    }[model]
    client.force_login(room.admin)

    def status(page, *args, method=client.get):
        return method(reverse(f"admin:improvement_{model}_{page}", args=args)).status_code

    found = (
        status("changelist"),
        status("change", row.pk),
        status("add"),
        status("change", row.pk, method=client.post),
        status("delete", row.pk),
    )

    assert found == (200, 200, 403, 403, 403)


def test_admin_site_is_not_for_heads(client, room):
    client.force_login(room.head)

    assert client.get(reverse("admin:improvement_improvementproject_changelist")).status_code in (302, 403)
