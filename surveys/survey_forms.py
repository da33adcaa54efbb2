"""What the pages of surveys ask for: which are listed, a new one, when and how it is open, and what it says around."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, ClassVar, NamedTuple

from django import forms
from django.conf import settings
from django.core.files.base import File
from django.utils.translation import gettext_lazy as _

from accounts.mailing_forms import LANGUAGES, direction_of
from accounts.texts import Text
from surveys import pictures
from surveys.content import Content
from surveys.drafting import seen
from surveys.models import AnonymousBox, Survey
from surveys.previews import AFTER
from surveys.problems import LONGEST_TEXT
from surveys.templates import TEMPLATES

IDENTITY_MEANS = {
    Survey.Identity.IDENTIFIED: _(
        "You see who answered what. A low answer can be followed up with the person who gave it."
    ),
    Survey.Identity.CONFIDENTIAL: _(
        "Answers belong to an account, but are shown from five up only, and without names. Nobody is written to about"
        " an answer unless they ask for it."
    ),
    Survey.Identity.ANONYMOUS: _(
        "It is known that somebody answered, so that they are not reminded; never what. Nothing leads from an answer"
        " to a person or an account."
    ),
}
CONTROL, SELECT, CHECK = {"class": "form-control"}, {"class": "form-select"}, {"class": "form-check-input"}


class Sides(NamedTuple):
    """One text, in each language."""

    label: Any
    fields: list[tuple[str, forms.BoundField]]


def text_field(language: str, *, longest: int, rows: int = 0) -> forms.CharField:
    written = {**CONTROL, "lang": language, "dir": direction_of(language)}
    widget = forms.Textarea({**written, "rows": rows}) if rows else forms.TextInput(written)
    label = dict(settings.LANGUAGES)[language]
    return forms.CharField(label=label, max_length=longest, widget=widget, required=False)


def sides_of(form: forms.BaseForm, name: str, label: Any) -> Sides:
    return Sides(label, [(code, form[f"{name}_{code}"]) for code in LANGUAGES])


def initial_of(name: str, text: Text) -> dict[str, str]:
    return {f"{name}_{code}": text.get(code, "") for code in LANGUAGES}


def text_of(cleaned: dict[str, Any], name: str, before: Text) -> Text:
    """What was typed; languages that the form does not know stay."""
    typed = {code: cleaned.get(f"{name}_{code}", "").replace("\r\n", "\n") for code in LANGUAGES}
    return Text({code: text for code, text in (before | typed).items() if text})


def check_picture(file: File | None) -> File | None:
    if file:
        pictures.check(file)
    return file


def picture_input() -> forms.FileInput:
    return forms.FileInput({**CONTROL, "accept": ",".join(pictures.ENDINGS)})


class SurveysForm(forms.Form):
    """Which surveys are listed; without a state, those that are not archived."""

    state = forms.ChoiceField(choices=[("", ""), *Survey.State.choices], required=False)
    page = forms.IntegerField(required=False, min_value=1)


class LookForm(forms.Form):
    """In which language it is previewed."""

    language = forms.ChoiceField(choices=[("", ""), *settings.LANGUAGES], required=False)


class NewForm(forms.Form):
    name = forms.CharField(
        label=_("Name"), max_length=120, widget=forms.TextInput({**CONTROL, "dir": "auto"}), help_text=""
    )
    template = forms.ChoiceField(
        label=_("Begin with"), choices=[("", ""), *((key, key) for key in TEMPLATES)], required=False
    )


class SettingsForm(forms.ModelForm):
    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    picture = forms.FileField(
        label=_("Logo"),
        required=False,
        widget=picture_input(),
        help_text=_("PNG, JPEG, GIF or WebP, at most 1 MB."),
    )
    drop_logo = forms.BooleanField(
        label=_("Without a logo"), required=False, widget=forms.CheckboxInput(CHECK)
    )

    class Meta:
        model = Survey
        fields: ClassVar = [
            "name",
            "touchpoint",
            "identity",
            "opens",
            "closes",
            "quota",
            "hours_to_edit",
            "colour",
        ]
        widgets: ClassVar = {
            "name": forms.TextInput({**CONTROL, "dir": "auto"}),
            "touchpoint": forms.Select(SELECT),
            "identity": forms.RadioSelect(CHECK),
            "opens": forms.DateInput({**CONTROL, "type": "date"}, format="%Y-%m-%d"),
            "closes": forms.DateInput({**CONTROL, "type": "date"}, format="%Y-%m-%d"),
            "quota": forms.NumberInput(CONTROL),
            "hours_to_edit": forms.NumberInput(CONTROL),
            "colour": forms.TextInput(
                {**CONTROL, "dir": "ltr", "class": "form-control ltr", "placeholder": "#3454d1"}
            ),
        }
        help_texts: ClassVar = {
            "opens": _("Empty: from when it is published."),
            "closes": _("The whole of this day. Empty: until it is archived."),
            "quota": _("Then it closes. Empty: as many as come."),
            "hours_to_edit": _("For so long whoever answered may change or withdraw their answer."),
            "colour": _("Of buttons and of what is chosen."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.was = settings_seen(self.instance)
        self.initial["seen"] = self.was

    @property
    def is_late(self) -> bool:
        """Somebody else changed it since it was shown."""
        return bool(self.data.get("seen")) and self.data["seen"] != self.was

    @property
    def about(self) -> list[forms.BoundField]:
        return [self[name] for name in self.Meta.fields if name not in ("identity", "colour")]

    @property
    def identities(self) -> Iterator[tuple[forms.boundfield.BoundWidget, Any]]:
        """Each way to be asked, and what it means."""
        return zip(self["identity"], IDENTITY_MEANS.values(), strict=True)

    def clean_identity(self) -> str:
        """Whoever answered was told who reads it."""
        wanted, survey = str(self.cleaned_data["identity"]), self.instance
        is_answered = survey.responses.exists() or AnonymousBox.objects.filter(survey=survey).exists()
        if wanted != self.initial["identity"] and is_answered:
            raise forms.ValidationError(
                _("People answered as they were told who reads it. Duplicate the survey to ask otherwise.")
            )
        return wanted

    def clean_colour(self) -> str:
        return self.cleaned_data["colour"].lower()

    def clean_picture(self) -> File | None:
        return check_picture(self.cleaned_data["picture"])

    def save(self, commit: bool = True) -> Survey:
        survey: Survey = self.instance
        if file := self.cleaned_data["picture"]:
            survey.logo.name = pictures.keep(file)
        elif self.cleaned_data["drop_logo"]:
            survey.logo.name = ""
        if commit:
            survey.save(update_fields=[*self.Meta.fields, "logo"])
        return survey


def settings_seen(survey: Survey) -> str:
    return seen([str(getattr(survey, name)) for name in (*SettingsForm.Meta.fields, "logo")])


class TextsForm(forms.Form):
    """What is said before and after the questions."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, content: Content, was: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.content, self.initial["seen"] = content, was
        for name, (_label, text) in self._parts().items():
            for language in LANGUAGES:
                self.fields[f"{name}_{language}"] = text_field(language, longest=LONGEST_TEXT, rows=4)
            self.initial.update(initial_of(name, text))

    def _parts(self) -> dict[str, tuple[Any, Text]]:
        content = self.content
        whole = {"intro": (_("Introduction"), content.intro), "privacy": (_("Privacy"), content.privacy)}
        thanks = {f"thanks{band}": (label, content.thanks.get(band, Text())) for band, label in AFTER.items()}
        return whole | thanks

    @property
    def sides(self) -> list[Sides]:
        return [sides_of(self, name, label) for name, (label, _text) in self._parts().items()]

    def into(self, content: Content) -> Content:
        """With the texts that were typed."""
        typed = {
            name: text_of(self.cleaned_data, name, text) for name, (_label, text) in self._parts().items()
        }
        thanks = {band: typed[f"thanks{band}"] for band in AFTER if typed[f"thanks{band}"]}
        return replace(content, intro=typed["intro"], privacy=typed["privacy"], thanks=thanks)
