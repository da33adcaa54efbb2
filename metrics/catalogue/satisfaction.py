"""What customers say of it when they are asked."""

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from metrics.definitions import Better, Durations, Estimate, Family, Level, Metric, Parameter, Unit
from metrics.measures import content, feedback, followups, responses
from metrics.measures.customers import mrr
from metrics.terms import END, Flow, Formula, Term, count, when

SURVEY = Parameter("survey", _("survey"), default="", listed=responses.surveys)
SCALE = Parameter("scale", _("scale"), default="", listed=responses.scales)
WORKING_DAYS = Parameter(
    "working_days", _("working days to follow up"), default=2, most=60, in_working_days=True
)
ANSWER_DAYS = Parameter("answer_days", _("days in which an answer counts"), default=14)

OF_ANSWERS: dict[str, Any] = {"minimum": 30, "minimum_counts": "units", "minimum_of_account": 5}
POSITIVE_SHARE: dict[str, Any] = OF_ANSWERS | {
    "unit": Unit.PERCENT,
    "estimate": Estimate.WILSON_CLUSTERED,
    "parameters": (SURVEY,),
}
MEAN_SCORE: dict[str, Any] = OF_ANSWERS | {
    "unit": Unit.SCORE,
    "estimate": Estimate.STUDENT,
    "parameters": (SCALE, SURVEY),
    "of_each": "scale",
}
SHARE_OF_INVITATIONS: dict[str, Any] = {
    "unit": Unit.PERCENT,
    "estimate": Estimate.WILSON_CLUSTERED,
    "minimum": 30,
    "minimum_counts": "units",
    "parameters": (ANSWER_DAYS, SURVEY),
    "ripens_for": "answer_days",
}


def _satisfaction(
    key: str,
    name: Promise,
    formula: Promise,
    numerator: Term,
    denominator: Term | None = None,
    *,
    family: Family = Family.SATISFACTION,
    better: Better = Better.UP,
    window: str = "90d",
    **fields: Any,
) -> Metric:
    return Metric(
        key=key,
        name=name,
        family=family,
        better=better,
        window=window,
        formula=formula,
        numerator=numerator,
        denominator=denominator,
        **fields,
    )


ANSWERS = Flow(responses.ANSWERS_OF_ACCOUNTS)
ANSWERED = ANSWERS > 0
OWN_NPS = Formula("({} / {})", Flow(responses.POINTS_OF_ACCOUNTS), ANSWERS)
CALLED_CSAT = ("تقييمات الرضا",)

NPS = [
    _satisfaction(
        "nps",
        _("NPS"),
        _(
            "The last score of each person in the window: % of 9 and 10 − % of 0 to 6, as the mean of 100, 0 and −100 "
            "points. A question that was left out counts nowhere, an unfinished response with a score does, and one "
            "that names nobody is a person of its own. Answers of machines are left out."
        ),
        Flow(responses.POINTS_GIVEN),
        Flow(responses.LAST_ANSWERS),
        unit=Unit.POINTS,
        estimate=Estimate.ADJUSTED_WALD,
        squares=Flow(responses.SQUARES),
        parameters=(SURVEY,),
        aliases=("net promoter score", "صافي نقاط الترويج"),
        **OF_ANSWERS,
    ),
    _satisfaction(
        "nps_by_account",
        _("NPS by account"),
        _("The mean of the accounts' own NPS, each counting the same, however many of its people answered."),
        when(ANSWERED, OWN_NPS),
        count(ANSWERED),
        unit=Unit.POINTS,
        level=Level.POPULATION,
        estimate=Estimate.STUDENT,
        minimum=30,
        parameters=(SURVEY,),
    ),
    _satisfaction(
        "nps_mrr_coverage",
        _("MRR that answered"),
        _("MRR on the day of accounts with a scored NPS answer in the window / MRR of customers on the day."),
        when(ANSWERED, mrr(END)),
        mrr(END),
        unit=Unit.PERCENT,
        level=Level.POPULATION,
        estimate=Estimate.BOOTSTRAP,
        minimum=30,
        parameters=(SURVEY,),
    ),
    _satisfaction(
        "nps_detractors_mrr",
        _("MRR of detractors"),
        _("MRR on the day of accounts of which somebody's last NPS score in the window is 0 to 6."),
        when(Flow(responses.DETRACTORS) > 0, mrr(END)),
        unit=Unit.MONEY,
        better=Better.DOWN,
        parameters=(SURVEY,),
    ),
]

CSAT = [
    _satisfaction(
        "csat",
        _("CSAT"),
        _(
            "Positive answers in the window / answers with a score on a scale of satisfaction: 4 and 5 of 5, the third "
            "of three faces, thumb up. A question that was left out counts nowhere, and neither do machines."
        ),
        Flow(responses.CSAT_POSITIVE),
        Flow(responses.CSAT_ANSWERS),
        aliases=("customer satisfaction", "رضا العملاء"),
        **POSITIVE_SHARE,
    ),
    _satisfaction(
        "csat_mean",
        _("CSAT mean"),
        _(
            "The mean of the scores in the window on one scale of satisfaction. Without a scale there is no value, but "
            "a split by scale is the table of all."
        ),
        Flow(responses.CSAT_SCORES),
        Flow(responses.CSAT_ON_SCALE),
        squares=Flow(responses.CSAT_SQUARES),
        **MEAN_SCORE,
    ),
    _satisfaction(
        "onboarding_csat",
        _("Onboarding CSAT"),
        _("CSAT over the answers to surveys whose touchpoint is onboarding."),
        Flow(responses.ONBOARDING_POSITIVE),
        Flow(responses.ONBOARDING_ANSWERS),
        family=Family.ONBOARDING,
        aliases=CALLED_CSAT,
        **POSITIVE_SHARE,
    ),
    _satisfaction(
        "support_csat",
        _("Support CSAT"),
        _("CSAT over the answers to surveys whose touchpoint is support."),
        Flow(responses.SUPPORT_POSITIVE),
        Flow(responses.SUPPORT_ANSWERS),
        family=Family.SUPPORT,
        window="30d",
        aliases=CALLED_CSAT,
        **POSITIVE_SHARE,
    ),
]

CES = [
    _satisfaction(
        "ces",
        _("CES"),
        _(
            "Answers in the window that it was easy / answers with a score on a scale of ease: 5 to 7 of 7, 4 and 5 of "
            "5. A scale that is asked the other way round is turned first."
        ),
        Flow(responses.CES_POSITIVE),
        Flow(responses.CES_ANSWERS),
        aliases=("effort score", "درجة جهد العملاء"),
        **POSITIVE_SHARE,
    ),
    _satisfaction(
        "ces_mean",
        _("CES mean"),
        _(
            "The mean of the scores in the window on one scale of ease, turned where it is asked the other way round. "
            "Without a scale there is no value, but a split by scale is the table of all."
        ),
        Flow(responses.CES_SCORES),
        Flow(responses.CES_ON_SCALE),
        squares=Flow(responses.CES_SQUARES),
        **MEAN_SCORE,
    ),
]

RESPONSES = [
    _satisfaction(
        "survey_response_rate",
        _("Response rate"),
        _(
            "Invitations delivered in the window, shifted back by the days in which an answer counts: the share "
            "completed by a person in these days. Of anonymous surveys it is known only that somebody answered."
        ),
        Flow(responses.COMPLETED),
        Flow(responses.INVITATIONS),
        **SHARE_OF_INVITATIONS,
    ),
    _satisfaction(
        "survey_start_rate",
        _("Start rate"),
        _("The same invitations: the share that a person began to answer in these days."),
        Flow(responses.STARTED),
        Flow(responses.INVITATIONS),
        **SHARE_OF_INVITATIONS,
    ),
    _satisfaction(
        "survey_responses",
        _("Responses"),
        _("Responses that people completed in the window, by whatever channel."),
        Flow(responses.RESPONSES),
        window="30d",
        unit=Unit.COUNT,
        parameters=(SURVEY,),
    ),
]

FOLLOWING_UP = [
    _satisfaction(
        "detractor_follow_up_rate",
        _("Low answers followed up"),
        _(
            "Responses of known people in the window, shifted back by as long as the working days can take, with a low "
            "answer (NPS 0 to 6, CSAT 1 and 2, CES 1 to 3): the share of which a follow-up was recorded by the last of "
            "these working days after the answer. The organisation's week says which days are worked."
        ),
        Flow(followups.FOLLOWED_IN_TIME),
        Flow(followups.LOW_RIPE),
        unit=Unit.PERCENT,
        estimate=Estimate.WILSON_CLUSTERED,
        minimum=10,
        minimum_counts="units",
        parameters=(WORKING_DAYS, SURVEY),
        ripens_for="working_days",
    ),
    _satisfaction(
        "time_to_follow_up",
        _("Time to follow-up"),
        _(
            "Responses of known people in the window with a low answer: hours until a follow-up was recorded of half "
            "of them (Kaplan–Meier). Those without one are watched to the end of the day."
        ),
        Flow(followups.FOLLOWED),
        Flow(followups.LOW_RESPONSES),
        unit=Unit.HOURS,
        better=Better.DOWN,
        durations=Durations(followups.HOURS_UNFOLLOWED, reached=followups.FOLLOWED),
        estimate=Estimate.KAPLAN_MEIER,
        minimum=10,
        minimum_counts="events",
        parameters=(SURVEY,),
    ),
    _satisfaction(
        "follow_up_recovered_rate",
        _("Recovered"),
        _(
            "Known people with a low answer of which a follow-up was recorded in the window, and who answered on the "
            "same scale again by the day, each once per scale: the share whose next answer is not low."
        ),
        Flow(followups.RECOVERED),
        Flow(followups.ANSWERED_AGAIN),
        window="12m",
        unit=Unit.PERCENT,
        estimate=Estimate.WILSON_CLUSTERED,
        minimum=10,
        minimum_counts="units",
        parameters=(SURVEY,),
    ),
]

FEEDBACK = [
    _satisfaction(
        "feedback_items",
        _("Feedback items"),
        _(
            "Comments in surveys, tickets, conversations and public reviews of the window that were given a theme of "
            "the feedback board, once for each theme. Answers of machines are left out."
        ),
        Flow(feedback.FEEDBACK_ITEMS),
        window="30d",
        unit=Unit.COUNT,
        better=Better.NONE,
    ),
]

REVIEWS = [
    _satisfaction(
        "review_rating",
        _("Review rating"),
        _("The mean rating of the public reviews written in the window, from 1 to 5."),
        Flow(content.REVIEW_RATING),
        Flow(content.REVIEWS),
        window="365d",
        unit=Unit.SCORE,
        estimate=Estimate.STUDENT,
        minimum=10,
        minimum_counts="units",
    ),
]

SATISFACTION = [*NPS, *CSAT, *CES, *RESPONSES, *FOLLOWING_UP, *FEEDBACK, *REVIEWS]
