"""What senders' names mean: of events, and of what they say of persons and accounts."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Concat
from django.http import HttpRequest
from django.utils.formats import number_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin.asking import AskingAdmin, AskingForm
from accounts.admin.cells import code
from accounts.admin.entry import COUNTED, EntryAdmin, EntryForm
from accounts.attributes import PREFIX
from accounts.models import Account, AttributeDefinition, Contact, Event, EventName, TraitField
from accounts.taxonomy import OWN, STANDARD, Topic
from accounts.texts import Text

GROUPS: dict[Any, tuple[Topic, ...]] = {
    gettext_lazy("Where people are"): (Topic.LOGIN, Topic.PAGE),
    gettext_lazy("Features"): (Topic.FEATURE, Topic.REFUSED),
    gettext_lazy("E-mail"): (Topic.EMAIL,),
    gettext_lazy("Social media"): (Topic.LIKE, Topic.SHARE, Topic.COMMENT, Topic.CLICK),
    gettext_lazy("Events and webinars"): (Topic.REGISTRATION, Topic.ATTENDANCE, Topic.INTERACTION),
    gettext_lazy("Learning"): (Topic.VIEW, Topic.RATING),
    gettext_lazy("Reviews and referrals"): (Topic.REVIEW, Topic.REFERRAL),
    gettext_lazy("Guided tours"): (Topic.TOUR_START, Topic.TOUR_STEP, Topic.TOUR_END),
    gettext_lazy("Shop"): (Topic.COMMERCE,),
    gettext_lazy("Accounts"): (Topic.ACCOUNT,),
    gettext_lazy("Other"): (Topic.OTHER,),
}


def meanings() -> list[tuple[str, Any]]:
    groups = [
        (label, [(name, name) for name, meaning in STANDARD.items() if meaning.topic in topics])
        for label, topics in GROUPS.items()
    ]
    return [("", _("An event of its own")), *groups]


def in_words(row: EventName) -> str:
    """How events of this name are read."""
    meaning = STANDARD.get(row.means or row.sent_as, OWN)
    is_activity = meaning.is_activity and (bool(row.means) or row.is_activity)
    objects = [row.object_property] if row.object_property else [*meaning.object]
    values = [row.value_property] if row.value_property else [*meaning.value]
    said = [
        _("Whoever does this is active.") if is_activity else _("Whoever does this is not active by it."),
        _("What it was done to: %(names)s.") % {"names": _listed(objects)},
        _("Its number: %(names)s.") % {"names": _listed(values)},
    ]
    return " ".join(said)


def _listed(names: Iterable[str]) -> str:
    """Of several properties the first that is given counts."""
    return _(", else ").join(f"\u2068{name}\u2069" for name in names) or "–"


def stored(name: str) -> str:
    """How many events were sent under the name, as far as it is worth counting."""
    events = Event.objects.filter(Q(name=name, sent_as="") | Q(sent_as=name))
    count = events.order_by()[: COUNTED + 1].count()
    return number_format(min(count, COUNTED), force_grouping=True) + "+" * (count > COUNTED)


class EventNameForm(AskingForm):
    means = forms.ChoiceField(
        label=capfirst(EventName._meta.get_field("means").verbose_name),
        choices=meanings,
        required=False,
        help_text=gettext_lazy(
            "What figures count it as. An event of its own is counted under its own name and may be an activity."
            " A change is applied to all events that are kept."
        ),
    )

    def clean(self) -> dict[str, Any] | None:
        given = super().clean() or self.cleaned_data
        name = given.get("sent_as")
        if name in STANDARD and self.has_changed():
            words = _(
                "“%(name)s” is a name that figures know. From now on, and in what is stored (events: %(count)s),"
                " it is read as said here."
            )
            self.ask(words % {"name": name, "count": stored(name)})
        return given


@admin.register(EventName)
class EventNameAdmin(AskingAdmin):
    form = EventNameForm
    list_display = [code("sent_as", EventName), "means_in_words", "reading"]
    list_filter = ["is_activity"]
    ordering = ["sent_as"]
    found_by = ("sent_as", "means")
    naming = ("sent_as",)
    search_help_text = gettext_lazy("A part of the name that is sent, or of what it means.")
    readonly_fields = ["reading"]
    fields = ["sent_as", "means", "is_activity", "object_property", "value_property", "reading"]

    def ways(self, text: str) -> list[Q]:
        return [Q(**{f"{name}__icontains": text}) for name in self.found_by]

    @admin.display(description=gettext_lazy("means"), ordering="means")
    def means_in_words(self, row: EventName) -> str:
        return row.means or _("An event of its own")

    @admin.display(description=gettext_lazy("how it is read"))
    def reading(self, row: EventName) -> str:
        return in_words(row)


OF_PERSONS = (
    "name",
    "email",
    "phone",
    "role",
    "language",
    "time_zone",
    "joined",
    "left",
    "preferred_channel",
    "preferred_hour",
)
OF_ACCOUNTS = (
    "name",
    "industry",
    "country",
    "website",
    "stage",
    "segment",
    "tier",
    "region",
    "acquired_channel",
    "acquired_campaign",
)


def fields_of(about: str) -> dict[str, str]:
    """Into which fields a trait may go, and what people call them."""
    if about == TraitField.About.PERSON:
        return _called(Contact, OF_PERSONS)
    declared = {one.field: str(one) for one in AttributeDefinition.objects.in_use()}
    return _called(Account, OF_ACCOUNTS) | declared


def _called(model: Any, names: Iterable[str]) -> dict[str, str]:
    return {name: capfirst(str(model._meta.get_field(name).verbose_name)) for name in names}


class TraitFieldForm(EntryForm):
    field = forms.ChoiceField(label=capfirst(TraitField._meta.get_field("field").verbose_name))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "field" in self.fields:
            self.fields["field"].choices = self._choices()  # type: ignore[attr-defined]

    def _choices(self) -> list[tuple[Any, Any]]:
        """A field that both have is named once. What was chosen stays a choice."""
        person, account = (fields_of(about) for about in TraitField.About.values)
        both = {name: label for name, label in person.items() if name in account}
        groups = [
            (_("Of persons and accounts"), both),
            (_("Of persons"), {name: label for name, label in person.items() if name not in both}),
            (_("Of accounts"), {name: label for name, label in account.items() if name not in both}),
        ]
        kept = self.instance.field
        gone = [(kept, kept)] if kept and kept not in person | account else []
        return [("", "—"), *((label, list(choices.items())) for label, choices in groups), *gone]

    def clean(self) -> dict[str, Any] | None:
        given = super().clean() or self.cleaned_data
        about, name = given.get("about"), given.get("field")
        is_kept = (about, name) == (self.initial.get("about"), self.initial.get("field"))
        if about and name and not is_kept and name not in fields_of(about):
            words = _("%(about)s: there is no such field. Choose one of the others.")
            self.add_error("field", ValidationError(words % {"about": TraitField.About(about).label}))
        return given


@admin.register(TraitField)
class TraitFieldAdmin(EntryAdmin):
    form = TraitFieldForm
    list_display = ["about", code("trait", TraitField), "field_in_words"]
    list_filter = ["about"]
    ordering = ["about", "trait"]
    found_by = ("trait",)
    naming = ("about", "trait")
    search_help_text = gettext_lazy("A part of the name of the trait.")
    fields = ["about", "trait", "field"]

    def ways(self, text: str) -> list[Q]:
        return [Q(trait__icontains=text)]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With what a declared attribute is called."""
        declared = AttributeDefinition.objects.annotate(path=Concat(Value(PREFIX), "key"))
        called = declared.filter(path=OuterRef("field")).values("name")[:1]
        return super().get_queryset(request).annotate(declared=Subquery(called))

    @admin.display(description=gettext_lazy("field"), ordering="field")
    def field_in_words(self, row: Any) -> str:
        if row.declared is not None:
            return str(Text(row.declared))
        model: Any = Contact if row.about == TraitField.About.PERSON else Account
        return capfirst(str(model._meta.get_field(row.field).verbose_name))
