"""Every metric once on paper: small books whose figures anybody can add up."""

from decimal import Decimal
from fractions import Fraction

import pytest

from metrics import catalogue
from metrics.catalogue.reaching import REACHING
from metrics.catalogue.satisfaction import SATISFACTION
from tests.factories import account, order, subscription, ticket
from tests.metrics.asking import answer, ask, parts
from tests.metrics.paper import (
    answers,
    coming_and_going,
    commerce,
    contacts,
    converting,
    ending,
    interest,
    leaving,
    payments,
    renewing,
    returning,
    revenue,
    spending,
    support,
    ups_and_downs,
    waiting,
    winning,
)
from tests.metrics.paper_engagement import (
    adopting,
    agreeing,
    campaigning,
    converting_by_mail,
    filling,
    holding,
    learning,
    mailing,
    publishing,
    reaching,
    starting,
    touring,
    using,
    visiting,
)
from tests.metrics.paper_satisfaction import (
    asking_for_more,
    following,
    inviting,
    recommending,
    reviewing,
    satisfying,
)

JUNE_30 = "2026-06-30"


# key -> (book, window, what comes out), all on 30 June 2026
PAPER = {
    "customers": (revenue, None, 6),  # all seven but Birch
    "paying_customers": (revenue, None, 5),  # Ginkgo is paused
    "new_customers": (revenue, "month", 1),  # Dahlia
    "customers_returned": (revenue, "month", 1),  # Elm
    "customers_lost": (revenue, "month", 1),  # Birch
    "customers_joined_and_left": (coming_and_going, "month", 1),
    "customer_retention_rate": (revenue, "month", Fraction(4, 5)),
    "quick_ratio": (revenue, "month", Fraction(80 + 70 + 50, 60 + 90 + 200)),
    "renewal_rate": (ending, "90d", Fraction(2, 3)),
    "trial_conversion_rate": (ending, "90d", 1),
    "renewal_rate_by_value": (renewing, "90d", Fraction(100 + 150 + 0, 100 + 200 + 300)),
    "renewal_rate_net": (renewing, "90d", Fraction(120 + 150 + 0, 100 + 200 + 300)),
    "churn_by_reason": (leaving, "12m", 2),
    "churn_by_reason_mrr": (leaving, "12m", 200 + 110),
    "profit": (spending, "month", 1000 - 250 - 100 - 120),
    "gross_margin": (spending, "month", Fraction(1000 - 250, 1000)),
    "customer_acquisition_cost": (spending, "90d", Fraction(100 + 120 + 29, 3)),
    "cac_payback_months": (spending, None, Fraction(83) / (Fraction(166, 4) * Fraction(3, 4))),
    "leads": (interest, "month", 2),
    "lead_conversion_rate": (winning, "90d", Fraction(1, 4)),
    "time_to_convert": (converting, "365d", 30),  # 3 of 4 wait after 10 days, half of those after 30
    "total_revenue": (payments, "month", 100 + 110 - 36),
    "customer_churn_rate": (revenue, "month", Fraction(1, 5)),  # Birch of the five that were there on 31 May
    "mrr": (revenue, None, 150 + 240 + 80 + 70 + 120),
    "arr": (revenue, None, 12 * 660),
    "mrr_new": (revenue, "month", 80),
    "mrr_reactivated": (revenue, "month", 70),
    "mrr_expansion": (revenue, "month", 50),
    "mrr_contraction": (revenue, "month", 60 + 90),
    "mrr_churned": (revenue, "month", 200),
    "mrr_fx": (revenue, "month", 10),
    "arpa": (revenue, None, 132),  # 660 / 5
    "net_revenue_retention": (revenue, "month", Fraction(150 + 0 + 240 + 110 + 0, 800)),
    "gross_revenue_retention": (revenue, "month", Fraction(100 + 0 + 240 + 110 + 0, 800)),
    "revenue_churn_rate": (revenue, "month", Fraction(350, 800)),
    "net_revenue_churn_rate": (revenue, "month", Fraction(300, 800)),
    "orders": (commerce, "month", 4),
    "ordering_accounts": (commerce, "month", 3),
    "average_order_value": (commerce, "month", Fraction(100 + 50 + 300 + 0, 4)),
    "purchase_frequency": (commerce, "month", Fraction(4, 3)),
    "repeat_purchase_rate": (commerce, "month", Fraction(1, 3)),  # Aster of three
    "product_return_rate": (returning, "month", Fraction(2, 10)),
    "product_return_rate_by_order": (returning, "month", Fraction(1, 2)),
    "product_return_rate_by_value": (returning, "month", Fraction(240, 1000)),
    "product_return_rate_by_processing_day": (returning, "month", Fraction(340, 500)),
    "tickets": (support, "30d", 3),
    "tickets_per_customer": (contacts, "30d", Fraction(2 + 3 + 1) / Fraction(30 + 10 + 5, 30)),
    "open_tickets": (support, None, 1),  # Birch's second
    # Answered after 2 hours and after 4, the third not in 255 hours: two thirds wait, then one third.
    "time_to_first_response": (support, "30d", 4),
    "time_to_first_response_p90": (answers, "30d", 9),
    "time_to_resolution_median": (support, "30d", 24),  # after 24 hours and 24 hours; the third is open
    "time_to_resolution_net": (waiting, "30d", 25),
    "time_to_first_response_mean": (support, "30d", 3),  # 2 hours and 4 hours; the third has no answer
    "time_to_resolution": (support, "30d", 296),  # (24 + 24 + 35 days) / 3
    "ticket_reopen_rate": (support, "30d", Fraction(1, 3)),  # the second of the three that were resolved
    "daily_active_users": (using, "1d", 2),  # Sara and Lina
    "weekly_active_users": (using, "7d", 3),  # and Omar
    "monthly_active_users": (using, "30d", 4),  # and Noor
    # Aster's two had 30 days, Lina ten, Noor 21; they used three, two, two and one.
    "stickiness": (using, "30d", Fraction(3 + 2 + 2 + 1, 2 * 30 + 10 + 21)),
    "stickiness_working_days": (using, "30d", Fraction(2 + 2 + 1 + 1, 2 * 22 + 7 + 15)),
    "active_customers": (using, "30d", 2),  # Aster and Birch; Dahlia is no customer
    "active_customer_rate": (using, "30d", Fraction(2, 3)),
    "licence_utilisation": (using, "30d", Fraction(2 + 1, 4 + 2)),
    # Sara and Omar of two seats in April; Noor and Ali of Birch's three in May.
    "licence_utilisation_peak": (filling, None, Fraction(2 + 2, 2 + 3)),
    "seats_assigned": (using, None, 2),  # Omar's id is his no more, and Dahlia has no seats
    "arpu": (using, "30d", Fraction(100 + 60, 3)),
    "logins": (using, "30d", 2 + 1 + 4),
    "logins_per_person": (using, "30d", Fraction(2 + 1, 4)),
    "sessions": (visiting, "30d", 4),
    "sessions_per_person": (visiting, "30d", Fraction(3, 4)),
    "session_duration": (visiting, "30d", Fraction(30 + 0 + 12 + 40, 4)),
    "session_duration_median": (visiting, "30d", 21),  # 0, 12, 30, 40
    "time_in_product": (visiting, "30d", Fraction(30 + 0 + 40, 4)),
    "page_views": (visiting, "30d", 1 + 3 + 1 + 1),
    "bounce_rate": (visiting, "30d", Fraction(1, 3)),  # Omar's
    "new_customer_usage_retention": (starting, "90d", Fraction(3, 4)),  # all but Birch
    # Sara and Omar used one of Aster's two; Birch's Lina used another one than hers.
    "feature_adoption_rate": (adopting, "30d", Fraction(2 + 0, 2 * 2 + 1 * 1)),
    "feature_breadth": (adopting, "30d", Fraction(1, 2 + 1)),
    "features_never_used": (adopting, "all", 1),  # Birch's
    "tour_completion_rate": (touring, "90d", Fraction(1, 3)),  # Sara
    "goal_conversion_rate": (reaching, "30d", Fraction(2, 4)),
    "goal_conversion_rate_people": (reaching, "30d", Fraction(1, 2)),
    "email_open_rate": (mailing, "30d", Fraction(2, 5)),  # the first and the fifth
    "email_click_rate": (mailing, "30d", Fraction(2, 5)),
    "email_open_rate_people": (mailing, "30d", Fraction(2, 5 - 1)),
    "email_click_to_open_rate": (mailing, "30d", Fraction(2, 3)),
    "email_conversion_rate": (converting_by_mail, "30d", Fraction(1, 4)),
    "email_reply_rate": (mailing, "30d", Fraction(1, 5)),
    "email_unsubscribe_rate": (mailing, "30d", Fraction(1, 6)),
    "email_bounce_rate": (mailing, "30d", Fraction(2, 8)),
    "subscribers": (agreeing, None, 3),  # all but Sara
    "list_churn_rate": (agreeing, "month", Fraction(1, 3)),
    "social_likes": (publishing, "30d", 3 + 1),
    "social_shares": (publishing, "30d", 2 + 1),
    "social_comments": (publishing, "30d", 1 + 1),
    "social_clicks": (publishing, "30d", 5 + 1),
    "event_registrations": (holding, "90d", 3),
    "event_attendance": (holding, "90d", 3),
    "event_walk_ins": (holding, "90d", 1),  # Lina
    "event_attendance_rate": (holding, "90d", Fraction(2, 3)),
    "event_interactions": (publishing, "90d", 4),
    "resource_views": (learning, "30d", 3 * 2 + 1),
    "resource_rating": (learning, "90d", Fraction(5 + 3 + 1, 3)),
    "resource_usefulness": (learning, "90d", Fraction(2, 3)),  # all but Sara's
    "nps": (recommending, "90d", Fraction(100 + 0 - 100 + 100, 4)),
    "nps_by_account": (recommending, "90d", Fraction(50 - 100, 2)),
    "nps_mrr_coverage": (recommending, "90d", Fraction(100 + 200, 600)),
    "nps_detractors_mrr": (recommending, "90d", 200),  # Lina's
    "csat": (satisfying, "90d", Fraction(2 + 0 + 1 + 1 + 1, 3 + 1 + 2 + 1 + 2)),
    "onboarding_csat": (satisfying, "90d", Fraction(2, 4)),
    "support_csat": (satisfying, "30d", Fraction(2, 3)),
    "ces": (satisfying, "90d", Fraction(1 + 2, 2 + 2)),
    "survey_response_rate": (inviting, "90d", Fraction(2, 5)),
    "survey_start_rate": (inviting, "90d", Fraction(3, 5)),
    "survey_responses": (recommending, "30d", 3 + 1 + 1 + 1),
    "detractor_follow_up_rate": (following, "90d", Fraction(1, 4)),  # Sara, Omar twice, Lina
    "time_to_follow_up": (following, "90d", 101),  # 69 hours, 101, and the others are waited for
    "follow_up_recovered_rate": (following, "12m", Fraction(2, 3)),  # Sara's NPS, Omar's CES
    "feedback_items": (asking_for_more, "30d", 2 + 1 + 1 + 1),
    "review_rating": (reviewing, "365d", Fraction(5 + 3 + 1, 3)),
}
# What is of one thing at a time: (key, parameter, value) -> (book, window, what comes out).
OF_ONE = {
    ("exit_rate", "page", "/prices"): (visiting, "30d", Fraction(2, 4)),
    ("campaign_conversion_rate", "campaign", "spring"): (campaigning, "30d", Fraction(2, 15 + 5)),
    ("campaign_conversion_rate_by_clicks", "campaign", "spring"): (campaigning, "30d", Fraction(2, 5 + 3)),
    ("csat_mean", "scale", "csat"): (satisfying, "90d", Fraction(5 + 3 + 4 + 1 + 1, 5)),
    ("ces_mean", "scale", "ces"): (satisfying, "90d", Fraction(7 + 3 + 6, 3)),
}


@pytest.mark.django_db
@pytest.mark.parametrize("key", PAPER)
def test_metric_on_paper(key):
    book, window, expected = PAPER[key]
    book()

    found = answer(key, JUNE_30, window=window)

    assert found.reason == ""
    assert abs(found.value - Decimal(expected.numerator) / expected.denominator) < Decimal("1e-12")


@pytest.mark.django_db
@pytest.mark.parametrize(("key", "name", "chosen"), OF_ONE)
def test_metric_of_one_thing_on_paper(key, name, chosen):
    book, window, expected = OF_ONE[key, name, chosen]
    book()

    found = answer(key, JUNE_30, window=window, parameters={name: chosen})
    of_all = answer(key, JUNE_30, window=window)
    by_name = parts(key, JUNE_30, name, window=window)

    assert found.value == Decimal(expected.numerator) / expected.denominator
    assert (of_all.value, of_all.reason) == (None, f"which_{name}")
    assert by_name[chosen] == found.value


# (key, parameter, value) -> what comes out instead, of the same books and windows
OTHERWISE = {
    # One day more: the unit of 10 June comes in time, and the orders of June stay unripe.
    ("product_return_rate", "return_days", 31): Fraction(3, 6),
    ("product_return_rate_by_order", "return_days", 31): 1,
    ("product_return_rate_by_value", "return_days", 31): Fraction(300, 600),
    ("renewal_rate", "grace_days", 15): Fraction(2, 2),  # Cedar in time; Birch's end is not ripe
    ("renewal_rate", "min_term", 30): Fraction(2, 4),  # with the short one of Dahlia, who pays a day too late
    ("renewal_rate_by_value", "grace_days", 15): Fraction(100 + 300, 100 + 300),
    ("renewal_rate_by_value", "min_term", 30): Fraction(250, 650),
    ("renewal_rate_net", "grace_days", 15): Fraction(120 + 330, 100 + 300),
    ("renewal_rate_net", "min_term", 30): Fraction(270, 650),
    ("lead_conversion_rate", "conversion_days", 91): Fraction(1, 3),  # Birch in time; Aster is not ripe
    # Dahlia a day too late; Cedar's trial is ripe, who pays already.
    ("trial_conversion_rate", "conversion_days", 13): Fraction(1, 2),
    ("mrr_new", "movements", "ends"): 0,
    ("mrr_reactivated", "movements", "ends"): 0,
    ("mrr_expansion", "movements", "ends"): 20 + 110,
    ("mrr_contraction", "movements", "ends"): 0,
    ("mrr_churned", "movements", "ends"): 200,
    ("mrr_fx", "movements", "ends"): 40,
    ("quick_ratio", "movements", "ends"): Fraction(130, 200),
    # Two hours of every working day.
    ("time_to_first_response", "hours", "working"): 2,  # 1 hour, 2 hours, and the third has none
    ("time_to_first_response_p90", "hours", "working"): 2,
    ("time_to_first_response_mean", "hours", "working"): Fraction(1 + 2, 2),
    ("time_to_resolution", "hours", "working"): Fraction(2 + 2 + 25 * 2, 3),
    ("time_to_resolution_median", "hours", "working"): 2,
    ("time_to_resolution_net", "hours", "working"): 5 * 2 - 4 * 2,
    ("feature_adoption_rate", "feature", "export"): Fraction(2, 2),
    # Sara is Lina.
    ("daily_active_users", "persons", "distinct"): 1,
    ("weekly_active_users", "persons", "distinct"): 2,
    ("monthly_active_users", "persons", "distinct"): 3,
    ("feature_adoption_rate", "persons", "distinct"): Fraction(2, 2 * 2),
    ("tour_completion_rate", "persons", "distinct"): Fraction(1, 2),
    ("goal_conversion_rate", "goal", "bought"): Fraction(1, 4),
    ("goal_conversion_rate_people", "goal", "missed"): 0,
    # The sixth is ripe after a day; the first was opened too late for that.
    ("email_open_rate", "answer_days", 1): Fraction(2, 6),
    ("email_click_rate", "answer_days", 1): Fraction(2, 6),
    ("email_open_rate_people", "answer_days", 1): Fraction(2, 6 - 1),
    ("email_click_to_open_rate", "answer_days", 4): Fraction(
        2, 4
    ),  # the second in time; the sixth is not ripe
    ("email_reply_rate", "answer_days", 1): 0,
    ("email_conversion_rate", "conversion_days", 12): 0,
    ("email_conversion_rate", "goal", "seen"): Fraction(2, 4),
    # A day later: too late for Aster, in time for Birch, and Cedar is not ripe.
    ("new_customer_usage_retention", "life_days", 91): Fraction(2, 3),
    ("tour_completion_rate", "tour_days", 8): Fraction(2, 3),  # and Omar
    ("tour_completion_rate", "step", "2"): Fraction(2, 3),  # Sara and Lina
    ("resource_usefulness", "ticket_days", 2): Fraction(1, 3),  # Lina asked on the next day
    # Of one survey alone Sara's zero is her last.
    ("nps", "survey", "7001"): -100,
    ("nps_by_account", "survey", "7001"): -100,
    ("nps_mrr_coverage", "survey", "7001"): Fraction(100, 600),
    ("nps_detractors_mrr", "survey", "7001"): 100,
    ("csat", "survey", "7000"): Fraction(2, 3),
    ("csat_mean", "survey", "7000"): Fraction(5 + 3 + 4, 3),
    ("onboarding_csat", "survey", "7000"): Fraction(2, 3),
    ("support_csat", "survey", "7002"): Fraction(1, 2),
    ("ces", "survey", "7002"): Fraction(1, 2),
    ("ces_mean", "survey", "7002"): Fraction(7 + 3, 2),
    ("survey_response_rate", "survey", "7000"): Fraction(1, 2),
    ("survey_start_rate", "survey", "7000"): Fraction(1, 2),
    ("survey_response_rate", "answer_days", 15): Fraction(3, 5),
    ("survey_start_rate", "answer_days", 15): Fraction(4, 5),
    ("survey_responses", "survey", "7001"): 1,
    ("detractor_follow_up_rate", "survey", "7001"): Fraction(0, 2),
    ("detractor_follow_up_rate", "working_days", 3): Fraction(2, 4),  # and Omar
    ("time_to_follow_up", "survey", "7001"): 69,
    ("follow_up_recovered_rate", "survey", "7001"): Fraction(1, 2),
}


# Of the months added up; all of ups_and_downs.
BY_MONTHS = {
    "mrr_new": 100,
    "mrr_reactivated": 70,
    "mrr_expansion": 50 + 120,
    "mrr_contraction": 40 + 30,
    "mrr_churned": 60 + 70 + 200,
    "mrr_fx": 10 + 20,
    "quick_ratio": Fraction(100 + 70 + 170, 70 + 330),
}


@pytest.mark.django_db
@pytest.mark.parametrize(("key", "name", "chosen"), OTHERWISE)
def test_parameter_on_paper(key, name, chosen):
    of_months = (ups_and_downs, "2026-04-01..2026-06-30", BY_MONTHS.get(key))
    of_one = {one: ({given: of}, what) for (one, given, of), what in OF_ONE.items()}
    others, (book, window, usual) = of_one.get(key) or ({}, PAPER[key])
    book, window, usual = of_months if name == "movements" else (book, window, usual)
    book()

    without = answer(key, JUNE_30, window=window, parameters=others)
    assert abs(without.value - Decimal(usual.numerator) / usual.denominator) < Decimal("1e-12")
    found = answer(key, JUNE_30, window=window, parameters={**others, name: chosen})

    expected = OTHERWISE[key, name, chosen]
    assert dict(found.parameters)[name] == chosen
    assert abs(found.value - Decimal(expected.numerator) / expected.denominator) < Decimal("1e-12")
    assert expected != usual


def test_every_parameter_is_on_paper():
    asked = {(key, name) for key, name, _value in [*OTHERWISE, *OF_ONE]}

    assert asked == {(m.key, p.name) for m in catalogue.ALL.values() for p in m.parameters}


def test_every_metric_is_on_paper():
    assert {*PAPER, *(key for key, _name, _value in OF_ONE)} == set(catalogue.ALL)


@pytest.mark.django_db
def test_start_and_movements_lead_to_the_end_on_paper():
    revenue()

    start = answer("mrr", "2026-05-31").value
    found = {key: splits[()].value for key, splits in ask(catalogue.ALL, JUNE_30).items()}

    assert start == 800
    rises = found["mrr_new"] + found["mrr_reactivated"] + found["mrr_expansion"]
    assert start + rises - found["mrr_contraction"] - found["mrr_churned"] + found["mrr_fx"] == found["mrr"]


@pytest.mark.django_db
def test_one_customer_is_enough_for_every_figure_of_its_own():
    only = account()
    subscription(only, 100, "2025-01-01")
    order(only, "2026-06-10 12:00", 40)
    ticket(
        only,
        [("opened", "2026-06-10 09:00"), ("replied", "2026-06-10 10:00"), ("resolved", "2026-06-10 12:00")],
    )

    found = {key: splits[()] for key, splits in ask(catalogue.ALL, JUNE_30).items()}

    assert {key: answer.value for key, answer in found.items()} == {
        "customers": 1,
        "paying_customers": 1,
        **dict.fromkeys(("new_customers", "customers_returned"), 0),
        **dict.fromkeys(("customers_lost", "customers_joined_and_left"), 0),
        "customer_churn_rate": 0,
        "customer_retention_rate": 1,
        "mrr": 100,
        "arr": 1200,
        **dict.fromkeys(("mrr_new", "mrr_reactivated", "mrr_expansion"), 0),
        **dict.fromkeys(("mrr_contraction", "mrr_churned", "mrr_fx"), 0),
        "arpa": 100,
        "net_revenue_retention": 1,
        "gross_revenue_retention": 1,
        "revenue_churn_rate": 0,
        "net_revenue_churn_rate": 0,
        **dict.fromkeys(("churn_by_reason", "churn_by_reason_mrr"), 0),
        "quick_ratio": None,  # nothing was lost
        **dict.fromkeys(("total_revenue", "leads"), 0),
        **dict.fromkeys(
            ("renewal_rate_by_value", "renewal_rate_net", "lead_conversion_rate", "time_to_convert"), None
        ),
        "profit": 0,
        **dict.fromkeys(("gross_margin", "customer_acquisition_cost", "cac_payback_months"), None),
        "orders": 1,
        "ordering_accounts": 1,
        "average_order_value": 40,
        "purchase_frequency": 1,
        "repeat_purchase_rate": 0,
        **dict.fromkeys(("renewal_rate", "trial_conversion_rate", "product_return_rate"), None),
        # The order is not ripe yet.
        **dict.fromkeys(("product_return_rate_by_order", "product_return_rate_by_value"), None),
        "product_return_rate_by_processing_day": 0,
        **dict.fromkeys(("tickets", "tickets_per_customer"), 1),
        "open_tickets": 0,
        **dict.fromkeys(("time_to_first_response", "time_to_first_response_p90"), 1),
        "time_to_first_response_mean": 1,
        **dict.fromkeys(("time_to_resolution", "time_to_resolution_median", "time_to_resolution_net"), 3),
        "ticket_reopen_rate": 0,
        **dict.fromkeys(("daily_active_users", "weekly_active_users", "monthly_active_users"), 0),
        **dict.fromkeys(("stickiness", "stickiness_working_days", "arpu"), None),
        **dict.fromkeys(("active_customers", "active_customer_rate"), 1),  # by the order
        **dict.fromkeys(("licence_utilisation", "seats_assigned", "logins", "sessions", "page_views"), 0),
        **dict.fromkeys(("logins_per_person", "sessions_per_person", "time_in_product"), None),
        **dict.fromkeys(("session_duration", "session_duration_median", "bounce_rate", "exit_rate"), None),
        "licence_utilisation_peak": None,  # without a term
        **dict.fromkeys([metric.key for metric in REACHING if not metric.denominator], 0),
        **dict.fromkeys([metric.key for metric in REACHING if metric.denominator], None),
        **{
            key: None if metric.denominator else 0
            for key, metric in ((metric.key, metric) for metric in SATISFACTION)
        },
        "nps_mrr_coverage": 0,
    }
    with_value = [answer for answer in found.values() if answer.value is not None]
    assert all(answer.low_sample for answer in with_value if answer.metric.minimum)
