"""Background work of the evaluation; Celery looks here."""

from evaluations.workbook.tasks import import_uploaded_workbook

__all__ = ["import_uploaded_workbook"]
