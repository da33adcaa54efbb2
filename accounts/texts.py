"""Texts in several languages, and the one rule by which names are searched and sorted."""

import re
import unicodedata

from django.utils.translation import get_language

# Arabic letters that people type for one another, those of Persian and Urdu keyboards, and digits of three scripts.
FOLD_FROM = "أإآٱىةؤئکیھہ٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹"
FOLD_TO = "اااايهويكيهه01234567890123456789"
# They turn the direction of what follows, and so can make a text look like another; marks of direction cannot.
TURNING = "\u202a-\u202e\u2066-\u2069"
# These, and what nobody types; joiners and marks of direction belong to names.
HOSTILE = re.compile(f"[\x00-\x1f\x7f-\x9f\u2028\u2029{TURNING}\ufeff\ufff9-\ufffb]")
# Short vowels, the tatweel, and marks of direction carry no meaning in a name.
DROPPED = f"\u0610-\u061a\u0640\u064b-\u065f\u0670\u200c-\u200f{TURNING}"
# Spelt out, because what [[:space:]] is depends on PostgreSQL's version and locale, and Python's \s is another set.
SPACES = "\t-\r \x85\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"

_FOLD = str.maketrans(FOLD_FROM, FOLD_TO)
_DROPPED = re.compile(f"[{DROPPED}]")
_SPACES = re.compile(f"[{SPACES}]+")

# The same rule inside the database, for the generated columns `name_key` and for whoever searches them.
# lower() instead of casefold(): the two differ in ß and a handful of others, and only lower() is in SQL.
SEARCH_KEY_FUNCTION = f"""
CREATE OR REPLACE FUNCTION cxhub_search_key(name text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
  SELECT btrim(regexp_replace(translate(lower(regexp_replace(normalize(name, NFKC), '[{DROPPED}]', '', 'g')),
         '{FOLD_FROM}', '{FOLD_TO}'), '[{SPACES}]+', ' ', 'g'))
$$
"""


def search_key(name: str) -> str:
    """The form of a name under which two spellings of it are found: case, hamza, vowels and digits folded."""
    kept = _DROPPED.sub("", unicodedata.normalize("NFKC", name))
    # Letter by letter, as the database does: a Σ that ends a word is no other letter there, nor İ two.
    lower = "".join(letter.lower()[0] for letter in kept)
    return _SPACES.sub(" ", lower.translate(_FOLD)).strip(" ")


class Text(dict):
    """One text by language code, `{"en": "Invoice", "ar": "فاتورة"}`; as a string, the reader's language or any."""

    def __str__(self) -> str:
        return self.in_language(get_language() or "en")

    def in_language(self, language: str) -> str:
        for code in (language, language.split("-", maxsplit=1)[0], "en"):
            if self.get(code):
                return self[code]
        return next((text for text in self.values() if text), "")
