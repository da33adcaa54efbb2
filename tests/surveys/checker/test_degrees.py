"""Rules on scales, and on options that are scales."""

import pytest

from accounts.texts import Text
from surveys.checker import Rule, check
from surveys.content import Content, Kind
from surveys.scales import Measure, Point, Scale
from tests.surveys.checker.asking import SCALES, asked, findings, words

GOOD_TO_BAD = {
    "en": ["Very easy", "Easy", "Difficult", "Very difficult"],
    "ar": ["سهل جدًا", "سهل", "صعب", "صعب جدًا"],
}
DEGREE = {"en": "How satisfied are you with the export?", "ar": "ما مدى رضاك عن التصدير؟"}
PLAIN = {"en": "The export was:", "ar": "كان التصدير:"}

UNGRADED = [
    ("en", DEGREE["en"], Kind.YES_NO, []),
    ("en", DEGREE["en"], Kind.NUMBER, []),
    ("en", DEGREE["en"], Kind.ONE, ["1", "2", "3", "4", "5"]),
    ("en", DEGREE["en"], Kind.ONE, ["Fast", "Cheap", "Colourful", "Loud"]),
    ("en", PLAIN["en"], Kind.ONE, ["Excellent", "Very good", "Good", "Poor"]),
    ("en", PLAIN["en"], Kind.ONE, ["Very difficult", "Difficult", "Easy"]),
    ("ar", DEGREE["ar"], Kind.YES_NO, []),
    ("ar", DEGREE["ar"], Kind.NUMBER, []),
    ("ar", DEGREE["ar"], Kind.ONE, ["١", "٢", "٣", "٤", "٥"]),
    ("ar", DEGREE["ar"], Kind.ONE, ["الأول", "الأزرق", "الملون"]),
    ("ar", PLAIN["ar"], Kind.ONE, ["ممتاز", "جيد جدًا", "جيد", "سيئ"]),
    ("ar", PLAIN["ar"], Kind.ONE, ["راضٍ جدًا", "راضٍ", "غير راضٍ"]),
]
GRADED = [
    ("en", DEGREE["en"], Kind.ONE, ["Very dissatisfied", "Dissatisfied", "Satisfied", "Very satisfied"]),
    ("en", PLAIN["en"], Kind.ONE, GOOD_TO_BAD["en"]),
    (
        "en",
        "How important is it?",
        Kind.ONE,
        ["Not at all important", "Slightly important", "Very important"],
    ),
    ("en", "How many exports did you make?", Kind.NUMBER, []),
    ("en", PLAIN["en"], Kind.ONE, ["Price", "Support", "Other"]),
    ("en", "Which is it?", Kind.ONE, ["Good", "Neither good nor bad", "Bad"]),
    ("ar", DEGREE["ar"], Kind.ONE, ["غير راضٍ إطلاقًا", "غير راضٍ", "راضٍ", "راضٍ جدًا"]),
    ("ar", PLAIN["ar"], Kind.ONE, GOOD_TO_BAD["ar"]),
    ("ar", "ما مدى أهمية ذلك؟", Kind.ONE, ["غير مهم إطلاقًا", "مهم قليلًا", "مهم جدًا"]),
    ("ar", "كم عدد مرات التصدير هذا الشهر؟", Kind.NUMBER, []),
    ("ar", PLAIN["ar"], Kind.ONE, ["السعر", "الدعم", "غير ذلك"]),
]


@pytest.mark.parametrize(("language", "text", "kind", "options"), UNGRADED)
def test_graded_finds_degrees_without_points(language, text, kind, options):
    assert words(Rule.GRADED, asked(text, language, kind, options))


@pytest.mark.parametrize(("language", "text", "kind", "options"), GRADED)
def test_graded_leaves_alone(language, text, kind, options):
    assert words(Rule.GRADED, asked(text, language, kind, options)) == []


def test_graded_counts_the_points_for_and_against():
    options = ["ممتاز", "جيد جدًا", "جيد", "سيئ"]

    [finding] = findings(Rule.GRADED, asked(PLAIN["ar"], "ar", Kind.ONE, options))

    assert finding.words == tuple(options)
    assert finding.better == "Offer as many points against as for: there are 1 against and 3 for."


def test_graded_says_which_words_ask_a_degree():
    [finding] = findings(Rule.GRADED, asked(DEGREE["en"], kind=Kind.YES_NO))

    assert finding.words == ("How satisfied",)
    assert finding.better == "Ask on a scale whose points have words, from the least to the most."


def test_graded_wants_words_at_both_ends_in_each_language():
    points = (Point(1, Text(en="Never")), Point(2, Text()), Point(3, Text()))
    scale = Scale("own", Text(en="Own"), Measure.NONE, points, 1, 3)
    question = asked("How calm is it?", scale="own")
    question.text["ar"] = "ما مدى الهدوء؟"

    found = check(Content((question,)), {"own": scale})

    assert [(one.language, one.words) for one in found if one.rule == Rule.GRADED] == [
        ("ar", ("1", "3")),
        ("en", ("3",)),
    ]


def listed(language, key, *, rising):
    options = GOOD_TO_BAD[language][:: -1 if rising else 1]
    return asked(PLAIN[language], language, Kind.ONE, options, key=key)


@pytest.mark.parametrize("language", ["en", "ar"])
def test_one_direction_finds_the_one_that_is_turned(language):
    questions = [
        asked(DEGREE[language], language, key="first"),
        asked(DEGREE[language], language, key="turned", is_turned=True),
        asked(DEGREE[language], language, key="third"),
    ]

    [finding] = findings(Rule.ONE_DIRECTION, *questions)

    assert (finding.question, finding.language, finding.words) == ("turned", "", (DEGREE[language],))
    assert finding.better == "Ask it the same way round as the others, so that nobody answers the opposite."


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize(
    "make",
    [
        lambda language: [listed(language, "a", rising=True), listed(language, "b", rising=False)],
        lambda language: [listed(language, "a", rising=False), listed(language, "b", rising=True)],
        lambda language: [asked(DEGREE[language], language, key="a"), listed(language, "b", rising=False)],
    ],
)
def test_one_direction_finds_lists_the_other_way_round(language, make):
    assert [one.question for one in findings(Rule.ONE_DIRECTION, *make(language))] == ["b"]


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize(
    "make",
    [
        lambda language: [asked(DEGREE[language], language, key=key) for key in "abc"],
        lambda language: [asked(DEGREE[language], language, key=key, is_turned=True) for key in "ab"],
        lambda language: [listed(language, "a", rising=True), asked(DEGREE[language], language, key="b")],
        lambda language: [listed(language, key, rising=False) for key in "ab"],
        lambda language: [
            asked(DEGREE[language], language, key="a"),
            asked(PLAIN[language], language, Kind.ONE, ["C", "A", "B"], key="b"),
        ],
    ],
)
def test_one_direction_leaves_alone(language, make):
    assert words(Rule.ONE_DIRECTION, *make(language)) == []


def test_one_direction_reads_the_ends_of_a_scale():
    falling = Scale(
        "falling",
        Text(en="Falling"),
        Measure.NONE,
        (Point(1, Text(en="Very easy")), Point(2, Text(en="Very hard"))),
        1,
        2,
    )
    questions = asked(DEGREE["en"], key="a"), asked(DEGREE["en"], key="b", scale="falling")

    found = check(Content(questions), SCALES | {"falling": falling})

    assert [one.question for one in found if one.rule == Rule.ONE_DIRECTION] == ["b"]


def test_built_in_scales_all_rise():
    questions = [asked("How is it?", key=key, scale=key) for key in SCALES]

    assert words(Rule.ONE_DIRECTION, *questions) == []
