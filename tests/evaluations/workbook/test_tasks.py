"""A duplicated or late job does its work once."""

import pytest
from django.core.files.base import ContentFile

from evaluations.workbook.jobs import confirm_preview, submit_preview
from evaluations.workbook.tasks import import_uploaded_workbook
from satisfaction.jobs.models import Job, JobState
from tests.factories import make_person
from tests.worlds.workbooks import as_csv, order
from workorders.models import WorkOrder

pytestmark = pytest.mark.django_db


@pytest.fixture
def job():
    admin = make_person("a", "admin")
    preview = submit_preview(ContentFile(as_csv(order()), name="日报.csv"), by=admin, create_people=True)
    import_uploaded_workbook(preview.pk)
    preview.refresh_from_db()
    return confirm_preview(preview, by=admin)


def test_job_is_done_once_however_often_it_is_queued(job):
    import_uploaded_workbook(job.pk)
    import_uploaded_workbook(job.pk)

    job.refresh_from_db()
    assert (job.state, job.attempts, job.result["created"]) == (JobState.DONE, 1, 1)
    assert WorkOrder.objects.count() == 1


def test_job_whose_worker_died_after_the_commit_ends_unchanged(job):
    import_uploaded_workbook(job.pk)
    Job.objects.filter(pk=job.pk).update(state=JobState.PENDING)

    import_uploaded_workbook(job.pk)

    job.refresh_from_db()
    assert (job.state, job.result["created"], job.result["unchanged"]) == (JobState.DONE, 0, 1)


def test_rights_are_those_of_the_moment_at_which_it_runs(job):
    job.by.groups.clear()

    import_uploaded_workbook(job.pk)

    job.refresh_from_db()
    assert job.result["rejected"] == 1
