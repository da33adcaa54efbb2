"""How like a question is to the validated ones."""

import re
from functools import cache, lru_cache

from surveys.checker.language import Language
from surveys.checker.written import NAME, Written
from surveys.library import LIBRARY, Validated

NAME_OF_WORDS, SUBJECT_OF_WORDS = 3, 8
# By trial: at 0.8, “Is your issue solved?” would be near the question how easy that was.
NEAR = 0.8
_MARKS = re.compile(r"(?: [^\w{])+$")


def same(written: Written, language: Language, most: int = NAME_OF_WORDS) -> Validated | None:
    """The one with these very words, but for the name of the organisation or product: up to `most` words."""
    text = _MARKS.sub("", written.folded)
    return next(
        (one for one in LIBRARY if _pattern(one.question.text.get(language.code, ""), most).fullmatch(text)),
        None,
    )


def near(written: Written, language: Language) -> Validated | None:
    """The one that is nearest, if any is: its wording or one that is often used in its place."""
    scored = [
        (max(_likeness(written, wording, language) for wording in _wordings(one, language)), one)
        for one in LIBRARY
    ]
    likeness, nearest = max(scored, key=lambda pair: pair[0])
    return nearest if likeness > NEAR else None


@cache
def _pattern(wording: str, most: int) -> re.Pattern[str]:
    text = re.escape(_MARKS.sub("", Written(wording).folded)).replace("\\ ", " ")
    return re.compile(
        text.replace(" " + re.escape(NAME), rf" ?[^ ]+(?: [^ ]+){{0,{most - 1}}}").replace(
            re.escape(NAME), rf"[^ ]+(?: [^ ]+){{0,{most - 1}}}"
        )
    )


def _wordings(one: Validated, language: Language) -> list[str]:
    return [one.question.text.get(language.code, ""), *one.instead_of.get(language.code, ())]


def _likeness(written: Written, wording: str, language: Language) -> float:
    """Twice the words that both have, over the words of both; 1 where they differ in the name alone."""
    if _pattern(wording, NAME_OF_WORDS).fullmatch(_MARKS.sub("", written.folded)):
        return 1.0
    ours, theirs = _stems(written.text, language), _stems(wording, language)
    return 2 * len(ours & theirs) / (len(ours) + len(theirs)) if ours and theirs else 0.0


@lru_cache(512)
def _stems(text: str, language: Language) -> frozenset[str]:
    """Of a shipped wording it is asked again and again."""
    said = (word.folded for word in Written(text).words if word.folded[0].isalnum())
    return frozenset(language.stem(word) for word in said if word not in language.stop_words)
