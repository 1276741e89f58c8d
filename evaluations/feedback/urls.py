"""URLs of results, objections, the board and exclusions."""

from django.urls import path

from . import views_board, views_exclusions, views_objections, views_results

urlpatterns = [
    path("results/", views_results.results, name="results"),
    path("results/acknowledge/", views_results.acknowledge_day, name="acknowledge"),
    path("objections/", views_objections.objections, name="objections"),
    path("objections/<int:pk>/", views_objections.objection, name="objection"),
    path("results/<int:pk>/object/", views_objections.object_to, name="object"),
    path("board/", views_board.board, name="board"),
    path("board/publish/", views_board.publish, name="publish"),
    path("exclusions/", views_exclusions.exclusions, name="exclusions"),
    path("exclusions/<int:pk>/take-out/", views_exclusions.take_out_order, name="take_out"),
    path("do-not-call/", views_exclusions.do_not_call, name="do_not_call"),
    path("do-not-call/<int:pk>/end/", views_exclusions.end_entry, name="end_do_not_call"),
]
