"""Workbooks of rejected rows; an import writes them, and they are deleted after some weeks (domain §11)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryFile
from uuid import uuid4

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from satisfaction.core.errors import Refused
from satisfaction.sheets.tables import RawCell, UploadedTable
from satisfaction.sheets.writing import write_rejected_rows

REJECTED = "rejected"
"""Folder under MEDIA_ROOT that holds the workbooks of rejected rows."""


def folder_for_rejected() -> Path:
    """Returns the folder for rejected rows, created if missing. Raises Refused: it is not writable."""
    folder = Path(settings.MEDIA_ROOT) / REJECTED
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        TemporaryFile(dir=folder).close()
    except OSError as error:
        raise Refused(
            _("拒绝的行写不进“%(folder)s”(%(why)s),因此没有导入:请检查磁盘空间和权限。")
            % {"folder": folder, "why": error.strerror or error}
        ) from error
    return folder


def store_rejected_rows(
    rows: Iterable[tuple[str, list[RawCell]]], table: UploadedTable, *, filename: str, now: datetime
) -> str:
    """Writes a workbook with a reason per row; returns its path. Raises Refused: it cannot be written."""
    stem = Path(filename).name.partition(".")[0][:40]
    path = folder_for_rejected() / f"{stem}-{timezone.localtime(now):%Y%m%d-%H%M%S}-{uuid4().hex[:8]}.xlsx"
    try:
        write_rejected_rows(path, table.columns, rows, date1904=table.date1904)
        path.chmod(0o600)
    except OSError as error:
        raise Refused(
            _("好的行已导入;拒绝的行写不进“%(folder)s”(%(why)s):请检查磁盘空间和权限,再导入一次同一个文件。")
            % {"folder": path.parent, "why": error.strerror or error}
        ) from error
    return str(path)


def expire_rejected(*, now: datetime) -> int:
    """Deletes workbooks of rejected rows older than `FILES_KEPT_DAYS`; returns how many."""
    folder = Path(settings.MEDIA_ROOT) / REJECTED
    before = (now - timedelta(days=settings.FILES_KEPT_DAYS)).timestamp()
    old = [path for path in folder.glob("*.xlsx") if path.stat().st_mtime < before] if folder.is_dir() else []
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)
