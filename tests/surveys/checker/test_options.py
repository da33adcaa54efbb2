"""Rules on what is offered to choose from."""

import pytest

from surveys.checker import Rule
from surveys.content import Kind
from tests.surveys.checker.asking import asked, findings, words

TEXT = {"en": "Which one is it?", "ar": "أيها هو؟"}


def choice(language, options, kind=Kind.ONE, **rest):
    return asked(rest.pop("text", TEXT[language]), language, kind, options, **rest)


INCOMPLETE = [
    ("en", ["Price", "Support", "Reports"]),
    ("en", ["1–5", "7–10", "More than 10"]),
    ("en", ["5–10", "11 or more"]),
    ("en", ["0–5", "6–10"]),
    ("en", ["Under 1,000", "1,000–4,999"]),
    ("ar", ["السعر", "الدعم", "التقارير"]),
    ("ar", ["١–٥", "٧–١٠", "أكثر من ١٠"]),
    ("ar", ["من 5 إلى 10", "11 فأكثر"]),
    ("ar", ["أقل من 5", "5–10"]),
]
COMPLETE = [
    ("en", ["Price", "Support", "Other"]),
    ("en", ["Price", "Support", "None of these"]),
    ("en", ["Price", "Support", "I don't know"]),
    ("en", ["Fewer than 5", "5–10", "11+"]),
    ("en", ["0–10%", "11–50%", "51–100%"]),
    ("en", ["Yes", "No"]),
    ("en", ["Never", "Sometimes", "Always"]),
    ("en", ["Very easy", "Easy", "Difficult", "Very difficult"]),
    ("en", ["2024", "2025", "2026"]),
    ("en", ["Under 1,000", "1,000 to 4,999", "5,000 or more"]),
    ("ar", ["السعر", "الدعم", "غير ذلك"]),
    ("ar", ["السعر", "الدعم", "لا أعرف"]),
    ("ar", ["أقل من ٥", "٥–١٠", "أكثر من ١٠"]),
    ("ar", ["نعم", "لا"]),
    ("ar", ["أبدًا", "أحيانًا", "دائمًا"]),
    ("ar", ["سهل جدًا", "سهل", "صعب", "صعب جدًا"]),
    ("ar", ["يوميًا", "أسبوعيًا", "شهريًا"]),
    ("ar", ["أقل من ساعة", "ساعة إلى ساعتين", "أكثر من ساعتين"]),
    ("ar", ["1000 أو أقل", "1001–5000", "5001 وأكثر"]),
    ("en", ["Less than a week", "1–4 weeks", "More than 4 weeks"]),
    ("en", ["< 10", "10-20", "> 20"]),
    ("en", ["None", "1–2", "3 or more"]),
    ("en", ["Q1 2026", "Q2 2026", "Q3 2026"]),
]


@pytest.mark.parametrize(("language", "options"), INCOMPLETE)
def test_complete_finds_who_has_no_answer(language, options):
    assert words(Rule.COMPLETE, choice(language, options))


@pytest.mark.parametrize(("language", "options"), COMPLETE)
def test_complete_leaves_alone(language, options):
    assert words(Rule.COMPLETE, choice(language, options)) == []


def test_complete_with_an_other_of_their_own():
    assert words(Rule.COMPLETE, choice("en", ["Price", "Support", "Reports"], has_other=True)) == []


@pytest.mark.parametrize(
    ("language", "options", "said", "option"),
    [
        ("en", ["1–5", "9–12", "13+"], ("1–5", "9–12"), "6–8"),
        ("en", ["0–5", "6–10"], ("6–10",), "11 or more"),
        ("en", ["0–1.4", "2.5–3.4", "3.5 or more"], ("0–1.4", "2.5–3.4"), "1.5–2.4"),
        ("ar", ["السعر", "الدعم"], ("السعر", "الدعم"), "غير ذلك"),
        ("ar", ["من ٠ إلى ٥", "من ٦ إلى ١٠"], ("من ٦ إلى ١٠",), "11 أو أكثر"),
    ],
)
def test_complete_names_what_is_missing(language, options, said, option):
    [finding] = findings(Rule.COMPLETE, choice(language, options))

    assert (finding.language, finding.words) == (language, said)
    assert finding.better == f"Add “{option}”, so that everybody finds an answer that is true."


OVERLAPPING = [
    ("en", ["1–5", "5–10", "More than 10"]),
    ("en", ["Up to 10", "10 or more"]),
    ("en", ["1 to 20", "10 to 30", "31+"]),
    ("en", ["Price", "Support", "price"]),
    ("en", ["Price", "Support", "All of the above"]),
    ("ar", ["١–٥", "٥–١٠", "أكثر من ١٠"]),
    ("ar", ["حتى 10", "10 أو أكثر"]),
    ("ar", ["السعر", "الدعم", "السِّعر"]),
    ("ar", ["السعر", "الدعم", "كل ما سبق"]),
    ("ar", ["السعر", "الدعم", "جميع ما ذُكر"]),
]
EXCLUSIVE = [
    ("en", ["1–5", "6–10", "More than 10"]),
    ("en", ["Less than 10", "10 or more"]),
    ("en", ["0.5–1.4", "1.5–2.4", "2.5 or more"]),
    ("en", ["Price", "Support", "None of the above"]),
    ("en", ["All contacts", "One contact", "Other"]),
    ("en", ["1–6 days", "1–3 weeks", "1 month or more"]),
    ("ar", ["١–٥", "٦–١٠", "أكثر من ١٠"]),
    ("ar", ["أقل من 10", "10 أو أكثر"]),
    ("ar", ["أقل من ١٬٠٠٠", "١٬٠٠٠–٥٬٠٠٠", "أكثر من ٥٬٠٠٠"]),
    ("ar", ["السعر", "الدعم", "لا شيء مما سبق"]),
    ("ar", ["من 1 إلى 6 أيام", "من 1 إلى 3 أسابيع", "أكثر من شهر"]),
]


@pytest.mark.parametrize(("language", "options"), OVERLAPPING)
def test_exclusive_finds_two_true_answers(language, options):
    assert words(Rule.EXCLUSIVE, choice(language, options))


@pytest.mark.parametrize(("language", "options"), EXCLUSIVE)
def test_exclusive_leaves_alone(language, options):
    assert words(Rule.EXCLUSIVE, choice(language, options)) == []


def test_exclusive_lets_all_of_the_above_be_one_of_several():
    options = ["Price", "Support", "All of the above"]

    assert words(Rule.EXCLUSIVE, choice("en", options, Kind.SEVERAL)) == []


@pytest.mark.parametrize(
    ("language", "options", "said", "better"),
    [
        ("en", ["1–5", "5–10", "11+"], ("1–5", "5–10"), "“1–5” and “6–10”"),
        ("ar", ["١–٥", "٥–١٠", "١١ فأكثر"], ("١–٥", "٥–١٠"), "“١–٥” and “٦–١٠”"),
        ("ar", ["السعر", "كل ما سبق"], ("كل ما سبق",), "Let several be chosen, and leave this one out."),
    ],
)
def test_exclusive_parts_ranges(language, options, said, better):
    [finding] = findings(Rule.EXCLUSIVE, choice(language, options))

    assert (finding.words, finding.better) == (said, better)


UNSHUFFLED = [
    ("en", ["Price", "Support", "Reports", "Other"]),
    ("en", ["Reports", "Mail", "Import", "None of these"]),
    ("en", ["Phone", "Chat", "E-mail"]),
    ("en", ["Slow pages", "Missing reports", "Late answers"]),
    ("ar", ["السعر", "الدعم", "التقارير", "غير ذلك"]),
    ("ar", ["الهاتف", "المحادثة", "البريد"]),
    ("ar", ["بطء الصفحات", "نقص التقارير", "تأخر الردود"]),
    ("ar", ["الاستيراد", "التصدير", "البحث", "لا شيء"]),
]
IN_ORDER = [
    ("en", ["1–5", "6–10", "More than 10"]),
    ("en", ["Never", "Sometimes", "Often", "Always"]),
    ("en", ["Monday", "Tuesday", "Wednesday"]),
    ("en", ["Free", "Starter", "Business", "Enterprise"]),
    ("en", ["Algeria", "Bahrain", "Egypt", "Jordan", "Kuwait", "Oman"]),
    ("en", ["Very easy", "Easy", "Difficult", "Very difficult"]),
    ("en", ["Small", "Medium", "Large"]),
    ("en", ["Yes", "No"]),
    ("en", ["Yes", "No", "Partly"]),
    ("ar", ["١–٥", "٦–١٠", "أكثر من ١٠"]),
    ("ar", ["أبدًا", "أحيانًا", "غالبًا", "دائمًا"]),
    ("ar", ["الأحد", "الاثنين", "الثلاثاء"]),
    ("ar", ["صغيرة", "متوسطة", "كبيرة"]),
    ("ar", ["راضٍ جدًا", "راضٍ", "غير راضٍ", "غير راضٍ إطلاقًا"]),
    ("ar", ["نعم", "لا", "غير ذلك"]),
]


@pytest.mark.parametrize(("language", "options"), UNSHUFFLED)
def test_shuffled_finds_lists_without_an_order(language, options):
    [finding] = findings(Rule.SHUFFLED, choice(language, options))

    assert (finding.question, finding.language, finding.words) == ("q", "", tuple(options))
    assert finding.better == "Have them shuffled: what stands first is chosen more often."


@pytest.mark.parametrize(("language", "options"), IN_ORDER)
def test_shuffled_leaves_alone(language, options):
    assert words(Rule.SHUFFLED, choice(language, options)) == []


def test_shuffled_is_content_with_what_is_shuffled():
    assert words(Rule.SHUFFLED, choice("en", ["Phone", "Chat", "E-mail"], is_shuffled=True)) == []
