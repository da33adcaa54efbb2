"""A mail in a frame of ours: it has its own styles, and may do nothing else."""

from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.decorators import csp_replace
from django.views.decorators.clickjacking import xframe_options_sameorigin

from accounts.requests import View

MAIL = {
    "default-src": [NONE],
    "style-src": [UNSAFE_INLINE],
    "img-src": ["data:"],
    "base-uri": [NONE],
    "form-action": [NONE],
    "frame-ancestors": [SELF],
    "sandbox": True,
}


def as_mail(view: View) -> View:
    """Nothing is fetched for it: not even the picture that would say that it was opened."""
    framed: View = xframe_options_sameorigin(csp_replace(MAIL)(view))
    return framed
