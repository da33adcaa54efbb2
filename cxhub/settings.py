"""All settings. What differs between installations comes from the environment; docs/settings.md lists it."""

import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
import structlog
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from cxhub.embedded import Embedded, var_folder, write_private
from cxhub.logs import without_refusals


class Environment(environ.Env):
    NO = ("", "false", "off", "n", "no", "0")

    def bool(self, var: str, default: Any = False) -> Any:
        """The library takes whatever is no yes for a no, also a slip. Raises ImproperlyConfigured."""
        written = self.str(var, default="").strip().lower()
        if written not in (*self.BOOLEAN_TRUE_STRINGS, *self.NO):
            raise ImproperlyConfigured(f"{var} is {written!r}. It is on or off: write 1 or 0.")
        return written in self.BOOLEAN_TRUE_STRINGS if written else default


env = Environment()
BASE_DIR = Path(__file__).resolve().parent.parent

# Which installation is this?

ENVIRONMENT = env.str("CXHUB_ENV", default="local")
PRODUCTION = ENVIRONMENT == "production"
DEBUG = env.bool("CXHUB_DEBUG", default=False)
DEMO = env.bool("CXHUB_DEMO", default=False)
VAR = var_folder()
PORT = env.int("PORT", default=8000)
BIND = env.str("CXHUB_BIND", default="127.0.0.1")
WEB_PROCESSES = env.int("CXHUB_WEB_PROCESSES", default=2)
WEB_THREADS = env.int("CXHUB_WEB_THREADS", default=4)
URL = env.str("CXHUB_URL", default="" if PRODUCTION else f"http://localhost:{PORT}")
IS_HTTPS = URL.startswith("https://")
# We speak http only, so https means that somebody stands in front and says so in its headers.
PROXIES = env.int("CXHUB_PROXIES", default=1 if IS_HTTPS else 0)
EMBEDDED = Embedded(VAR)


def secret_key() -> str:
    """Production names its own; elsewhere one is made up once and kept."""
    if key := env.str("CXHUB_SECRET_KEY", default=""):
        return key
    if PRODUCTION:
        raise ImproperlyConfigured(
            "CXHUB_SECRET_KEY is not set. Make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(50))'"
        )
    file = VAR / "secret-key"
    if not file.exists():
        VAR.mkdir(parents=True, exist_ok=True)
        write_private(file, secrets.token_urlsafe(50))
    return file.read_text()


SECRET_KEY = secret_key()

_own_host = urlsplit(URL).hostname
ALLOWED_HOSTS = [
    *([_own_host] if _own_host else []),
    *([] if PRODUCTION else ["localhost", "127.0.0.1", "[::1]"]),
    *env.list("CXHUB_HOSTS", default=[]),
]
CSRF_TRUSTED_ORIGINS = [f"{urlsplit(URL).scheme}://{urlsplit(URL).netloc}"] if URL else []

# What it is made of

INSTALLED_APPS = [
    "cxhub",
    "accounts",
    "surveys",
    "metrics",
    "cxhub.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "anymail",
    "axes",
    "csp",
    "django_filters",
    "django_htmx",
    "django_prometheus",
    "django_structlog",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "knox",
    "rest_framework",
    "rules",
    "django.forms",
]
# Our own templates of widgets are found before Django's.
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "cxhub.middleware.LoggedRequestMiddleware",
    "cxhub.middleware.PreferencesMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
    # Last: it calls the view itself.
    "cxhub.middleware.ActorMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

ROOT_URLCONF = "cxhub.urls"
WSGI_APPLICATION = "cxhub.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# PostgreSQL, Redis and the workers

DATABASES: dict[str, dict[str, Any]] = {
    "default": env.db_url("DATABASE_URL")
    if not EMBEDDED.wants_postgres
    else {"ENGINE": "django.db.backends.postgresql", **EMBEDDED.database}
}
# A new connection for every request costs 15 ms. Not Django's pool: it hides a dead database for its whole timeout.
DATABASES["default"].update(CONN_MAX_AGE=600, CONN_HEALTH_CHECKS=True)
DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)

REDIS_URL = EMBEDDED.redis_url if EMBEDDED.wants_valkey else env.str("REDIS_URL")
CACHES: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "cxhub",
        "OPTIONS": {"socket_connect_timeout": 2, "socket_timeout": 5},
    },
    # What is cheaper to draw again in each process than to ask for.
    "process": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
}

CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TASK_TIME_LIMIT = 600
CELERY_TASK_SOFT_TIME_LIMIT = 540
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # When another worker takes what a killed one had. Longer than any task may run, or it would run twice.
    "visibility_timeout": 900,
    "global_keyprefix": "cxhub:",
    "socket_connect_timeout": 5,
    "socket_keepalive": True,
    "health_check_interval": 25,
}
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 5.0
CELERY_WORKER_CONCURRENCY = env.int("CXHUB_WORKERS", default=2)
CELERY_TIMEZONE = "UTC"

# Who may come in

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "rules.permissions.ObjectPermissionBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
PASSWORD_RESET_TIMEOUT = 24 * 3600

ACCOUNT_ADAPTER = "cxhub.sign_in.InvitedOnly"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
# Administrators type the addresses of those they invite.
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if IS_HTTPS else "http"
ALLAUTH_TRUSTED_PROXY_COUNT = PROXIES

MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "cxhub"
# Browsers know localhost as a safe origin without https; the library does not.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not PRODUCTION

SOCIALACCOUNT_ADAPTER = "cxhub.sign_in.KnownAddressOnly"
SOCIALACCOUNT_ONLY = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_STORE_TOKENS = False
_oidc = {
    "provider_id": "company",
    "name": env.str("CXHUB_OIDC_NAME", default="Single sign-on"),
    "client_id": env.str("CXHUB_OIDC_CLIENT_ID", default=""),
    "secret": env.str("CXHUB_OIDC_SECRET", default=""),
    "settings": {"server_url": env.str("CXHUB_OIDC_URL", default=""), "oauth_pkce_enabled": True},
}
SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [_oidc] if _oidc["client_id"] else []}}

AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = timedelta(minutes=15)
# Not the address alone: one stranger could then lock out a whole office. Nor the name alone: anybody could lock out
# a colleague.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_CALLABLE = "cxhub.sign_in.attempted_email"
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
AXES_IPWARE_PROXY_COUNT = PROXIES
AXES_LOCKOUT_TEMPLATE = "429.html"
AXES_HTTP_RESPONSE_CODE = 429

SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_SECURE = IS_HTTPS
CSRF_COOKIE_HTTPONLY = False
LANGUAGE_COOKIE_SECURE = IS_HTTPS
LANGUAGE_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = IS_HTTPS
# The machine's own watchers come without TLS.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = IS_HTTPS
SECURE_HSTS_PRELOAD = IS_HTTPS
SECURE_REFERRER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PROXIES else None
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
# The body of a request that is no file; what the bulk API takes at once.
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024

# Languages and time

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("ar", _("Arabic"))]
LOCALE_PATHS = [BASE_DIR / "cxhub" / "locale"]
FORMAT_MODULE_PATH = ["cxhub.formats"]
USE_I18N = True
USE_TZ = True
# Rows are in UTC; people read the time of their own zone, and metrics count the organisation's days.
TIME_ZONE = "UTC"

# Files

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "build" / "collected"
_built = BASE_DIR / "build" / "static"
STATICFILES_DIRS = [_built] if _built.is_dir() else []
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    # Nothing is served from here: whoever may see an upload reads it through a page.
    "uploads": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": VAR / "uploads", "file_permissions_mode": 0o600},
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
MEDIA_ROOT = VAR / "files"
# Two gigabytes are refused while they are sent, whichever form they are meant for.
FILE_UPLOAD_HANDLERS = [
    "cxhub.uploading.SizeLimit",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
UPLOAD_LIMIT = env.int("CXHUB_UPLOAD_LIMIT", default=200) << 20
UPLOADS_KEPT = timedelta(days=env.int("CXHUB_UPLOAD_DAYS", default=30))

# Mail

_mail = env.email_url("EMAIL_URL", default="consolemail://")
EMAIL_BACKEND = _mail["EMAIL_BACKEND"]
EMAIL_HOST = _mail.get("EMAIL_HOST") or "localhost"
EMAIL_PORT = _mail.get("EMAIL_PORT") or 25
EMAIL_HOST_USER = _mail.get("EMAIL_HOST_USER") or ""
EMAIL_HOST_PASSWORD = _mail.get("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS = _mail.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = _mail.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("CXHUB_MAIL_FROM", default="cxhub@localhost")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
# Each message has an address of its own below it: name+token@domain.
REPLY_TO = env.str("CXHUB_REPLY_TO", default="")

# SMS

# Over which line they go: console, http or twilio; empty: there are none.
SMS = env.str("CXHUB_SMS", default="")
SMS_FROM = env.str("CXHUB_SMS_FROM", default="")
SMS_URL = env.str("CXHUB_SMS_URL", default="")
SMS_HEADERS = env.json("CXHUB_SMS_HEADERS", default={})
SMS_BODY = env.json(
    "CXHUB_SMS_BODY", default={"id": "{id}", "from": "{from}", "to": "{to}", "text": "{text}"}
)
SMS_ID_FIELD = env.str("CXHUB_SMS_ID_FIELD", default="id")
# Whether the provider sends what comes again under the same id once.
SMS_KNOWS_IDS = env.bool("CXHUB_SMS_KNOWS_IDS", default=False)
TWILIO_SID = env.str("CXHUB_TWILIO_SID", default="")
TWILIO_TOKEN = env.str("CXHUB_TWILIO_TOKEN", default="")

# What other systems post to us; a door without a secret is closed.

# name:password of basic authentication; several while one takes the place of another.
MAIL_WEBHOOK_SECRETS = env.list("CXHUB_MAIL_WEBHOOK_SECRET", default=[])
# By provider the key with which it signs: mailgun=…,mandrill=…
MAIL_WEBHOOK_KEYS = env.dict("CXHUB_MAIL_WEBHOOK_KEYS", default={})
SMS_WEBHOOK_SECRETS = env.list("CXHUB_SMS_WEBHOOK_SECRET", default=[])
STRIPE_WEBHOOK_SECRETS = env.list("CXHUB_STRIPE_WEBHOOK_SECRET", default=[])
INCOMING_MAIL_LIMIT = env.int("CXHUB_INCOMING_MAIL_LIMIT", default=25) << 20

# Webhooks

# Into our own network, and without encryption: whoever enters an address could otherwise ask what only we can reach.
WEBHOOKS_MAY_REACH_PRIVATE = env.bool("CXHUB_WEBHOOKS_PRIVATE", default=False)

# API

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.tokens.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated", "accounts.tokens.HasScope"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "accounts.negotiation.Weighed",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": [
        "rest_framework.throttling.AnonRateThrottle",
        "accounts.tokens.TokenThrottle",
    ],
    "DEFAULT_THROTTLE_RATES": {
        "anon": "60/min",
        "user": env.str("CXHUB_API_RATE", default="1200/min"),
    },
    "EXCEPTION_HANDLER": "accounts.problems.handler",
    "NUM_PROXIES": PROXIES,
    "URL_FORMAT_OVERRIDE": None,
    "COERCE_DECIMAL_TO_STRING": True,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
REST_KNOX = {"TOKEN_TTL": timedelta(days=365), "TOKEN_PREFIX": "cxhub_"}
KNOX_TOKEN_MODEL = "accounts.ApiToken"  # noqa: S105
# Its migrations would make the table of the model that ours takes the place of.
MIGRATION_MODULES = {"knox": None}
SPECTACULAR_SETTINGS = {
    "TITLE": "cxhub",
    "VERSION": "1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    # What is written may say more than what is read: a reference by name.
    "COMPONENT_SPLIT_REQUEST": True,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated", "accounts.tokens.HasScope"],
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "AUTHENTICATION_WHITELIST": ["accounts.tokens.TokenAuthentication"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "cxhub.schema.with_problems",
    ],
    "ENUM_NAME_OVERRIDES": {
        "SubscriptionKind": "accounts.models.Subscription.Kind",
        "ExpenseKind": "accounts.models.Expense.Kind",
        "TicketEventKind": "accounts.models.TicketEvent.Kind",
        "ResourceKind": "accounts.models.Resource.Kind",
        "GoalKind": "accounts.models.Goal.Kind",
        "CampaignKind": "accounts.models.Campaign.Kind",
        "IdentityKind": "accounts.models.identities.Sender",
        "MailingState": "accounts.models.Mailing.State",
        "QuestionKind": "surveys.content.Kind",
        "ScaleMeasure": "surveys.scales.Measure",
        "SurveyChannel": "surveys.models.Channel",
        "SurveyState": "surveys.models.Survey.State",
    },
}

# What the operators see

PROMETHEUS_TOKEN = env.str("CXHUB_PROMETHEUS_TOKEN", default="")
PROMETHEUS_EXPORT_MIGRATIONS = False
DJANGO_STRUCTLOG_CELERY_ENABLED = True
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False

_as_json = env.str("CXHUB_LOG_FORMAT", default="json" if PRODUCTION else "console") == "json"
_about_every_line: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
]
_to_console = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "lines": {
            "()": structlog.stdlib.ProcessorFormatter,
            "foreign_pre_chain": _about_every_line,
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *(
                    [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
                    if _as_json
                    else []
                ),
                # With the plain traceback: the default one prints local variables, and with them what is secret.
                *([] if _as_json else [_to_console]),
            ],
        }
    },
    "filters": {
        "refusals": {"()": "django.utils.log.CallbackFilter", "callback": without_refusals},
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "lines", "filters": ["refusals"]},
    },
    "root": {
        "handlers": ["console"],
        "level": env.str("CXHUB_LOG_LEVEL", default="INFO" if PRODUCTION else "WARNING"),
    },
}
structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        *_about_every_line,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.stdlib.BoundLogger,
    cache_logger_on_first_use=True,
)

if SENTRY_DSN := env.str("SENTRY_DSN", default=""):
    import sentry_sdk

    sentry_sdk.init(dsn=SENTRY_DSN, environment=ENVIRONMENT, send_default_pii=False)
