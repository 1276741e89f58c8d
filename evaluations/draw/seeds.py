"""The secrets of the coming days (domain §5.5).

A secret is HMAC-SHA256 of the day's nonce under the product's key. The database contains nonces and SHA-256 values;
without the key nobody can compute a secret from them.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import date, datetime, timedelta

import structlog
from django.conf import settings
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from evaluations.models import DaySeed, DrawRun
from satisfaction.calendars import days
from satisfaction.core.errors import Refused

from .rules import seed_sha256

DAYS_AHEAD = 7
SALT = "evaluations.draw.seed"

log = structlog.get_logger(__name__)


def make_seeds(*, now: datetime) -> list[date]:
    """Creates seeds for the next days, so that an outage of some days leaves none uncommitted. Returns the new days."""
    coming = days.days_between(
        days.local_day(now) + timedelta(days=1), days.local_day(now) + timedelta(DAYS_AHEAD)
    )
    known = set(DaySeed.objects.filter(day__in=coming).values_list("day", flat=True))
    missing = [day for day in coming if day not in known]
    for day in missing:
        seed_of_day(day, now=now)
    return missing


def seed_of_day(day: date, *, now: datetime) -> DaySeed:
    """Returns the day's seed; creates one if there is none. A seed is *in time* if created before the day.

    A seed whose key was lost is replaced before its first run. Its new SHA-256 shows that, and it is in time only for
    a coming day.
    """
    found = DaySeed.objects.filter(day=day).first()
    if found and not _secret(found) and not DrawRun.objects.filter(seed=found).exists():
        log.warning("draw_seed_replaced", day=day.isoformat(), sha256=found.sha256)
        for name, value in _new_seed(day, now).items():
            setattr(found, name, value)
        found.save()
    elif not found:
        found, _made = DaySeed.objects.get_or_create(day=day, defaults=_new_seed(day, now))
    return found


def day_secret(seed: DaySeed) -> str:
    """Returns the day's secret, 64 hex digits. Raises Refused when the key of the secret is no longer configured."""
    secret = _secret(seed)
    if not secret:
        raise Refused(
            _(
                "%(day)s的抽取种子无法还原:SECRET_KEY 已经更换。请把原来的值写入 SECRET_KEY_FALLBACKS,再重新启动。"
            )
            % {"day": seed.day}
        )
    return secret


def reveal_seeds(month: date) -> None:
    """Stores the secrets of a settled month's days; they are public afterwards."""
    for seed in DaySeed.objects.filter(day__range=(month, days.last_of_month(month)), seed=""):
        if secret := _secret(seed):
            DaySeed.objects.filter(pk=seed.pk).update(seed=secret)


def _new_seed(day: date, now: datetime) -> dict[str, object]:
    nonce = secrets.token_hex(32)
    return {
        "nonce": nonce,
        "sha256": seed_sha256(next(_candidates(nonce))),
        "made_at": now,
        "is_in_time": now < days.start_of_day(day),
    }


def _secret(seed: DaySeed) -> str:
    """Returns the secret that matches the published SHA-256; empty when no configured key does."""
    if seed.seed:
        return seed.seed
    return next((one for one in _candidates(seed.nonce) if seed_sha256(one) == seed.sha256), "")


def _candidates(nonce: str) -> Iterator[str]:
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        yield salted_hmac(SALT, nonce, secret=key, algorithm="sha256").hexdigest()
