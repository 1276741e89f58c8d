"""Addresses of the evaluation, assembled from its stations."""

from .views import draws, objections, results, self_evaluation

app_name = "evaluations"
urlpatterns = [
    *self_evaluation.urlpatterns,
    *results.urlpatterns,
    *objections.urlpatterns,
    *draws.urlpatterns,
]
