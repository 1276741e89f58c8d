"""Background work of the evaluation; Celery looks here."""

from .imports import import_uploaded_workbook

__all__ = ["import_uploaded_workbook"]
