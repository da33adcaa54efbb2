"""What can be answered on a scale, and what an answer there means: once, for pages, mails, figures and programs.

A value is what was given. A score is the value as it counts: of a question that is asked the other way round it is
turned, so that more is always better.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from accounts.texts import Text

LEAST_POINTS, MOST_POINTS = 2, 11


class Measure(TextChoices):
    """The figure that answers on a scale count in."""

    NPS = "nps", _("NPS")
    CSAT = "csat", _("CSAT")
    CES = "ces", _("CES")
    NONE = "", _("no figure")


class Band(TextChoices):
    """Of NPS: detractors, passives, promoters. Of CSAT and CES: what counts against, not, and for."""

    LOW = "low", _("low")
    MIDDLE = "middle", _("in between")
    HIGH = "high", _("high")


@dataclass(frozen=True)
class Point:
    """`sign`: what stands for it where there are no words."""

    value: int
    label: Text
    sign: str = ""


@dataclass(frozen=True)
class Scale:
    """Points from the lowest value to the highest, one apart. `low_to` and `high_from` part the bands."""

    key: str
    name: Text
    measure: str
    points: tuple[Point, ...]
    low_to: int
    high_from: int

    @property
    def least(self) -> int:
        return self.points[0].value

    @property
    def most(self) -> int:
        return self.points[-1].value

    def score(self, value: int, *, is_turned: bool = False) -> int:
        return self.least + self.most - value if is_turned else value

    def band(self, score: int) -> Band:
        if score <= self.low_to:
            return Band.LOW
        return Band.HIGH if score >= self.high_from else Band.MIDDLE


def _points(first: int, labels: Sequence[tuple[str, str]], signs: Sequence[str] = ()) -> tuple[Point, ...]:
    """`labels`: English and Arabic, of each point from the lowest on; empty where it has none."""
    shown = signs or [""] * len(labels)
    return tuple(
        Point(first + place, Text({"en": english, "ar": arabic} if english else {}), sign)
        for place, ((english, arabic), sign) in enumerate(zip(labels, shown, strict=True))
    )


def _between(low: tuple[str, str], high: tuple[str, str], inner: int) -> list[tuple[str, str]]:
    return [low, *[("", "")] * inner, high]


SATISFIED = (
    ("Very dissatisfied", "غير راضٍ إطلاقًا"),
    ("Dissatisfied", "غير راضٍ"),
    ("Neither satisfied nor dissatisfied", "لا راضٍ ولا غير راضٍ"),
    ("Satisfied", "راضٍ"),
    ("Very satisfied", "راضٍ جدًا"),
)
AGREED = (
    ("Strongly disagree", "لا أوافق إطلاقًا"),
    ("Disagree", "لا أوافق"),
    ("Somewhat disagree", "لا أوافق إلى حد ما"),
    ("Neither agree nor disagree", "لا أوافق ولا أعارض"),
    ("Somewhat agree", "أوافق إلى حد ما"),
    ("Agree", "أوافق"),
    ("Strongly agree", "أوافق تمامًا"),
)
EASY = (
    ("Very difficult", "صعب جدًا"),
    ("Difficult", "صعب"),
    ("Neither easy nor difficult", "لا سهل ولا صعب"),
    ("Easy", "سهل"),
    ("Very easy", "سهل جدًا"),
)
STARS = (
    ("1 star", "نجمة واحدة"),
    ("2 stars", "نجمتان"),
    ("3 stars", "3 نجوم"),
    ("4 stars", "4 نجوم"),
    ("5 stars", "5 نجوم"),
)
LIKELY = _between(("Not at all likely", "غير محتمل إطلاقًا"), ("Extremely likely", "محتمل جدًا"), inner=9)

_ALL = (
    # Reichheld 2003: 0 to 6, 7 and 8, 9 and 10.
    Scale(
        "nps",
        Text(en="0 to 10, how likely", ar="من 0 إلى 10، مدى الاحتمال"),
        Measure.NPS,
        _points(0, LIKELY),
        6,
        9,
    ),
    Scale(
        "csat",
        Text(en="1 to 5, how satisfied", ar="من 1 إلى 5، مدى الرضا"),
        Measure.CSAT,
        _points(1, SATISFIED),
        2,
        4,
    ),
    # Dixon and Ponomareff 2013, "CES 2.0": how far one agrees that it was made easy.
    Scale(
        "ces",
        Text(en="1 to 7, how far one agrees", ar="من 1 إلى 7، مدى الموافقة"),
        Measure.CES,
        _points(1, AGREED),
        3,
        5,
    ),
    Scale(
        "ces5", Text(en="1 to 5, how easy", ar="من 1 إلى 5، مدى السهولة"), Measure.CES, _points(1, EASY), 2, 4
    ),
    Scale(
        "smileys",
        Text(en="Three faces", ar="ثلاثة وجوه"),
        Measure.CSAT,
        _points(1, [("Bad", "سيئ"), ("So-so", "متوسط"), ("Good", "جيد")], "🙁😐🙂"),
        1,
        3,
    ),
    Scale(
        "thumbs",
        Text(en="Thumb down or up", ar="إبهام لأسفل أو لأعلى"),
        Measure.CSAT,
        _points(0, [("No", "لا"), ("Yes", "نعم")], "👎👍"),
        0,
        1,
    ),
    Scale(
        "stars",
        Text(en="1 to 5 stars", ar="من نجمة إلى 5 نجوم"),
        Measure.CSAT,
        _points(1, STARS, "★★★★★"),
        2,
        4,
    ),
)
BUILT_IN = {scale.key: scale for scale in _ALL}
