"""URLs of the appraisal and the announcement."""

from django.urls import path

from . import views, views_announcement

urlpatterns = [
    path("appraisal/", views.appraisal, name="appraisal"),
    path("appraisal/<int:year>/", views.appraisal, name="appraisal"),
    path("appraisal/<int:year>/print/", views.appraisal_print, name="appraisal_print"),
    path("appraisal/<int:year>/excel/", views.appraisal_excel, name="appraisal_excel"),
    path("announcement/", views_announcement.announcement, name="announcement"),
    path("announcement/<month:month>/", views_announcement.announcement, name="announcement"),
]
