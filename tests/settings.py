"""The product's settings for tests, independent of the caller's environment and `.env`."""

import os

for name in ("DATABASE_URL", "REDIS_URL"):
    os.environ.setdefault(f"GIVEN_{name}", os.environ.get(name, ""))
os.environ.update(
    SECRET_KEY="for tests only",
    DEBUG="0",
    DEMO="0",
    HTTPS="0",
    ALLOWED_HOSTS="testserver,localhost,127.0.0.1",
    DATABASE_URL=os.environ.get("TEST_DATABASE_URL", ""),
    **dict.fromkeys(
        "BIND CSRF_TRUSTED_ORIGINS DEFAULT_FROM_EMAIL DIGEST_UNTIL EMAIL_URL HSTS_SECONDS HSTS_SUBDOMAINS"
        " FILES_KEPT_DAYS LANGUAGE_CODE LOG_FORMAT MEDIA_ROOT"
        " PASSWORD_CLASSES PASSWORD_HISTORY PASSWORD_MIN_LENGTH PROXY_COUNT"
        " REDIS_URL REMIND_FROM SESSION_HOURS SESSION_IDLE_MINUTES"
        " REVISIT_MAX_PHOTOS REVISIT_PHOTO_MAX_BYTES"
        " SECRET_KEY_FALLBACKS SHEET_MAX_BLANK_ROWS SHEET_MAX_BYTES SHEET_MAX_ROWS"
        " SITE_URL STATIC_ROOT TIME_ZONE WEB_CONCURRENCY"
        " WEB_THREADS".split(),
        "",
    ),
)
os.environ.setdefault("LOG_LEVEL", "ERROR")

from satisfaction.settings import *  # noqa: E402, F403
from satisfaction.settings import INSTALLED_APPS  # noqa: E402

INSTALLED_APPS = ["satisfaction.demo", *INSTALLED_APPS]

# Tests move the clock while a user is signed in; session tests set their own values.
SESSION_IDLE_SECONDS = SESSION_COOKIE_AGE = 20 * 365 * 24 * 3600
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True
