"""URLs of the call desk."""

from django.urls import path

from . import views, views_changes, views_drafts, views_reassign

urlpatterns = [
    path("desk/", views.desk, name="desk"),
    path("desk/next/", views.next_call, name="next_call"),
    path("desk/<int:pk>/", views.call, name="call"),
    path("desk/<int:pk>/open/", views.open_call, name="open_call"),
    path("desk/<int:pk>/hold/", views.hold_call, name="hold_call"),
    path("desk/<int:pk>/release/", views.release_call, name="release_call"),
    path("desk/<int:pk>/take-over/<int:sibling>/", views.take_over_call, name="take_over"),
    path("desk/<int:pk>/draft/", views_drafts.save_draft, name="save_draft"),
    path("desk/<int:pk>/draft/give-up/", views_drafts.give_up_draft, name="give_up_draft"),
    path("desk/undo/<int:pk>/", views_drafts.undo, name="undo_save"),
    path("desk/<int:pk>/postpone/", views_changes.postpone_call, name="postpone"),
    path("desk/<int:pk>/unreachable/", views_changes.end_call, name="end_unreachable"),
    path("desk/<int:pk>/number/", views_changes.correct_phone, name="correct_number"),
    path("desk/<int:pk>/correct/", views_changes.correct_call, name="correct_callback"),
    path("reassign/", views_reassign.reassign_page, name="reassign"),
    path("reassign/<int:pk>/", views_reassign.reassign_one, name="reassign_one"),
]
