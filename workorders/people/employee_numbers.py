"""An account and the technician with the same employee number are one person (domain §5.6).

They are linked as soon as both exist, in either order. With the same number but different names they are
never linked: one of the two is wrong, and the message says so.
"""

from __future__ import annotations

from django.utils.translation import gettext as _

from satisfaction.accounts.models import User
from satisfaction.accounts.people import save_with_history
from satisfaction.core.history import set_change_author
from workorders.models import Technician
from workorders.spelling import same_word, spelt


def account_numbered(number: str) -> User | None:
    return spelt(User.objects.exclude(employee_no=""), "employee_no", number) if number else None


def technician_numbered(number: str) -> Technician | None:
    return spelt(Technician.objects.all(), "employee_no", number) if number else None


def own_technician(person: User) -> Technician | None:
    return Technician.objects.filter(user=person).first() if person.pk else None


def obstacle_to_number(person: User, number: str) -> str:
    """Returns why the person, saved or not, cannot have this employee number; "" if nothing prevents it."""
    own = own_technician(person)
    if own and same_word(own.employee_no) != same_word(number):
        return _("此人的工号是 %(number)s;工号不能改,请检查用户名。") % {"number": own.employee_no}
    account = account_numbered(number)
    if account and account.pk != person.pk:
        return told_taken(account.employee_no, account.name)
    known = technician_numbered(number)
    if known and known != own and (known.user_id or same_word(known.name) != same_word(person.name)):
        return told_taken(known.employee_no, known.name)
    return ""


def told_taken(number: str, name: str) -> str:
    return _("工号 %(number)s 已登记为 %(name)s,请检查。") % {"number": number, "name": name}


def keep_number(person: User, number: str, *, by: User | None, reason: str) -> bool:
    """Stores the number with the account; the caller has checked for obstacles. Returns whether it is new."""
    if not number or same_word(person.employee_no) == same_word(number):
        return False
    person.employee_no = number
    save_with_history(person, ["employee_no"], by=by, reason=reason)
    return True


def link_technician(person: User, *, by: User | None) -> bool:
    """Links the technician with the account's number if it has no account and the names agree."""
    known = technician_numbered(person.employee_no)
    if (
        known is None
        or known.user_id
        or own_technician(person)
        or same_word(known.name) != same_word(person.name)
    ):
        return False
    known.user = person
    set_change_author(known, by=by)
    known.save(update_fields=["user"])
    return True


def give_account_the_number(technician: Technician, *, before: int | None, by: User | None) -> None:
    """Stores the technician's number with the linked account; the account linked `before` (id) loses it."""
    reason = _("与维修人 %(technician)s 关联") % {"technician": technician}
    if before and before != technician.user_id:
        former = User.objects.get(pk=before)
        former.employee_no = ""
        save_with_history(former, ["employee_no"], by=by, reason=reason)
    if technician.user_id:
        account = User.objects.get(pk=technician.user_id)
        keep_number(account, technician.employee_no, by=by, reason=reason)
