"""Merge fields in letters: {{ account }}, or {{ first_name | there }} for whoever has none.

Whoever lacks a value that has no words in its stead is not written to, and listed with that reason.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

FIELDS = {
    "name": _("The person's name"),
    "first_name": _("The person's first name"),
    "account": _("The account's name"),
    "csm": _("The name of the account's CSM"),
    "csm_email": _("The e-mail address of the account's CSM"),
    "organisation": _("Our own name"),
}
FIELD = re.compile(r"\{\{([^{}]*)\}\}")
_BRACES = re.compile(r"\{\{|\}\}")
# First names of two words: "عبد الله", "Abu Bakr".
BEGINNINGS = frozenset(
    (
        "عبد",
        "أبو",
        "ابو",
        "أبا",
        "أم",
        "ام",
        "ابن",
        "بن",
        "بنت",
        "آل",
        "abd",
        "abdul",
        "abdel",
        "abu",
        "umm",
        "um",
        "ibn",
        "bin",
        "bint",
    )
)

TITLES = (
    "mr",
    "mrs",
    "ms",
    "dr",
    "prof",
    "eng",
    "د",
    "أ",
    "ا",
    "م",
    "السيد",
    "السيدة",
    "الدكتور",
    "الدكتورة",
    "المهندس",
    "المهندسة",
    "الأستاذ",
    "الاستاذ",
    "الأستاذة",
    "الاستاذة",
    "الشيخ",
)
# At the beginning of a name, in small or capital letters: "Prof. Dr. ", "أ.د. ", "م/".
TITLED = rf"^(?:(?:{'|'.join(TITLES)})(?: *[./]+ *| +))+"


@dataclass(frozen=True)
class Field:
    """`instead`: what stands there for whoever has no value; None: then nothing is written to them."""

    name: str
    instead: str | None

    @property
    def is_known(self) -> bool:
        return self.name in FIELDS


def fields(text: str) -> list[Field]:
    return [_read(inside) for inside in FIELD.findall(text)]


def is_closed(text: str) -> bool:
    """Whether each {{ has its }}, with nothing of the kind between them."""
    return not _BRACES.search(FIELD.sub("", text))


def marked(text: str, mark: str, places: list[Field]) -> str:
    """Each field becomes the mark with its number among the places, to which it is added where it is new."""

    def numbered(match: re.Match[str]) -> str:
        field = _read(match[1])
        if field not in places:
            places.append(field)
        return numbered_mark(mark, places.index(field))

    return FIELD.sub(numbered, text)


def numbered_mark(mark: str, number: int) -> str:
    """Letters and digits alone: they stand in addresses too, and no tool between here and the mail changes them."""
    return f"{mark}n{number}e"


def value_of(field: Field, values: Mapping[str, str]) -> str:
    return values.get(field.name) or field.instead or ""


def _read(inside: str) -> Field:
    name, bar, instead = inside.partition("|")
    return Field(name.strip(), instead.strip() if bar else None)
