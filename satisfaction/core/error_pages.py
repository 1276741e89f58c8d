"""Pages for refusals and errors: a sentence, what to do instead, and a link back."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import REASON_BAD_ORIGIN, REASON_BAD_REFERER, REASON_INSECURE_REFERER
from django.shortcuts import render, resolve_url
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from satisfaction.environment import PATH_PREFIX_MESSAGE

from . import form_recovery as kept_forms
from .errors import BUSY, NotAllowed, Refused, is_busy

FORBIDDEN = 403
METHOD_NOT_ALLOWED = 405
UNPROCESSABLE = 422
ALLOWED_METHODS = ("GET", "HEAD", "POST")  # no address accepts any other
FOREIGN_ORIGIN_REASONS = tuple(
    reason.partition("%s")[0] for reason in (REASON_BAD_ORIGIN, REASON_BAD_REFERER, REASON_INSECURE_REFERER)
)
UNAVAILABLE = 503


class RefusalMiddleware:
    """Turns Refused into a response with its sentence: status 422, NotAllowed 403.

    If the database is locked for too long, the response is 503 and the form is shown again.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.META.get("SCRIPT_NAME"):
            return HttpResponse(PATH_PREFIX_MESSAGE, status=500, content_type="text/plain; charset=utf-8")
        if request.method not in ALLOWED_METHODS:
            return method_not_allowed(request, allowed=", ".join(ALLOWED_METHODS))
        refuse_nul(request)
        response = self.get_response(request)
        if getattr(request, "htmx", False) and redirects_to_sign_in(response):
            # The session has ended: redirect the whole page, do not put the sign-in page into a part of it.
            return HttpResponseClientRedirect(response["Location"])
        if response.status_code == METHOD_NOT_ALLOWED:
            return method_not_allowed(request, allowed=response["Allow"])
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, Refused):
            status = FORBIDDEN if isinstance(exception, NotAllowed) else UNPROCESSABLE
            return refusal_response(request, str(exception), status=status)
        return busy_response(request) if is_busy(exception) else None


def refuse_nul(request: HttpRequest) -> None:
    """Raises SuspiciousOperation for NUL in the address: PostgreSQL fails on it.

    Form fields reject it themselves.
    """
    if "\0" in request.path_info or any(
        "\0" in value for _name, values in request.GET.lists() for value in values
    ):
        raise SuspiciousOperation("NUL in the address")


def method_not_allowed(request: HttpRequest, *, allowed: str) -> HttpResponse:
    """A 405 page. The usual cause: somebody opened or reloaded an address that only accepts a form."""
    response = refusal_response(
        request, _("这个地址只处理页面上的提交,不能直接打开。请回到页面上操作。"), status=METHOD_NOT_ALLOWED
    )
    response["Allow"] = allowed
    return response


def redirects_to_sign_in(response: HttpResponse) -> bool:
    return response.status_code == 302 and response["Location"].startswith(resolve_url(settings.LOGIN_URL))


def refusal_response(request: HttpRequest, sentence: str, *, status: int) -> HttpResponse:
    """The sentence as a message on the current page (htmx), or as a page with a link back.

    The message replaces the content of `#notices` in base.html, whatever the target of the request was.
    """
    if getattr(request, "htmx", False):
        response = render(request, "components/refusal.html", {"sentence": sentence}, status=status)
        response["HX-Retarget"] = "#notices"
        response["HX-Reswap"] = "innerHTML"
        return response
    return render(request, "refused.html", {"sentence": sentence, "back": way_back(request)}, status=status)


def way_back(request: HttpRequest) -> str:
    """Returns the address of the referring page if it is ours, else of the home page."""
    referer = request.headers.get("Referer", "")
    if url_has_allowed_host_and_scheme(
        referer, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return referer
    return reverse("home")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """CSRF_FAILURE_VIEW: foreign origin, expired page, or a page older than the last sign-in."""
    if reason.startswith(FOREIGN_ORIGIN_REASONS):
        return refusal_response(request, foreign_origin_message(request), status=FORBIDDEN)
    kept = kept_form_response(request, status=FORBIDDEN) if kept_forms.is_from_own_page(request) else None
    sentence = _("页面已过期,刚才的操作没有保存。请返回、刷新页面后再试一次。")
    return kept or refusal_response(request, sentence, status=FORBIDDEN)


def foreign_origin_message(request: HttpRequest) -> str:
    """The message for a foreign origin: another site posted, or the proxy and the settings disagree."""
    origin = request.headers.get("Origin") or request.headers.get("Referer", "")
    return _(
        "请求的来源“%(origin)s”不受信任,操作没有保存。如果您是从本系统的页面提交的,请把这句话告诉系统管理员:"
        "本系统认为自己的地址是 %(own)s,请检查设置 CSRF_TRUSTED_ORIGINS、HTTPS 和代理传来的 Host。"
    ) % {"origin": origin[:100], "own": f"{request.scheme}://{request.get_host()}"}


def busy_response(request: HttpRequest) -> HttpResponse:
    """503: another process is writing and nothing was stored.

    The CSRF check has passed, so the form may be shown.
    """
    kept = (
        kept_form_response(request, status=UNAVAILABLE, sentence=str(BUSY))
        if request.method == "POST"
        else None
    )
    response = kept or refusal_response(request, str(BUSY), status=UNAVAILABLE)
    response["Retry-After"] = "5"
    return response


def kept_form_response(request: HttpRequest, *, status: int, sentence: str = "") -> HttpResponse | None:
    """A page that shows the submitted form again; None if there is no form or nobody is signed in."""
    fields = kept_forms.submitted_fields(request)
    if not fields or not request.user.is_authenticated or getattr(request, "htmx", False):
        return None
    path = request.get_full_path()
    return kept_forms.render_send_again(request, path=path, fields=fields, status=status, sentence=sentence)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler400. Standalone: the request may have neither session nor user, which the page layout needs."""
    return standalone_page("400.html", 400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler403."""
    return error_page(request, 403, _("您没有权限进行此操作。"))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler404: also for objects that the person may not see."""
    return error_page(request, 404, _("找不到这个页面,它可能已移走,或不在您可以查看的范围内。"))


def server_error(request: HttpRequest) -> HttpResponse:
    """handler500, standalone; 503 if the database was locked outside a view (session middleware)."""
    if is_busy(sys.exc_info()[1]):
        return standalone_page("503.html", UNAVAILABLE)
    return standalone_page("500.html", 500)


def standalone_page(template: str, status: int) -> HttpResponse:
    """Renders a page without the layout, and without style sheets if they cannot be found."""
    try:
        styles = [static(f"css/{name}.css") for name in ("tokens", "base", "shell", "utilities", "buttons")]
    except ValueError:
        styles = []
    return HttpResponse(render_to_string(template, {"styles": styles}), status=status)


def error_page(request: HttpRequest, status: int, sentence: str) -> HttpResponse:
    if getattr(request, "htmx", False):
        return refusal_response(request, sentence, status=status)
    context: dict[str, Any] = {"sentence": sentence, "back": way_back(request)}
    return render(request, f"{status}.html", context, status=status)
