"""The navigation of a page: places that the person's roles may use, counted before the template is rendered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, resolve, reverse
from django.utils.functional import SimpleLazyObject

from satisfaction.core.access import roles_of
from satisfaction.core.requests import navigation_counts, person_of
from satisfaction.core.roles import Role

from .counts import COUNTERS, PlaceCounter
from .places import EVERYBODY, IMPLIED, PLACES, TABS, NavigationPlace, home_roles


@dataclass
class NavigationItem:
    """One line of the navigation; `count` is what waits there for the person."""

    place: NavigationPlace
    url: str
    label: Any
    count: int = 0
    is_active: bool = False
    group: Any = ""


def place_url(place: NavigationPlace) -> str | None:
    for name in place.url_names:
        try:
            return reverse(name)
        except NoReverseMatch:
            continue
    return None


class Navigation:
    """`items` (the list, with counts), `tabs` (the phone's bar, at most four), `role_names`.

    A page that has its own counts calls `set_navigation_counts`; then the navigation counts nothing.
    """

    counters: Mapping[str, PlaceCounter] = COUNTERS

    def __init__(self, request: HttpRequest) -> None:
        self.user = person_of(request)
        self.path = request.path
        self.known = navigation_counts(request)
        self.items = self.grouped([*self.own_places(), *self.further_homes()])
        self.mark_active(self.items)

    @property
    def tabs(self) -> list[NavigationItem]:
        homes = home_roles(self.user.roles)
        keys = TABS[homes[0]] if homes else ("home",)
        by_key = {item.place.key: item for item in self.items}
        return [by_key[key] for key in keys if key in by_key]

    @property
    def role_names(self) -> str:
        shown = [role for role in Role if role in self.user.roles]
        implied = {IMPLIED[role] for role in shown if role in IMPLIED}
        return " · ".join(str(role.label) for role in shown if role not in implied)

    def own_places(self) -> list[NavigationItem]:
        places = [p for p in PLACES if p.roles is EVERYBODY or self.user.has_role(*p.roles)]
        addresses = [(place, place_url(place)) for place in places]
        return [
            NavigationItem(place, url, place.label, self.count_at(place))
            for place, url in addresses
            if url is not None and self.may_open(url)
        ]

    def count_at(self, place: NavigationPlace) -> int:
        """What the page has counted itself, else what the place's counter counts."""
        if self.known is not None:
            return self.known.get(place.key, 0)
        counter = self.counters.get(place.key)
        return counter(self.user) if counter else 0

    def may_open(self, url: str) -> bool:
        """Whether the roles of the view allow the person, if it names any."""
        roles = roles_of(resolve(url).func)
        return roles is None or roles == EVERYBODY or self.user.has_role(*roles)

    def further_homes(self) -> list[NavigationItem]:
        """Returns items for the other homes of a person with several roles."""
        items = []
        for role in home_roles(self.user.roles)[1:]:
            place = NavigationPlace(f"home_{role}", role.label, ("home_of",), EVERYBODY, PLACES[0].label)
            items.append(NavigationItem(place, reverse("home_of", args=[role.value]), role.label))
        return items

    def mark_active(self, items: list[NavigationItem]) -> None:
        """Marks the item with the longest address that begins the page's; home only on its own page."""
        fitting = [
            item
            for item in items
            if self.path == item.url or (item.url.count("/") > 1 and self.path.startswith(item.url))
        ]
        if fitting:
            max(fitting, key=lambda item: len(item.url)).is_active = True

    def grouped(self, items: list[NavigationItem]) -> list[NavigationItem]:
        """Sets the group name at the first item of each group; short lists have no groups."""
        last: Any = ""
        for item in items:
            if len(items) > 7 and item.place.group and item.place.group != last:
                item.group = last = item.place.group
        return items


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Context processor. A part of a page (htmx) has no navigation: nothing is counted for it."""
    if not getattr(request, "user", None) or not request.user.is_authenticated:
        return {}
    if getattr(request, "htmx", False):
        return {"navigation": SimpleLazyObject(lambda: Navigation(request))}
    return {"navigation": Navigation(request)}
