"""Access by address and role (domain §12). Fails for an address without a row and a row without an address.

ROLES lists the roles that a view admits; further checks are tested with each view.
"""

from __future__ import annotations

import pytest
from django.test import Client

from satisfaction.core.roles import Role
from tests.crawling import Address, addresses, filled
from tests.factories import make_person
from tests.worlds.crew import DAY

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

T, F, Y, D, L, M, H, A = (
    Role.TECHNICIAN,
    Role.FOREMAN,
    Role.DEPUTY,
    Role.DISPATCHER,
    Role.LEAD,
    Role.MANAGER,
    Role.HEAD,
    Role.ADMIN,
)
ALL = frozenset(Role.values)
OPEN = None  # without signing in
CREW = {F, Y}
CALLERS = {D, L, M, H}
OFFICE = {D, L, M, H, A}
MANAGERS = {M, H}
REVISITS = {F, Y, L, M, H}
MEETINGS = REVISITS | {A}

ROLES: dict[str, frozenset[str] | set[Role] | None] = {
    "healthz": OPEN,
    "set_language": OPEN,
    "home": ALL,
    "home_of": ALL,
    "audit": {M, H, A},
    "audit_excel": {H, A},
    "evaluations:patterns": {H},
    "evaluations:pattern_orders": {H},
    "accounts:login": OPEN,
    "accounts:logout": OPEN,
    "accounts:send_again": ALL,
    "accounts:end_sessions": ALL,
    "accounts:password_change": ALL,
    "accounts:password_reset": OPEN,
    "accounts:password_reset_sent": OPEN,
    "accounts:password_set": OPEN,
    "accounts:grants": {H, A},
    "accounts:decide_grant": {H, A},
    "accounts:roster": {L, H, A},
    "accounts:roster_add": {L, H, A},
    "accounts:roster_end": {L, H, A},
    "orders:list": ALL,
    "orders:export": CREW | {L, M, H, A},
    "orders:deadlines": ALL,
    "orders:page": ALL,
    "orders:incomplete": CREW | {D, L, A},
    "orders:pending": {D, L},
    "orders:decide_pending": {D, L},
    "orders:link": {D, L, H, A},
    "orders:discard": {A},
    "calendars:import": {A},
    "calendars:confirm": {A},
    "calendars:export": {A},
    "notices:list": ALL,
    "notices:read": ALL,
    "notices:read_all": ALL,
    "notices:settings": ALL,
    "workorders:people_import": {A},
    "workorders:people_confirm": {A},
    "workorders:people_imported": {A},
    "workorders:people_links": {A},
    # --- self-evaluation, results, objections
    "evaluations:self_evaluation": CREW | MANAGERS,
    "evaluations:rate": CREW | MANAGERS,
    "evaluations:correct_self_evaluation": CREW | MANAGERS,
    "evaluations:results": ALL,
    "evaluations:acknowledge": CREW,
    "evaluations:objections": CREW | MANAGERS,
    "evaluations:objection": CREW | MANAGERS,
    "evaluations:object": CREW,
    # --- the draw and the calls
    "evaluations:draw": ALL,
    "evaluations:draw_month": ALL,
    "evaluations:draw_day": OFFICE,
    "evaluations:desk": CALLERS,
    "evaluations:next_call": CALLERS,
    "evaluations:call": CALLERS,
    "evaluations:open_call": CALLERS,
    "evaluations:hold_call": CALLERS,
    "evaluations:release_call": CALLERS,
    "evaluations:take_over": CALLERS,
    "evaluations:save_draft": CALLERS,
    "evaluations:give_up_draft": CALLERS,
    "evaluations:undo_save": CALLERS,
    "evaluations:postpone": CALLERS,
    "evaluations:end_unreachable": CALLERS,
    "evaluations:correct_number": CALLERS | {A},
    "evaluations:correct_callback": CALLERS,
    "evaluations:board": CALLERS,
    "evaluations:publish": {D, L},
    "evaluations:reassign": {L, H},
    "evaluations:reassign_one": {L, H},
    "evaluations:exclusions": OFFICE,
    "evaluations:take_out": MANAGERS,  # a manager only where every head is concerned
    "evaluations:do_not_call": MANAGERS,  # a manager only where every head is concerned
    "evaluations:end_do_not_call": {H},
    # --- scores and months
    "evaluations:month": ALL,
    "evaluations:month_print": ALL,
    "evaluations:month_excel": ALL,
    "evaluations:left_out": ALL,
    "evaluations:technician_month": ALL,
    "evaluations:crew_month": ALL,
    "evaluations:day": ALL,
    "evaluations:day_orders": ALL,
    "evaluations:settle": {H},
    "evaluations:reopen": {H},
    "evaluations:name_star": {H},
    "evaluations:name_winning_crew": {H},
    "evaluations:record_decision": {H},
    # --- the workbook
    "evaluations:import": {D, L, A},
    "evaluations:import_job": {D, L, A},
    "evaluations:import_confirm": {D, L, A},
    "evaluations:import_rejected": {D, L, A},
    "evaluations:export": CREW | {L, M, H, A},
    # --- improvement
    "improvement:revisits": REVISITS,
    "improvement:revisits_excel": REVISITS,
    "improvement:revisit": REVISITS,
    "improvement:revisit_deadline": REVISITS,
    "improvement:revisit_return": REVISITS,  # others get a message
    "improvement:revisit_print": REVISITS,
    "improvement:revisit_excel": REVISITS,
    "improvement:revisit_photo": REVISITS,
    "improvement:revisit_photo_remove": REVISITS,
    "improvement:meetings": MEETINGS,
    "improvement:meeting": MEETINGS,
    "improvement:minutes": MEETINGS,
    "improvement:minutes_excel": MEETINGS,
    "improvement:meeting_plan": MANAGERS,
    "improvement:meeting_move": MANAGERS,
    "improvement:meeting_open": MANAGERS,
    "improvement:meeting_attendance": MANAGERS,
    "improvement:meeting_close": MANAGERS,
    "improvement:meeting_mode": MANAGERS,
    "improvement:meeting_screen": MANAGERS,
    "improvement:meeting_ask": MANAGERS,
    "improvement:meeting_end": MANAGERS,
    "improvement:projects": MEETINGS,
    "improvement:projects_excel": MEETINGS,
    "improvement:projects_print": MEETINGS,
    "improvement:project_print": MEETINGS,
    "improvement:project": MEETINGS,
    "improvement:project_new": MANAGERS,
    "improvement:project_edit": MANAGERS,
    "improvement:project_start": MANAGERS,
    "improvement:project_evaluate": MANAGERS,
    "improvement:project_cancel": MANAGERS,
    "improvement:step_add": MANAGERS,
    "improvement:step_edit": MANAGERS,
    "improvement:step_remove": MANAGERS,
    "improvement:step_report": CREW | MANAGERS,
    "improvement:kpi": ALL,
    "improvement:kpi_day": ALL,
    "improvement:kpi_year": ALL,
    "improvement:kpi_orders": ALL,
    "improvement:appraisal": ALL,
    "improvement:appraisal_print": ALL,
    "improvement:appraisal_excel": ALL,
    "improvement:announcement": ALL,
}
ADDRESSES = [one for one in addresses() if not one.is_admins]
VALUES = {
    "pk": (1,),
    "sibling": (1,),
    "step": (1,),
    "position": (1,),
    "number": ("WX-1",),
    "day": (DAY,),
    "month": (f"{DAY:%Y-%m}",),
    "year": (DAY.year,),
    "role": (T,),
    "object_id": (1,),
    "content_type_id": (1,),
    "uidb64": ("x",),
    "token": ("x",),
}
LOGIN = "/accounts/login/"


def asked(client: Client, method: str, one: Address) -> int:
    return getattr(client, method)(next(filled(one.route, VALUES))).status_code


def test_every_address_lets_in_the_roles_of_its_row_and_no_others():
    wanted = {name: None if roles is OPEN else frozenset(roles) for name, roles in ROLES.items()}

    assert {one.name: one.roles for one in ADDRESSES} == wanted


def test_whoever_is_signed_out_is_asked_to_sign_in_everywhere(client):
    for one in ADDRESSES:
        for method in ("get", "post") if ROLES[one.name] is not OPEN else ():
            response = getattr(client, method)(next(filled(one.route, VALUES)))
            assert (response.status_code, response["Location"].startswith(LOGIN)) == (302, True), one


@pytest.mark.parametrize("role", Role.values)
def test_role_without_the_right_is_refused_at_the_door(client, role):
    """403 for reading and writing, whether or not the object exists."""
    client.force_login(make_person("someone", role))
    closed = [one for one in ADDRESSES if ROLES[one.name] is not OPEN and role not in ROLES[one.name]]
    answers = {(method, one.name): asked(client, method, one) for one in closed for method in ("get", "post")}

    assert {key: status for key, status in answers.items() if status != 403} == {}


def test_nobody_but_admins_gets_into_the_admin_site(client):
    client.force_login(make_person("head", Role.HEAD, Role.FOREMAN, Role.TECHNICIAN))
    open_to_all = ("admin:login", "admin:logout")
    answers = {
        one.route: client.get(next(filled(one.route, VALUES)), follow=True).status_code
        for one in addresses()
        if one.is_admins and one.name not in open_to_all
    }

    assert {route: status for route, status in answers.items() if status != 403} == {}
