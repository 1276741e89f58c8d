"""The minimal page that the month page is compared with: signed in, one query, a table of as many rows."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.template import Context, Template
from django.urls import include, path

from satisfaction.core.access import everybody_signed_in

COLUMNS = ("employee_no", "name", "crew__name", "pk", "crew__pk", "employee_no", "name", "crew__name", "pk")
PAGE = Template(
    "<!doctype html><html><head><title>bare</title></head><body><p>{{ user }}</p><table>{% for row in rows %}<tr>"
    "{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>{% endfor %}</table></body></html>"
)


@everybody_signed_in
def bare_page(request: HttpRequest, rows: int) -> HttpResponse:
    from workorders.models import Technician

    found = list(Technician.objects.values_list(*dict.fromkeys(COLUMNS))[:rows])
    shown = [(found[n % len(found)] * 2)[: len(COLUMNS)] for n in range(rows)]
    return HttpResponse(PAGE.render(Context({"rows": shown, "user": request.user})))


urlpatterns = [path("bare/<int:rows>/", bare_page), path("", include("satisfaction.urls"))]
