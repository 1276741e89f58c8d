"""Keys outside the database's range are refused with a sentence wherever several rows are chosen."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from satisfaction.core.fields import SafeMultipleChoiceField
from tests.factories import CrewFactory
from workorders.models import Crew

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("key", ["9" * 30, "9223372036854775808", "-" + "9" * 30, "x"])
def test_key_that_cannot_be_is_no_choice(key):
    crew = CrewFactory()

    with pytest.raises(ValidationError) as refusal:
        SafeMultipleChoiceField(Crew.objects.all()).clean([str(crew.pk), key])

    assert key in refusal.value.messages[0]


def test_rows_that_are_there_are_chosen():
    crew = CrewFactory()

    assert list(SafeMultipleChoiceField(Crew.objects.all()).clean([str(crew.pk)])) == [crew]
