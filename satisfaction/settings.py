"""Settings from the environment; `.env.example` lists every variable with its default."""

import logging
import sys
from datetime import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from .environment import Environment, refuse_mail_to_log, secret_key, site_url
from .logs import configure, logging_settings

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"
env = Environment()
if (BASE_DIR / ".env").is_file():
    env.read_env(BASE_DIR / ".env")

DEBUG = env.bool("DEBUG", default=False)
DEMO = env.bool("DEMO", default=False)
SECRET_KEY = secret_key(
    env.str("SECRET_KEY", default=""), demonstration=DEMO, path=VAR_DIR / "secret_key", argv=sys.argv
)
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
FIELD_ENCRYPTION_KEYS = env.list("FIELD_ENCRYPTION_KEYS", default=[])
MASK_REPORTERS_AFTER_MONTHS = env.int("MASK_REPORTERS_AFTER_MONTHS", default=0)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
SITE_URL = site_url(env.str("SITE_URL", default="http://127.0.0.1:8000"))
HTTPS = env.bool("HTTPS", default=False)
# A proxy in front of the web processes always terminates HTTPS.
PROXY_COUNT = env.int("PROXY_COUNT", default=1 if HTTPS else 0)

INSTALLED_APPS = [
    "satisfaction.portal",
    *(["satisfaction.demo"] if DEMO or sys.argv[1:2] in (["demo"], ["generate"]) else []),
    "satisfaction.scheduler",
    "improvement",
    "evaluations",
    "workorders",
    "satisfaction.changes",
    "satisfaction.notices",
    "satisfaction.jobs",
    "satisfaction.calendars",
    "satisfaction.audit",
    "satisfaction.accounts",
    "satisfaction.core.admin_site.AdministrationConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "django_filters",
    "crispy_forms",
    "crispy_bootstrap5",
    "js_lib_bootstrap5",
    "simple_history",
    "axes",
    "csp",
    "django_structlog",
    "django_prometheus",
]
MIDDLEWARE = [
    "satisfaction.core.client_address.ClientAddressMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "satisfaction.accounts.sessions.PatientSessionMiddleware",
    "satisfaction.core.language.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "satisfaction.core.response_headers.ResponseHeadersMiddleware",
    "satisfaction.accounts.sessions.SessionEndMiddleware",
    "satisfaction.core.form_recovery.LastPersonMiddleware",
    "satisfaction.core.form_recovery.LoginRequiredKeepingForm",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "satisfaction.core.error_pages.RefusalMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "satisfaction.urls"
WSGI_APPLICATION = "satisfaction.wsgi.application"
ASGI_APPLICATION = "satisfaction.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "satisfaction.portal.navigation.navigation",
            ],
            "builtins": ["satisfaction.portal.templatetags.satisfaction"],
        },
    }
]

# --- Data ---------------------------------------------------------------------------------------
DATABASES = {"default": env.database("DATABASE_URL", otherwise=VAR_DIR / "satisfaction.sqlite3")}
if "sqlite" in DATABASES["default"]["ENGINE"]:
    VAR_DIR.mkdir(exist_ok=True)
    # IMMEDIATE takes the write lock at the start: a transaction cannot fail later on a lock upgrade.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 10,  # seconds; then 503. Long jobs pause for others (core.locks.let_others_write)
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
else:
    # JIT compilation of a page's queries takes longer than running them.
    # work_mem: a month's orders are grouped in memory, not on disk.
    DATABASES["default"]["OPTIONS"] = {"options": "-c jit=off -c work_mem=16MB"}
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(VAR_DIR / "media")))
# Uploads and results hold personal data: only the owner may read them. A proxy may read the static files.
FILE_UPLOAD_PERMISSIONS, FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o600, 0o700
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "satisfaction.core.static_files.HashedStaticStorage",
        "OPTIONS": {"file_permissions_mode": 0o644, "directory_permissions_mode": 0o755},
    },
}
FILES_KEPT_DAYS = env.int("FILES_KEPT_DAYS", default=30)  # uploads and workbooks of rejected rows
SHEET_MAX_BYTES = env.int("SHEET_MAX_BYTES", default=20 * 1024 * 1024)
SHEET_MAX_ROWS = env.int("SHEET_MAX_ROWS", default=200_000)
SHEET_MAX_BLANK_ROWS = env.int("SHEET_MAX_BLANK_ROWS", default=1_000)
REVISIT_PHOTO_MAX_BYTES = env.int("REVISIT_PHOTO_MAX_BYTES", default=10 * 1024 * 1024)
REVISIT_MAX_PHOTOS = env.int("REVISIT_MAX_PHOTOS", default=10)
DATA_UPLOAD_MAX_MEMORY_SIZE = SHEET_MAX_BYTES
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000

# --- People -------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "satisfaction.accounts.backends.AccountBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
PASSWORD_MIN_LENGTH = env.int("PASSWORD_MIN_LENGTH", default=8)
PASSWORD_CLASSES = env.int("PASSWORD_CLASSES", default=3)
PASSWORD_HISTORY = env.int("PASSWORD_HISTORY", default=0)
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "CommonPasswordValidator", "NumericPasswordValidator")
]
AUTH_PASSWORD_VALIDATORS += [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": PASSWORD_MIN_LENGTH},
    },
    {
        "NAME": "satisfaction.accounts.password_rules.CharacterClassValidator",
        "OPTIONS": {"classes": PASSWORD_CLASSES},
    },
]
if PASSWORD_HISTORY:
    AUTH_PASSWORD_VALIDATORS.append(
        {
            "NAME": "satisfaction.accounts.password_rules.PasswordHistoryValidator",
            "OPTIONS": {"last": PASSWORD_HISTORY},
        }
    )
# A session ends after the idle time, and at the latest this long after signing in.
SESSION_IDLE_SECONDS = 60 * env.int("SESSION_IDLE_MINUTES", default=720 if DEMO else 30)
SESSION_COOKIE_AGE = 3600 * env.int("SESSION_HOURS", default=168 if DEMO else 12)
PASSWORD_RESET_TIMEOUT = 72 * 3600  # a one-time link is valid for 72 hours
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "accounts:login"
IPWARE_META_PRECEDENCE_ORDER = ("REMOTE_ADDR",)  # set by ClientAddressMiddleware; no header is read
AXES_HANDLER = "satisfaction.accounts.sign_in_limits.SignInLimits"  # rules: accounts.waiting_rules
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_LOCKOUT_CALLABLE = "satisfaction.accounts.views_sign_in.locked_out"
AXES_ENABLE_ADMIN = False  # accounts.admin has its own page for lock-outs
# Without EMAIL_URL no mail is sent. Only the demonstration logs mails, which hold names and links.
EMAIL_CONFIG = env.email("EMAIL_URL", default="consolemail://" if DEMO or DEBUG else "dummymail://")
refuse_mail_to_log(EMAIL_CONFIG, is_allowed=DEMO or DEBUG)
EMAIL_TIMEOUT = 20  # seconds, so that a hanging mail server does not block a worker
vars().update(EMAIL_CONFIG)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="satisfaction@localhost")
# Reminders and the daily mail begin at REMIND_FROM; no new mail is begun after DIGEST_UNTIL.
REMIND_FROM = env.get_value("REMIND_FROM", cast=time.fromisoformat, default=time(7, 30))
DIGEST_UNTIL = env.get_value("DIGEST_UNTIL", cast=time.fromisoformat, default=time(12, 0))

# --- Language and time --------------------------------------------------------------------------
LANGUAGE_CODE = env.str("LANGUAGE_CODE", default="zh-hans")
LANGUAGES = [("zh-hans", _("简体中文")), ("en", _("英文"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = env.str("TIME_ZONE", default="Asia/Shanghai")
USE_TZ = True

# --- Static files: our own, and those of installed packages ---------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(VAR_DIR / "static")))
STATICFILES_DIRS: list[Path | tuple[str, Path]] = [BASE_DIR / "static"]
_echarts = find_spec("instaui_echarts")
if _echarts and _echarts.submodule_search_locations:
    ECHARTS_DIR = next(Path(_echarts.submodule_search_locations[0]).rglob("echarts.esm.min.js")).parent
    STATICFILES_DIRS.append(("echarts", ECHARTS_DIR))
WHITENOISE_USE_FINDERS = DEBUG
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"

# --- Safety ---------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
# W008: the proxy redirects to HTTPS. W021: an internal host name is in no browser's preload list.
# W005: subdomains may not support HTTPS; where they do, set HSTS_SUBDOMAINS.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W008", "security.W021"]
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_REFERRER_POLICY = "same-origin"
HSTS_SECONDS = env.int("HSTS_SECONDS", default=365 * 24 * 3600)
HSTS_SUBDOMAINS = env.bool("HSTS_SUBDOMAINS", default=False)
if HTTPS:
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_HSTS_SECONDS = HSTS_SECONDS
    SECURE_HSTS_INCLUDE_SUBDOMAINS = HSTS_SUBDOMAINS
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CSRF_FAILURE_VIEW = "satisfaction.core.error_pages.csrf_failure"

# --- Background work --------------------------------------------------------------------------------
# The cache holds few rendered pages until something changes; each process has its own.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 120},
    }
}
REDIS_URL = env.str("REDIS_URL", default="")
EMBEDDED_WORKER = not REDIS_URL
WEB_BIND = env.str("BIND", default="127.0.0.1:8000")
WEB_CONCURRENCY = env.int("WEB_CONCURRENCY", default=1 if EMBEDDED_WORKER else 2)
WEB_THREADS = env.int("WEB_THREADS", default=8)
CELERY_BROKER_URL = REDIS_URL or "memory://localhost/"
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600} if REDIS_URL else {"polling_interval": 0.1}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_TIMEOUT = 2.0
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "celerybeat-schedule")
CELERY_BEAT_SCHEDULE = {
    "catch-up": {"task": "portal.catch_up", "schedule": crontab(minute="*/5"), "options": {"expires": 290}},
    "jobs": {"task": "jobs.requeue", "schedule": 60.0, "options": {"expires": 55}},
}

# --- Logs -----------------------------------------------------------------------------------------
LOG_LEVEL = env.str("LOG_LEVEL", default="WARNING" if DEMO else "INFO")
LOG_FORMAT = env.str("LOG_FORMAT", default="console")
DJANGO_STRUCTLOG_STATUS_START_LOG_LEVEL = logging.DEBUG  # the line at the end of a request has all details
DJANGO_STRUCTLOG_STATUS_4XX_LOG_LEVEL = logging.INFO
LOGGING = logging_settings(level=LOG_LEVEL, form=LOG_FORMAT)
configure()
