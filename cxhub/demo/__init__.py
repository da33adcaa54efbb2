"""A believable company for whoever tries cxhub: what `seed_demo` fills in.

The generators are pure: the same seed and day give the same rows, wherever they run. Nothing here is for
production; the password is printed by `manage.py up` for everybody to read.
"""

from django.utils.translation import gettext_lazy as _

PASSWORD = "every-customer-counts"  # noqa: S105

SIGN_INS = [
    ("admin@rafeef.example", _("Administrator")),
    ("executive@rafeef.example", _("Executive")),
    ("manager@rafeef.example", _("CS manager")),
    ("sofia@rafeef.example", _("CSM")),
    ("layla@rafeef.example", _("CSM, works in Arabic")),
    ("operations@rafeef.example", _("Operations")),
]
