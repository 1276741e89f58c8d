"""Pages of a list, without a count query."""

import pytest
from django.test import RequestFactory

from satisfaction.accounts.models import User
from satisfaction.core.pagination import page_of


@pytest.mark.parametrize(
    ("query", "rows", "number", "shown", "previous", "following"),
    [
        ("", 0, 1, [], False, False),
        ("", 3, 1, [0, 1, 2], False, False),
        ("", 4, 1, [0, 1, 2], False, True),
        ("?page=2", 4, 2, [3], True, False),
        ("?page=2", 7, 2, [3, 4, 5], True, True),
        ("?page=9", 4, 9, [], True, False),
        ("?page=0", 4, 1, [0, 1, 2], False, True),
        ("?page=-1", 4, 1, [0, 1, 2], False, True),
        ("?page=x", 4, 1, [0, 1, 2], False, True),
        ("?page=99999999999999999999", 4, 1, [0, 1, 2], False, True),
    ],
)
def test_page_of_shows_one_page(query, rows, number, shown, previous, following):
    page = page_of(RequestFactory().get(f"/{query}"), range(rows), size=3)

    assert (page.number, list(page), page.has_previous, page.has_next) == (number, shown, previous, following)


@pytest.mark.django_db
def test_page_of_asks_once_and_does_not_count(django_assert_num_queries):
    with django_assert_num_queries(1) as asked:
        len(page_of(RequestFactory().get("/"), User.objects.all()))

    assert "COUNT" not in asked.captured_queries[0]["sql"]
