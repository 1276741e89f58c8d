"""URLs of the patterns page."""

from django.urls import path

from . import views

urlpatterns = [
    path("patterns/", views.patterns, name="patterns"),
    path("patterns/<month:month>/", views.patterns, name="patterns"),
    path("patterns/<month:month>/orders/", views.pattern_orders, name="pattern_orders"),
]
