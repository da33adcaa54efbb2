import ast
import re

import pytest
from babel.messages.catalog import Catalog
from django.utils import translation

from cxhub import translations

TANWIN = "\N{ARABIC FATHATAN}"


def plurals():
    return [message for message in translations.read() if isinstance(message.id, tuple)]


def npgettext(context, singular, plural, number):
    if context:
        return translation.npgettext(context, singular, plural, number)
    return translation.ngettext(singular, plural, number)


def catalog_of(identity, text):
    catalog = Catalog(locale="ar")
    catalog.add(identity, string=text)
    return catalog


def test_every_text_has_its_arabic():
    found = translations.updated(translations.read(), translations.collect())

    assert translations.faults(found) == []


def test_days_and_moments_in_arabic_keep_their_direction():
    """After Arabic letters 2026-03-31 would be shown as 31-03-2026."""
    texts = [
        message.string for message in translations.read() if message.id and isinstance(message.string, str)
    ]
    isolated = re.compile("[\u2066-\u2068][^\u2069]*\u2069")

    assert [text for text in texts if re.search(r"\d{4}-\d\d", isolated.sub("", text))] == []


def test_catalogue_is_as_extract_messages_leaves_it(tmp_path):
    fresh = tmp_path / "django.po"

    translations.write(translations.updated(translations.read(), translations.collect()), fresh)

    assert fresh.read_text() == translations.ARABIC.read_text()


def test_texts_are_found_in_code_and_in_templates(tmp_path):
    (tmp_path / "accounts" / "templates").mkdir(parents=True)
    (tmp_path / "accounts" / "views.py").write_text('title = ngettext("%(n)s row", "%(n)s rows", 3)\n')
    (tmp_path / "accounts" / "templates" / "page.html").write_text(
        '<p {% if x %}hidden{% endif %}>\n    {% trans "Rows" context "table" %}\n'
        "  {% blocktrans with n=3 %}{{ n }} of them{% endblocktrans %}"
    )

    found = {
        (translations.text_of(message), message.context)
        for message in translations.collect(tmp_path)
        if message.id
    }

    assert found == {("%(n)s row", None), ("Rows", "table"), ("%(n)s of them", None)}


def within_f_strings(source):
    """What is marked for translation where nobody finds it."""
    strings = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.JoinedStr)]
    calls = [node for one in strings for node in ast.walk(one) if isinstance(node, ast.Call)]
    return [
        ast.unparse(call)
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id in translations.KEYWORDS
    ]


def test_no_text_stands_within_an_f_string():
    assert within_f_strings("""f"{escaped(_('Cost'))} {here}" + _("Rows")""") == ["_('Cost')"]

    files = [file for file in translations.sources(translations.ROOT) if file.suffix == ".py"]
    assert {str(file): found for file in files if (found := within_f_strings(file.read_text()))} == {}


def test_every_name_under_which_gettext_is_imported_is_known():
    aliases = {
        alias
        for file in translations.sources(translations.ROOT)
        for alias in re.findall(r"gettext(?:_lazy|_noop)? as (\w+)", file.read_text())
    }

    assert aliases - set(translations.KEYWORDS) == set()


@pytest.mark.parametrize(
    ("identity", "text", "is_fine"),
    [
        ("Rows", "الصفوف", True),
        ("Rows", "", False),
        ("%(n)s rows", "%(n)s من الصفوف", True),
        ("%(n)s rows", "الصفوف", False),
        ("%(n)s rows", "%(m)s صفوف", False),
        (("%(n)s row", "%(n)s rows"), ("لا صفوف", "صف", "صفان", "%(n)s صفوف", "%(n)s صفًا", "%(n)s صف"), True),
        (("%(n)s row", "%(n)s rows"), ("لا صفوف", "صف", "صفان", "%(n)s صفوف", "", "%(n)s صف"), False),
        (
            ("%(n)s row", "%(n)s rows"),
            ("لا صفوف", "صف", "صفان", "%(m)s صفوف", "%(n)s صفًا", "%(n)s صف"),
            False,
        ),
    ],
)
def test_faults_are_what_a_reader_would_stumble_over(identity, text, is_fine):
    assert (translations.faults(catalog_of(identity, text)) == []) is is_fine


def test_a_text_that_became_plural_is_translated_anew():
    known = catalog_of("rows", "صفوف")
    found = Catalog()
    found.add(("rows", "many rows"))

    assert translations.faults(translations.updated(known, found)) != []


@pytest.mark.parametrize(("number", "form"), [(0, 0), (1, 1), (2, 2), (3, 3), (11, 4), (100, 5), (111, 4)])
def test_every_plural_takes_the_form_of_its_number(number, form):
    with translation.override("ar"):
        wrong = [
            message.id[0]
            for message in plurals()
            if npgettext(message.context, *message.id, number) != message.string[form]
        ]

    assert wrong == []


def test_from_eleven_on_a_noun_is_singular_and_from_a_hundred_without_its_ending():
    wrong = {}
    for message in plurals():
        few, many, hundreds = message.string[3:]
        numbered = all(translations.placeholders(one) for one in (few, many, hundreds))
        if few == many or not numbered or many.count(TANWIN) < hundreds.count(TANWIN):
            wrong[message.id[0]] = message.string

    assert wrong == {}


def test_compiling_again_does_nothing(tmp_path):
    file = tmp_path / "django.po"
    translations.write(catalog_of("Rows", "الصفوف"), file)

    assert translations.compile_catalog(file) is True
    assert translations.compile_catalog(file) is False
