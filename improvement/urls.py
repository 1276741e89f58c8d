"""Addresses of the improvement, assembled from its stations."""

from .views import revisits

app_name = "improvement"
urlpatterns = [
    *revisits.urlpatterns,
]
