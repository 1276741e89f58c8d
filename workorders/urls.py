"""Addresses of the people import."""

from django.urls import path

from workorders.people import views as people

app_name = "workorders"
urlpatterns = [
    path("people/import/", people.upload_people, name="people_import"),
    path("people/import/confirm/", people.confirm_people, name="people_confirm"),
    path("people/import/done/", people.imported, name="people_imported"),
    path("people/import/links/", people.links, name="people_links"),
]
