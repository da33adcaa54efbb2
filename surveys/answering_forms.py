"""What the answering page asks of addresses and of whoever answers."""

from collections.abc import Mapping
from dataclasses import replace
from random import Random
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from surveys.answer_fields import NO, YES, fields_of, kept, with_words, words_of
from surveys.content import OTHER, Content, Kind, Question
from surveys.scales import Scale

# Names of fields that no question can have.
FORM, SEEN, HOMEPAGE, CONTACT, STEP = "_form", "_seen", "_homepage", "_contact", "_step"
SAVE, LANGUAGE, SEND = "save", "language", "send"


class AddressForm(forms.Form):
    """`value`: of the first scale, as a button in a mail chose it. `change`, `anew`: answer otherwise, or once more."""

    language = forms.CharField(max_length=10, required=False)
    value = forms.IntegerField(required=False)
    change = forms.BooleanField(required=False)
    anew = forms.BooleanField(required=False)


class AroundForm(forms.Form):
    """What comes with the answers. No person sees the field of the homepage."""

    step = forms.ChoiceField(choices=[(one, one) for one in (SEND, SAVE, LANGUAGE)], required=False)
    form = forms.CharField(required=False)
    seen = forms.CharField(required=False)
    homepage = forms.CharField(required=False)
    contact = forms.BooleanField(label=_("Please contact me about my answers"), required=False)

    def add_prefix(self, field_name: str) -> str:
        return f"_{field_name}"


class AnswersForm(forms.Form):
    """A field for each question. What is required is decided by what is shown, not here."""

    use_required_attribute = False

    def __init__(
        self,
        content: Content,
        scales: Mapping[str, Scale],
        language: str,
        *,
        sent: Any,
        given: Mapping[str, Any],
    ) -> None:
        answered = [one for one in content.questions if one.key in given]
        initial = {one.key: _as_entered(one, given[one.key]) for one in answered}
        initial |= {words_of(one.key): _own_words(given[one.key]) for one in answered if one.has_other}
        super().__init__(sent, initial=initial)
        self.content = content
        for question in content.questions:
            if question.is_answered:
                self.fields |= fields_of(replace(question, required=False), scales, language)

    def clean(self) -> dict[str, Any]:
        """Own words count where they stand for something."""
        cleaned = super().clean() or {}
        for question in self.content.questions:
            if question.has_other:
                self._take_words(question.key, cleaned)
        return cleaned

    def _take_words(self, key: str, cleaned: dict[str, Any]) -> None:
        words = cleaned.pop(words_of(key), "")
        if wrong := self.errors.pop(words_of(key), None):
            self.add_error(key, wrong.as_data())
            return
        chosen = cleaned.get(key)
        said = with_words(chosen, words)
        if said != chosen and not words:
            self.add_error(key, _("Please say what."))
        elif said != chosen:
            cleaned[key] = said

    @property
    def answers(self) -> dict[str, Any]:
        """Those that are well, as they are kept; no consent that must be given and was not."""
        if not self.is_bound:
            return {}
        self.is_valid()
        asked = {question.key: question for question in self.content.questions}
        found = {key: kept(value) for key, value in self.cleaned_data.items()}
        return {
            key: value
            for key, value in found.items()
            if value is not None and not (value is False and _must_be_given(asked[key]))
        }


def shuffled(content: Content, seed: str) -> Content:
    """The options of questions that say so in an order of their own for each, which stays that one's."""
    return replace(content, questions=tuple(_shuffled(question, seed) for question in content.questions))


def _shuffled(question: Question, seed: str) -> Question:
    if not question.is_shuffled:
        return question
    options = list(question.options)
    Random(f"{seed} {question.key}").shuffle(options)  # noqa: S311
    return replace(question, options=tuple(options))


def _must_be_given(question: Question) -> bool:
    return question.kind == Kind.CONSENT and question.required


def _as_entered(question: Question, answer: Any) -> Any:
    if question.kind == Kind.YES_NO:
        return YES if answer else NO
    if question.kind == Kind.RANKING:
        return [answer.index(one.key) + 1 if one.key in answer else "" for one in question.options]
    if question.kind == Kind.SEVERAL:
        return [_chosen(one) for one in answer]
    return _chosen(answer) if question.has_other else answer


def _chosen(one: Any) -> Any:
    return OTHER if isinstance(one, dict) else one


def _own_words(answer: Any) -> str:
    listed = answer if isinstance(answer, list) else [answer]
    return next((one["other"] for one in listed if isinstance(one, dict)), "")
