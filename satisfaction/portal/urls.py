"""Home pages; whoever builds the home of a role imports its module here, so that it registers itself."""

from django.urls import path

from satisfaction.portal.views import audit, home, homes  # noqa: F401 (homes registers the role homes)

urlpatterns = [
    path("", home.home, name="home"),
    path("audit/", audit.audit, name="audit"),
    path("audit/excel/", audit.audit_excel, name="audit_excel"),
    path("home/<str:role>/", home.home_of, name="home_of"),
]
