"""What the page of a letter asks for that goes out by what happens."""

from typing import Any

from django import forms

from accounts.mailing_forms import LetterForm
from accounts.messages import letters
from accounts.models import Letter


class AskingForm(LetterForm):
    """It goes out as it is saved, and so nothing of it may be missing."""

    seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, letter: Letter, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.letter, self.initial["seen"] = letter, letter.pk
        self.add_sides(letter)

    @property
    def medium_chosen(self) -> str:
        return self.letter.medium

    @property
    def parts(self) -> list[Any]:
        """Of an SMS the text alone."""
        names = None if self.letter.medium == "email" else (letters.BODY,)
        return [
            side._replace(fields=[one for one in side.fields if not names or one.name.startswith(names)])
            for side in self.sides
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for problem in letters.problems(self.texts, self.medium_chosen):
            self.add_error(f"{problem.field or letters.BODY}_{problem.language}", problem.message)
        return cleaned
