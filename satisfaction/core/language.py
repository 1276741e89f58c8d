"""The language of a page: Chinese unless the person chose another; the browser's preference is ignored."""

from django.http import HttpRequest
from django.middleware.locale import LocaleMiddleware


class LanguageMiddleware(LocaleMiddleware):
    """Uses the language cookie that the switch in the header sets, else LANGUAGE_CODE."""

    def process_request(self, request: HttpRequest) -> None:
        request.META.pop("HTTP_ACCEPT_LANGUAGE", None)
        super().process_request(request)
