"""The script is versioned, so the wording used in each call is preserved (domain §6)."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from evaluations.models import CallScript

PARTS = ("greeting", "response", "manner", "uncivil", "repaired", "overall")
TEXTS = tuple(f"{part}_{language}" for language in ("zh", "en") for part in PARTS)


@transaction.atomic
def new_version(texts: Mapping[str, str]) -> CallScript:
    """Creates a version with these texts (keys: `TEXTS`); returns the latest version if nothing changed."""
    latest = CallScript.objects.select_for_update().first()
    wanted = {name: texts[name].strip() for name in TEXTS}
    if latest and all(getattr(latest, name) == text for name, text in wanted.items()):
        return latest
    return CallScript.objects.create(version=latest.version + 1 if latest else 1, **wanted)
