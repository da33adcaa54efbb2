"""The texts of the product and their Arabic: found in code and templates, checked, compiled.

Without GNU gettext, which a new machine does not have.
"""

import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation import gettext_noop
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("accounts", "surveys", "metrics", "cxhub")
ARABIC = ROOT / "cxhub" / "locale" / "ar" / "LC_MESSAGES" / "django.po"
PLURAL_FORMS = 6
# As gettext and Django have it: 11 to 99 take the fifth form, hundreds the last. Babel has these two the other way.
PLURALS = (
    "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2"
    " : n%100>=3 && n%100<=10 ? 3 : n%100>=11 && n%100<=99 ? 4 : 5);"
)
# Texts of libraries whose own Arabic is wrong. To allauth, MFA is the ministry of foreign affairs.
CORRECTED = [gettext_noop("MFA")]
# The file's history says when it changed; a date inside would change it every time.
UNDATED = datetime(2026, 1, 1, tzinfo=UTC)

KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "_lazy": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
PLACEHOLDER = re.compile(r"%\((\w+)\)[a-z]|\{(\w*)\}|%[sd]")


def collect(root: Path = ROOT) -> Catalog:
    catalog = Catalog()
    for file in sources(root):
        for line, text, comments, context in messages(file):
            catalog.add(
                text,
                locations=[(str(file.relative_to(root)), line)],
                auto_comments=comments,
                context=context,
            )
    return catalog


def sources(root: Path) -> Iterator[Path]:
    for room in ROOMS:
        yield from sorted((root / room).rglob("*.py"))
        for suffix in ("*.html", "*.txt", "*.mjml"):
            yield from sorted((root / room).glob(f"**/templates/**/{suffix}"))


def messages(file: Path) -> Iterator[tuple[int, str | tuple[str, ...], list[str], str | None]]:
    source = file.read_text(encoding="utf-8")
    if file.suffix != ".py":
        # Django turns a template into something like Python; where its lines begin means nothing there.
        source = "\n".join(line.lstrip() for line in templatize(source, origin=str(file)).splitlines())
    yield from extract("python", io.BytesIO(source.encode()), KEYWORDS, ("Translators:",))


def read(file: Path = ARABIC) -> Catalog:
    with file.open("rb") as po:
        return read_po(po, locale="ar", abort_invalid=True)


def write(catalog: Catalog, file: Path = ARABIC) -> None:
    """Without line numbers, so that moving code changes no translation."""
    text = io.BytesIO()
    write_po(text, catalog, width=0, no_location=True, sort_output=True, ignore_obsolete=True)
    file.write_bytes(text.getvalue())


def updated(known: Catalog, found: Catalog) -> Catalog:
    """The found messages with the translations that are known; what is not used any more falls out."""
    result = Catalog(
        locale="ar",
        header_comment="# The Arabic of cxhub. `manage.py extract_messages` brings it in line with the code.",
        project="cxhub",
        version="1",
        last_translator="cxhub",
        language_team="Arabic",
        msgid_bugs_address="cxhub",
        creation_date=UNDATED,
        revision_date=UNDATED,
        fuzzy=False,
    )
    result.mime_headers = [("Plural-Forms", PLURALS)]
    for message in found:
        if not message.id:
            continue
        old = known.get(text_of(message), message.context)
        result.add(
            message.id,
            string=old.string if old and fits(message, old) else None,
            auto_comments=message.auto_comments,
            context=message.context,
        )
    return result


def fits(message: Message, old: Message) -> bool:
    """A text that got a plural, or lost it, needs another translation."""
    return isinstance(message.id, str) is isinstance(old.string, str)


def text_of(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def faults(catalog: Catalog) -> list[str]:
    """What a reader of Arabic would stumble over: a missing text or form, a lost or invented placeholder."""
    found = []
    for message in catalog:
        if not message.id:
            continue
        forms = [message.string] if isinstance(message.string, str) else list(message.string or ())
        wanted = 1 if isinstance(message.id, str) else PLURAL_FORMS
        name = repr(text_of(message))
        if len(forms) != wanted or not all(forms):
            found.append(f"{name}: not translated in all {wanted} forms")
        else:
            found += [
                f"{name}: other placeholders in {form!r}" for form in forms if not agrees(message, form)
            ]
    return found


def agrees(message: Message, form: str) -> bool:
    """A plural form may leave the number out ("one day"), a plain text nothing; neither invents one."""
    ids = [message.id] if isinstance(message.id, str) else list(message.id)
    wanted, got = placeholders(*ids), placeholders(form)
    return got == wanted if isinstance(message.id, str) else got <= wanted


def placeholders(*texts: str) -> set[str]:
    return {match.group() for text in texts for match in PLACEHOLDER.finditer(text)}


def compile_catalog(file: Path) -> bool:
    """Writes the .mo beside the .po if it is not as new; says whether it did."""
    target = file.with_suffix(".mo")
    if target.exists() and target.stat().st_mtime_ns >= file.stat().st_mtime_ns:
        return False
    catalog = read(file)
    compiled = io.BytesIO()
    write_mo(compiled, catalog)
    # In one step: a server may be reading it.
    fresh = target.with_suffix(".mo.new")
    fresh.write_bytes(compiled.getvalue())
    fresh.replace(target)
    return True
