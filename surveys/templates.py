"""Five surveys to begin with, in both languages. {organisation} is who asks."""

from dataclasses import dataclass, replace

from accounts.texts import Text
from surveys.content import Condition, Content, Kind, Option, Question
from surveys.library import LIBRARY

_BY_KEY = {validated.key: validated.question for validated in LIBRARY}

PRIVACY = Text(
    en="{organisation} uses your answers to improve its service. They are not passed on.",
    ar="تستخدم {organisation} إجاباتك لتحسين خدمتها، ولا تُشاركها مع أي طرف آخر.",
)
THANKS = {
    "low": Text(
        en="Thank you for your honest answer. We read every one, and will look into it.",
        ar="شكرًا على صراحتك. نقرأ كل إجابة، وسنبحث في الأمر.",
    ),
    "middle": Text(
        en="Thank you. Your answer shows us what to improve next.",
        ar="شكرًا لك. تبيّن لنا إجابتك ما نحسّنه تاليًا.",
    ),
    "high": Text(
        en="Thank you. We are glad to hear it, and will pass it on to the team.",
        ar="شكرًا لك. يسعدنا ذلك، وسننقله إلى الفريق.",
    ),
    "": Text(en="Thank you for your answers.", ar="شكرًا على إجاباتك."),
}


@dataclass(frozen=True)
class Template:
    key: str
    name: Text
    content: Content


def _content(intro: Text, *questions: Question) -> Content:
    return Content(questions, intro, PRIVACY, THANKS)


def _validated(key: str, *, required: bool = False) -> Question:
    return replace(_BY_KEY[key], required=required)


def _why(key: str, text: Text, question: str, least: int, most: int) -> Question:
    return Question(key, Kind.LONG, text, shows_if=(Condition(question, least=least, most=most),))


def _options(*texts: tuple[str, str, str]) -> tuple[Option, ...]:
    return tuple(Option(key, Text(en=en, ar=ar)) for key, en, ar in texts)


RELATIONSHIP = Template(
    "relationship",
    Text(en="Relationship: NPS with its why", ar="العلاقة: مؤشر NPS مع السبب"),
    _content(
        Text(
            en="Two questions about your work with {organisation}. They take a minute.",
            ar="سؤالان عن عملك مع {organisation}. يستغرقان دقيقة واحدة.",
        ),
        _validated("nps", required=True),
        _why(
            "why_low",
            Text(en="What is the main reason for your low score?", ar="ما السبب الرئيسي لتقييمك المنخفض؟"),
            "nps",
            0,
            6,
        ),
        _why(
            "why_middle",
            Text(en="What was missing for a 9?", ar="ما الذي كان ينقص لتمنحنا 9؟"),
            "nps",
            7,
            8,
        ),
        _why(
            "why_high",
            Text(en="What do you value most about {organisation}?", ar="ما أكثر ما تقدّره في {organisation}؟"),
            "nps",
            9,
            10,
        ),
    ),
)

ONBOARDING = Template(
    "onboarding",
    Text(en="After onboarding: CSAT", ar="بعد التهيئة: مقياس CSAT"),
    _content(
        Text(
            en="Your onboarding with {organisation} is complete. Three questions about it, in two minutes.",
            ar="اكتملت فترة التهيئة مع {organisation}. ثلاثة أسئلة عنها في دقيقتين.",
        ),
        _validated("onboarding", required=True),
        Question(
            "slowest",
            Kind.ONE,
            Text(
                en="Which step of the onboarding took the longest?", ar="أي خطوة من التهيئة استغرقت أطول وقت؟"
            ),
            options=_options(
                ("import", "Importing our records", "استيراد سجلاتنا"),
                ("settings", "The settings", "الإعدادات"),
                ("integration", "Connecting other systems", "ربط الأنظمة الأخرى"),
                ("training", "Training our team", "تدريب فريقنا"),
                ("none", "None of these", "لا شيء مما سبق"),
            ),
            is_shuffled=True,
            has_other=True,
        ),
        _why(
            "why_low",
            Text(en="What was missing from your onboarding?", ar="ما الذي كان ينقص فترة التهيئة؟"),
            "onboarding",
            1,
            3,
        ),
    ),
)

SUPPORT = Template(
    "support",
    Text(en="After a ticket: CSAT of the support", ar="بعد التذكرة: رضا CSAT عن الدعم"),
    _content(
        Text(
            en="Your request to {organisation} was closed. Two questions about it, in a minute.",
            ar="أُغلق طلبك لدى {organisation}. سؤالان عنه في دقيقة واحدة.",
        ),
        _validated("support", required=True),
        Question("solved", Kind.YES_NO, Text(en="Is your issue solved?", ar="هل حُلّت مشكلتك؟")),
        _why(
            "why_low",
            Text(en="What was missing from our answer?", ar="ما الذي كان ينقص ردّنا؟"),
            "support",
            1,
            3,
        ),
    ),
)

EFFORT = Template(
    "effort",
    Text(en="After a task: CES", ar="بعد مهمة: مقياس CES"),
    _content(
        Text(
            en="You have just finished a task with {organisation}. Tell us how it went.",
            ar="أنجزت للتو مهمة مع {organisation}. أخبرنا كيف سارت.",
        ),
        _validated("ces", required=True),
        Question("done", Kind.YES_NO, Text(en="Did you finish the task?", ar="هل أنهيت المهمة؟")),
        _why(
            "why_low",
            Text(en="Which step was the hardest?", ar="أي خطوة كانت الأصعب؟"),
            "ces",
            1,
            4,
        ),
    ),
)

CHURN = Template(
    "churn",
    Text(en="After leaving: churn interview", ar="بعد المغادرة: مقابلة الإلغاء"),
    _content(
        Text(
            en="You have ended your contract with {organisation}. Four questions help us learn from it.",
            ar="أنهيت عقدك مع {organisation}. أربعة أسئلة تساعدنا على التعلّم من ذلك.",
        ),
        _validated("leaving", required=True),
        Question(
            "before",
            Kind.LONG,
            Text(en="What happened before you decided to leave?", ar="ما الذي حدث قبل قرارك بالمغادرة؟"),
        ),
        _validated("csat"),
        Question(
            "instead",
            Kind.ONE,
            Text(en="What do you use instead?", ar="ما البديل الذي تستخدمه؟"),
            options=_options(
                ("another", "Another provider", "مزود آخر"),
                ("own", "Our own solution", "حل طوّرناه بأنفسنا"),
                ("sheets", "Spreadsheets", "جداول إلكترونية"),
                ("nothing", "Nothing", "لا شيء"),
            ),
            is_shuffled=True,
            has_other=True,
        ),
        Question(
            "contact",
            Kind.CONSENT,
            Text(
                en="{organisation} may contact me about my answers.",
                ar="أوافق على أن تتواصل معي {organisation} بشأن إجاباتي.",
            ),
        ),
    ),
)

TEMPLATES = {template.key: template for template in (RELATIONSHIP, ONBOARDING, SUPPORT, EFFORT, CHURN)}
