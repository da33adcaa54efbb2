"""Misconfiguration, said at start and with the way out."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as Warn
from django.db import connections

OLDEST_POSTGRESQL = 15


@register(Tags.compatibility)
def environment_is_known(**_: Any) -> list[CheckMessage]:
    if settings.ENVIRONMENT in {"local", "production"}:
        return []
    hint = "Set CXHUB_ENV to production, or leave it out on a laptop."
    return [Error(f"CXHUB_ENV is {settings.ENVIRONMENT!r}.", hint=hint, id="cxhub.E001")]


@register(Tags.security)
def secret_is_long(**_: Any) -> list[CheckMessage]:
    if len(settings.SECRET_KEY) >= 50 and len(set(settings.SECRET_KEY)) >= 5:
        return []
    hint = "Make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(50))'"
    return [Error("CXHUB_SECRET_KEY is too short to keep a secret.", hint=hint, id="cxhub.E002")]


@register(Tags.urls)
def address_is_complete(**_: Any) -> list[CheckMessage]:
    address = urlsplit(settings.URL)
    if address.scheme in {"http", "https"} and address.hostname and address.path in {"", "/"}:
        return []
    hint = "Set CXHUB_URL to what people type, such as https://cx.example.com, without a path."
    return [Error(f"CXHUB_URL is {settings.URL!r}.", hint=hint, id="cxhub.E003")]


@register(Tags.security, deploy=True)
def address_is_encrypted(**_: Any) -> list[CheckMessage]:
    if settings.IS_HTTPS:
        return []
    hint = "Set CXHUB_URL to an https address and put a proxy with a certificate in front (docs/running.md)."
    return [Warn("CXHUB_URL is not https: passwords travel in the clear.", hint=hint, id="cxhub.W001")]


@register(Tags.security)
def hosts_are_named(**_: Any) -> list[CheckMessage]:
    if settings.ALLOWED_HOSTS and "*" not in settings.ALLOWED_HOSTS:
        return []
    hint = "Set CXHUB_URL; further names go into CXHUB_HOSTS. An asterisk would let anybody forge links in mails."
    return [Error("It is not clear under which names this installation answers.", hint=hint, id="cxhub.E004")]


@register(Tags.security)
def origins_match_the_address(**_: Any) -> list[CheckMessage]:
    address = urlsplit(settings.URL)
    if f"{address.scheme}://{address.netloc}" in settings.CSRF_TRUSTED_ORIGINS:
        return []
    hint = "CSRF_TRUSTED_ORIGINS is derived from CXHUB_URL; do not override it."
    return [Error("Forms sent from CXHUB_URL would be refused.", hint=hint, id="cxhub.E005")]


@register(Tags.database)
def database_is_postgresql(*, databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """The engine of all; the version only of those that Django allows us to ask."""
    hint = (
        f"Set DATABASE_URL to PostgreSQL {OLDEST_POSTGRESQL} or later, or leave it out for the embedded one."
    )
    found: list[CheckMessage] = []
    for alias in databases or []:
        connection: Any = connections[alias]
        if connection.vendor != "postgresql":
            found.append(Error(f"The database {alias} is {connection.vendor}.", hint=hint, id="cxhub.E006"))
        elif connection.pg_version < OLDEST_POSTGRESQL * 10_000:
            version = connection.pg_version // 10_000
            found.append(Error(f"The database {alias} is PostgreSQL {version}.", hint=hint, id="cxhub.E007"))
    return found


@register(Tags.compatibility)
def time_zones_are_installed(**_: Any) -> list[CheckMessage]:
    try:
        ZoneInfo("Asia/Riyadh")
    except ZoneInfoNotFoundError:
        hint = "Install the operating system's tzdata, or pip's."
        return [Error("This machine knows no time zones.", hint=hint, id="cxhub.E008")]
    if settings.USE_TZ and settings.TIME_ZONE == "UTC":
        return []
    hint = "Leave TIME_ZONE at UTC; the organisation's own time zone stands in its settings row."
    return [Error("Times would not be kept in UTC.", hint=hint, id="cxhub.E009")]


@register(Tags.compatibility)
def mail_is_sent(**_: Any) -> list[CheckMessage]:
    if not settings.PRODUCTION or settings.EMAIL_BACKEND.rpartition(".")[0].endswith(
        ("smtp", "anymail.backends")
    ):
        return []
    hint = "Set EMAIL_URL, such as smtp+tls://name:password@mail.example.com:587, and CXHUB_MAIL_FROM."
    return [
        Error(
            "No mail would leave this installation, not even to reset a password.", hint=hint, id="cxhub.E010"
        )
    ]


@register(Tags.compatibility)
def sender_is_real(**_: Any) -> list[CheckMessage]:
    if not settings.PRODUCTION or not settings.DEFAULT_FROM_EMAIL.rstrip(">").endswith("@localhost"):
        return []
    hint = "Set CXHUB_MAIL_FROM to an address that your mail server may send from."
    return [Error("Mail would come from @localhost.", hint=hint, id="cxhub.E011")]


@register(Tags.security)
def single_sign_on_is_complete(**_: Any) -> list[CheckMessage]:
    incomplete = [
        app
        for app in settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"]
        if not (app["secret"] and app["settings"]["server_url"])
    ]
    if not incomplete:
        return []
    hint = "Set CXHUB_OIDC_CLIENT_ID, CXHUB_OIDC_SECRET and CXHUB_OIDC_URL together, or none of them."
    return [Error("Single sign-on is only half configured.", hint=hint, id="cxhub.E012")]


@register(Tags.compatibility)
def sms_are_complete(**_: Any) -> list[CheckMessage]:
    needed = {
        "": {},
        "console": {},
        "http": {"CXHUB_SMS_URL": settings.SMS_URL},
        "twilio": {
            "CXHUB_TWILIO_SID": settings.TWILIO_SID,
            "CXHUB_TWILIO_TOKEN": settings.TWILIO_TOKEN,
            "CXHUB_SMS_FROM": settings.SMS_FROM,
        },
    }
    if settings.SMS not in needed:
        hint = "Set CXHUB_SMS to http, twilio or console, or leave it out where no SMS are sent."
        return [Error(f"CXHUB_SMS is {settings.SMS!r}.", hint=hint, id="cxhub.E013")]
    missing = [name for name, value in needed[settings.SMS].items() if not value]
    if not missing:
        return []
    hint = f"Set {', '.join(missing)} (docs/settings.md), or leave CXHUB_SMS out."
    return [Error("SMS are only half configured.", hint=hint, id="cxhub.E014")]
