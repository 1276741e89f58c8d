"""A person's settings for the daily mail."""

from __future__ import annotations

from satisfaction.core.person import Person

from .models import NoticePreference


def preference_of(person: Person) -> NoticePreference:
    """Returns the person's settings, or unsaved defaults."""
    return NoticePreference.objects.filter(person=person).first() or NoticePreference(person=person)


def set_preference(person: Person, *, wants_digest: bool, language: str) -> NoticePreference:
    """Stores the settings and returns them."""
    chosen, _ = NoticePreference.objects.update_or_create(
        person=person, defaults={"wants_digest": wants_digest, "language": language}
    )
    return chosen
