"""Where refusals and errors become pages: a sentence, what to do instead, and a way back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from satisfaction import kept_forms
from satisfaction.errors import NotAllowed, Refused

FORBIDDEN = 403
WRONG_METHOD = 405
UNPROCESSABLE = 422


class RefusalMiddleware:
    """A view that raises Refused answers with the sentence, status 422 (NotAllowed: 403), never with a traceback."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        refuse_nul(request)
        response = self.get_response(request)
        if getattr(request, "htmx", False) and is_sign_in(response):
            # Signed out meanwhile: the whole page goes to the sign-in, not a part of it.
            return HttpResponseClientRedirect(response["Location"])
        return wrong_method(request, response) if response.status_code == WRONG_METHOD else response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, Refused):
            status = FORBIDDEN if isinstance(exception, NotAllowed) else UNPROCESSABLE
            return answer(request, str(exception), status=status)
        return None


def refuse_nul(request: HttpRequest) -> None:
    """No address of ours holds this character, and PostgreSQL fails on it; of form fields Django sees to it."""
    if "\0" in request.path_info or any(
        "\0" in value for _name, values in request.GET.lists() for value in values
    ):
        raise SuspiciousOperation("NUL in the address")


def wrong_method(request: HttpRequest, refused: HttpResponse) -> HttpResponse:
    """405 in words: as a rule an address that only takes a form was opened or reloaded."""
    response = answer(
        request, _("这个地址只处理页面上的提交,不能直接打开。请回到页面上操作。"), status=WRONG_METHOD
    )
    response["Allow"] = refused["Allow"]
    return response


def is_sign_in(response: HttpResponse) -> bool:
    return response.status_code == 302 and response["Location"].startswith(resolve_url(settings.LOGIN_URL))


def answer(request: HttpRequest, sentence: str, *, status: int) -> HttpResponse:
    """The sentence as a message on the page that asked (htmx), or as a page with a link back.

    The message goes to base.html's `#notices`, whatever part of the page the request was for.
    """
    if getattr(request, "htmx", False):
        response = render(request, "components/refusal.html", {"sentence": sentence}, status=status)
        response["HX-Retarget"] = "#notices"
        response["HX-Reswap"] = "innerHTML"
        return response
    return render(request, "refused.html", {"sentence": sentence, "back": way_back(request)}, status=status)


def way_back(request: HttpRequest) -> str:
    """The page one came from, if it is ours; else the home page."""
    referer = request.headers.get("Referer", "")
    if url_has_allowed_host_and_scheme(
        referer, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return referer
    return reverse("home")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """CSRF_FAILURE_VIEW: nearly always a page left open for too long, or one older than the last sign-in."""
    fields = kept_forms.fields_of(request)
    is_ours = request.user.is_authenticated and kept_forms.is_from_here(request)
    if fields and is_ours and not getattr(request, "htmx", False):
        return kept_forms.send_again(request, path=request.get_full_path(), fields=fields, status=FORBIDDEN)
    return answer(request, _("页面已过期,刚才的操作没有保存。请返回、刷新页面后再试一次。"), status=403)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler400: the request may be too broken for the frame of a page (no session, no user)."""
    return bare("400.html", 400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler403."""
    return error_page(request, 403, _("您没有权限进行此操作。"))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler404: also what one may not know of."""
    return error_page(request, 404, _("找不到这个页面,它可能已移走,或不在您可以查看的范围内。"))


def server_error(request: HttpRequest) -> HttpResponse:
    """handler500: stands alone, whatever is broken."""
    return bare("500.html", 500)


def bare(template: str, status: int) -> HttpResponse:
    """A page without the frame; without its looks where even these cannot be found."""
    try:
        styles = [static(f"css/{name}.css") for name in ("tokens", "app", "components")]
    except ValueError:
        styles = []
    return HttpResponse(render_to_string(template, {"styles": styles}), status=status)


def error_page(request: HttpRequest, status: int, sentence: str) -> HttpResponse:
    if getattr(request, "htmx", False):
        return answer(request, sentence, status=status)
    context: dict[str, Any] = {"sentence": sentence, "back": way_back(request)}
    return render(request, f"{status}.html", context, status=status)
