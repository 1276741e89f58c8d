"""Addresses of importing and exporting workbooks."""

from django.urls import path

from . import views_export, views_import

urlpatterns = [
    path("imports/", views_import.upload, name="import"),
    path("imports/<int:pk>/", views_import.show, name="import_job"),
    path("imports/<int:pk>/confirm/", views_import.confirm, name="import_confirm"),
    path("imports/<int:pk>/rejected/", views_import.rejected, name="import_rejected"),
    path("exports/", views_export.export, name="export"),
]
