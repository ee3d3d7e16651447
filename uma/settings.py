"""Every setting, read from the environment once; a missing secret stops the program."""

import logging
import os
from pathlib import Path
from typing import Any

import django_stubs_ext
import environ
from django.core.exceptions import ImproperlyConfigured

from uma.kernel import logs, waits
from uma.kernel.http import content_security, rates

django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
if "DATABASE_URL" in os.environ:
    # An address from outside brings its own owner: the one in the file is of another database.
    os.environ.setdefault("DATABASE_OWNER_URL", "")
# What the embedded stack wrote about itself (addresses, secrets); the environment wins.
environ.Env.read_env(BASE_DIR / ".local" / "env", overwrite=False)

DEBUG: bool = env.bool("UMA_DEBUG", default=False)


def _secret(name: str, development: str) -> str:
    """Return a secret from the environment; only DEBUG has a default."""
    value: str = env.str(name, default=development if DEBUG else "")
    if not value:
        raise ImproperlyConfigured(f"Set {name}: there is no default secret outside UMA_DEBUG=1.")
    return value


SECRET_KEY = _secret("UMA_SECRET_KEY", "development-only-secret-key-of-no-value-to-anybody")
# "kid:seed[,kid:seed][,kid:public:key]", Ed25519 in hex: the first signs, all verify.
ACCESS_TOKEN_KEYS = _secret("UMA_ACCESS_TOKEN_KEYS", "D1:" + "7a" * 32)
# "hex[,hex…]": from the first a refresh token's successor is derived, the others find one that was.
REFRESH_KEYS = _secret("UMA_REFRESH_KEYS", "3c" * 32)
# "kid:hex[,kid:hex…]": the first is used for new bookings, the others verify until their last
# booking ends.
QR_MASTER_KEYS = _secret("UMA_QR_MASTER_KEYS", "A1:" + "5d" * 32)
# "kid:hex[,kid:hex…]": the first seals personal data, the others open what was sealed before the
# key was changed (decisions/0015).
FIELD_KEYS = _secret("UMA_FIELD_KEYS", "D1:" + "c4" * 32)
BLIND_INDEX_KEY = _secret("UMA_BLIND_INDEX_KEY", "b1" * 32)
# The seed that signs badges which riders take along (Ed25519, 64 hex digits).
BADGE_KEY = _secret("UMA_BADGE_KEY", "9e" * 32)

ALLOWED_HOSTS: list[str] = env.list(
    "UMA_ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]", "testserver"] if DEBUG else []
)
CSRF_TRUSTED_ORIGINS: list[str] = env.list("UMA_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",  # before the admin, whose templates it replaces
    "apps.console.apps.ConsoleConfig",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
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
    "csp",
    "uma.kernel",
    "django_migration_linter",
    "apps.accounts",
    "apps.jobs",
    "apps.wallet",
    "apps.notifications",
    "apps.merchants",
    "apps.payments",
    "apps.campaigns",
    "apps.rides",
    "apps.gamification",
    "apps.ondc",
    "apps.handshake",
    "apps.analytics",
    "apps.exports",
]

# What else must hold before anything starts (uma/checks.py).
APP_CHECKS = [
    "apps.ondc.checks.signing_holds",
    "apps.ondc.checks.network_can_be_joined",
    "apps.payments.checks.razorpay_is_whole",
    "apps.notifications.checks.web_push_is_whole",
    "apps.ondc.checks.observability_is_whole",
    "apps.ondc.checks.agency_is_whole",
]

# Each app's answers about one person: for the copy a person may ask for, and for erasure.
PERSONAL_DATA = [
    "apps.accounts.personal_data",
    "apps.merchants.personal_data",
    "apps.payments.personal_data",
    "apps.rides.personal_data",
    "apps.ondc.personal_data",
    "apps.gamification.personal_data",
    "apps.handshake.personal_data",
    "apps.analytics.personal_data",
    "apps.wallet.personal_data",
    "apps.notifications.personal_data",
]

MIDDLEWARE = [
    "uma.kernel.http.middleware.EdgeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "uma.kernel.http.desk_door.DeskDoor",
    "uma.kernel.http.pages.ContentSecurity",
    "uma.kernel.http.pages.Sessions",
    "django.middleware.common.CommonMiddleware",
    "apps.console.admin.viewing.OnlyLooking",
    "django.middleware.csrf.CsrfViewMiddleware",
    "uma.kernel.http.pages.People",
    "uma.kernel.http.pages.SecondFactors",
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

# Whoever migrates owns the tables; whoever serves does not (decisions/0014). `manage.py` acts as the owner for
# the commands that change tables, and no other program does.
DATABASE_URL: str = env.str("DATABASE_URL", default="postgresql://uma@127.0.0.1:5432/uma")
DATABASE_OWNER_URL: str = env.str("DATABASE_OWNER_URL", default="")
ACTS_AS_OWNER: bool = env.bool("UMA_ACTS_AS_OWNER", default=False)


def _database() -> dict[str, Any]:  # Any: Django's own shape of a database entry
    url = (DATABASE_OWNER_URL if ACTS_AS_OWNER else "") or DATABASE_URL
    parsed: dict[str, Any] = env.db_url_config(url)
    parsed.update(
        {
            # Services own their transactions: a refused request must not undo the rows that
            # record why it was refused (decisions/0002).
            "ATOMIC_REQUESTS": False,
            "CONN_HEALTH_CHECKS": False,
            "DISABLE_SERVER_SIDE_CURSORS": True,
            "OPTIONS": {
                # What the address says of TLS: sslmode, sslrootcert.
                **parsed.get("OPTIONS", {}),
                "connect_timeout": 2,
                "tcp_user_timeout": 3000,
                "keepalives_idle": 10,
                "options": waits.as_options(waits.OF_OWNER if ACTS_AS_OWNER else waits.SETTINGS),
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

LANGUAGE_CODE = "en"
# What the apps' pages speak; the console speaks English.
LANGUAGES = [("en", "English"), ("hi", "हिन्दी"), ("kn", "ಕನ್ನಡ")]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_NAME = "uma_language"
TIME_ZONE = "UTC"
FORMAT_MODULE_PATH = "uma.formats"
USE_TZ = True
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Development serves files from where they lie; production serves what collectstatic gathered.
# Built files carry the digest of what is in them, so nobody needs to ask for one again.
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/static/web/.+-[0-9A-Z]{8}\.\w+$"
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = DEBUG
EXPORTS_FOLDER: str = env.str("UMA_EXPORTS_FOLDER", default=str(BASE_DIR / ".local" / "exports"))

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
# One for each lane (kernel/http/lanes.py); UMA_RATE_<LANE> replaces one.
RATE_LIMITS: dict[str, str] = {
    lane: env.str(f"UMA_RATE_{lane.upper()}", default=rate) for lane, rate in rates.USUAL.items()
}
# Alone, without Valkey, each process gives out its share of what can be guessed.
WEB_PROCESSES: int = env.int("UMA_WEB_WORKERS", default=2)
# Whether the console asks operators for a code of their authenticator after the password.
OPERATOR_TWO_FACTOR: bool = env.bool("UMA_OPERATOR_TWO_FACTOR", default=not DEBUG)
# The one name under which the console answers, and the networks that may ask; empty is any (decisions/0077).
CONSOLE_HOST: str = env.str("UMA_CONSOLE_HOST", default="")
CONSOLE_NETWORKS: list[str] = env.list("UMA_CONSOLE_NETWORKS", default=[])
OTP_TOTP_ISSUER = "UMA console"
# Who reads which sessions ended, for every web process.
ENDED_SESSIONS = "apps.accounts.selectors.EndedSessions"
# Who tells a person that something is wrong with their sign-in: (person_id, event, event_id, now).
SECURITY_NOTICE = "apps.notifications.services.security_notice"
# Who must hear that sessions ended, in the same transaction: (person_id, session_ids, now).
SESSIONS_ENDED = "apps.notifications.services.forget_installations"
# Which keys of merchants' systems this server takes: `live`, or `test` where money is play money.
API_KEY_ENVIRONMENT: str = env.str("UMA_API_KEYS", default="test" if DEBUG else "live")
# How often the keys in use are read anew in the background; 0 leaves it to the requests.
API_KEY_REFRESH_S: float = env.float("UMA_API_KEY_REFRESH_S", default=0.5)
# Who reads them and who notes their use: the kernel knows no app.
API_KEY_READER = "apps.merchants.selectors.read_keys"
API_KEY_NOTER = "apps.merchants.services.note_key_use"
# What stands in the document store: the apps whose `documents` list collections.
DOCUMENT_APPS = ("apps.gamification", "apps.ondc")
# What is sold on the network in a zone, for missions: functions of (zone_id, now) that answer
# gamification.selectors.Candidate. They read what was stored and ask no network.
MISSION_SOURCES = {"ride": ["apps.ondc.selectors.transit_candidates"],
                   "commerce": ["apps.ondc.selectors.commerce_candidates"]}  # fmt: skip
# Who may put missions into another order for one rider; nobody may add or leave out.
MISSION_RANKER: str = env.str("UMA_MISSION_RANKER", default="")
# How many strikes count against a rider: (rider_id, now).
STRIKES = "apps.gamification.selectors.count_active"
# Where an operator's permission reaches: zones by name, or None for everywhere.
OPERATOR_ZONES = "apps.accounts.selectors.reach_of"
# The zones that there are, for the filters of the desk.
ZONES = "apps.merchants.selectors.zones"
# What was done to an object, for its page at the desk.
TRAIL = "apps.accounts.selectors.trail"
EXPORTS = "apps.exports.selectors.offer"
AUTHENTICATION_BACKENDS = ["apps.accounts.backends.OperatorBackend"]
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

# A service-account file; empty means that pushes are recorded and not sent, and nobody signs in.
FIREBASE_CREDENTIALS: str = env.str("UMA_FIREBASE_CREDENTIALS", default="")
# Where these answer; other addresses than their own for the sandbox alone.
FCM_URL: str = env.str("UMA_FCM_URL", default="")
RAZORPAY_URL: str = env.str("UMA_RAZORPAY_URL", default="")
FIREBASE_AUTH_URL: str = env.str("UMA_FIREBASE_AUTH_URL", default="")
RECAPTCHA_URL: str = env.str("UMA_RECAPTCHA_URL", default="")
# What browsers are told (no secrets; the sandbox takes any key); without all no pushes are offered.
FIREBASE_WEB_KEY: str = env.str("UMA_FIREBASE_WEB_KEY", default="sandbox" if DEBUG else "")
_OF_WEB = ("PROJECT_ID", "APP_ID", "SENDER_ID", "VAPID_KEY")
FIREBASE_WEB = {name: env.str(f"UMA_FIREBASE_{name}", default="") for name in _OF_WEB}

# Razorpay: the key that orders and pays out, and the secrets that sign its webhooks. During a change
# of a webhook's secret both are listed: older events are repeated under the older one.
RAZORPAY_KEY_ID: str = env.str("UMA_RAZORPAY_KEY_ID", default="")
RAZORPAY_KEY_SECRET: str = env.str("UMA_RAZORPAY_KEY_SECRET", default="")
RAZORPAY_WEBHOOK_SECRETS: list[str] = env.list("UMA_RAZORPAY_WEBHOOK_SECRETS", default=[])
RAZORPAYX_WEBHOOK_SECRETS: list[str] = env.list("UMA_RAZORPAYX_WEBHOOK_SECRETS", default=[])
# The account that payouts leave from.
RAZORPAYX_ACCOUNT_NUMBER: str = env.str("UMA_RAZORPAYX_ACCOUNT_NUMBER", default="")

# The network (apps/ondc/network.py): an environment, who we are on it, "key id:key[,key id:key]" of which
# the first signs, and the keys that open challenges. Addresses are set only where they differ.
ONDC_ENVIRONMENT: str = env.str("UMA_ONDC_ENVIRONMENT", default="preprod")
ONDC_SUBSCRIBER_ID: str = env.str("UMA_ONDC_SUBSCRIBER_ID", default="")
ONDC_SUBSCRIBER_URI: str = env.str("UMA_ONDC_SUBSCRIBER_URI", default="")
ONDC_SIGNING_KEYS: list[str] = env.list("UMA_ONDC_SIGNING_KEYS", default=[])
ONDC_ENCRYPTION_KEYS: list[str] = env.list("UMA_ONDC_ENCRYPTION_KEYS", default=[])
ONDC_SITE_REQUEST_ID: str = env.str("UMA_ONDC_SITE_REQUEST_ID", default="")
ONDC_REGISTRY_URL: str = env.str("UMA_ONDC_REGISTRY_URL", default="")
ONDC_GATEWAY_URL: str = env.str("UMA_ONDC_GATEWAY_URL", default="")
ONDC_REGISTRY_PUBLIC_KEY: str = env.str("UMA_ONDC_REGISTRY_PUBLIC_KEY", default="")
# Our terms: a page that says them, the share of a fare that a seller owes us, where it is paid to.
ONDC_TERMS_URL: str = env.str("UMA_ONDC_TERMS_URL", default="")
ONDC_FINDER_FEE_PERCENT: str = env.str("UMA_ONDC_FINDER_FEE_PERCENT", default="1")
ONDC_BANK_CODE: str = env.str("UMA_ONDC_BANK_CODE", default="")
ONDC_BANK_ACCOUNT: str = env.str("UMA_ONDC_BANK_ACCOUNT", default="")
ONDC_PAYMENT_ADDRESS: str = env.str("UMA_ONDC_PAYMENT_ADDRESS", default="")
# Who answers for complaints: what sellers' grievance desks see of us.
ONDC_GRIEVANCE_NAME: str = env.str("UMA_ONDC_GRIEVANCE_NAME", default="Grievance Desk")
ONDC_GRIEVANCE_PHONE: str = env.str("UMA_ONDC_GRIEVANCE_PHONE", default="")
ONDC_GRIEVANCE_EMAIL: str = env.str("UMA_ONDC_GRIEVANCE_EMAIL", default="")
# Where the network wants to be told of each message, without the people in it; off without both.
ONDC_OBSERVABILITY_URL: str = env.str("UMA_ONDC_OBSERVABILITY_URL", default="")
ONDC_OBSERVABILITY_TOKEN: str = env.str("UMA_ONDC_OBSERVABILITY_TOKEN", default="")
# Who moves the network's money, and is told what is due; nobody without both.
ONDC_SETTLEMENT_AGENCY_ID: str = env.str("UMA_ONDC_SETTLEMENT_AGENCY_ID", default="")
ONDC_SETTLEMENT_AGENCY_URI: str = env.str("UMA_ONDC_SETTLEMENT_AGENCY_URI", default="")
# A search goes out once in each of these: sellers answer in the one they speak.
ONDC_TICKET_VERSIONS = env.list("UMA_ONDC_TICKET_VERSIONS", default=["2.0.0", "2.0.1", "2.1.0"])
ONDC_RIDE_VERSIONS = env.list("UMA_ONDC_RIDE_VERSIONS", default=["2.0.0", "2.0.1", "2.1.0"])
# How many riders may watch a search in one web process, a thread each, and for how long at a time.
ONDC_WATCHERS: int = env.int("UMA_ONDC_WATCHERS", default=2)
ONDC_WATCH_S: float = env.float("UMA_ONDC_WATCH_S", default=25)

# --- security -----------------------------------------------------------------------------------

SESSION_COOKIE_NAME = "uma_session" if DEBUG else "__Host-uma_session"
CSRF_COOKIE_NAME = "uma_csrf" if DEBUG else "__Host-uma_csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not DEBUG
# Operators: a quarter of an hour without a request, eight hours in all.
SESSION_COOKIE_AGE = 15 * 60
SESSION_SAVE_EVERY_REQUEST = CSRF_COOKIE_HTTPONLY = True
SESSION_LONGEST_S = 8 * 3600
SECURE_SSL_REDIRECT: bool = env.bool("UMA_SSL_REDIRECT", default=not DEBUG)
# Whoever watches the process asks it directly, without TLS.
SECURE_REDIRECT_EXEMPT = [r"^health(/live|/ready)?$", r"^metrics$"]
SECURE_HSTS_SECONDS = 0 if DEBUG else 63_072_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = not DEBUG
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {"DIRECTIVES": content_security.PAGES}
DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024
# How many proxies in front of the platform add to X-Forwarded-For; 0 means the header is ignored.
PROXY_COUNT: int = env.int("UMA_PROXY_COUNT", default=0)

# --- what the platform says of itself -----------------------------------------------------------

LOG_LEVEL: str = env.str("UMA_LOG_LEVEL", default="INFO")
# Python's warnings are lines like all others.
logging.captureWarnings(not DEBUG)
# Where errors (a Sentry's DSN; our release) and traces are told; nowhere without it (decisions/0056).
SENTRY = (env.str("UMA_SENTRY_DSN", default=""), env.str("UMA_VERSION", default=""))
OTLP_ENDPOINT: str = env.str("OTEL_EXPORTER_OTLP_ENDPOINT", default="")
LOGGING = logs.settings_for(debug=DEBUG, level=LOG_LEVEL, sentry=SENTRY)
# One line for each request.
ACCESS_LOG: bool = env.bool("UMA_ACCESS_LOG", default=True) and LOG_LEVEL in ("DEBUG", "INFO")
