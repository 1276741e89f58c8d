"""URLs of the analysis meetings."""

from django.urls import path

from . import views, views_minutes, views_mode

urlpatterns = [
    path("meetings/", views.meetings, name="meetings"),
    path("meetings/plan/", views.plan, name="meeting_plan"),
    path("meetings/<month:month>/", views.meeting, name="meeting"),
    path("meetings/<month:month>/move/", views.move, name="meeting_move"),
    path("meetings/<month:month>/open/", views.open_, name="meeting_open"),
    path("meetings/<month:month>/attendance/", views.attendance, name="meeting_attendance"),
    path("meetings/<month:month>/close/", views.close, name="meeting_close"),
    path("meetings/<month:month>/mode/", views_mode.meeting_mode, name="meeting_mode"),
    path("meetings/<month:month>/mode/<int:position>/", views_mode.meeting_screen, name="meeting_screen"),
    path("meetings/<month:month>/mode/<int:position>/ask/", views_mode.meeting_ask, name="meeting_ask"),
    path("meetings/<month:month>/mode/end/", views_mode.meeting_end, name="meeting_end"),
    path("meetings/<month:month>/minutes/", views_minutes.meeting_minutes, name="minutes"),
    path("meetings/<month:month>/minutes.xlsx", views_minutes.minutes_excel, name="minutes_excel"),
]
