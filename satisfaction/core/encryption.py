"""Encryption of personal data in the database, and keyed hashes to look it up (domain §12).

Values are Fernet tokens of the `cryptography` library (AES-128-CBC with HMAC-SHA256, randomised). Without the
keys of the settings, the database or a backup reveals only the length of a value.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models.lookups import Exact
from django.utils.translation import gettext as _

from .errors import Refused

TOKEN_PREFIX = "gAAAA"  # every Fernet token begins so: version 128 and the high bytes of a time before 2106


def encrypt(text: str) -> str:
    """Encrypts with the first key; returns an empty text or a token unchanged."""
    if not text or text.startswith(TOKEN_PREFIX):
        return text
    return _fernet(_secrets()).encrypt(text.encode()).decode()


def decrypt(value: str) -> str:
    """Decrypts a token with any of the keys; returns any other text unchanged."""
    if not value.startswith(TOKEN_PREFIX):
        return value
    try:
        return _fernet(_secrets()).decrypt(value).decode()
    except InvalidToken:
        raise Refused(
            _(
                "数据库中的电话无法解密：FIELD_ENCRYPTION_KEYS 或 SECRET_KEY 已更换。"
                "请把原来的密钥加回 FIELD_ENCRYPTION_KEYS（或 SECRET_KEY_FALLBACKS）的末尾，再重新启动。"
            )
        ) from None


def keyed_hash(text: str) -> str:
    """Returns a hash for lookups. It uses the oldest key, so that adding a new key does not change it."""
    return hmac.digest(_index_key(_secrets()), text.encode(), "sha256").hex()[:40] if text else ""


def _secrets() -> tuple[str, ...]:
    """Newest first."""
    return tuple(settings.FIELD_ENCRYPTION_KEYS) or (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)


@lru_cache(maxsize=8)
def _fernet(secrets: Sequence[str]) -> MultiFernet:
    return MultiFernet([Fernet(base64.urlsafe_b64encode(_derived(secret, b"fields"))) for secret in secrets])


@lru_cache(maxsize=8)
def _index_key(secrets: Sequence[str]) -> bytes:
    return _derived(secrets[-1], b"index")


def _derived(secret: str, purpose: bytes) -> bytes:
    kdf = HKDF(
        algorithm=SHA256(), length=hashlib.sha256().digest_size, salt=None, info=b"satisfaction " + purpose
    )
    return kdf.derive(secret.encode())


class EncryptedTextField(models.TextField):
    """A text that is encrypted in the database. The only lookups are "is blank" and "is null"."""

    def get_prep_value(self, value: Any) -> Any:
        prepared = super().get_prep_value(value)
        return encrypt(prepared) if isinstance(prepared, str) else prepared

    def from_db_value(self, value: Any, *_: Any) -> Any:
        return decrypt(value) if value else value

    def get_lookup(self, lookup_name: str) -> Any:
        return {"exact": _IsBlank, "isnull": super().get_lookup("isnull")}.get(lookup_name)


class _IsBlank(Exact):
    def get_prep_lookup(self) -> Any:
        if self.rhs != "":
            raise TypeError(
                "An encrypted field can be compared with the empty text only; use the keyed hash."
            )
        return super().get_prep_lookup()


class EncryptedJSONField(models.TextField):
    """A JSON document that is encrypted in the database as a whole."""

    # For the type checker: a document, not a text.
    _pyi_private_set_type: Any
    _pyi_private_get_type: Any

    def get_prep_value(self, value: Any) -> Any:
        if value is None or (isinstance(value, str) and value.startswith(TOKEN_PREFIX)):
            return value
        return encrypt(json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False))

    def from_db_value(self, value: Any, *_: Any) -> Any:
        return None if value is None else json.loads(decrypt(value))

    def get_lookup(self, lookup_name: str) -> Any:
        return super().get_lookup("isnull") if lookup_name == "isnull" else None


class JSONWithPhoneField(models.JSONField):
    """A JSON object whose `reporter_phone` is encrypted in the database."""

    KEY = "reporter_phone"

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if isinstance(value, dict) and value.get(self.KEY):
            value = value | {self.KEY: encrypt(value[self.KEY])}
        return super().get_db_prep_value(value, connection, prepared)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        found = super().from_db_value(value, expression, connection)
        if isinstance(found, dict) and found.get(self.KEY):
            found[self.KEY] = decrypt(found[self.KEY])
        return found
