"""URLs for importing and exporting workbooks."""

from django.urls import path

from . import views_export, views_import

urlpatterns = [
    path("imports/", views_import.upload_workbook, name="import"),
    path("imports/<int:pk>/", views_import.import_job, name="import_job"),
    path("imports/<int:pk>/confirm/", views_import.confirm_import, name="import_confirm"),
    path("imports/<int:pk>/rejected/", views_import.rejected, name="import_rejected"),
    path("exports/", views_export.export, name="export"),
]
