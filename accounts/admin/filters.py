"""What lists are narrowed by, where a choice of the field itself does not say it."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import TicketEvent
from accounts.requests import organisation_of


class Conditions(admin.SimpleListFilter):
    """Each choice is a condition: `choose_from` names them. An unknown one is refused, never another list than the one
    asked for.
    """

    choose_from: Any

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, Any]]:
        return [(key, label) for key, (label, _condition) in self.choose_from(request).items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        chosen = self.value()
        if chosen is None:
            return queryset
        if chosen not in (known := self.choose_from(request)):
            raise IncorrectLookupParameters
        return queryset.filter(known[chosen][1])


class Ownership(Conditions):
    title = _("owner")
    parameter_name = "owned"

    def choose_from(self, request: HttpRequest) -> dict[str, tuple[Any, Q]]:
        return {"mine": (_("My own"), Q(owner=request.user)), "none": (_("Without an owner"), Q(owner=None))}


class Belonging(Conditions):
    title = _("account")
    parameter_name = "belonging"

    def choose_from(self, request: HttpRequest) -> dict[str, tuple[Any, Q]]:
        return {
            "none": (_("Without an account"), Q(account=None)),
            "some": (_("With an account"), Q(account__isnull=False)),
        }


class InForce(Conditions):
    """Of [starts, ends), today. What has no start has always been so."""

    title = _("today")
    parameter_name = "today"

    def choose_from(self, request: HttpRequest) -> dict[str, tuple[Any, Q]]:
        today = organisation_of(request).today(timezone.now())
        begun = Q(starts=None) | Q(starts__lte=today)
        return {
            "in": (_("In force"), begun & (Q(ends=None) | Q(ends__gt=today))),
            "ended": (_("Ended"), Q(ends__lte=today)),
            "ahead": (_("Still to come"), Q(starts__gt=today)),
        }


class Withdrawal(Conditions):
    title = _("withdrawal")
    parameter_name = "withdrawal"

    def choose_from(self, request: HttpRequest) -> dict[str, tuple[Any, Q]]:
        return {
            "holds": (_("Not withdrawn"), Q(withdrawn_at=None)),
            "withdrawn": (_("Withdrawn"), Q(withdrawn_at__isnull=False)),
        }


class Presence(Conditions):
    title = _("presence")
    parameter_name = "presence"

    def choose_from(self, request: HttpRequest) -> dict[str, tuple[Any, Q]]:
        return {"here": (_("Still there"), Q(left=None)), "left": (_("Left"), Q(left__isnull=False))}


class Conversion(Conditions):
    title = _("conversion")
    parameter_name = "conversion"

    def choose_from(self, request: HttpRequest) -> dict[str, tuple[Any, Q]]:
        return {
            "open": (_("Not converted"), Q(converted=None)),
            "done": (_("Converted"), Q(converted__isnull=False)),
        }


class Recovery(Conditions):
    title = _("return")
    parameter_name = "recovery"

    def choose_from(self, request: HttpRequest) -> dict[str, tuple[Any, Q]]:
        return {
            "gone": (_("Not won back"), Q(recovered=None)),
            "back": (_("Won back"), Q(recovered__isnull=False)),
        }


class Cancellation(Conditions):
    title = _("cancellation")
    parameter_name = "cancellation"

    def choose_from(self, request: HttpRequest) -> dict[str, tuple[Any, Q]]:
        return {
            "valid": (_("Not cancelled"), Q(cancelled_at=None)),
            "cancelled": (_("Cancelled"), Q(cancelled_at__isnull=False)),
        }


class Direction(Conditions):
    title = _("direction")
    parameter_name = "direction"

    def choose_from(self, request: HttpRequest) -> dict[str, tuple[Any, Q]]:
        return {
            "in": (_("Money in"), Q(amount__gte=0)),
            "out": (_("Refunds"), Q(amount__lt=0)),
        }


class TicketState(Conditions):
    """By the last entry of the log."""

    title = _("state")
    parameter_name = "state"

    def choose_from(self, request: HttpRequest) -> dict[str, tuple[Any, Q]]:
        over = Q(latest__in=TicketEvent.ENDING)
        return {"open": (_("Open"), Q(latest=None) | ~over), "over": (_("Resolved or closed"), over)}

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        log = TicketEvent.objects.filter(ticket=OuterRef("pk")).order_by("-happened_at", "-id")
        known = queryset.alias(latest=Subquery(log.values("kind")[:1])) if self.value() else queryset
        return super().queryset(request, known)
