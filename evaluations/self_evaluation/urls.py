"""URLs of the self-evaluation."""

from django.urls import path

from . import views

urlpatterns = [
    path("self-evaluation/", views.self_evaluation, name="self_evaluation"),
    path("self-evaluation/<int:pk>/", views.rate_order, name="rate"),
    path("self-evaluation/<int:pk>/correct/", views.correct_order, name="correct_self_evaluation"),
]
