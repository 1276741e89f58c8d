"""Audit events are stored with their subject, and never change."""

import pytest
from django.utils import timezone

from satisfaction.audit.actions import record_event
from satisfaction.audit.enums import AuditKind
from satisfaction.audit.models import AuditEvent
from tests.factories import make_person

pytestmark = pytest.mark.django_db


def test_record_names_its_subject():
    admin, now = make_person("admin", "admin"), timezone.now()

    event = record_event(AuditKind.LINK_ISSUED, by=admin, at=now, subject=admin, details={"valid_hours": 72})

    event = AuditEvent.objects.get(pk=event.pk)
    assert (event.by, event.at, event.about) == (admin, now, str(admin))
    assert (event.subject_type, event.subject_id) == ("accounts.user", admin.pk)
    assert event.details == {"valid_hours": 72}


def test_events_are_append_only():
    event = record_event(AuditKind.IMPORTED, by=None, at=timezone.now(), about="a.xlsx")

    with pytest.raises(TypeError, match="append-only"):
        event.save()
    with pytest.raises(TypeError, match="append-only"):
        event.delete()
