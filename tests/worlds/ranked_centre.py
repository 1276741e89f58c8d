"""A centre with a ranked month, for tests of its pages."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.test import Client
from django.urls import reverse

from satisfaction.accounts.models import User
from tests.factories import make_lead, make_person
from tests.worlds.months import MAY, evaluated, technician
from workorders.models import Technician


@dataclass
class Centre:
    dispatcher: User
    head: User
    foreman: User
    worker: User
    one: Technician
    two: Technician

    def month(self, name: str = "month", *args: object) -> str:
        return reverse(f"evaluations:{name}", args=[MAY, *args])


def make_centre() -> Centre:
    """W1 of 甲 (the foreman's crew, with an account) has 38 points from 2 orders, W2 of 乙 20 from 1."""
    worker, foreman = make_person("worker", "technician"), make_person("foreman", "foreman")
    dispatcher, head = make_person("dispatcher", "dispatcher"), make_person("head", "head")
    one, two = technician("W1", "甲", user=worker), technician("W2", "乙")
    make_lead(one.crew, foreman)
    evaluated(one, 10, 10, dispatcher, number="A-1")
    evaluated(one, 10, 8, dispatcher, number="A-2")
    evaluated(two, 10, 10, dispatcher, number="B-1")
    return Centre(dispatcher, head, foreman, worker, one, two)


def text(client: Client, person: User, url: str) -> str:
    """Returns the text of the page without tags."""
    client.force_login(person)
    response = client.get(url)
    assert response.status_code == 200
    main = response.content.decode().split('id="main"')[-1].split('class="sheet-a4')[-1]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main))
