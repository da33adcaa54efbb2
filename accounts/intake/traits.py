"""Which trait of a sender goes into which field of a contact or an account, and how its value is read."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from accounts import declared
from accounts.attributes import key_of
from accounts.imports import columns as cells
from accounts.imports.columns import Conventions, Refused, with_latin_digits
from accounts.imports.records import is_text
from accounts.models import Account, AttributeDefinition, Contact, TraitField
from accounts.texts import TURNING

# Raises Refused.
Reader = Callable[[Any], Any]
Traits = Mapping[str, Any]

About = TraitField.About
FIRST, LAST = "first", "last"
# Of several traits that say one field the first counts.
DEFAULTS: dict[str, dict[str, str]] = {
    About.PERSON: {
        "email": "email",
        "name": "name",
        "firstName": FIRST,
        "first_name": FIRST,
        "lastName": LAST,
        "last_name": LAST,
        "phone": "phone",
        "language": "language",
        "locale": "language",
        "timezone": "time_zone",
        "timeZone": "time_zone",
        "time_zone": "time_zone",
        "createdAt": "joined",
        "created_at": "joined",
    },
    About.ACCOUNT: {
        "name": "name",
        "industry": "industry",
        "website": "website",
        "country": "country",
        "address.country": "country",
    },
}
# A trait may lie so deep within another, as country does within address.
DEEPEST = 3
LONGEST_NAME = 120
# What goes nowhere is kept, in case somebody says where it goes; but no pictures.
LONGEST_KEPT = 1000
LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:[-_.@].*)?")
SECONDS = re.compile(r"[0-9]{9,10}(?:\.[0-9]+)?")
MILLISECONDS = re.compile(r"[0-9]{12,13}")
_TURNING = re.compile(f"[{TURNING}]")


@dataclass(frozen=True)
class Rules:
    """`fields`: by trait, those first that count more. `readers`: by field."""

    fields: Mapping[str, str]
    readers: Mapping[str, Reader]

    def fits(self, trait: str, value: Any) -> bool:
        reader = self.readers.get(self.fields.get(trait, ""))
        if reader is None:
            return True
        try:
            reader(value)
        except Refused:
            return False
        return True

    def knows(self, trait: str) -> bool:
        return self.fields.get(trait, "") in self.readers

    def read(self, traits: Traits) -> dict[str, Any]:
        """By field what the traits say of it."""
        found: dict[str, Any] = {}
        for trait, field in self.fields.items():
            if trait in traits and field in self.readers and field not in found:
                try:
                    found[field] = self.readers[field](traits[trait])
                except Refused:
                    # It fitted when it was said; the rule is another one now.
                    continue
        if "joined" in found and "left" in found and found["left"] < found["joined"]:
            # Whoever left and came back.
            del found["left"]
        names = [found.pop(part) for part in (FIRST, LAST) if part in found]
        return {"name": " ".join(names), **found} if names else found

    def email(self, traits: Traits) -> str:
        """The address in small letters, as addresses are compared."""
        for trait, field in self.fields.items():
            if field == "email" and trait in traits and self.fits(trait, traits[trait]):
                return _cell(traits[trait]).lower()
        return ""


def rules(zone: ZoneInfo) -> tuple[Rules, Rules]:
    """Of persons and of accounts, as they are now. One query, and another where declared attributes are named."""
    rows: dict[str, dict[str, str]] = {About.PERSON: {}, About.ACCOUNT: {}}
    for about, trait, field in TraitField.objects.order_by("id").values_list("about", "trait", "field"):
        rows[about][trait] = field
    readers = of_accounts(AttributeDefinition.objects.named(rows[About.ACCOUNT].values()).values())
    return (
        Rules(_fields(About.PERSON, rows), of_persons(zone)),
        Rules(_fields(About.ACCOUNT, rows), readers),
    )


def _fields(about: str, rows: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """What the organisation says counts before what we know anyway; a field that is none takes a default away."""
    own = rows[about]
    return {**own, **{trait: field for trait, field in DEFAULTS[about].items() if trait not in own}}


def of_persons(zone: ZoneInfo) -> dict[str, Reader]:
    return {
        "email": _of_text(cells.email),
        "name": _limited(Contact, "name"),
        FIRST: partial(_text, limit=99),
        LAST: partial(_text, limit=99),
        "phone": lambda value: with_latin_digits(_limited(Contact, "phone")(value)),
        "language": _language,
        "time_zone": _of_text(cells.time_zone),
        "joined": partial(_day, zone=zone),
        "left": partial(_day, zone=zone),
        "role": _of_text(partial(cells.choice, among=Contact.Role.values)),
        "preferred_channel": _limited(Contact, "preferred_channel"),
        "preferred_hour": _of_text(partial(cells.integer, least=0, most=23)),
    }


def of_accounts(definitions: Iterable[AttributeDefinition] = ()) -> dict[str, Reader]:
    named = ["name", "industry", "acquired_channel", "acquired_campaign", "segment", "tier", "region"]
    return {
        **{name: _limited(Account, name) for name in named},
        "stage": _of_text(partial(cells.choice, among=Account.Stage.values)),
        "website": _of_text(cells.address),
        "country": _of_text(cells.country),
        **{one.field: partial(_declared, definition=one) for one in definitions},
    }


# What is said


def flat(traits: Traits, deepest: int = DEEPEST) -> dict[str, Any]:
    """{"address": {"country": "SA"}} as {"address.country": "SA"}, without what says nothing."""
    found: dict[str, Any] = {}
    for name, value in traits.items():
        if isinstance(value, dict):
            below = flat(value, deepest - 1) if deepest > 1 else {}
            found |= {f"{name}.{part}": one for part, one in below.items()}
        elif not _says_nothing(value):
            found[name] = value
    return {name: value for name, value in found.items() if len(name) <= LONGEST_NAME}


def may_be_kept(value: Any) -> bool:
    if not isinstance(value, str | list):
        return True
    text = canonical(value)
    return len(text) <= LONGEST_KEPT and is_text(text)


def canonical(value: Any) -> str:
    """Of two that were said at the same moment the greater one counts: one of them must."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _says_nothing(value: Any) -> bool:
    return value is None or value == [] or (isinstance(value, str) and not value.strip())


# Readers


def _cell(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"{Decimal(str(value)):f}"
        case str():
            return _straight(cells.whole(value.strip()))
    raise Refused(_("A plain value belongs here, no list and no object."))


def _straight(text: str) -> str:
    """What a sender says is shown to people, among what others said."""
    if _TURNING.search(text):
        raise Refused(_("This holds control characters that turn the direction of text. Send it without."))
    return text


def _of_text(parse: cells.Parse) -> Reader:
    return lambda value: parse(_cell(value), Conventions())


def _text(value: Any, *, limit: int) -> str:
    return cells.text(_cell(value), Conventions(), limit=limit)


def _limited(model: type[Account | Contact], name: str) -> Reader:
    limit = getattr(model._meta.get_field(name), "max_length", None)
    return partial(_text, limit=int(limit or 0))


def _language(value: Any) -> str:
    """ar_SA is ar: by that surveys are translated and figures split."""
    if found := LANGUAGE.fullmatch(_cell(value)):
        return found[1].lower()
    raise Refused(_("This is no language. Give a code such as ar."))


def _day(value: Any, *, zone: ZoneInfo) -> date:
    """A moment, also as seconds since 1970, is its day here."""
    cell = with_latin_digits(_cell(value))
    if MILLISECONDS.fullmatch(cell):
        return datetime.fromtimestamp(int(cell) // 1000, UTC).astimezone(zone).date()
    if SECONDS.fullmatch(cell):
        return datetime.fromtimestamp(int(float(cell)), UTC).astimezone(zone).date()
    return cells.moment(cell, replace(Conventions(), zone=zone)).astimezone(zone).date()


def _declared(value: Any, *, definition: AttributeDefinition) -> str:
    for one in value if isinstance(value, list) else [value]:
        _straight(str(one))
    try:
        read = declared.read({key_of(definition.field): value}, [definition])
    except declared.NotRead as refused:
        raise Refused(str(refused)) from None
    return read[definition.field]
