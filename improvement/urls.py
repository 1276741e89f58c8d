"""Addresses of the improvement, assembled from its stations."""

from .views import announcement, appraisal, kpis, meetings, project_moves, projects, revisits

app_name = "improvement"
urlpatterns = [
    *revisits.urlpatterns,
    *meetings.urlpatterns,
    *projects.urlpatterns,
    *project_moves.urlpatterns,
    *kpis.urlpatterns,
    *appraisal.urlpatterns,
    *announcement.urlpatterns,
]
