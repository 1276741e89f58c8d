"""Headers of every page: no caching of personal data, no access to the browser's devices."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

UNUSED_FEATURES = (
    *("accelerometer", "autoplay", "camera", "display-capture", "geolocation", "gyroscope"),
    *("magnetometer", "microphone", "midi", "payment", "usb"),
)
PERMISSIONS_POLICY = ", ".join(f"{feature}=()" for feature in UNUSED_FEATURES)
NO_STORE = "private, no-store"


class ResponseHeadersMiddleware:
    """`Permissions-Policy` everywhere; `Cache-Control: private, no-store` on responses to signed-in people.

    WhiteNoise answers requests for static files before this middleware, so they stay cached.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        if getattr(request, "user", None) and request.user.is_authenticated:
            response["Cache-Control"] = NO_STORE
        return response
