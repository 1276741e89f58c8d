"""Finds an import's callers by name and, if allowed, creates unknown ones as inactive people (domain §11)."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from simple_history.utils import bulk_create_with_history

from satisfaction.accounts.models import User
from workorders.intake.order_rows import ImportRejection
from workorders.spelling import same_word

USERNAME = "caller-%d"


def people_with_accounts() -> QuerySet[User]:
    """Returns all users with the fields that `CallerLookup` reads."""
    return User.objects.only("username", "name", "caller_group", "is_active").order_by("pk")


class CallerLookup:
    """Finds the callers of one import step by name. `new`: callers that accepted rows introduce."""

    def __init__(self, people: Iterable[User], *, create: bool) -> None:
        self.create = create
        self.by_name: dict[str, list[User]] = {}
        self.usernames: set[str] = set()
        for person in people:
            self._remember(person)
        self.new: list[User] = []

    def _remember(self, person: User) -> None:
        self.by_name.setdefault(same_word(str(person)), []).append(person)
        self.usernames.add(person.username)

    def caller(self, name: str, group: str, *, field: str) -> User:
        """Returns the person with that name; prefers the right group, then active people.

        Raises ImportRejection: several people match, or none does and `create` is false. A created user is
        unsaved.
        """
        found = self.by_name.get(same_word(name), [])
        for fits in (lambda person: person.caller_group == group, lambda person: person.is_active):
            found = [person for person in found if fits(person)] or found
        if len(found) > 1:
            raise ImportRejection(
                field, _("有 %(count)d 人叫“%(name)s”,无法确定是谁") % {"count": len(found), "name": name}
            )
        if found:
            return found[0]
        if self.create:
            return User(name=name, caller_group=group, is_active=False)
        raise ImportRejection(field, _("没有叫“%(name)s”的人,须由系统管理员导入或先登记") % {"name": name})

    def keep(self, person: User) -> None:
        """Registers the new caller of an accepted row to be stored, with a password that cannot be used."""
        if person.pk is None and not person.username:
            person.username = self._free_username()
            person.set_unusable_password()
            self._remember(person)
            self.new.append(person)

    def _free_username(self) -> str:
        number = len(self.new) + 1
        while USERNAME % number in self.usernames:
            number += 1
        return USERNAME % number

    def save(self, *, by: User | None) -> None:
        if self.new:
            bulk_create_with_history(self.new, User, batch_size=500, default_user=by)
