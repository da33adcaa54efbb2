"""What the pages of feedback ask for: `?status=open&feature=3&heard=ticket&q=export&sort=-mrr&page=2`"""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.message_forms import dressed
from accounts.models import Account, Contact, Feature, Organisation, Ticket
from accounts.texts import Text
from metrics.forms import LONGEST_SEARCH
from surveys.models import FeedbackItem, Theme
from surveys.models.feedback import LONGEST_NAME, LONGEST_WORD, MOST_WORDS

LONGEST_TEXT, MOST_TICKETS, MOST_CONTACTS = 5000, 50, 200
RIGHT_TO_LEFT = {"ar": {"dir": "rtl", "lang": "ar"}, "en": {"dir": "ltr", "lang": "en"}}
Heard = FeedbackItem.Heard


class BoardForm(forms.Form):
    """`sorts`: what the table can be sorted by, each also with a "-" in front."""

    status = forms.ChoiceField(
        label=_("State"), required=False, choices=[("", _("Every status")), *Theme.Status.choices]
    )
    feature = forms.ModelChoiceField(
        label=_("Feature"), required=False, queryset=Feature.objects.all(), empty_label=_("Every feature")
    )
    heard = forms.ChoiceField(
        label=_("Where it was said"), required=False, choices=[("", _("Everywhere")), *Heard.choices]
    )
    q = forms.CharField(label=_("Search"), required=False, max_length=LONGEST_SEARCH)
    sort = forms.ChoiceField(label=_("Sort"), required=False)
    page = forms.IntegerField(required=False, min_value=1, max_value=1_000_000)

    def __init__(self, *args: Any, sorts: tuple[str, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["sort"].choices = [(f"{sign}{key}", key) for key in sorts for sign in ("", "-")]  # type: ignore[attr-defined]
        dressed({name: self.fields[name] for name in ("status", "feature", "heard", "q")})

    @property
    def filters(self) -> dict[str, Any]:
        asked = self.cleaned_data
        return {name: asked[name] for name in ("status", "feature", "heard")} | {"search": asked["q"]}


class PageForm(forms.Form):
    page = forms.IntegerField(required=False, min_value=1, max_value=1_000_000)


class NamedForm(forms.Form):
    """A theme by its name: one that there is, or a new one."""

    theme = forms.CharField(
        label=_("Theme"),
        max_length=LONGEST_NAME,
        widget=forms.TextInput({"dir": "auto", "list": "themes", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dressed(self.fields)


class CommentForm(NamedForm):
    response = forms.UUIDField()
    question = forms.CharField(max_length=60)


class AnswerForm(forms.Form):
    """One of the comments that a theme's words find."""

    answer = forms.IntegerField(required=False)


class ItemForm(NamedForm):
    """What somebody of an account said: in a ticket, or elsewhere, where it is written down."""

    heard = forms.ChoiceField(
        label=_("Where it was said"),
        choices=[(one.value, one.label) for one in (Heard.TOUCHPOINT, Heard.REVIEW, Heard.TICKET)],
    )
    ticket = forms.ModelChoiceField(label=_("Ticket"), required=False, queryset=Ticket.objects.none())
    contact = forms.ModelChoiceField(label=_("Contact"), required=False, queryset=Contact.objects.none())
    said_on = forms.DateField(label=_("Said on"), required=False, widget=forms.DateInput({"type": "date"}))
    text = forms.CharField(
        label=_("What was said"),
        required=False,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea({"rows": 4, "dir": "auto"}),
        help_text=_("Not needed of a ticket: its subject is shown."),
    )

    field_order = ("theme", "heard", "ticket", "contact", "said_on", "text")

    def __init__(self, *args: Any, account: Account, here: Organisation, now: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account, self.here, self.today = account, here, here.today(now)
        fields: Any = self.fields
        tickets = Ticket.objects.filter(account=account).order_by("-opened_at", "-pk")
        fields["ticket"].queryset = tickets
        fields["ticket"].choices = [
            ("", "—"),
            *((one.pk, one.subject or str(one)) for one in tickets[:MOST_TICKETS]),
        ]
        people = Contact.objects.filter(account=account, merged_into=None).order_by("name_key", "pk")
        fields["contact"].queryset = people
        fields["contact"].choices = [("", "—"), *((one.pk, one.name) for one in people[:MOST_CONTACTS])]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        is_ticket = given.get("heard") == Heard.TICKET
        if is_ticket and not given.get("ticket"):
            self.add_error("ticket", _("Choose the ticket."))
        if not is_ticket and not given.get("text"):
            self.add_error("text", _("Write down what was said."))
        if (given.get("said_on") or self.today) > self.today:
            self.add_error("said_on", _("This lies in the future; here belongs what has happened."))
        return given

    def item(self) -> FeedbackItem:
        """Not saved, without its theme."""
        given = self.cleaned_data
        if given["heard"] == Heard.TICKET:
            ticket = given["ticket"]
            said_on = self.here.today(ticket.opened_at)
            about: dict[str, Any] = {"ticket": ticket, "contact": ticket.requester, "said_on": said_on}
        else:
            said_on = given["said_on"] or self.today
            about = {"text": given["text"], "contact": given["contact"], "said_on": said_on}
        return FeedbackItem(heard=given["heard"], account=self.account, **about)


class ThemeForm(forms.Form):
    status = forms.ChoiceField(label=_("State"), choices=Theme.Status.choices)
    feature = forms.ModelChoiceField(
        label=_("Feature"), required=False, queryset=Feature.objects.all(), empty_label=_("none")
    )
    words = forms.CharField(
        label=_("Search words"),
        required=False,
        max_length=MOST_WORDS * (LONGEST_WORD + 2),
        widget=forms.TextInput({"dir": "auto"}),
        help_text=_(
            "Separated by semicolons, in any language. Comments that have one of them are suggested here."
        ),
    )

    def __init__(self, given: Any = None, *, theme: Theme) -> None:
        self.theme = theme
        written = {
            f"{part}_{code}": getattr(theme, part).get(code, "")
            for part in ("name", "done")
            for code, _language in settings.LANGUAGES
        }
        initial = {"status": theme.status, "feature": theme.feature_id, "words": "; ".join(theme.words)}
        super().__init__(given, initial=initial | written)
        for code, language in settings.LANGUAGES:
            self.fields[f"name_{code}"] = forms.CharField(
                label=_("Name in %(language)s") % {"language": language},
                required=False,
                max_length=LONGEST_NAME,
                widget=forms.TextInput(RIGHT_TO_LEFT[code]),
            )
            self.fields[f"done_{code}"] = forms.CharField(
                label=_("What was done, in %(language)s") % {"language": language},
                required=False,
                max_length=LONGEST_TEXT,
                widget=forms.Textarea({"rows": 3, **RIGHT_TO_LEFT[code]}),
            )
        codes = [code for code, _language in settings.LANGUAGES]
        self.order_fields(
            [*(f"name_{code}" for code in codes), "status", "feature", "words", *(f"done_{c}" for c in codes)]
        )
        dressed(self.fields)

    def clean_words(self) -> list[str]:
        written = self.cleaned_data["words"].replace("؛", ";").split(";")
        words = list(dict.fromkeys(word.strip() for word in written if word.strip()))
        if len(words) > MOST_WORDS or any(len(word) > LONGEST_WORD for word in words):
            raise forms.ValidationError(
                _("At most %(most)s search words, each of at most %(long)s characters.")
                % {"most": MOST_WORDS, "long": LONGEST_WORD}
            )
        return words

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not self._texts("name"):
            self.add_error("name_en", _("Give a name, in one language at least."))
        return given

    def _texts(self, part: str) -> Text:
        texts = {code: self.cleaned_data.get(f"{part}_{code}", "") for code, _language in settings.LANGUAGES}
        return Text({code: text for code, text in texts.items() if text})

    def written(self) -> Theme:
        """The theme as it is asked for, not saved."""
        theme, given = self.theme, self.cleaned_data
        theme.name, theme.done = self._texts("name"), self._texts("done")
        theme.status, theme.feature, theme.words = given["status"], given["feature"], given["words"]
        return theme
