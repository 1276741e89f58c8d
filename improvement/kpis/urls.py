"""URLs of the service KPIs."""

from django.urls import path

from . import views

urlpatterns = [
    path("kpis/", views.kpi, name="kpi"),
    path("kpis/orders/", views.kpi_orders, name="kpi_orders"),
    path("kpis/<month:month>/", views.kpi, name="kpi"),
    path("kpis/days/<day:day>/", views.kpi_day, name="kpi_day"),
    path("kpis/years/<int:year>/", views.kpi_year, name="kpi_year"),
]
