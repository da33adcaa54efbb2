"""Rules on the words of a question, each with what triggers it and what must not."""

import pytest

from surveys.checker import Rule
from surveys.content import Kind
from tests.surveys.checker.asking import asked, findings, words

SPECIFIC = [
    ("en", "How good things are with our support?"),
    ("en", "Overall, how satisfied are you with the report page?"),
    ("en", "How satisfied are you in general with our support?"),
    ("en", "What did you change recently?"),
    ("en", "Do you often export reports?"),
    ("en", "How often do you export reports?"),
    ("en", "How many times have you contacted us?"),
    (
        "en",
        "How satisfied are you with the way in which the people of our support answered what you had asked them about?",
    ),
    ("ar", "ما مدى رضاك عمومًا عن الدعم؟"),
    ("ar", "ما مدى رضاك بشكل عام عن الدعم؟"),
    ("ar", "هل تصدّر التقارير غالبًا؟"),
    ("ar", "ما الذي غيّرته مُؤخَّرًا؟"),
    ("ar", "ما الأشياء التي تنقصك؟"),
    ("ar", "كم مرة تصدّر التقارير؟"),
    ("ar", "هل كان الدعم جيّدًا؟"),
    (
        "ar",
        "ما مدى رضاك عن الطريقة التي أجاب بها فريق الدعم لدينا على السؤال الذي طرحته عليهم عبر البريد الإلكتروني؟",
    ),
]
NOT_VAGUE = [
    ("en", "How satisfied are you with our support?"),
    ("en", "How often did you export reports in the last 30 days?"),
    ("en", "Which goods did you order this month?"),
    ("en", "How satisfied are you with “Good Things”?"),
    ("en", "How satisfied are you with our partner Good Things?"),
    ("en", "How many times have you contacted us since January?"),
    ("ar", "ما مدى رضاك عن الدعم؟"),
    ("ar", "كم مرة صدّرت التقارير خلال آخر 30 يومًا؟"),
    ("ar", "ما مدى رضاك عن منصة إنترنت الأشياء؟"),
    ("ar", "ما مدى رضاك عن التجديد؟"),
    ("ar", "كم مرة تواصلت معنا هذا الشهر؟"),
]


@pytest.mark.parametrize(("language", "text"), SPECIFIC)
def test_specific_finds_long_vague_and_timeless(language, text):
    assert words(Rule.SPECIFIC, asked(text, language))


@pytest.mark.parametrize(("language", "text"), NOT_VAGUE)
def test_specific_leaves_alone(language, text):
    assert words(Rule.SPECIFIC, asked(text, language)) == []


@pytest.mark.parametrize(
    ("language", "text", "said", "better"),
    [
        (
            "en",
            "Overall, how satisfied are you with what we changed recently?",
            ("Overall,", "recently"),
            "How satisfied are you with what we changed in the last 30 days?",
        ),
        (
            "en",
            "How often do you export reports?",
            ("How often",),
            "How often do you export reports in the last 30 days?",
        ),
        ("ar", "ما الذي غيّرته مُؤخَّرًا؟", ("مُؤخَّرًا",), "ما الذي غيّرته خلال آخر 30 يومًا؟"),
        ("ar", "ما مدى رضاك عمومًا عن الدعم؟", ("عمومًا",), "ما مدى رضاك عن الدعم؟"),
    ],
)
def test_specific_says_what_is_definite(language, text, said, better):
    [finding] = findings(Rule.SPECIFIC, asked(text, language))

    assert (finding.question, finding.language, finding.words, finding.better) == (
        "q",
        language,
        said,
        better,
    )


def test_specific_takes_the_time_from_the_options():
    options = ["Every day", "Every week", "Every month", "Never"]

    assert words(Rule.SPECIFIC, asked("How often do you export?", kind=Kind.ONE, options=options)) == []


INDIRECT = [
    ("en", "Rate our support"),
    ("en", "Are you satisfied with our support?"),
    ("en", "How was our support?"),
    ("en", "How do you find the new page?"),
    ("en", "Was it easy to import contacts?"),
    ("en", "Our support"),
    ("ar", "قيّم الدعم"),
    ("ar", "هل أنت راضٍ عن الدعم؟"),
    ("ar", "كيف كان الدعم؟"),
    ("ar", "ما رأيك في الصفحة الجديدة؟"),
    ("ar", "ما رأيك في ضمان مدى الحياة؟"),
]
DIRECT = [
    ("en", "How satisfied are you with our support?"),
    ("en", "How likely are you to renew?"),
    ("en", "To what extent do you agree that support answered in time?"),
    ("en", "On a scale of 0 to 10, what is the value of the report?"),
    ("en", "How easy was it to import contacts?"),
    ("ar", "ما مدى رضاك عن الدعم؟"),
    ("ar", "ما مَدى احتمالِ أن تجدد؟"),
    ("ar", "إلى أي مدى توافق على أن الدعم أجاب في موعده؟"),
    ("ar", "على مقياس من ٠ إلى ١٠، ما قيمة التقرير؟"),
    ("ar", "ما درجة سهولة استيراد جهات الاتصال؟"),
]


@pytest.mark.parametrize(("language", "text"), INDIRECT)
def test_direct_finds_scales_that_the_question_does_not_name(language, text):
    assert words(Rule.DIRECT, asked(text, language)) == [(text,)]


@pytest.mark.parametrize(("language", "text"), DIRECT)
def test_direct_leaves_alone(language, text):
    assert words(Rule.DIRECT, asked(text, language)) == []


def test_direct_wants_no_degree_of_two_points_or_without_a_scale():
    assert words(Rule.DIRECT, asked("Did this help you?", scale="thumbs")) == []
    assert words(Rule.DIRECT, asked("Did this help you?", kind=Kind.YES_NO)) == []


@pytest.mark.parametrize(
    ("language", "text", "scale", "better"),
    [
        ("en", "Rate our support", "csat", "How satisfied are you with our support?"),
        ("en", "Was it easy to import contacts?", "ces5", "How easy was it to import contacts?"),
        (
            "en",
            "Rate our support",
            "nps",
            "Say in the question what its ends mean: how far it is between “Not at all likely” and “Extremely likely”.",
        ),
        ("ar", "كيف تقيّم خدمةَ الدعم؟", "csat", "ما مدى رضاك عن خدمةَ الدعم؟"),
        (
            "en",
            "Would you say that prices are fair?",
            "csat",
            "To what extent do you agree that prices are fair?",
        ),
        ("en", "What do you think of the report?", "stars", "How satisfied are you with the report?"),
        ("ar", "ما رأيك في التقرير؟", "stars", "ما مدى رضاك عن التقرير؟"),
        ("ar", "هل ترى أن الأسعار عادلة؟", "csat", "إلى أي مدى توافق على أن الأسعار عادلة؟"),
        ("ar", "هل من السهل استيراد جهات الاتصال؟", "ces5", "ما مدى سهولة استيراد جهات الاتصال؟"),
    ],
)
def test_direct_proposes_the_scale_in_the_question(language, text, scale, better):
    [finding] = findings(Rule.DIRECT, asked(text, language, scale=scale))

    assert finding.better == better


DOUBLE = [
    ("en", "How satisfied are you with the speed and quality of support?"),
    ("en", "Was the agent fast and friendly?"),
    ("en", "How satisfied are you with the product as well as the support?"),
    ("en", "How clear/complete was the answer?"),
    ("en", "How useful are the reports & dashboards?"),
    ("en", "What did you choose, and why?"),
    ("en", "Was it fast? Was it clear?"),
    ("en", "Did you read the terms and conditions and the price list?"),
    ("ar", "ما مدى رضاك عن سرعة وجودة الدعم؟"),
    ("ar", "ما مدى رضاك عن سرعة وجوده الدعم؟"),
    ("ar", "هل كان الاستيراد سهلًا وسريعًا؟"),
    ("ar", "ما مدى رضاك عن المنتج والدعم؟"),
    ("ar", "ما مدى سهولة ووضوح الصفحة؟"),
    ("ar", "هل كان الرد واضحًا أو مفيدًا؟"),
    ("ar", "ما مدى رضاك عن السعر وكذلك الدعم؟"),
    ("ar", "ما مدى رضاك عن منتجنا وخدمتنا؟"),
    ("ar", "ماذا اخترت ولماذا؟"),
    ("ar", "هل كان سريعًا؟ هل كان واضحًا؟"),
    ("ar", "ما مدى رضاك عن الوثائق والوصول إليها؟"),
]
SINGLE = [
    ("en", "How clear are the terms and conditions?"),
    ("en", "Which pros and cons did you find?"),
    ("en", "How likely are you to recommend us to a friend or colleague?"),
    ("en", "How satisfied are you with Marks and Spencer?"),
    ("en", "How easy or difficult was it to sign up?"),
    ("en", "Did the time between sign-up and first use fit?"),
    ("en", "How many of you are between 5 and 10?"),
    ("en", "How satisfied are you with our brand handling?"),
    ("en", "Are you satisfied or dissatisfied with the price?"),
    ("en", "How satisfied are you with the “Search and Find” page?"),
    ("ar", "ما مدى رضاك عن وقت الوصول؟"),
    ("ar", "ما مدى وضوح وثائق المنتج؟"),
    ("ar", "ما مدى رضاك عن واجهة التطبيق؟"),
    ("ar", "ما وظيفة الزر؟ "),
    ("ar", "ما عدد رحلاتك ذهابًا وإيابًا؟"),
    ("ar", "ما مدى وضوح الشروط والأحكام؟"),
    ("ar", "ما مدى احتمال أن توصي بنا صديقًا أو زميلًا؟"),
    ("ar", "هل كان الوقت بين التسجيل والاستخدام مناسبًا؟"),
    ("ar", "هل أنت راضٍ أم غير راضٍ عن السعر؟"),
    ("ar", "ما مدى سهولة وصولك إلى وحدة التقارير؟"),
    ("ar", "هل يكفي وجوده في الصفحة؟"),
    ("ar", "ما مدى رضاك عن «البحث والعثور»؟"),
    ("ar", "كم موظفًا بين 5 و10؟"),
    ("ar", "ما مدى رضاك عن واردات واتساب؟"),
    ("ar", "هل وثّق الفريق الإعدادات؟"),
    ("ar", "ما مدى رضاك عن الدعم منذ الشراء وحتى الآن؟"),
    ("ar", "ما مدى رضاك عن شركة محمد وشركاه؟"),
    ("ar", "هل ودّعتم مدير الحساب؟"),
    ("ar", "هل تفضل البريد أم الهاتف؟"),
    ("en", "Do you prefer mail or phone?"),
    ("en", "Did you or your team attend in May or June?"),
    ("ar", "هل حضرت أنت وفريقك؟"),
    ("ar", "هل يجيب الدعم على مدار الساعة وطوال الأسبوع؟"),
]


@pytest.mark.parametrize(("language", "text"), DOUBLE)
def test_one_thing_finds_two(language, text):
    assert words(Rule.ONE_THING, asked(text, language))


@pytest.mark.parametrize(("language", "text"), SINGLE)
def test_one_thing_leaves_alone(language, text):
    assert words(Rule.ONE_THING, asked(text, language)) == []


@pytest.mark.parametrize(
    ("language", "text", "said", "halves"),
    [
        (
            "en",
            "How satisfied are you with the speed and quality of support?",
            ("speed and quality",),
            (
                "How satisfied are you with the speed of support?",
                "How satisfied are you with the quality of support?",
            ),
        ),
        (
            "en",
            "How satisfied are you with the product and our support?",
            ("product and our",),
            ("How satisfied are you with the product?", "How satisfied are you with our support?"),
        ),
        (
            "ar",
            "ما مدى رضاك عن سرعة وجودة الدعم؟",
            ("سرعة وجودة",),
            ("ما مدى رضاك عن سرعة الدعم؟", "ما مدى رضاك عن جودة الدعم؟"),
        ),
        (
            "ar",
            "هل كان الاستيراد سهلًا وسريعًا؟",
            ("سهلًا وسريعًا",),
            ("هل كان الاستيراد سهلًا؟", "هل كان الاستيراد سريعًا؟"),
        ),
    ],
)
def test_one_thing_makes_two_questions(language, text, said, halves):
    [finding] = findings(Rule.ONE_THING, asked(text, language))

    assert finding.words == said
    assert finding.better == "Ask two questions: “{}” and “{}”".format(*halves)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Is the product easy to use and reliable?"),
        ("en", "How satisfied are you with our onboarding team and its documentation?"),
        ("en", "How satisfied are you with the support team and training?"),
        ("ar", "هل استجبنا بسرعة وحللنا المشكلة؟"),
        ("ar", "ما الذي أعجبك وما الذي لم يعجبك؟"),
        ("ar", "ما مدى رضاك عن فريق التهيئة وتوثيقه؟"),
        ("ar", "ماذا اخترت ولماذا؟"),
        ("ar", "هل استجبنا بسرعة ودقة؟"),
    ],
)
def test_one_thing_makes_no_two_questions_that_it_cannot_make_well(language, text):
    [finding] = findings(Rule.ONE_THING, asked(text, language))

    assert finding.better == "Ask one thing; what else is to be known is a question of its own."


UNPLAIN = [
    ("en", "Should we add an export?", "Should"),
    ("en", "SHOULD we add an export?", "SHOULD"),
    ("en", "Can you find the export?", "Can"),
    ("en", "What can't you do with it?", "can't"),
    ("en", "What couldn’t you do with it?", "couldn’t"),
    ("en", "Could you tell us why?", "Could"),
    ("en", "Which export might you need?", "might"),
    ("en", "May we contact you?", "May"),
    ("en", "How do you feel about the export?", "feel"),
    ("en", "What was the feeling after the export?", "feeling"),
    ("en", "Have you felt heard?", "felt"),
    ("en", "How Do You Feel About The Export?", "Feel"),
    ("ar", "هل ينبغي أن نضيف التصدير؟", "ينبغي"),
    ("ar", "هل يجب أن نضيف التصدير؟", "يجب"),
    ("ar", "أيجدر بنا أن نضيف التصدير؟", "أيجدر"),
    ("ar", "هل وجب عليك الاتصال بنا؟", "وجب"),
    ("ar", "هل يُمكنكم العثور على التصدير؟", "يُمكنكم"),
    ("ar", "أيمكن أن تخبرنا بالسبب؟", "أيمكن"),
    ("ar", "هل بإمكانكم العثور على التصدير؟", "بإمكانكم"),
    ("ar", "هل تستطيعون العثور على التصدير؟", "تستطيعون"),
    ("ar", "ما الميزة التي قد تحتاج إليها؟", "قد تحتاج"),
    ("ar", "ما الذي قد يمنعك من التجديد؟", "قد يمنعك"),
    ("ar", "كيف تشعر تجاه التصدير؟", "تشعر"),
    ("ar", "كيف شعرتم بعد الاجتماع؟", "شعرتم"),
    ("ar", "بماذا ستشعرون بعد الإلغاء؟", "ستشعرون"),
    ("ar", "ما شعورك تجاه التصدير؟", "شعورك"),
    ("ar", "هل شعر فريقك بالتغيير؟", "شعر"),
    ("ar", "هل تقرأ الشعر، أم تكتبه؟ هل تستطيع؟", "تستطيع"),
    ("ar", "وهل علينا أن نضيف التصدير؟", "علينا أن"),
]
PLAIN = [
    ("en", "How satisfied are you with our office in Canada?"),
    ("en", "Which candidate did you interview?"),
    ("en", "How satisfied are you with the look and feel of the page?"),
    ("en", "How satisfied are you with the button Feeling Lucky?"),
    ("en", "How many reports did you export in May 2026?"),
    ("en", "How many cans of paint did you order since May?"),
    ("en", "How many mights are in the name?"),
    ("en", "How full was a can of paint?"),
    ("ar", "ما قدرة النظام الحالية؟"),
    ("ar", "ما مدى رضاك عن تقدّم المشروع؟"),
    ("ar", "هل قد أنجزت المهمة؟"),
    ("ar", "هل قد تم حل المشكلة؟"),
    ("ar", "هل قد تواصلت مع الدعم؟"),
    ("ar", "ما مدى رضاك عن شعار الصفحة؟"),
    ("ar", "كم إشعارًا وصلك اليوم؟"),
    ("ar", "هل لم يجب أحد عن سؤالك؟"),
    ("ar", "ما الواجبات التي أنهيتها؟"),
    ("ar", "هل تمكنت من إنهاء المهمة؟"),
    ("ar", "ما مدى رضاك عن تحسين الواجهة؟"),
    ("ar", "هل تابعت «كما ينبغي»؟"),
]


@pytest.mark.parametrize(("language", "text", "said"), UNPLAIN)
def test_plain_verbs_finds_what_is_possible_due_or_felt(language, text, said):
    assert words(Rule.PLAIN_VERBS, asked(text, language, kind=Kind.YES_NO)) == [(said,)]


@pytest.mark.parametrize(("language", "text"), PLAIN)
def test_plain_verbs_leaves_alone(language, text):
    assert words(Rule.PLAIN_VERBS, asked(text, language, kind=Kind.YES_NO)) == []


@pytest.mark.parametrize(
    ("language", "text", "better"),
    [
        ("en", "Could you tell us why?", "Please tell us why."),
        ("en", "How do you feel about the export?", "How satisfied are you with the export?"),
        ("en", "Can you easily find the export?", "How easy was it to find the export?"),
        ("en", "Should we add an export?", "How important is it to you that we add an export?"),
        ("ar", "هل يمكنك أن تخبرنا بالسبب؟", "من فضلك أخبرنا بالسبب."),
        ("ar", "كيف تشعر تجاه التصدير؟", "ما مدى رضاك عن التصدير؟"),
        ("ar", "هل ينبغي أن نضيف التصدير؟", "ما مدى أهمية أن نضيف التصدير في رأيك؟"),
    ],
)
def test_plain_verbs_says_it_plainly(language, text, better):
    [finding] = findings(Rule.PLAIN_VERBS, asked(text, language, kind=Kind.YES_NO))

    assert (finding.better, finding.wording) == (better, better)


def test_advice_is_no_wording():
    [plain] = findings(Rule.PLAIN_VERBS, asked("How can we reach you?", "en", kind=Kind.SHORT))
    [vague] = findings(Rule.SPECIFIC, asked("Which things did you buy?", "en", kind=Kind.SHORT))

    assert (plain.wording, vague.wording) == ("", "")


def test_plain_verbs_keeps_a_validated_wording_as_published():
    published = "How would you feel if you could no longer use Acme Desk?"
    changed = "How would you feel if you could no longer use the reports that we built last year?"

    assert words(Rule.PLAIN_VERBS, asked(published, kind=Kind.YES_NO)) == []
    assert words(Rule.PLAIN_VERBS, asked(changed, kind=Kind.YES_NO)) == [("feel", "could")]


def test_statements_and_consents_are_not_questions():
    text = "You should know that we may call you about good things recently and often."

    for kind in (Kind.STATEMENT, Kind.CONSENT):
        assert words(Rule.PLAIN_VERBS, asked(text, kind=kind)) == []
        assert words(Rule.SPECIFIC, asked(text, kind=kind)) == []
