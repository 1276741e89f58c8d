"""Chinese unless a person chose otherwise: the browser's own preference is not asked."""

from django.http import HttpRequest
from django.middleware.locale import LocaleMiddleware


class LanguageMiddleware(LocaleMiddleware):
    """The language of the cookie set by the switch in the header, else LANGUAGE_CODE."""

    def process_request(self, request: HttpRequest) -> None:
        request.META.pop("HTTP_ACCEPT_LANGUAGE", None)
        super().process_request(request)
