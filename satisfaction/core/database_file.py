"""An SQLite database holds personal data: only the owner may read its files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.db.backends.signals import connection_created

OWNER_ONLY = 0o600
SUFFIXES = ("", "-wal", "-shm")


def restrict_permissions(sender: object, connection: Any, **kwargs: Any) -> None:
    """Sets mode 600 at each new connection; SQLite creates its side files with the mode of the database."""
    name = str(connection.settings_dict["NAME"])
    if connection.vendor != "sqlite" or ":memory:" in name:
        return
    for path in (Path(f"{name}{end}") for end in SUFFIXES):
        try:
            if path.stat().st_mode & 0o777 != OWNER_ONLY:
                path.chmod(OWNER_ONLY)
        except (FileNotFoundError, PermissionError):
            continue  # does not exist yet, or belongs to another user, whose process sets the mode


def install() -> None:
    connection_created.connect(restrict_permissions, dispatch_uid="satisfaction.core.database_file")
