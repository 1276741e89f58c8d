"""URLs of the evaluation, one list per use case."""

from django.urls import include, path

app_name = "evaluations"
urlpatterns = [
    path("", include("evaluations.self_evaluation.urls")),
    path("", include("evaluations.draw.urls")),
    path("", include("evaluations.callbacks.urls")),
    path("", include("evaluations.feedback.urls")),
    path("", include("evaluations.scores.urls")),
    path("", include("evaluations.patterns.urls")),
    path("", include("evaluations.workbook.urls")),
]
