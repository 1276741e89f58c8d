"""Addresses for signing in, passwords, pending roles and the duty roster."""

from django.urls import path

from satisfaction.accounts import (
    views_grants as grants,
)
from satisfaction.accounts import (
    views_roster as roster,
)
from satisfaction.accounts import (
    views_sign_in as signing_in,
)

app_name = "accounts"
urlpatterns = [
    path("login/", signing_in.sign_in, name="login"),
    path("logout/", signing_in.sign_out, name="logout"),
    path("sessions/end/", signing_in.end_sessions, name="end_sessions"),
    path("again/", signing_in.send_kept_form_again, name="send_again"),
    path("password/", signing_in.password_change, name="password_change"),
    path("password/forgotten/", signing_in.password_reset, name="password_reset"),
    path("password/forgotten/sent/", signing_in.password_reset_sent, name="password_reset_sent"),
    path("password/<uidb64>/<token>/", signing_in.password_set, name="password_set"),
    path("grants/", grants.grants, name="grants"),
    path("grants/<int:pk>/", grants.decide_grant, name="decide_grant"),
    path("roster/", roster.roster, name="roster"),
    path("roster/add/", roster.roster_add, name="roster_add"),
    path("roster/<int:pk>/end/", roster.roster_end, name="roster_end"),
]
