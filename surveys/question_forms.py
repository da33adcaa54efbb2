"""What the pages of one question ask for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django import forms
from django.forms.formsets import DELETION_FIELD_NAME, ORDERING_FIELD_NAME
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.mailing_forms import LANGUAGES
from accounts.texts import Text
from surveys import pictures
from surveys.content import (
    CHOOSING,
    MOST_OPTIONS,
    OTHER,
    WITH_OTHER,
    Condition,
    Content,
    Kind,
    Option,
    Question,
)
from surveys.drafting import new_key, of_key
from surveys.library import LIBRARY
from surveys.models import GradedScale
from surveys.problems import LONGEST_OPTION, LONGEST_QUESTION, YES_OR_NO, answers_of
from surveys.scales import Scale
from surveys.survey_forms import (
    CHECK,
    CONTROL,
    SELECT,
    Sides,
    check_picture,
    initial_of,
    picture_input,
    sides_of,
    text_field,
    text_of,
)

MORE_OPTIONS = 3
BOUNDED = frozenset({Kind.SEVERAL, Kind.NUMBER})
# Conditions name what can be chosen, and numbers from one to another.
NAMED = CHOOSING - {Kind.RANKING} | {Kind.SCALE, Kind.YES_NO, Kind.CONSENT}


class AddForm(forms.Form):
    """A question of a kind, or one of the library."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"), choices=Kind.choices, required=False, widget=forms.Select(SELECT)
    )
    validated = forms.ChoiceField(choices=[(one.key, one.key) for one in LIBRARY], required=False)

    def question(self, content: Content) -> Question:
        """One of the library keeps its key, by which it is known from survey to survey."""
        one = next((one for one in LIBRARY if one.key == self.cleaned_data["validated"]), None)
        if one is None:
            kind = Kind(self.cleaned_data["kind"] or Kind.SCALE)
            return Question(new_key(kind.value), kind, Text(), scale="nps" if kind == Kind.SCALE else "")
        return replace(one.question, key=new_key(one.key)) if of_key(content, one.key) else one.question


class StepForm(forms.Form):
    """What is done to a question, and what it was when it was shown."""

    UP, DOWN = "up", "down"

    do = forms.ChoiceField(choices=[(one, one) for one in (UP, DOWN, "remove", "duplicate")])
    seen = forms.CharField(max_length=40, required=False)


class WordingForm(forms.Form):
    language = forms.CharField(max_length=20)
    wording = forms.CharField(max_length=LONGEST_QUESTION)


class OptionForm(forms.Form):
    key = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, is_picture: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for language in LANGUAGES:
            self.fields[f"text_{language}"] = text_field(language, longest=LONGEST_OPTION)
        if is_picture:
            self.fields["picture"] = forms.FileField(
                label=gettext_lazy("Picture"), required=False, widget=picture_input()
            )

    def clean_picture(self) -> Any:
        return check_picture(self.cleaned_data["picture"])

    @property
    def texts(self) -> list[tuple[str, forms.BoundField]]:
        return sides_of(self, "text", "").fields

    @property
    def address(self) -> str:
        """Of the picture that it has."""
        return pictures.address_of(self.initial.get("kept", ""))

    def option(self, before: Mapping[str, Option]) -> Option | None:
        """None: nothing was written, or it was removed."""
        cleaned = self.cleaned_data
        was = before.get(cleaned.get("key", ""))
        text = text_of(cleaned, "text", was.text if was else Text())
        picture = was.picture if was else ""
        if file := cleaned.get("picture"):
            picture = pictures.keep(file)
        if cleaned.get(DELETION_FIELD_NAME) or not (text or picture):
            return None
        return Option(was.key if was else new_key("option"), text, picture)


class OptionsFormSet(forms.BaseFormSet):
    ordering_widget: Any = forms.NumberInput({**CONTROL, "min": "1"})
    deletion_widget: Any = forms.CheckboxInput(CHECK)

    def add_fields(self, form: forms.Form, index: int | None) -> None:
        super().add_fields(form, index)
        form.fields[ORDERING_FIELD_NAME].label = gettext_lazy("Place")
        form.fields[DELETION_FIELD_NAME].label = gettext_lazy("Remove")

    def options(self, before: Sequence[Option]) -> tuple[Option, ...]:
        """In the order of their places; without one, at the end."""
        known = {option.key: option for option in before}
        places = {
            form: (form.cleaned_data.get(ORDERING_FIELD_NAME) or len(self.forms), index)
            for index, form in enumerate(self.forms)
        }
        written = (form.option(known) for form in sorted(self.forms, key=places.__getitem__))
        return tuple(option for option in written if option)


_OptionsFormSet = forms.formset_factory(
    OptionForm,
    formset=OptionsFormSet,
    extra=MORE_OPTIONS,
    can_delete=True,
    can_order=True,
    max_num=MOST_OPTIONS,
    absolute_max=MOST_OPTIONS + MORE_OPTIONS,
)


def options_form(question: Question, *given: Any) -> Any:
    """None where there is nothing to choose from."""
    if question.kind not in CHOOSING:
        return None
    initial = [
        {"key": option.key, "kept": option.picture, **initial_of("text", option.text)}
        for option in question.options
    ]
    is_picture = question.kind == Kind.PICTURE
    posted, files = given or (None, None)
    return _OptionsFormSet(
        posted, files, initial=initial, prefix="options", form_kwargs={"is_picture": is_picture}
    )


class QuestionForm(forms.Form):
    """`content`: the draft that it stands in; `was`: what the question was when it is shown."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    required = forms.BooleanField(
        label=gettext_lazy("Must be answered"), required=False, widget=forms.CheckboxInput(CHECK)
    )

    def __init__(
        self,
        *args: Any,
        question: Question,
        content: Content,
        scales: Mapping[str, Scale],
        was: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.question, self.scales = question, scales
        self.initial.update(
            seen=was, **initial_of("text", question.text), **initial_of("help", question.help)
        )
        for language in LANGUAGES:
            self.fields[f"text_{language}"] = text_field(language, longest=LONGEST_QUESTION, rows=2)
            self.fields[f"help_{language}"] = text_field(language, longest=LONGEST_QUESTION)
        if not question.is_answered:
            del self.fields["required"]
        self._add_of_kind()
        self.earlier = [one for one in _before(content, question) if one.kind in NAMED | {Kind.NUMBER}]
        for one in self.earlier:
            self._add_condition(one)
        for name in OWN:
            if name in self.fields:
                self.initial[name] = getattr(question, name)

    def _add_of_kind(self) -> None:
        kind = self.question.kind
        if kind == Kind.SCALE:
            choices = [
                ("", _("Choose one")),
                *((key, str(scale.name)) for key, scale in self._offered().items()),
            ]
            self.fields["scale"] = forms.ChoiceField(
                label=_("Scale"), choices=choices, required=False, widget=forms.Select(SELECT)
            )
            self._add_tick("is_turned", _("Asked the other way round: more is worse"))
        if kind in CHOOSING - {Kind.RANKING}:
            self._add_tick("is_shuffled", _("In another order for each person"))
        if kind in WITH_OTHER:
            self._add_tick("has_other", _("With “Other”, to be written"))
        if kind in BOUNDED:
            self._add_number("least", _("Least"))
            self._add_number("most", _("Most"))

    def _offered(self) -> dict[str, Scale]:
        """An archived one only where it is asked already."""
        mine = {key: scale for key, scale in self.scales.items() if key == self.question.scale}
        return GradedScale.objects.filter(archived=False).by_key() | mine

    def _add_tick(self, name: str, label: str) -> None:
        self.fields[name] = forms.BooleanField(label=label, required=False, widget=forms.CheckboxInput(CHECK))

    def _add_number(self, name: str, label: str) -> None:
        self.fields[name] = forms.IntegerField(label=label, required=False, widget=forms.NumberInput(CONTROL))

    def _add_condition(self, earlier: Question) -> None:
        name, text = f"if_{earlier.key}", str(earlier.text) or earlier.key
        known = next((one for one in self.question.shows_if if one.question == earlier.key), None)
        if earlier.kind == Kind.NUMBER:
            self._add_number(f"{name}_least", _("From"))
            self._add_number(f"{name}_most", _("To"))
            if known:
                self.initial.update({f"{name}_least": known.least, f"{name}_most": known.most})
            return
        self.fields[name] = forms.MultipleChoiceField(
            label=text,
            choices=_answers(earlier, self.scales),
            required=False,
            widget=forms.CheckboxSelectMultiple(CHECK),
        )
        if known:
            self.initial[name] = _named(known, answers_of(earlier, self.scales))

    @property
    def texts(self) -> list[Sides]:
        return [sides_of(self, "text", _("Question")), sides_of(self, "help", _("Help beneath it"))]

    @property
    def own(self) -> list[forms.BoundField]:
        return [self[name] for name in OWN if name in self.fields]

    @property
    def conditions(self) -> Iterator[tuple[Question, list[forms.BoundField]]]:
        """Each earlier question by which it can be shown, with its fields."""
        for one in self.earlier:
            names = (f"if_{one.key}", f"if_{one.key}_least", f"if_{one.key}_most")
            yield one, [self[name] for name in names if name in self.fields]

    @property
    def has_conditions(self) -> bool:
        return bool(self.question.shows_if)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        least, most = cleaned.get("least"), cleaned.get("most")
        if least is not None and most is not None and least > most:
            self.add_error("most", _("This is less than the least."))
        return cleaned

    def written(self, options: tuple[Option, ...]) -> Question:
        cleaned, was = self.cleaned_data, self.question
        own = {name: cleaned[name] for name in OWN if name in self.fields}
        conditions = (self._condition(one) for one in self.earlier)
        return replace(
            was,
            text=text_of(cleaned, "text", was.text),
            help=text_of(cleaned, "help", was.help),
            options=options,
            shows_if=tuple(one for one in conditions if one),
            **own,
        )

    def _condition(self, earlier: Question) -> Condition | None:
        """None: nothing is said about that question. Values of a scale in a row are kept as from one to another."""
        name, cleaned = f"if_{earlier.key}", self.cleaned_data
        if earlier.kind == Kind.NUMBER:
            least, most = cleaned[f"{name}_least"], cleaned[f"{name}_most"]
            return None if least is None and most is None else Condition(earlier.key, (), least, most)
        chosen = cleaned[name]
        if earlier.kind == Kind.SCALE and chosen:
            values = sorted(map(int, chosen))
            if values == list(range(values[0], values[-1] + 1)):
                return Condition(earlier.key, (), values[0], values[-1])
        return Condition(earlier.key, tuple(chosen)) if chosen else None


# As a question has them.
OWN = ("scale", "is_turned", "required", "is_shuffled", "has_other", "least", "most")


def _before(content: Content, question: Question) -> list[Question]:
    keys = [one.key for one in content.questions]
    return list(content.questions[: keys.index(question.key)]) if question.key in keys else []


def _answers(question: Question, scales: Mapping[str, Scale]) -> list[tuple[str, str]]:
    """What can be answered, in words."""
    words = {option.key: str(option.text) or option.key for option in question.options}
    words[OTHER] = _("Other")
    words |= dict(zip(YES_OR_NO, (_("Yes"), _("No")), strict=True))
    if question.scale in scales:
        points = scales[question.scale].points
        words |= {
            str(point.value): " ".join([str(point.value), str(point.label)]).strip() for point in points
        }
    return [(key, words[key]) for key in answers_of(question, scales)]


def _named(condition: Condition, answers: list[str]) -> list[str]:
    if condition.one_of:
        return list(condition.one_of)
    least, most = condition.least, condition.most
    return [
        one
        for one in answers
        if one.lstrip("-").isdecimal()
        and (least is None or int(one) >= least)
        and (most is None or int(one) <= most)
    ]
