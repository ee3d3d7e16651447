"""Every setting, read from the environment once; a missing secret stops the program."""

from pathlib import Path
from typing import Any

import django_stubs_ext
import environ
from django.core.exceptions import ImproperlyConfigured

django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
# What the embedded stack wrote about itself (addresses and development secrets); the environment
# wins.
environ.Env.read_env(BASE_DIR / ".local" / "env", overwrite=False)

DEBUG: bool = env.bool("UMA_DEBUG", default=False)


def _secret(name: str, development: str) -> str:
    """Return a secret from the environment; only DEBUG has a default."""
    value: str = env.str(name, default=development if DEBUG else "")
    if not value:
        raise ImproperlyConfigured(f"Set {name}: there is no default secret outside UMA_DEBUG=1.")
    return value


SECRET_KEY = _secret("UMA_SECRET_KEY", "development-only-secret-key-of-no-value-to-anybody")
ACCESS_TOKEN_KEY = _secret("UMA_ACCESS_TOKEN_KEY", "development-only-access-token-key-of-no-value")
# "kid:hex[,kid:hex…]": the first is used for new bookings, the others verify until their last
# booking ends.
QR_MASTER_KEYS = _secret("UMA_QR_MASTER_KEYS", "A1:" + "5d" * 32)

ALLOWED_HOSTS: list[str] = env.list(
    "UMA_ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]", "testserver"] if DEBUG else []
)
CSRF_TRUSTED_ORIGINS: list[str] = env.list("UMA_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_prometheus",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "pgtrigger",
    "uma.kernel",
    "django_migration_linter",
    "apps.accounts",
    "apps.wallet",
    "apps.notifications",
    "apps.merchants",
    "apps.campaigns",
    "apps.rides",
    "apps.handshake",
]

MIDDLEWARE = [
    "uma.kernel.http.middleware.EdgeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "uma.kernel.http.pages.Sessions",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "uma.kernel.http.pages.People",
    "uma.kernel.http.pages.Messages",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "uma.urls"
WSGI_APPLICATION = "uma.wsgi.application"
AUTH_USER_MODEL = "accounts.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
APPEND_SLASH = False

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
            ]
        },
    }
]

# --- data stores -------------------------------------------------------------------------------


def _database() -> dict[str, Any]:  # Any: Django's own shape of a database entry
    parsed: dict[str, Any] = env.db_url(
        "DATABASE_URL", default="postgresql://uma@127.0.0.1:5432/uma"
    )
    parsed.update(
        {
            # Services own their transactions: a refused request must not undo the rows that
            # record why it was refused (decisions/0002).
            "ATOMIC_REQUESTS": False,
            "CONN_HEALTH_CHECKS": False,
            "DISABLE_SERVER_SIDE_CURSORS": True,
            "OPTIONS": {
                "connect_timeout": 2,
                "tcp_user_timeout": 3000,
                "keepalives_idle": 10,
                "options": (
                    "-c lock_timeout=2000 -c statement_timeout=5000"
                    " -c idle_in_transaction_session_timeout=5000 -c timezone=UTC"
                ),
                "pool": {
                    "min_size": env.int("UMA_DB_POOL_MIN", default=1),
                    "max_size": env.int("UMA_DB_POOL_MAX", default=4),
                    "timeout": 4,
                },
            },
        }
    )
    return parsed


DATABASES = {"default": _database()}
REDIS_URL: str = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")
MONGODB_URL: str = env.str(
    "MONGODB_URL", default="mongodb://127.0.0.1:27017/uma?w=majority&journal=true"
)

# --- language, time, files ----------------------------------------------------------------------

LANGUAGE_CODE = "en-in"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Development serves files from where they lie; production serves what collectstatic gathered.
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = DEBUG

# --- API ----------------------------------------------------------------------------------------

REST_FRAMEWORK: dict[str, Any] = {  # Any: DRF's settings are of many types
    "DEFAULT_AUTHENTICATION_CLASSES": ["uma.kernel.http.authentication.AccessTokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["uma.kernel.http.permissions.DenyAll"],
    "DEFAULT_PARSER_CLASSES": ["uma.kernel.http.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["uma.kernel.http.renderers.CamelCaseJSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "uma.kernel.http.negotiation.JSONFirst",
    "DEFAULT_SCHEMA_CLASS": "uma.kernel.http.openapi.Schema",
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "uma.kernel.http.problems.exception_handler",
    "DEFAULT_THROTTLE_CLASSES": ["uma.kernel.http.limits.RateLimit"],
    "UNAUTHENTICATED_USER": None,
    "UNAUTHENTICATED_TOKEN": None,
    "COERCE_DECIMAL_TO_STRING": False,
}
# Strangers by address, people by id; the scanner's lane is its own and counts in the process alone.
RATE_LIMITS: dict[str, str] = {
    "anonymous": env.str("UMA_RATE_ANONYMOUS", default="100/minute"),
    "rider": env.str("UMA_RATE_RIDER", default="1000/hour"),
    "merchant": env.str("UMA_RATE_MERCHANT", default="6000/hour"),
    "operator": env.str("UMA_RATE_OPERATOR", default="6000/hour"),
    "scanner": env.str("UMA_RATE_SCANNER", default="1200/minute"),
}
# What the reader of /metrics presents as a bearer token; without one the page exists in DEBUG only.
METRICS_TOKEN: str = env.str("UMA_METRICS_TOKEN", default="")

SPECTACULAR_SETTINGS: dict[str, Any] = {  # Any: drf-spectacular's settings are of many types
    "TITLE": "UMA",
    "DESCRIPTION": "Proven visits for local merchants: a funded deal, a ride, one scan.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "POSTPROCESSING_HOOKS": ["uma.kernel.http.openapi.finish"],
    "SERVERS": [{"url": "/"}],
}

# --- queue --------------------------------------------------------------------------------------

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"

# --- other people's clouds -----------------------------------------------------------------------

# A service-account file; empty means that pushes are recorded and not sent.
FIREBASE_CREDENTIALS: str = env.str("UMA_FIREBASE_CREDENTIALS", default="")
# Where FCM answers; only another address than Google's for the sandbox.
FCM_URL: str = env.str("UMA_FCM_URL", default="")

# --- security -----------------------------------------------------------------------------------

SESSION_COOKIE_NAME = "uma_session" if DEBUG else "__Host-uma_session"
CSRF_COOKIE_NAME = "uma_csrf" if DEBUG else "__Host-uma_csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not DEBUG
SESSION_COOKIE_AGE = 8 * 3600
SECURE_SSL_REDIRECT: bool = env.bool("UMA_SSL_REDIRECT", default=not DEBUG)
# Whoever watches the process asks it directly, without TLS.
SECURE_REDIRECT_EXEMPT = [r"^health(/live|/ready)?$", r"^metrics$"]
SECURE_HSTS_SECONDS = 0 if DEBUG else 63_072_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = not DEBUG
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024
# How many proxies in front of the platform add to X-Forwarded-For; 0 means the header is ignored.
PROXY_COUNT: int = env.int("UMA_PROXY_COUNT", default=0)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "uma.kernel.http.request_id.RequestIdFilter"}},
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s"}
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["request_id"],
        }
    },
    # Django brings handlers of its own, which would say everything twice.
    "loggers": {"django": {"handlers": [], "level": "INFO"}},
    "root": {"handlers": ["console"], "level": env.str("UMA_LOG_LEVEL", default="INFO")},
}
