"""Addresses of the evaluation, assembled from its stations."""

from .views import (
    board,
    callback_changes,
    callbacks,
    draws,
    exclusions,
    objections,
    reassign,
    results,
    self_evaluation,
)

app_name = "evaluations"
urlpatterns = [
    *self_evaluation.urlpatterns,
    *results.urlpatterns,
    *objections.urlpatterns,
    *draws.urlpatterns,
    *callbacks.urlpatterns,
    *callback_changes.urlpatterns,
    *board.urlpatterns,
    *reassign.urlpatterns,
    *exclusions.urlpatterns,
]
