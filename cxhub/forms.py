from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cxhub.books import Book, first_of


class HomeForm(forms.Form):
    book = forms.ChoiceField(label=_("Accounts"), required=False)

    def __init__(self, *args: Any, books: list[Book], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.books = {book.key: book for book in books}
        self.fields["book"].choices = [(book.key, book.label) for book in books]  # type: ignore[attr-defined]

    def clean_book(self) -> Book:
        return self.books.get(self.cleaned_data["book"]) or first_of(list(self.books.values()))


class PageForm(forms.Form):
    page = forms.IntegerField(label=_("Page"), required=False, min_value=1)


class RunsForm(PageForm):
    of = forms.ChoiceField(label=_("By"), required=False, choices=[("programs", _("Programs"))])
