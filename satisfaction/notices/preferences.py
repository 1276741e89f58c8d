"""What a person wants to be told by mail, and in which language."""

from __future__ import annotations

from satisfaction.core.person import Person

from .models import NoticePreference


def preference_of(person: Person) -> NoticePreference:
    """The person's choice, or what holds without one (not stored)."""
    return NoticePreference.objects.filter(person=person).first() or NoticePreference(person=person)


def set_preference(person: Person, *, wants_digest: bool, language: str) -> NoticePreference:
    """Keeps the choice; the same again changes nothing."""
    chosen, _ = NoticePreference.objects.update_or_create(
        person=person, defaults={"wants_digest": wants_digest, "language": language}
    )
    return chosen
