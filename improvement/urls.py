"""URLs of the improvement app, one list per use case."""

from django.urls import include, path

app_name = "improvement"
urlpatterns = [
    path("", include("improvement.revisits.urls")),
    path("", include("improvement.meetings.urls")),
    path("", include("improvement.projects.urls")),
    path("", include("improvement.kpis.urls")),
    path("", include("improvement.appraisal.urls")),
]
