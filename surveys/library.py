"""Questions that others have validated, or that are customary for what they measure, with their sources.

English is as published where `is_exact`, but for “To what extent do you agree”, which says the scale in the question;
Arabic is cxhub's own translation, not validated again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from accounts.texts import Text
from surveys.content import Kind, Option, Question
from surveys.scales import AGREED, EASY, Measure, Point, Scale

TRANSLATED = frozenset({"ar"})


@dataclass(frozen=True)
class Source:
    """`is_exact`: the words are the publication's; else they are customary for what it is about."""

    author: str
    year: int
    publication: str
    is_exact: bool = True

    def __str__(self) -> str:
        return f"{self.author} {self.year}"


@dataclass(frozen=True)
class Validated:
    """`instead_of`: by language, wordings that are often used in its place. Its key is the question's."""

    question: Question
    source: Source
    instead_of: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return self.question.key


def _scale(key: str, name: Text, labels: tuple[tuple[str, str], ...]) -> Scale:
    points = tuple(Point(value, Text(en=en, ar=ar)) for value, (en, ar) in enumerate(labels, start=1))
    middle = (len(points) + 1) // 2
    return Scale(key, name, Measure.NONE, points, middle - 1, middle + 1)


# Those of the library that count in no figure: agreement that is not about effort must not count as CES.
OWN_SCALES = {
    scale.key: scale
    for scale in (
        _scale("agreed7", Text(en="1 to 7, how far one agrees", ar="من 1 إلى 7، مدى الموافقة"), AGREED),
        _scale("task5", Text(en="1 to 5, how easy a task was", ar="من 1 إلى 5، مدى سهولة المهمة"), EASY),
        _scale(
            "likely5",
            Text(en="1 to 5, how likely", ar="من 1 إلى 5، مدى الاحتمال"),
            (
                ("Very unlikely", "مستبعد جدًا"),
                ("Unlikely", "مستبعد"),
                ("Neither likely nor unlikely", "لا محتمل ولا مستبعد"),
                ("Likely", "محتمل"),
                ("Very likely", "محتمل جدًا"),
            ),
        ),
    )
}

_REICHHELD = Source("Reichheld", 2003, "The One Number You Need to Grow. Harvard Business Review 81(12)")
_EFFORTLESS = Source("Dixon, Toman, DeLisi", 2013, "The Effortless Experience. Portfolio")
_ELLIS = Source("Ellis", 2009, "The Startup Pyramid; survey.io")
_LITE = Source("Lewis, Utesch, Maher", 2013, "UMUX-LITE: When there’s no time for the SUS. CHI ’13")
_EASE = Source(
    "Sauro, Dumas",
    2009,
    "Comparison of three one-question, post-task usability questionnaires. CHI ’09",
    is_exact=False,
)
_SATISFACTION = Source(
    "ISO", 2018, "ISO 10004: Monitoring and measuring customer satisfaction", is_exact=False
)
_INTENTIONS = Source(
    "Zeithaml, Berry, Parasuraman",
    1996,
    "The Behavioral Consequences of Service Quality. Journal of Marketing 60(2)",
    is_exact=False,
)
_DEFECTIONS = Source(
    "Reichheld, Sasser", 1990, "Zero Defections. Harvard Business Review 68(5)", is_exact=False
)


def _scaled(key: str, scale: str, en: str, ar: str) -> Question:
    return Question(key, Kind.SCALE, Text(en=en, ar=ar), scale=scale)


def _choice(key: str, en: str, ar: str, options: tuple[tuple[str, str, str], ...]) -> Question:
    offered = tuple(Option(name, Text(en=english, ar=arabic)) for name, english, arabic in options)
    return Question(key, Kind.ONE, Text(en=en, ar=ar), options=offered)


LIBRARY = (
    Validated(
        _scaled(
            "nps",
            "nps",
            "How likely is it that you would recommend {organisation} to a friend or colleague?",
            "ما مدى احتمال أن توصي بـ{organisation} صديقًا أو زميلًا؟",
        ),
        _REICHHELD,
        {
            "en": (
                "Would you recommend {organisation}?",
                "Would you recommend {organisation} to a friend?",
                "How likely are you to recommend {organisation} to others?",
            ),
            "ar": (
                "هل توصي بـ{organisation}؟",
                "هل توصي أصدقاءك بـ{organisation}؟",
                "ما مدى احتمال أن توصي بنا الآخرين؟",
            ),
        },
    ),
    Validated(
        _scaled(
            "csat", "csat", "How satisfied are you with {organisation}?", "ما مدى رضاك عن {organisation}؟"
        ),
        _SATISFACTION,
        {
            "en": ("Are you satisfied with {organisation}?", "Are you happy with {organisation}?"),
            "ar": ("هل أنت راضٍ عن {organisation}؟", "هل أنت سعيد مع {organisation}؟"),
        },
    ),
    Validated(
        _scaled(
            "support",
            "csat",
            "How satisfied are you with the support you received?",
            "ما مدى رضاك عن الدعم الذي تلقيته؟",
        ),
        _SATISFACTION,
        {"en": ("How was the support you received?",), "ar": ("كيف كان الدعم الذي تلقيته؟",)},
    ),
    Validated(
        _scaled(
            "ces",
            "ces",
            "To what extent do you agree: {organisation} made it easy for me to handle my issue?",
            "إلى أي مدى توافق: سهّلت عليّ {organisation} معالجة مشكلتي؟",
        ),
        _EFFORTLESS,
        {
            "en": ("Was it easy to handle your issue?", "How easy was it to solve your issue?"),
            "ar": ("هل كان من السهل معالجة مشكلتك؟", "ما مدى سهولة حل مشكلتك؟"),
        },
    ),
    Validated(
        _choice(
            "no_longer",
            "How would you feel if you could no longer use {organisation}?",
            "كيف ستشعر إذا لم يعد بإمكانك استخدام {organisation}؟",
            (
                ("very", "Very disappointed", "بخيبة أمل كبيرة"),
                ("somewhat", "Somewhat disappointed", "بشيء من خيبة الأمل"),
                (
                    "not",
                    "Not disappointed (it isn’t really that useful)",
                    "لن يخيب أملي (فهو ليس مفيدًا إلى هذا الحد)",
                ),
                ("gone", "N/A – I no longer use it", "لا ينطبق: لم أعد أستخدمه"),
            ),
        ),
        _ELLIS,
        {
            "en": ("How disappointed would you be without {organisation}?",),
            "ar": ("ما مدى خيبة أملك دون {organisation}؟",),
        },
    ),
    Validated(
        _scaled(
            "capabilities",
            "agreed7",
            "To what extent do you agree: the capabilities of {organisation} meet my requirements?",
            "إلى أي مدى توافق: إمكانات {organisation} تلبي متطلباتي؟",
        ),
        _LITE,
        {"en": ("Does {organisation} meet your requirements?",), "ar": ("هل تلبي {organisation} متطلباتك؟",)},
    ),
    Validated(
        _scaled(
            "ease",
            "agreed7",
            "To what extent do you agree: {organisation} is easy to use?",
            "إلى أي مدى توافق: {organisation} سهل الاستخدام؟",
        ),
        _LITE,
        {"en": ("Is {organisation} easy to use?",), "ar": ("هل {organisation} سهل الاستخدام؟",)},
    ),
    Validated(
        _scaled(
            "task",
            "task5",
            "Overall, how difficult or easy was the task to complete?",
            "بشكل عام، ما مدى صعوبة أو سهولة إتمام المهمة؟",
        ),
        _EASE,
        {"en": ("How easy was it to complete the task?",), "ar": ("هل كان إتمام المهمة سهلًا؟",)},
    ),
    Validated(
        _scaled(
            "onboarding",
            "csat",
            "How satisfied are you with your onboarding?",
            "ما مدى رضاك عن فترة التهيئة؟",
        ),
        _SATISFACTION,
        {
            "en": ("How was your onboarding?", "Did you like the onboarding?"),
            "ar": ("كيف كانت فترة التهيئة؟",),
        },
    ),
    Validated(
        _scaled(
            "prepared",
            "agreed7",
            "To what extent do you agree: the onboarding prepared me to work with {organisation}?",
            "إلى أي مدى توافق: أعدّتني فترة التهيئة للعمل مع {organisation}؟",
        ),
        _SATISFACTION,
        {"en": ("Did the onboarding prepare you?",), "ar": ("هل أعدّتك فترة التهيئة للعمل؟",)},
    ),
    Validated(
        _scaled(
            "renewal",
            "likely5",
            "How likely is it that you will renew your contract with {organisation}?",
            "ما مدى احتمال أن تجدد عقدك مع {organisation}؟",
        ),
        _INTENTIONS,
        {
            "en": ("Will you renew your contract?", "Do you plan to renew?", "Will you renew?"),
            "ar": ("هل ستجدد عقدك؟", "هل تنوي تجديد العقد؟"),
        },
    ),
    Validated(
        Question(
            "leaving",
            Kind.ONE,
            Text(en="What is the main reason you cancelled?", ar="ما السبب الرئيسي لإلغاء اشتراكك؟"),
            options=(
                Option("price", Text(en="The price", ar="السعر")),
                Option("feature", Text(en="A feature that is missing", ar="ميزة ناقصة")),
                Option("use", Text(en="Too little use", ar="قلة الاستخدام")),
                Option("support", Text(en="The support", ar="الدعم")),
                Option("provider", Text(en="Another provider", ar="مزود آخر")),
                Option("company", Text(en="A change in our company", ar="تغيير في شركتنا")),
            ),
            is_shuffled=True,
            has_other=True,
        ),
        _DEFECTIONS,
        {
            "en": (
                "Why did you cancel?",
                "What made you cancel?",
                "Why did you leave?",
                "Why are you leaving us?",
            ),
            "ar": ("لماذا ألغيت اشتراكك؟", "لماذا ألغيت الاشتراك؟"),
        },
    ),
)
