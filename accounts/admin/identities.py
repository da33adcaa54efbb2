"""By which ids senders know people, and what people agreed to."""

from django.contrib import admin
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.admin.cells import code
from accounts.admin.entry import ORIGIN, FactAdmin, PartsInline
from accounts.admin.filters import Withdrawal
from accounts.models import Consent, Contact, Identity, named_like


class IdentityInline(PartsInline):
    model = Identity
    fields = ["source", "kind", "value", "verified", "since", "until"]


class ConsentInline(PartsInline):
    model = Consent
    fields = ["purpose", "channel", "given_at", "withdrawn_at"]


class OfContactAdmin(FactAdmin):
    """Found by the person, too."""

    list_select_related = ["contact__account"]
    account_path = "contact__account"

    def ways(self, text: str) -> list[Q]:
        people = Contact.objects.filter(named_like(text)).order_by().values("pk")
        return [Q(contact__in=people), Q(contact__email__istartswith=text), *super().ways(text)]


@admin.register(Identity)
class IdentityAdmin(OfContactAdmin):
    list_display = ["contact", "source", "kind", code("value", Identity), "verified", "since", "until"]
    list_filter = ["kind", "verified"]
    found_by = ("value",)
    naming = ("contact", "source", "value")
    search_help_text = _("The name of the contact or the account in any spelling, the address, or the id.")
    fieldsets = [
        (None, {"fields": ["contact", ("source", "kind", "value"), "verified", ("since", "until")]}),
        (_("Where it came from"), {"fields": ["recorded_at"]}),
    ]


@admin.register(Consent)
class ConsentAdmin(OfContactAdmin):
    list_display = ["contact", "purpose", "channel", "given_at", "withdrawn_at", "source"]
    list_filter = ["purpose", "channel", Withdrawal]
    date_hierarchy = "given_at"
    naming = ("contact", "purpose", "channel", "given_at")
    search_help_text = _(
        "The name of the contact or the account in any spelling, the address, or the id at the source."
    )
    fieldsets = [
        (None, {"fields": ["contact", ("purpose", "channel"), ("given_at", "withdrawn_at")]}),
        ORIGIN,
    ]
