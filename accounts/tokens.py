"""How programs come in: a bearer token that stands for a user, with scopes, an end and a trace of its last use."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import ceil
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from knox.crypto import hash_token
from knox.models import get_digest_token, get_expiry
from knox.settings import CONSTANTS
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.throttling import UserRateThrottle

from accounts.models import ApiToken, User

if TYPE_CHECKING:
    # The views themselves name these classes in their defaults.
    from rest_framework.views import APIView

KEYWORD = "Bearer"
# A busy program would otherwise write a row with every request that it reads.
NOTED_EVERY = timedelta(minutes=1)


def issue(
    user: User, *, name: str, scopes: Sequence[str], lifetime: timedelta | None
) -> tuple[ApiToken, str]:
    """The row, and the token that is never seen again. Without a lifetime it does not expire."""
    digest, token = get_digest_token()
    row = ApiToken.objects.create(
        user=user,
        name=name,
        scopes=sorted(set(scopes)),
        digest=digest,
        token_key=token[: CONSTANTS.TOKEN_KEY_LENGTH],
        expiry=get_expiry(lifetime),
    )
    return row, token


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer cxhub_…`; `request.auth` is the ApiToken."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        keyword, _space, credentials = get_authorization_header(request).partition(b" ")
        if keyword.lower() != KEYWORD.lower().encode():
            return None
        token = self._find(credentials.strip().decode("latin-1"), timezone.now())
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return f'{KEYWORD} realm="cxhub"'

    def _find(self, text: str, now: datetime) -> ApiToken:
        # By the hash of all of it: how long the search takes tells nothing about tokens that exist.
        token = ApiToken.objects.select_related("user").filter(digest=hash_token(text)).first()
        if token is None or not token.user.is_active:
            raise AuthenticationFailed(
                _("This token is not valid. It may have been revoked; make a new one.")
            )
        if token.is_expired(now):
            raise AuthenticationFailed(_("This token has expired. Make a new one."), code="token_expired")
        self._note_use(token, now)
        return token

    def _note_use(self, token: ApiToken, now: datetime) -> None:
        before = now - NOTED_EVERY
        if token.last_used_at is None or token.last_used_at < before:
            unnoted = ApiToken.objects.filter(Q(last_used_at=None) | Q(last_used_at__lt=before), pk=token.pk)
            unnoted.update(last_used_at=now)


class HasScope(BasePermission):
    """A token does what its scopes say: reading, or what the view names. People in a browser have no token."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        if not isinstance(request.auth, ApiToken):
            return True
        scope = self.needed(request, view)
        self.message = _("This token lacks the scope “%(scope)s”. Make one that has it.") % {"scope": scope}
        return scope in request.auth.scopes

    @staticmethod
    def needed(request: Request, view: "APIView") -> str:
        if request.method in SAFE_METHODS:
            return str(ApiToken.Scope.READ)
        return str(getattr(view, "scope", ApiToken.Scope.WRITE))


class TokenThrottle(UserRateThrottle):
    """Each token has a rate of its own, so that one program cannot use up another's."""

    def wait(self) -> float:
        """Also where the rate was lowered meanwhile, of which DRF says nothing."""
        # DRF reads it out of the rate.
        return super().wait() or float(self.duration)  # type: ignore[attr-defined]

    def get_cache_key(self, request: Request, view: "APIView") -> Any:
        if isinstance(request.auth, ApiToken):
            return self.cache_format % {"scope": self.scope, "ident": f"token-{request.auth.pk}"}
        return super().get_cache_key(request, view)


def room_left(throttle: Any) -> dict[str, str]:
    """As headers: how many requests the rate allows, how many of them are left, and in how many seconds there is one
    more. Nothing of a throttle that did not count this request."""
    if getattr(throttle, "history", None) is None:
        return {}
    # What was answered with 429 is not among them.
    used = len(throttle.history)
    waits = throttle.history[-1] + throttle.duration - throttle.now if used else 0
    return {
        "RateLimit-Limit": str(throttle.num_requests),
        "RateLimit-Remaining": str(max(0, throttle.num_requests - used)),
        "RateLimit-Reset": str(max(0, ceil(waits))),
    }
