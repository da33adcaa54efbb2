"""Sign-in as this project wants it of allauth and axes: nobody signs up, users are invited by an administrator."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.http import HttpRequest


class InvitedOnly(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


class KnownAddressOnly(DefaultSocialAccountAdapter):
    """The company's own sign-in lets in whom it vouches for, if an administrator has made that user."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False


def attempted_email(request: HttpRequest | None, credentials: dict[str, Any] | None) -> str:
    """Whom somebody tried to be: allauth's form says login, its backend email, other forms username."""
    if credentials:
        return str(credentials.get("email") or credentials.get("username") or "").lower()
    return request.POST.get("login", "").lower() if request else ""
