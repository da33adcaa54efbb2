"""Which field a column of a file means, and how the file writes days and numbers: proposals for a person to look at."""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median_high

from accounts.imports.columns import SERIAL, Conventions, Refused, moment, number
from accounts.texts import search_key

# What files call our fields, besides the field's own names. A name that is ambiguous is not here.
SYNONYMS: Mapping[str, str] = {
    "name": "full name, display name, الاسم, الإسم",
    "email": "e-mail, mail, e-mail address, email address, البريد الإلكتروني, الايميل, بريد",
    "phone": "mobile, telephone, tel, phone number, mobile number, الهاتف, الجوال, رقم الجوال, رقم الهاتف",
    "country": "country code, البلد, الدولة",
    "industry": "sector, business, القطاع, النشاط, المجال",
    "website": "url, web, site, domain, homepage, الموقع, الموقع الإلكتروني",
    "stage": "status, lifecycle, lifecycle stage, customer status, الحالة, المرحلة",
    "segment": "customer segment, الشريحة, الفئة",
    "region": "area, territory, المنطقة",
    "owner": "account manager, csm, account owner, owner email, customer success manager, المسؤول, مدير الحساب",
    "team": "الفريق",
    "parent": "parent account, parent company, group, الشركة الأم",
    "role": "job title, title, position, المنصب, الوظيفة, الدور",
    "language": "اللغة",
    "account": "customer, company, client, customer id, account id, company id, client id, customer no,"
    " customer number, account number, customer code, رقم العميل, معرف العميل, رمز العميل, العميل, الشركة, رقم الحساب",
    "plan": "package, product plan, plan code, الخطة, الباقة",
    "price": "amount, fee, monthly price, monthly fee, monthly amount, mrr, price per month, السعر, المبلغ,"
    " السعر الشهري, القيمة الشهرية, القيمة",
    "amount": "total, value, net amount, price, dollar value, المبلغ, القيمة, الإجمالي",
    "currency": "currency code, ccy, العملة",
    "starts": "start, start date, starts on, from, valid from, contract start, begin, تاريخ البدء, تاريخ البداية,"
    " البداية, من, يبدأ في, بداية العقد",
    "ends": "end, end date, ends on, until, to, valid to, contract end, expiry, expiry date, تاريخ الانتهاء,"
    " تاريخ النهاية, النهاية, إلى, نهاية العقد",
    "quantity": "qty, seats, licences, licenses, units, الكمية, عدد المقاعد, العدد",
    "interval": "billing interval, billing period, billing, دورة الفوترة",
    "ordered_at": "date, order date, ordered, purchase date, التاريخ, تاريخ الطلب",
    "number": "order number, order no, رقم الطلب",
    "opened_at": "created, created at, opened, تاريخ الفتح",
    "happened_at": "timestamp, time, complete timestamp, الوقت",
    "kind": "type, activity, النوع",
    "day": "date, التاريخ, اليوم",
    "reason": "السبب",
    "joined": "joined on, since, member since, تاريخ الانضمام",
    "from_day": "valid from, as of, counts from, منذ",
    "channel": "القناة",
    "month": "الشهر",
    "sku": "product code, item code, رمز المنتج",
    "code": "plan code, رمز الخطة",
    "tags": "labels, keywords, العلامات, الكلمات الدلالية, التصنيفات",
}
# What they call a row's own id, and its name, depends on what the row is.
OF_RESOURCE: Mapping[str, Mapping[str, str]] = {
    "accounts": {
        "id": "customer id, account id, company id, client id, customer no, customer number, account number,"
        " customer code, رقم العميل, معرف العميل, رمز العميل, رقم الحساب",
        "name": "customer, company, client, account, customer name, company name, client name, account name, العميل,"
        " الشركة, اسم العميل, اسم الشركة",
    },
    "contacts": {
        "id": "contact id, person id, contact no, رقم جهة الاتصال",
        "name": "contact, contact name, person, جهة الاتصال, اسم جهة الاتصال",
    },
    "subscriptions": {
        "id": "subscription id, subscription no, contract id, contract no, contract number, contract, agreement no,"
        " رقم العقد, رقم الاشتراك, معرف الاشتراك, العقد, الاشتراك"
    },
    "terms": {"id": "term id, contract id, contract no, contract number, renewal id, رقم العقد"},
    "orders": {"id": "order id, invoice no, رقم الطلب"},
    "payments": {"id": "payment id, invoice no, invoice number, رقم الدفعة, رقم الفاتورة"},
    "tickets": {"id": "ticket id, case id, ticket no, case number, رقم التذكرة"},
    "leads": {"id": "lead id, رقم العميل المحتمل"},
    "plans": {"code": "plan, id, الخطة", "name": "plan name, اسم الخطة"},
    "products": {"sku": "id, product id", "name": "product, product name, المنتج, اسم المنتج"},
}
ID_NAMES = "id, no, number, ref, reference, key, external id, الرقم, رقم, المعرف, معرف"
NOT_A_LETTER = re.compile(r"[\W_]+")
CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")

# In the order in which they are proposed. A day stands in them as people write it, the month behind it or before it.
DAYS: tuple[str, ...] = (
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%d.%m.%Y",
    "%d/%m/%y",
    "%m/%d/%y",
    "%d.%m.%y",
)
DAYS += ("%Y.%m.%d", "%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y")
FORMATS = tuple(f"{a_day}{a_time}" for a_time in ("", " %H:%M", " %H:%M:%S", " %I:%M %p") for a_day in DAYS)
# Of a hundred days ten may be slips: those are rejected, each with its line.
ENOUGH = 0.9
# The names of columns reach about as far as the rows below, those of a few may be missing.
REACHING = 0.75


def plain(name: str) -> str:
    """Names that differ in case, spelling of Arabic letters and punctuation are one."""
    folded = search_key(CAMEL.sub(" ", unicodedata.normalize("NFKC", name)))
    words = NOT_A_LETTER.sub(" ", folded).split()
    return " ".join(word.removeprefix("ال") or word for word in words)


def row_of_names(rows: Sequence[tuple[int, Sequence[str]]], known: Collection[str] = ()) -> int:
    """On which line the columns are named: a title above does not reach as far as the table. `known` names say more."""
    found = [(line, [cell.strip() for cell in cells]) for line, cells in rows]
    found = [(line, cells) for line, cells in found if any(cells)]
    for line, cells in found:
        names = {plain(cell) for cell in cells if cell}
        if 2 * len(names & set(known)) > len(names):
            return line
    if not found:
        return 1
    reaches = {line: max(place for place, cell in enumerate(cells, 1) if cell) for line, cells in found}
    usual = median_high(reaches.values())
    for line, cells in found:
        if reaches[line] >= REACHING * usual and (usual < 3 or sum(map(bool, cells)) > 1):
            return line
    return found[0][0]


def mapping(
    header: Sequence[str], names: Mapping[str, Collection[str]], resource: str = "", id_field: str = ""
) -> dict[str, str]:
    """column -> field, each at most once. `names`: what each field is called, in every language.

    What a field is called itself counts more than what others call it, and that more than the name of an id.
    """
    rounds: list[dict[str, str]] = [{}, {}, {}]
    for field, own in names.items():
        of_resource = OF_RESOURCE.get(resource, {}).get(field, "")
        rounds[0] |= {plain(name): field for name in [field, *own]}
        rounds[1] |= {plain(name): field for name in of_resource.split(",") if name}
        rounds[2] |= {
            plain(name): field
            for name in SYNONYMS.get(field, "").split(",")
            if name and plain(name) not in rounds[2]
        }
    if id_field in names:
        rounds.append({plain(name): id_field for name in ID_NAMES.split(",")})
    found: dict[str, str] = {}
    for known in (rounds[1], rounds[0], *rounds[2:]):
        for column in header:
            field = known.get(plain(column), "")
            if field and column not in found and field not in found.values() and header.count(column) == 1:
                found[column] = field
    return found


@dataclass(frozen=True)
class Format:
    """A way to read days: how many of the sample it reads, and one of them as an example."""

    pattern: str
    fits: int
    total: int
    example: str = ""
    read: datetime | None = None


def date_formats(cells: Iterable[str]) -> list[Format]:
    """Ways to read nearly all of the days, those that read most of them first; `""` is year, month, day."""
    sample = [cell for cell in cells if cell]
    unmistakable = _tried("", sample)
    # Days that need no format are read with any.
    others = [one for one in (_tried(pattern, sample) for pattern in FORMATS) if one.fits > unmistakable.fits]
    enough = (one for one in (unmistakable, *others) if one.fits and one.fits >= ENOUGH * one.total)
    return sorted(enough, key=lambda one: -one.fits)


def further_formats(cells: Iterable[str], found: Collection[Format]) -> list[Format]:
    """Ways to read what those above leave over, as one that few days are written in, for a person to choose."""
    sample = [cell for cell in cells if cell]
    unmistakable = _tried("", sample).fits
    known = {one.pattern for one in found}
    tried = (_tried(pattern, sample) for pattern in (*FORMATS, SERIAL) if pattern not in known)
    return sorted((one for one in tried if one.fits > unmistakable), key=lambda one: -one.fits)


def _tried(pattern: str, cells: Sequence[str]) -> Format:
    conventions = Conventions(date_format=pattern)
    read = [(cell, found) for cell in cells if (found := _moment(cell, conventions))]
    # The example is one that needs the format, and tells day and month apart where any does.
    telling = sorted(read, key=lambda one: (bool(pattern and _moment(one[0], Conventions())), -one[1].day))
    example, when = telling[0] if telling else ("", None)
    return Format(pattern, len(read), len(cells), example, when)


def _moment(cell: str, conventions: Conventions) -> datetime | None:
    try:
        return moment(cell, conventions)
    except Refused:
        return None


def one_way(formats: Sequence[Format]) -> str | None:
    """The format to begin with; None where days can be read in two ways, or in none."""
    if not formats:
        return None
    best = {one.pattern.replace("%B", "%b") for one in formats if one.fits == formats[0].fits}
    return formats[0].pattern if len(best) == 1 else None


def decimal_signs(cells: Iterable[str]) -> list[str]:
    """Of "", "." and "," those that read most of the numbers: several where it is unsure, or makes no difference."""
    sample = [cell for cell in cells if cell]
    fits = {sign: sum(_is_number(cell, sign) for cell in sample) for sign in ("", ".", ",")}
    return [sign for sign, count in fits.items() if count == max(fits.values())]


def _is_number(cell: str, sign: str) -> bool:
    try:
        number(cell, Conventions(decimal=sign))
    except Refused:
        return False
    return True


def encoding_of(sample: bytes, otherwise: str = "windows-1256") -> str:
    """UTF-8 unless most of the lines with other letters are none: then the second one, to be looked at by a person."""
    lines = sample.splitlines()
    if not sample.endswith(b"\n"):
        # The sample may end within a letter.
        lines = lines[:-1] or lines
    lines = [line for line in lines if not line.isascii()]
    wrong = sum(not _decodes(line) for line in lines)
    return otherwise if wrong * 2 > len(lines) else "utf-8-sig"


def _decodes(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def values_to_translate(cells: Iterable[str], parse: Callable[[str, Conventions], object]) -> list[str]:
    """Words of a column with choices that are none of them, the most frequent first."""
    counts: dict[str, int] = {}
    for cell in cells:
        if cell:
            counts[cell] = counts.get(cell, 0) + 1
    return [cell for cell in sorted(counts, key=lambda one: -counts[one]) if not _is_choice(cell, parse)]


def _is_choice(cell: str, parse: Callable[[str, Conventions], object]) -> bool:
    try:
        parse(cell, Conventions())
    except Refused:
        return False
    return True
