"""Addresses of orders."""

from django.urls import path

from . import views, views_completion, views_pending

app_name = "orders"
urlpatterns = [
    path("", views.order_list, name="list"),
    path("incomplete/", views_completion.incomplete, name="incomplete"),
    path("export/", views.export_orders, name="export"),
    path("pending/", views_pending.pending, name="pending"),
    path("pending/<int:pk>/", views_pending.decide_pending, name="decide_pending"),
    path("<path:number>/link/", views.link_order, name="link"),
    path("<path:number>/discard/", views.discard, name="discard"),
    path("<path:number>/deadlines/", views.order_deadlines, name="deadlines"),
    path("<path:number>/", views.order_page, name="page"),
]
