from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts.admin.cells import amount, code
from accounts.admin.entry import ORIGIN, FactAdmin, PartsInline
from accounts.admin.filters import InForce, Recovery
from accounts.models import Departure, Pause, Subscription, Term


class PauseInline(PartsInline):
    model = Pause
    fields = ["starts", "ends"]


@admin.register(Subscription)
class SubscriptionAdmin(FactAdmin):
    list_display = [
        "account",
        code("reference", Subscription),
        "plan",
        "kind",
        amount("price", Subscription),
        "interval",
        "quantity",
        "starts",
        "ends",
    ]
    list_filter = [InForce, "kind", "interval", "plan"]
    list_select_related = ["account", "plan"]
    found_by = ("external_id", "reference")
    naming = ("account", "reference", "plan", "starts")
    search_help_text = _(
        "The name of the account in any spelling, the subscription, or the id at the source."
    )
    fieldsets = [
        (None, {"fields": ["account", "reference", "plan", "kind", ("starts", "ends")]}),
        (_("Price"), {"fields": ["price", "currency", "quantity", ("interval", "interval_count")]}),
        (_("Discount"), {"fields": ["discount_percent", "discount_amount", "discount_ends"]}),
        (_("Notice and arrears"), {"fields": ["cancelled_on", "cancel_reason", "past_due_since"]}),
        ORIGIN,
    ]
    inlines = [PauseInline]


@admin.register(Pause)
class PauseAdmin(FactAdmin):
    list_display = ["subscription_label", "starts", "ends", "recorded_at"]
    list_filter = [InForce]
    list_select_related = ["subscription__account", "subscription__plan"]
    account_path = "subscription__account"
    fieldsets = [(None, {"fields": ["subscription", ("starts", "ends")]}), ORIGIN]

    @admin.display(description=_("subscription"))
    def subscription_label(self, row: Pause) -> str:
        return f"{row.subscription.account} · {row.subscription.reference or row.subscription.plan or row.subscription}"


@admin.register(Term)
class TermAdmin(FactAdmin):
    list_display = [
        "account",
        code("reference", Term),
        "starts",
        "ends",
        "notice_by",
        amount("due_mrr", Term),
        "outcome",
    ]
    list_filter = ["outcome"]
    date_hierarchy = "ends"
    naming = ("account", "reference", "ends")
    fieldsets = [
        (None, {"fields": ["account", "reference", ("starts", "ends"), "notice_by", "due_mrr", "currency"]}),
        (_("Decision"), {"fields": ["outcome", "decided_on", "renewed_mrr", "lost_reason"]}),
        ORIGIN,
    ]


@admin.register(Departure)
class DepartureAdmin(FactAdmin):
    list_display = ["account", "churn_day", "reason", "competitor", "recovered"]
    list_filter = [Recovery]
    date_hierarchy = "churn_day"
    naming = ("account", "churn_day")
    fieldsets = [
        (None, {"fields": ["account", "churn_day", "reason", "competitor", "note", "recovered"]}),
        ORIGIN,
    ]
