"""Addresses of the service calendar."""

from django.urls import path

from . import views

app_name = "calendars"
urlpatterns = [
    path("", views.upload_overrides, name="import"),
    path("confirm/", views.confirm_overrides, name="confirm"),
    path("calendar.xlsx", views.export_calendar, name="export"),
]
