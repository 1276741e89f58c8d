"""The root URLconf."""

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.i18n import set_language

from satisfaction.calendars.converters import register_converters

from .health import healthz

register_converters()

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("language/", login_not_required(set_language), name="set_language"),
    path("admin/", admin.site.urls),
    path("accounts/", include("satisfaction.accounts.urls")),
    path("orders/", include("satisfaction.portal.orders.urls")),
    path("calendar/", include("satisfaction.calendars.urls")),
    path("notices/", include("satisfaction.notices.urls")),
    path("improvement/", include("improvement.urls")),
    path("", include("evaluations.urls")),
    path("", include("workorders.urls")),
    path("", include("satisfaction.portal.urls")),
]

handler400 = "satisfaction.core.error_pages.bad_request"
handler403 = "satisfaction.core.error_pages.permission_denied"
handler404 = "satisfaction.core.error_pages.not_found"
handler500 = "satisfaction.core.error_pages.server_error"
