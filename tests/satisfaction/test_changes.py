"""Cache invalidation: every change of a table is marked, whoever makes it, and none is missed."""

from __future__ import annotations

from datetime import timedelta
from threading import Event

import pytest
from django.db import connection, transaction
from django.db.models import CharField
from django.test import Client
from django.utils import timezone

from evaluations.models import Callback, CallDraft, SelfEvaluation
from satisfaction.accounts.models import User
from satisfaction.changes.models import Change
from satisfaction.changes.stamps import MANY, merge, stamp
from satisfaction.changes.triggers import LAID, lay, watched
from satisfaction.notices.models import Notice
from tests.factories import OrderFactory, make_callback, make_person, make_self_evaluation
from tests.worlds.threads import at_once
from workorders.models import Crew, Technician, WorkOrder

pytestmark = pytest.mark.django_db


def laid() -> set[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(LAID[connection.vendor])
        return set(cursor.fetchall())


def test_every_table_that_pages_are_made_of_is_watched() -> None:
    tables = {table for _name, table in laid()}

    assert tables == {model._meta.db_table for model in watched()}
    assert {"workorders_workorder", "evaluations_callback_problem_types", "improvement_revisit"} <= tables
    assert not any("historical" in table for table in tables)
    assert Notice._meta.db_table not in tables


def test_every_way_to_write_changes_the_stamp() -> None:
    order, person = OrderFactory(), make_person("dispatcher1", "dispatcher")
    seen = [stamp()]

    def sees(*_written: object) -> None:
        seen.append(stamp())

    sees(make_self_evaluation(order, by=person))
    sees(make_callback(order, person))
    sees(SelfEvaluation.objects.filter(order=order).update(opinion="改过"))
    sees(Crew.objects.bulk_create([Crew(name="甲"), Crew(name="乙")]))
    sees(WorkOrder.objects.bulk_update([order], ["fault"]))
    sees(SelfEvaluation.objects.filter(order=order).delete())
    with connection.cursor() as cursor:
        sees(cursor.execute("UPDATE workorders_technician SET name = '改名'"))

    assert len(set(seen)) == 8
    assert stamp() == seen[-1]


def test_stamp_of_some_tables_is_changed_by_these_alone() -> None:
    order, of_crews = OrderFactory(), stamp([Crew, Technician])

    order.fault = "改过"
    order.save()
    assert stamp([Crew, Technician]) == of_crews

    Crew.objects.update(is_active=False)
    assert stamp([Crew, Technician]) != of_crews


def test_opening_and_drafting_a_call_or_signing_in_changes_nothing_that_is_kept(client: Client) -> None:
    order, person = OrderFactory(), make_person("dispatcher1", "dispatcher")
    callback = make_callback(order, person)
    before, now = stamp(), timezone.now()

    Callback.objects.update(held_by=person, held_until=now + timedelta(hours=1), held_since=now)
    CallDraft.objects.create(callback=callback, by=person, values={"words": ["半句"]}, at=now)
    client.force_login(person)
    assert stamp() == before

    Callback.objects.update(held_since=now, words="一句话")
    held = stamp()
    User.objects.filter(pk=person.pk).update(name="改名", last_login=now)
    assert len({before, held, stamp()}) == 3


def test_a_state_that_was_rolled_back_never_comes_again() -> None:
    stamps = []
    for name in ("甲", "乙"):
        with transaction.atomic():
            Crew.objects.create(name=name)
            stamps.append(stamp())
            transaction.set_rollback(True)

    assert len({*stamps, stamp()}) == 3


def test_adding_up_changes_no_stamp() -> None:
    for n in range(MANY + 5):
        Crew.objects.create(name=f"工班 {n}")
    before = stamp(), stamp([Crew]), stamp([Technician])

    merge()

    assert (stamp(), stamp([Crew]), stamp([Technician])) == before
    assert Change.objects.filter(table="workorders_crew").count() == 1
    assert merge() == 0


def test_triggers_that_a_migration_took_away_are_laid_again() -> None:
    before = laid()
    gone = {one for one in before if one[1] in ("workorders_crew", "workorders_technician")}
    with connection.cursor() as cursor:
        for name, table in gone:
            cursor.execute(
                f"DROP TRIGGER {name}" + (f' ON "{table}"' if connection.vendor == "postgresql" else "")
            )
    assert laid() == before - gone
    without = stamp([Crew, Technician]), stamp([WorkOrder])
    Crew.objects.create(name="没有标记")
    assert stamp([Crew, Technician]) == without[0]

    lay("default")

    assert laid() == before
    assert stamp([Crew, Technician]) != without[0]
    assert stamp([WorkOrder]) == without[1]


def test_whoever_goes_back_before_the_marks_may_still_write() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {Change._meta.db_table}")

    lay("default")

    assert laid() == set()
    assert Crew.objects.create(name="甲").pk


@pytest.mark.postgres
def test_a_migration_may_alter_the_type_of_any_column() -> None:
    with connection.cursor() as cursor:
        for model in watched():
            for field in model._meta.concrete_fields:
                if isinstance(field, CharField):
                    table, column = model._meta.db_table, field.column
                    cursor.execute(f'ALTER TABLE "{table}" ALTER COLUMN "{column}" TYPE varchar(500)')


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_who_began_first_and_ends_last_is_seen_and_nobody_waits() -> None:
    begun, seen = Event(), Event()
    stamps = []

    def slow() -> None:
        with transaction.atomic():
            Crew.objects.create(name="甲")
            begun.set()
            assert seen.wait(timeout=10)

    def quick() -> None:
        assert begun.wait(timeout=10)
        stamps.append(stamp())
        for n in range(MANY + 1):
            Crew.objects.create(name=f"乙 {n}")
        merge()
        stamps.append(stamp())
        seen.set()

    at_once(slow, quick)

    assert len({*stamps, stamp()}) == 3
