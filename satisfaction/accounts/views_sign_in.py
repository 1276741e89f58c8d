"""Signing in and out, setting and resetting passwords: Django's views with our texts."""

from __future__ import annotations

from datetime import timedelta
from math import ceil
from typing import Any

from django.contrib import messages
from django.contrib.auth import views
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from satisfaction.core.access import everybody_signed_in
from satisfaction.core.client_address import address_of
from satisfaction.core.error_pages import UNPROCESSABLE
from satisfaction.core.form_errors import run_action
from satisfaction.core.form_recovery import kept_form, render_send_again
from satisfaction.core.mail import sends_mail
from satisfaction.core.requests import SignInRequest, UserRequest

from .forms import ResetByMailForm, SignInForm
from .links import issuer_of_link, request_link
from .models import User
from .passwords import record_password_change
from .sessions import ENDED
from .sign_in_limits import unlock
from .sign_out import sign_out_everywhere

GONE, TOO_MANY = 410, 429


class SetPasswordView(views.PasswordResetConfirmView):
    """The page of a one-time link: sets the password, signs in, opens the home page. Valid once."""

    request: SignInRequest
    template_name = "accounts/password_set.html"
    post_reset_login = True
    post_reset_login_backend = "satisfaction.accounts.backends.AccountBackend"
    success_url = reverse_lazy("home")

    def form_valid(self, form: Any) -> HttpResponse:
        """Sets the password, signs in and deletes earlier wrong passwords."""
        self.request.sign_in_link = {"how": "one_time_link", **issuer_of_link(form.user)}
        person, address = form.user, address_of(self.request)
        with transaction.atomic():
            response = super().form_valid(form)
            record_password_change(person, now=timezone.now(), address=address)
            unlock(person.username, by=person, now=timezone.now(), address=address)
        return response

    def get_user(self, uidb64: str) -> User | None:
        user = super().get_user(uidb64)
        return user if user and user.is_active else None

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(is_offered=sends_mail(), **kwargs)

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        if not self.validlink:
            kwargs["status"] = GONE
        return super().render_to_response(context, **kwargs)


class ChangePasswordView(views.PasswordChangeView):
    template_name = "accounts/password_change.html"
    success_url = reverse_lazy("home")

    def form_valid(self, form: Any) -> HttpResponse:
        messages.success(self.request, _("密码已修改。"))
        with transaction.atomic():
            response = super().form_valid(form)
            record_password_change(form.user, now=timezone.now(), address=address_of(self.request))
        return response


class SignInView(views.LoginView):
    """The sign-in page; afterwards a kept form is shown again."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        ended = self.request.session.pop(ENDED, "")
        return super().get_context_data(ended=ended, is_offered=sends_mail(), **kwargs)

    def get_success_url(self) -> str:
        kept = kept_form(self.request)
        return reverse("accounts:send_again") if kept else super().get_success_url()


@everybody_signed_in
@require_POST
def end_sessions(request: UserRequest) -> HttpResponse:
    """Ends the person's sessions on all devices, including this one."""
    sign_out_everywhere(request.user, by=request.user, now=timezone.now(), address=address_of(request))
    messages.success(request, _("已退出您在所有设备上的登录。"))
    return redirect("accounts:login")


@everybody_signed_in
@require_safe
def send_kept_form_again(request: UserRequest) -> HttpResponse:
    """Shows a form that was submitted after the session ended; it is stored once it is sent again."""
    kept = kept_form(request)
    return render_send_again(request, path=kept["path"], fields=kept["fields"]) if kept else redirect("home")


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def password_reset(request: HttpRequest) -> HttpResponse:
    """Requests a link by mail; the response is the same whether or not the address exists."""
    form = ResetByMailForm(request.POST or None)
    if form.is_valid():
        email, address = form.cleaned_data["email"], address_of(request)
        run_action(form, request_link, email, now=timezone.now(), address=address)
        if not form.errors:
            return redirect("accounts:password_reset_sent")
    context = {"form": form, "is_offered": sends_mail()}
    status = UNPROCESSABLE if form.is_bound else 200
    return render(request, "accounts/password_reset.html", context, status=status)


sign_in = login_not_required(
    SignInView.as_view(
        template_name="accounts/login.html",
        authentication_form=SignInForm,
        redirect_authenticated_user=True,
    )
)
sign_out = login_not_required(views.LogoutView.as_view())
password_change = everybody_signed_in(ChangePasswordView.as_view())
password_set = login_not_required(SetPasswordView.as_view())
password_reset_sent = login_not_required(
    views.PasswordResetDoneView.as_view(template_name="accounts/password_reset_sent.html")
)


def locked_out(request: HttpRequest, credentials: dict[str, Any] | None = None, *args: Any) -> HttpResponse:
    """429 after too many wrong passwords (django-axes): how long to wait and what to do."""
    wait: timedelta = getattr(request, "sign_in_wait", timedelta(minutes=1))
    seconds = max(ceil(wait.total_seconds()), 1)
    context = {"seconds": seconds, "minutes": ceil(seconds / 60), "is_short": seconds < 100}
    response = render(request, "accounts/locked_out.html", context, status=TOO_MANY)
    response["Retry-After"] = str(seconds)
    return response
