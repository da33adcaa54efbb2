"""Sign-in as this project wants it of allauth and axes: nobody signs up, users are invited by an administrator."""

from types import SimpleNamespace
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.core.mail import EmailMessage
from django.http import HttpRequest

from accounts.models import Organisation


class InvitedOnly(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def format_email_subject(self, subject: str) -> str:
        return f"{_house()}: {subject}"

    def render_mail(
        self, template_prefix: str, email: Any, context: dict[str, Any], headers: dict[str, str] | None = None
    ) -> EmailMessage:
        """From the organisation, not from whatever address the request came to."""
        site = SimpleNamespace(name=_house(), domain=settings.URL)
        return super().render_mail(template_prefix, email, context | {"current_site": site}, headers)


def _house() -> str:
    return str(Organisation.current()) or "cxhub"


class KnownAddressOnly(DefaultSocialAccountAdapter):
    """The company's own sign-in lets in whom it vouches for, if an administrator has made that user."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False


def attempted_email(request: HttpRequest | None, credentials: dict[str, Any] | None) -> str:
    """Whom somebody tried to be: allauth's form says login, its backend email, other forms username."""
    if credentials:
        return str(credentials.get("email") or credentials.get("username") or "").lower()
    return request.POST.get("login", "").lower() if request else ""
