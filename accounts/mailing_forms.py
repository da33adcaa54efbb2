"""What the pages of mailings ask for: the letter in each language, when it is sent, and which of them are listed."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, ClassVar, NamedTuple

from django import forms
from django.conf import settings
from django.db.models import Q
from django.http import QueryDict
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin import meanwhile
from accounts.admin.inputs import MomentInput
from accounts.messages import letters, merging, sms
from accounts.messages.choices import ANSWERS
from accounts.models import AuditEntry, Letter, Mailing, Population, User
from accounts.models.outboxes import Medium

FROM_THE_RIGHT = ("ar",)
PARTS = (letters.SUBJECT, letters.BODY, letters.BUTTON, letters.LINK)
LANGUAGES = tuple(code for code, _name in settings.LANGUAGES)
Texts = dict[str, dict[str, Any]]


class Side(NamedTuple):
    """A letter in one language, as it is written."""

    language: str
    name: Any
    direction: str
    fields: list[forms.BoundField]


def direction_of(language: str) -> str:
    return "rtl" if language in FROM_THE_RIGHT else "ltr"


def _part(language: str, part: str) -> forms.CharField:
    written = {"class": "form-control", "lang": language, "dir": direction_of(language)}
    match part:
        case letters.SUBJECT:
            return forms.CharField(label=gettext_lazy("Subject"), widget=forms.TextInput(attrs=written))
        case letters.BODY:
            return forms.CharField(
                label=gettext_lazy("Text"),
                widget=forms.Textarea(attrs=written | {"rows": 14}),
                help_text=gettext_lazy(
                    "Markdown: an empty line begins a paragraph, **bold**, - an item, [words](https://…)."
                ),
            )
        case letters.BUTTON:
            return forms.CharField(
                label=gettext_lazy("Words of the button"), widget=forms.TextInput(attrs=written)
            )
    link = {"class": "form-control ltr", "dir": "ltr", "spellcheck": "false", "placeholder": "https://"}
    return forms.CharField(label=gettext_lazy("Link of the button"), widget=forms.TextInput(attrs=link))


class LetterForm(forms.Form):
    """A letter in each language, as it is written."""

    def add_sides(self, letter: Letter | None) -> None:
        self.kept: Texts = letter.texts if letter else {}
        for language in LANGUAGES:
            for part in PARTS:
                field = _part(language, part)
                field.required = False
                # By which it is seen what was typed, when somebody else was faster.
                field.show_hidden_initial = True
                self.fields[f"{part}_{language}"] = field
                self.initial[f"{part}_{language}"] = self.kept.get(language, {}).get(part, "")

    @property
    def sides(self) -> Iterator[Side]:
        for language, name in settings.LANGUAGES:
            fields = [self[f"{part}_{language}"] for part in PARTS]
            yield Side(language, name, direction_of(language), fields)

    @property
    def merge_fields(self) -> Mapping[str, Any]:
        return {f"{{{{ {name} }}}}": meaning for name, meaning in merging.FIELDS.items()}

    @property
    def medium_chosen(self) -> str:
        raise NotImplementedError

    @property
    def texts(self) -> Texts:
        """As a letter keeps them, without languages of which nothing is written."""
        parts = PARTS if self.medium_chosen == Medium.EMAIL else (letters.BODY,)
        typed: Texts = {
            language: {part: _tidy(self.cleaned_data.get(f"{part}_{language}", "")) for part in parts}
            | self._asked(language)
            for language in LANGUAGES
        }
        return {language: text for language, text in typed.items() if any(text.values())}

    def _asked(self, language: str) -> dict[str, Any]:
        """What it asks is not written here, and stays."""
        kept = self.kept.get(language, {})
        return {ANSWERS: kept[ANSWERS]} if ANSWERS in kept else {}


class MailingForm(LetterForm, forms.ModelForm):
    """What is missing may come later, what is wrong may not: a draft can be half a letter."""

    medium = forms.ChoiceField(
        label=capfirst(Letter._meta.get_field("medium").verbose_name),
        choices=Medium.choices,
        initial=Medium.EMAIL,
        required=False,
        widget=forms.Select(attrs={"class": "form-select"}),
        help_text=gettext_lazy("Of an SMS the text alone is kept."),
    )

    class Meta:
        model = Mailing
        fields: ClassVar = ["name", "population", "purpose", "language", "campaign", "goal"]
        widgets: ClassVar = {
            "name": forms.TextInput(attrs={"class": "form-control", "dir": "auto"}),
            **{
                name: forms.Select(attrs={"class": "form-select"})
                for name in ("population", "purpose", "language", "campaign", "goal")
            },
        }

    def __init__(self, *args: Any, reader: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # What was chosen stays a choice.
        populations = Population.objects.visible_to(reader).in_use()
        chosen = Population.objects.filter(Q(pk__in=populations) | Q(pk=self.instance.population_id))
        self.fields["population"].queryset = chosen.order_by("id")  # type: ignore[attr-defined]
        self.fields["population"].empty_label = _("Choose one")  # type: ignore[attr-defined]
        for name in ("campaign", "goal"):
            self.fields[name].empty_label = _("none")  # type: ignore[attr-defined]
        if self.instance.pk:
            self.initial["medium"] = self.instance.letter.medium
        # Without a line nothing would leave.
        if not sms.is_possible() and self.initial.get("medium") != Medium.SMS:
            del self.fields["medium"]
        self.add_sides(self.instance.letter if self.instance.pk else None)

    @property
    def about(self) -> list[forms.BoundField]:
        return [self[name] for name in (*self.Meta.fields, "medium") if name in self.fields]

    @property
    def medium_chosen(self) -> str:
        return str(self.cleaned_data.get("medium") or Medium.EMAIL)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        texts = self.texts
        for problem in letters.problems(texts, self.medium_chosen):
            if texts.get(problem.language, {}).get(problem.field):
                self.add_error(f"{problem.field}_{problem.language}", problem.message)
        return cleaned

    @classmethod
    def merged(cls, posted: QueryDict, mailing: Mailing, newer: list[AuditEntry], reader: User) -> QueryDict:
        """What was typed, with what somebody else wrote meanwhile where nothing was."""
        now = cls(instance=mailing, reader=reader)
        merged = meanwhile.merged(posted, now, [], newer)
        for name in (f"{part}_{language}" for language in LANGUAGES for part in PARTS):
            shown = now[name].html_initial_name
            if _tidy(posted.get(name, "")) == _tidy(posted.get(shown, "")):
                merged[name] = now.initial[name]
            merged[shown] = now.initial[name]
        return merged


def _tidy(typed: str) -> str:
    return typed.replace("\r\n", "\n").strip()


class MailingsForm(forms.Form):
    """Which mailings are listed."""

    state = forms.ChoiceField(choices=[("", ""), *Mailing.State.choices], required=False)
    page = forms.IntegerField(required=False, min_value=1)


class NowForm(forms.Form):
    """In which state it was when it was shown last."""

    was = forms.ChoiceField(choices=Mailing.State.choices)


class ScheduleForm(forms.Form):
    NOW, LATER = "now", "later"

    when = forms.ChoiceField(
        label=gettext_lazy("When"),
        choices=[(NOW, gettext_lazy("At once")), (LATER, gettext_lazy("At a time"))],
        initial=NOW,
        widget=forms.RadioSelect,
    )
    due_at = MomentInput(label=capfirst(Mailing._meta.get_field("due_at").verbose_name), required=False)

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = now
        self.fields["due_at"].widget.attrs |= {"class": "form-control", "step": "60"}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("when") == self.LATER and "due_at" in cleaned:
            due_at = cleaned["due_at"]
            if due_at is None:
                self.add_error("due_at", _("Give the day and the time, or choose “At once”."))
            elif due_at <= self.now:
                self.add_error(
                    "due_at", _("This is over. Give a time that is yet to come, or choose “At once”.")
                )
        return cleaned

    @property
    def moment(self) -> datetime:
        return self.cleaned_data["due_at"] if self.cleaned_data["when"] == self.LATER else self.now


class RecipientsForm(forms.Form):
    """Who is listed: those who get it, or those who are left out for one reason. `after`: behind that contact."""

    skip = forms.CharField(required=False, max_length=40)
    after = forms.IntegerField(required=False, min_value=0)


class PreviewForm(forms.Form):
    """As whom it is shown, and how; without a contact, as the first who gets it."""

    contact = forms.IntegerField(required=False, min_value=1)
    lang = forms.ChoiceField(choices=[("", ""), *settings.LANGUAGES], required=False)
    width = forms.ChoiceField(choices=[("", ""), ("phone", ""), ("desk", "")], required=False)
    theme = forms.ChoiceField(choices=[("", ""), ("light", ""), ("dark", "")], required=False)


class TestForm(forms.Form):
    """In which language, and as whom; without a contact, as the first who gets it."""

    lang = forms.ChoiceField(
        label=gettext_lazy("Language"),
        choices=settings.LANGUAGES,
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    contact = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)
