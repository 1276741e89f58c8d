"""Background tasks of the evaluation; Celery discovers them here."""

from evaluations.workbook.tasks import import_uploaded_workbook

__all__ = ["import_uploaded_workbook"]
