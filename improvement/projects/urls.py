"""URLs of improvement projects."""

from django.urls import path

from . import views, views_transitions

urlpatterns = [
    path("projects/", views.projects, name="projects"),
    path("projects/projects.xlsx", views.projects_excel, name="projects_excel"),
    path("projects/print/", views.projects_print, name="projects_print"),
    path("projects/<int:pk>/print/", views.project_print, name="project_print"),
    path("projects/new/", views.project_new, name="project_new"),
    path("projects/<int:pk>/", views.project, name="project"),
    path("projects/<int:pk>/edit/", views.project_edit, name="project_edit"),
    path("projects/<int:pk>/start/", views_transitions.project_start, name="project_start"),
    path("projects/<int:pk>/evaluate/", views_transitions.project_evaluate, name="project_evaluate"),
    path("projects/<int:pk>/cancel/", views_transitions.project_cancel, name="project_cancel"),
    path("projects/<int:pk>/steps/add/", views_transitions.step_add, name="step_add"),
    path("projects/<int:pk>/steps/<int:step>/edit/", views_transitions.step_edit, name="step_edit"),
    path("projects/<int:pk>/steps/<int:step>/remove/", views_transitions.step_remove, name="step_remove"),
    path("projects/<int:pk>/steps/<int:step>/report/", views_transitions.step_report, name="step_report"),
]
