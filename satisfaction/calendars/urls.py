"""Addresses of the service calendar."""

from django.urls import path

from . import views

app_name = "calendars"
urlpatterns = [
    path("", views.upload, name="import"),
    path("confirm/", views.confirm, name="confirm"),
    path("calendar.xlsx", views.export, name="export"),
]
