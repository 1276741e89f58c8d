"""URLs of the draw."""

from django.urls import path

from . import views

urlpatterns = [
    path("draws/", views.draws, name="draw"),
    path("draws/<month:month>/", views.draws, name="draw_month"),
    path("draws/<day:day>/", views.draw_of_day, name="draw_day"),
]
