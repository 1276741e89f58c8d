"""Uploads and their results are deleted after some weeks (domain §12)."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from evaluations.workbook.rejected_rows import expire_rejected
from satisfaction.jobs.actions import expire_files
from satisfaction.jobs.models import Job, JobState
from tests.worlds.workbooks import order, take

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def ended(days_ago: int) -> Job:
    return Job.objects.create(
        kind="evaluations.import_workbook",
        state=JobState.DONE,
        filename="日报.csv",
        input=ContentFile(b"content", name="a.csv"),
        result={"rows": 3, "errors": [{"value": "13800001111"}], "rejected_file": "a.xlsx"},
        ended_at=NOW - timedelta(days=days_ago),
    )


def test_files_and_contents_of_rows_expire_after_thirty_days():
    old, young = ended(31), ended(29)
    path = Path(old.input.path)

    assert (expire_files(now=NOW), expire_files(now=NOW)) == (1, 0)

    old.refresh_from_db()
    assert not path.exists()
    assert (bool(old.input), old.result, old.is_expired) == (False, {"rows": 3}, True)
    young.refresh_from_db()
    assert Path(young.input.path).exists() and young.result["errors"]


def test_workbook_of_rejected_rows_is_its_owners_alone_and_expires():
    imported = take(order(关闭时间="gestern"))
    path = Path(imported.rejected_file)

    assert path.stat().st_mode & 0o777 == 0o600
    assert expire_rejected(now=timezone.now()) == 0
    old = (timezone.now() - timedelta(days=31)).timestamp()
    os.utime(path, (old, old))
    assert expire_rejected(now=timezone.now()) == 1
    assert not path.exists()
