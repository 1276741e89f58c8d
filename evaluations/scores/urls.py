"""URLs of months, days and awards."""

from django.urls import path

from . import views, views_settle

urlpatterns = [
    path("months/", views.month_ranking, name="month"),
    path("months/<month:month>/", views.month_ranking, name="month"),
    path("months/<month:month>/print/", views.month_print, name="month_print"),
    path("months/<month:month>/excel/", views.month_excel, name="month_excel"),
    path("months/<month:month>/left-out/", views.left_out, name="left_out"),
    path("months/<month:month>/technicians/<int:pk>/", views.technician_month, name="technician_month"),
    path("months/<month:month>/crews/<int:pk>/", views.crew_month, name="crew_month"),
    path("days/", views.day_scores, name="day"),
    path("days/<day:day>/", views.day_scores, name="day"),
    path("days/<day:day>/technicians/<int:pk>/", views.day_orders, name="day_orders"),
    path("months/<month:month>/settle/", views_settle.settle, name="settle"),
    path("months/<month:month>/reopen/", views_settle.reopen, name="reopen"),
    path("months/<month:month>/name/star/", views_settle.name_award, {"kind": "star"}, name="name_star"),
    path(
        "months/<month:month>/name/crew/",
        views_settle.name_award,
        {"kind": "winning_crew"},
        name="name_winning_crew",
    ),
    path("awards/<int:pk>/decision/", views_settle.record_decision, name="record_decision"),
]
