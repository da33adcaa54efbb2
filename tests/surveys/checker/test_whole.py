"""Rules on the survey as a whole, and on one question beside the others."""

import pytest

from surveys.checker import Rule
from surveys.content import Condition, Kind
from tests.surveys.checker.asking import asked, findings, words

KNOWN = [
    ("en", "What is your name?"),
    ("en", "Your e-mail address"),
    ("en", "What’s your job title?"),
    ("en", "Which plan are you on?"),
    ("en", "What country are you based in?"),
    ("en", "What is your role in your company?"),
    ("ar", "ما اسمك؟"),
    ("ar", "بريدك الإلكتروني"),
    ("ar", "ما هو مسمّاك الوظيفي؟"),
    ("ar", "في أي دولة تقيم؟"),
    ("ar", "ما اسم شركتك؟"),
    ("ar", "الاسم الكامل"),
]
UNKNOWN = [
    ("en", "What is your plan for next year?"),
    ("en", "What is your company's next goal?"),
    ("en", "What is the name of the report?"),
    ("en", "Which country do you export to?"),
    ("en", "What is your role in choosing software?"),
    ("ar", "ما خطتك للعام القادم؟"),
    ("ar", "ما هدف شركتك القادم؟"),
    ("ar", "ما اسم التقرير؟"),
    ("ar", "إلى أي دولة تصدّر؟"),
    ("ar", "ما دورك في اختيار البرامج؟"),
]


@pytest.mark.parametrize(("language", "text"), KNOWN)
def test_needed_finds_what_is_known(language, text):
    [finding] = findings(Rule.NEEDED, asked(text, language, Kind.SHORT))

    assert (finding.question, finding.language, finding.words) == ("q", language, (text,))
    assert finding.better == "Leave it out: whoever is invited by name is known already, with their account."


@pytest.mark.parametrize(("language", "text"), UNKNOWN)
def test_needed_leaves_alone(language, text):
    assert words(Rule.NEEDED, asked(text, language, Kind.SHORT)) == []


def test_needed_of_unknown_people_leaves_it_alone():
    assert words(Rule.NEEDED, asked("What is your name?", kind=Kind.SHORT), is_identified=False) == []


def test_needed_judges_their_plan_and_does_not_ask_for_it():
    assert words(Rule.NEEDED, asked("Your plan", kind=Kind.SCALE)) == []


def test_needed_leaves_it_to_them_how_to_be_reached():
    assert words(Rule.NEEDED, asked("A way to reach you", kind=Kind.CONTACT, required=True)) == [
        ("A way to reach you",)
    ]
    assert words(Rule.NEEDED, asked("A way to reach you", kind=Kind.CONTACT)) == []


def test_needed_counts_what_one_person_is_asked():
    eleven = [asked("Did it work?", kind=Kind.YES_NO, key=f"q{number}") for number in range(11)]
    branches = [
        asked(
            "Did it work?",
            kind=Kind.YES_NO,
            key=f"b{number}",
            shows_if=(Condition("q0", least=number, most=number),),
        )
        for number in range(5)
    ]

    [finding] = findings(Rule.NEEDED, *eleven)

    assert (finding.question, finding.words) == ("", ("11",))
    assert words(Rule.NEEDED, *eleven[:10]) == []
    assert words(Rule.NEEDED, *eleven[:9], *branches) == []


NEAR = [
    ("en", "Would you recommend us?", "recommend {organisation} to a friend or colleague?” (Reichheld 2003)"),
    ("en", "How likely are you to recommend Acme to others?", "(Reichheld 2003)"),
    ("en", "Are you happy with Acme Desk?", "“How satisfied are you with {organisation}?” (ISO 2018)"),
    ("en", "Was it easy to handle your issue?", "(Dixon, Toman, DeLisi 2013)"),
    ("en", "Why did you cancel?", "“What is the main reason you cancelled?” (Reichheld, Sasser 1990)"),
    ("en", "How likely are you to recommend us to your friends or colleagues today?", "(Reichheld 2003)"),
    ("en", "Is Acme easy to use?", "(Lewis, Utesch, Maher 2013)"),
    ("ar", "هل توصي بأكمي؟", "“ما مدى احتمال أن توصي بـ{organisation} صديقًا أو زميلًا؟” (Reichheld 2003)"),
    ("ar", "هل أنت راضٍ عن أكمي؟", "“ما مدى رضاك عن {organisation}؟” (ISO 2018)"),
    ("ar", "هل كان من السهل معالجة مشكلتكم؟", "(Dixon, Toman, DeLisi 2013)"),
    ("ar", "لماذا ألغيتَ اشتراكك؟", "(Reichheld, Sasser 1990)"),
]
FAR = [
    ("en", "How likely is it that you would recommend Acme to a friend or colleague?"),
    ("en", "How satisfied are you with the training of your team?"),
    ("en", "Is your issue solved?"),
    ("en", "Which report do you use most?"),
    ("en", "How many people use the reports?"),
    ("ar", "ما مدى احتمال أن توصي بأكمي صديقًا أو زميلًا؟"),
    ("ar", "ما مدى رضاك عن تدريب فريقك؟"),
    ("ar", "هل حُلّت مشكلتك؟"),
    ("ar", "ما التقرير الذي تستخدمه أكثر؟"),
]


@pytest.mark.parametrize(("language", "text", "better"), NEAR)
def test_validated_proposes_what_is_near(language, text, better):
    [finding] = findings(Rule.VALIDATED, asked(text, language, Kind.YES_NO))

    assert (finding.language, finding.words) == (language, (text,))
    assert finding.better.endswith(better)


@pytest.mark.parametrize(("language", "text"), FAR)
def test_validated_leaves_alone(language, text):
    assert words(Rule.VALIDATED, asked(text, language, Kind.YES_NO)) == []


TEXTS = {"en": ("How satisfied are you with it?", "Why?"), "ar": ("ما مدى رضاك عنه؟", "لماذا؟")}


def sequence(language, kinds):
    """Of “scale”, “yes” and “open”, and “shown”: open, shown by the answer to the first."""
    closed, why = TEXTS[language]
    made = {
        "scale": lambda key: asked(closed, language, key=key),
        "yes": lambda key: asked(closed, language, Kind.YES_NO, key=key),
        "open": lambda key: asked(why, language, Kind.LONG, key=key),
        "shown": lambda key: asked(
            why, language, Kind.LONG, key=key, shows_if=(Condition("q0", least=int(key[1:]), most=9),)
        ),
        "said": lambda key: asked(why, language, Kind.STATEMENT, key=key),
    }
    return [made[kind](f"q{place}") for place, kind in enumerate(kinds.split())]


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize(
    ("kinds", "found"),
    [
        ("open", ["", "q0"]),
        ("open scale", ["q0"]),
        ("scale open yes open", [""]),
        ("scale open scale open scale open yes yes", [""]),
        ("scale yes scale open open", ["q4"]),
        ("said open scale yes", ["q1"]),
    ],
)
def test_few_open_finds_too_many_and_lonely_ones(language, kinds, found):
    assert [one.question for one in findings(Rule.FEW_OPEN, *sequence(language, kinds))] == found


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize(
    "kinds",
    [
        "scale open",
        "scale shown shown shown",
        "scale yes open",
        "scale said open yes",
        "scale yes",
        "scale yes yes open shown",
    ],
)
def test_few_open_leaves_alone(language, kinds):
    assert words(Rule.FEW_OPEN, *sequence(language, kinds)) == []


def test_few_open_says_what_to_offer_instead():
    [finding] = findings(Rule.FEW_OPEN, *sequence("ar", "scale open yes open"))

    assert finding.words == ("لماذا؟", "لماذا؟")
    assert finding.better == (
        "Ask fewer to write: at most 2, and fewer than choose. Offer the likely answers as options."
    )


GRIDS = [
    ("en", "How satisfied are you with each of the following?"),
    ("en", "Rate all of the following items"),
    ("en", "Please judge the following aspects"),
    ("en", "Give a score for each of our pages"),
    ("ar", "ما مدى رضاك عن كل مما يلي؟"),
    ("ar", "قيّم كلًّا ممّا يلي"),
    ("ar", "ما مدى رضاك عن الجوانب التالية؟"),
    ("ar", "ضع درجة لكل من التالي"),
]
NO_GRIDS = [
    ("en", "How satisfied are you with the following month?"),
    ("en", "How satisfied are you with each report?"),
    ("en", "Which of the following do you use?"),
    ("en", "How satisfied are you with all reports?"),
    ("ar", "ما مدى رضاك عن كل تقرير؟"),
    ("ar", "أي مما يلي تستخدم؟"),
    ("ar", "ما مدى رضاك عن الشهر التالي؟"),
    ("ar", "ما مدى رضاك عن كل التقارير؟"),
]


@pytest.mark.parametrize(("language", "text"), GRIDS)
def test_no_grid_finds_rows_in_the_text(language, text):
    [finding] = findings(Rule.NO_GRID, asked(text, language))

    assert finding.language == language
    assert finding.better == "Ask of one thing at a time, and only of those that decide something."


@pytest.mark.parametrize(("language", "text"), NO_GRIDS)
def test_no_grid_leaves_alone(language, text):
    assert words(Rule.NO_GRID, asked(text, language)) == []


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize(
    "kinds", ["scale scale scale", "scale said scale scale", "yes scale scale scale scale"]
)
def test_no_grid_finds_three_in_a_row(language, kinds):
    [finding] = findings(Rule.NO_GRID, *sequence(language, kinds))

    assert (finding.language, set(finding.words)) == ("", {TEXTS[language][0]})


@pytest.mark.parametrize(
    "kinds", ["scale scale yes scale", "yes yes yes", "scale scale", "scale open scale open scale"]
)
def test_no_grid_leaves_fewer_in_a_row_alone(kinds):
    assert words(Rule.NO_GRID, *sequence("ar", kinds)) == []


def test_no_grid_finds_the_same_options_three_times():
    options = ["Always", "Sometimes", "Never"]

    assert words(Rule.NO_GRID, *[asked("Is it?", kind=Kind.ONE, options=options, key=key) for key in "abc"])
    assert (
        words(
            Rule.NO_GRID, *[asked("Is it?", kind=Kind.ONE, options=[*options, key], key=key) for key in "abc"]
        )
        == []
    )
