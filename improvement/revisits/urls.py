"""URLs of revisits."""

from django.urls import path

from . import views, views_paper

urlpatterns = [
    path("revisits/", views.revisits, name="revisits"),
    path("revisits/month/<str:month>/excel/", views_paper.revisits_excel, name="revisits_excel"),
    path("revisits/photos/<int:pk>/", views_paper.revisit_photo, name="revisit_photo"),
    path("revisits/photos/<int:pk>/remove/", views_paper.revisit_photo_remove, name="revisit_photo_remove"),
    path("revisits/order/<path:number>/print/", views_paper.revisit_print, name="revisit_print"),
    path("revisits/order/<path:number>/excel/", views_paper.revisit_excel, name="revisit_excel"),
    path("revisits/order/<path:number>/deadline/", views.revisit_deadline, name="revisit_deadline"),
    path("revisits/order/<path:number>/return/", views.revisit_return, name="revisit_return"),
    path("revisits/order/<path:number>/", views.revisit, name="revisit"),
]
