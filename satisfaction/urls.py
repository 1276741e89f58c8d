"""Every address of the product."""

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.i18n import set_language

from satisfaction.health import healthz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("language/", login_not_required(set_language), name="set_language"),
    path("admin/", admin.site.urls),
    path("accounts/", include("satisfaction.accounts.urls")),
    path("orders/", include("satisfaction.portal.views.orders")),
    path("calendar/", include("satisfaction.calendars.urls")),
    path("notices/", include("satisfaction.notices.urls")),
    path("improvement/", include("improvement.urls")),
    path("", include("evaluations.urls")),
    path("", include("workorders.urls")),
    path("", include("satisfaction.portal.urls")),
]

handler400 = "satisfaction.refusals.bad_request"
handler403 = "satisfaction.refusals.permission_denied"
handler404 = "satisfaction.refusals.not_found"
handler500 = "satisfaction.refusals.server_error"
