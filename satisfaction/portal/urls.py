"""Addresses of the home pages and of the audit trail."""

from django.urls import path

from satisfaction.portal.audit import views as audit
from satisfaction.portal.home import views as home

urlpatterns = [
    path("", home.home, name="home"),
    path("audit/", audit.audit, name="audit"),
    path("audit/excel/", audit.audit_excel, name="audit_excel"),
    path("home/<str:role>/", home.home_of, name="home_of"),
]
