"""Addresses of the evaluation, assembled from its stations."""

from .views import (
    board,
    callback_changes,
    callbacks,
    desk_moves,
    draws,
    exclusions,
    exports,
    imports,
    objections,
    patterns,
    reassign,
    results,
    scores,
    self_evaluation,
    settling,
)

app_name = "evaluations"
urlpatterns = [
    *self_evaluation.urlpatterns,
    *results.urlpatterns,
    *objections.urlpatterns,
    *draws.urlpatterns,
    *callbacks.urlpatterns,
    *desk_moves.urlpatterns,
    *callback_changes.urlpatterns,
    *board.urlpatterns,
    *reassign.urlpatterns,
    *exclusions.urlpatterns,
    *patterns.urlpatterns,
    *scores.urlpatterns,
    *settling.urlpatterns,
    *imports.urlpatterns,
    *exports.urlpatterns,
]
