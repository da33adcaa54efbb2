"""What the catalogue says of every metric."""

import pytest

from metrics import catalogue
from metrics.definitions import Estimate, Family, Level, RollUp
from metrics.terms import START

# The catalogue's own windows: (key, window, unit, better).
DECLARED = [
    ("customers", None, "count", "up"),
    ("paying_customers", None, "count", "up"),
    ("new_customers", "month", "count", "up"),
    ("customers_returned", "month", "count", "up"),
    ("customers_lost", "month", "count", "down"),
    ("customers_joined_and_left", "month", "count", "down"),
    ("customer_churn_rate", "30d", "%", "down"),
    ("customer_retention_rate", "30d", "%", "up"),
    ("churn_by_reason", "12m", "count", "down"),
    ("churn_by_reason_mrr", "12m", "money", "down"),
    ("mrr", None, "money", "up"),
    ("arr", None, "money", "up"),
    ("mrr_new", "month", "money", "up"),
    ("mrr_reactivated", "month", "money", "up"),
    ("mrr_expansion", "month", "money", "up"),
    ("mrr_contraction", "month", "money", "down"),
    ("mrr_churned", "month", "money", "down"),
    ("mrr_fx", "month", "money", "none"),
    ("arpa", None, "money", "up"),
    ("net_revenue_retention", "12m", "%", "up"),
    ("gross_revenue_retention", "12m", "%", "up"),
    ("revenue_churn_rate", "30d", "%", "down"),
    ("net_revenue_churn_rate", "30d", "%", "down"),
    ("quick_ratio", "3m", "ratio", "up"),
    ("renewal_rate", "90d", "%", "up"),
    ("renewal_rate_by_value", "90d", "%", "up"),
    ("renewal_rate_net", "90d", "%", "up"),
    ("trial_conversion_rate", "90d", "%", "up"),
    ("total_revenue", "month", "money", "up"),
    ("profit", "month", "money", "up"),
    ("gross_margin", "month", "%", "up"),
    ("customer_acquisition_cost", "90d", "money", "down"),
    ("cac_payback_months", None, "months", "down"),
    ("leads", "month", "count", "up"),
    ("lead_conversion_rate", "90d", "%", "up"),
    ("time_to_convert", "365d", "days", "down"),
    ("orders", "month", "count", "up"),
    ("ordering_accounts", "month", "count", "up"),
    ("average_order_value", "365d", "money", "up"),
    ("purchase_frequency", "365d", "count", "up"),
    ("repeat_purchase_rate", "365d", "%", "up"),
    ("product_return_rate", "365d", "%", "down"),
    ("product_return_rate_by_order", "365d", "%", "down"),
    ("product_return_rate_by_value", "365d", "%", "down"),
    ("product_return_rate_by_processing_day", "365d", "%", "down"),
    ("tickets", "30d", "count", "none"),
    ("tickets_per_customer", "30d", "ratio", "down"),
    ("open_tickets", None, "count", "down"),
    ("time_to_first_response", "30d", "hours", "down"),
    ("time_to_first_response_p90", "30d", "hours", "down"),
    ("time_to_first_response_mean", "30d", "hours", "down"),
    ("time_to_resolution", "30d", "hours", "down"),
    ("time_to_resolution_median", "30d", "hours", "down"),
    ("time_to_resolution_net", "30d", "hours", "down"),
    ("ticket_reopen_rate", "90d", "%", "down"),
    ("daily_active_users", "1d", "count", "up"),
    ("weekly_active_users", "7d", "count", "up"),
    ("monthly_active_users", "30d", "count", "up"),
    ("stickiness", "30d", "%", "up"),
    ("stickiness_working_days", "30d", "%", "up"),
    ("active_customers", "30d", "count", "up"),
    ("active_customer_rate", "30d", "%", "up"),
    ("licence_utilisation", "30d", "%", "up"),
    ("licence_utilisation_peak", None, "%", "up"),
    ("seats_assigned", None, "count", "up"),
    ("arpu", "30d", "money", "up"),
    ("logins", "30d", "count", "up"),
    ("logins_per_person", "30d", "count", "up"),
    ("sessions", "30d", "count", "up"),
    ("sessions_per_person", "30d", "count", "up"),
    ("session_duration", "30d", "minutes", "up"),
    ("session_duration_median", "30d", "minutes", "up"),
    ("time_in_product", "30d", "minutes", "up"),
    ("page_views", "30d", "count", "up"),
    ("bounce_rate", "30d", "%", "down"),
    ("exit_rate", "30d", "%", "down"),
    ("new_customer_usage_retention", "90d", "%", "up"),
    ("tour_completion_rate", "90d", "%", "up"),
    ("feature_adoption_rate", "30d", "%", "up"),
    ("feature_breadth", "30d", "%", "up"),
    ("features_never_used", "all", "count", "down"),
    ("goal_conversion_rate", "30d", "%", "up"),
    ("goal_conversion_rate_people", "30d", "%", "up"),
    ("campaign_conversion_rate", "30d", "%", "up"),
    ("campaign_conversion_rate_by_clicks", "30d", "%", "up"),
    ("email_open_rate", "30d", "%", "up"),
    ("email_click_rate", "30d", "%", "up"),
    ("email_open_rate_people", "30d", "%", "up"),
    ("email_click_to_open_rate", "30d", "%", "up"),
    ("email_conversion_rate", "30d", "%", "up"),
    ("email_reply_rate", "30d", "%", "up"),
    ("email_unsubscribe_rate", "30d", "%", "down"),
    ("email_bounce_rate", "30d", "%", "down"),
    ("subscribers", None, "count", "up"),
    ("list_churn_rate", "month", "%", "down"),
    ("social_likes", "30d", "count", "up"),
    ("social_shares", "30d", "count", "up"),
    ("social_comments", "30d", "count", "up"),
    ("social_clicks", "30d", "count", "up"),
    ("event_registrations", "90d", "count", "up"),
    ("event_attendance", "90d", "count", "up"),
    ("event_walk_ins", "90d", "count", "up"),
    ("event_attendance_rate", "90d", "%", "up"),
    ("event_interactions", "90d", "count", "up"),
    ("resource_views", "30d", "count", "up"),
    ("resource_rating", "90d", "score", "up"),
    ("resource_usefulness", "90d", "%", "up"),
    ("nps", "90d", "−100…100", "up"),
    ("nps_by_account", "90d", "−100…100", "up"),
    ("nps_mrr_coverage", "90d", "%", "up"),
    ("nps_detractors_mrr", "90d", "money", "down"),
    ("csat", "90d", "%", "up"),
    ("csat_mean", "90d", "score", "up"),
    ("ces", "90d", "%", "up"),
    ("ces_mean", "90d", "score", "up"),
    ("onboarding_csat", "90d", "%", "up"),
    ("support_csat", "30d", "%", "up"),
    ("survey_response_rate", "90d", "%", "up"),
    ("survey_start_rate", "90d", "%", "up"),
    ("survey_responses", "30d", "count", "up"),
    ("detractor_follow_up_rate", "90d", "%", "up"),
    ("time_to_follow_up", "90d", "hours", "down"),
    ("follow_up_recovered_rate", "12m", "%", "up"),
    ("feedback_items", "30d", "count", "none"),
    ("review_rating", "365d", "score", "up"),
]


def test_metrics_are_declared_as_the_catalogue_has_them():
    declared = [(m.key, m.window, m.unit, m.better) for m in catalogue.ALL.values()]

    assert sorted(declared, key=str) == sorted(DECLARED, key=str)


# Filters and splits are read on the first day of these, and on the last of all others.
OF_THE_START = {
    "new_customers",
    "customers_returned",
    "customers_lost",
    "customers_joined_and_left",
    "customer_retention_rate",
    "quick_ratio",
    "customer_churn_rate",
    "mrr_new",
    "mrr_reactivated",
    "mrr_expansion",
    "mrr_contraction",
    "mrr_churned",
    "mrr_fx",
    "net_revenue_retention",
    "gross_revenue_retention",
    "revenue_churn_rate",
    "net_revenue_churn_rate",
    "list_churn_rate",
}


def test_cohorts_and_movements_take_their_members_from_the_start():
    assert {m.key for m in catalogue.ALL.values() if m.membership is START} == OF_THE_START


@pytest.mark.parametrize("metric", catalogue.ALL.values(), ids=lambda metric: metric.key)
def test_metric_says_what_it_is(metric):
    assert str(metric.name)
    assert str(metric.formula).endswith(".")
    assert bool(metric.of) == bool(metric.combine)
    assert bool(metric.of) != bool(metric.numerator)
    # Money of the whole company is no sample.
    is_of_totals = metric.level is Level.ORGANISATION and metric.family is not Family.ENGAGEMENT
    is_highest = metric.key == "licence_utilisation_peak"
    is_ratio = metric.roll_up is RollUp.ALGEBRAIC and not is_of_totals and not is_highest
    is_estimate = is_ratio or metric.roll_up is RollUp.HOLISTIC
    assert is_estimate == (metric.estimate is not Estimate.NONE)
    of_order = (Estimate.KAPLAN_MEIER, Estimate.ORDER_STATISTICS)
    assert (metric.roll_up is RollUp.HOLISTIC) == (metric.estimate in of_order)
    is_made_of_samples = metric.key == "cac_payback_months" or is_highest
    assert (metric.minimum > 0) == (metric.estimate is not Estimate.NONE or is_made_of_samples)


def test_reads_names_the_facts():
    assert catalogue.ALL["mrr"].reads == ["Subscription"]
    assert catalogue.ALL["customers"].reads == ["AccountChange", "Order", "Subscription"]
    assert catalogue.ALL["ticket_reopen_rate"].reads == ["Ticket"]
    assert catalogue.ALL["profit"].reads == ["Expense", "Payment"]


def test_headlines_are_metrics_with_sums_of_their_own():
    assert all(not catalogue.ALL[key].of for key in catalogue.HEADLINES)


def test_with_parts_names_each_metric_once_and_no_derived_one():
    assert [metric.key for metric in catalogue.with_parts(("arr", "mrr", "arpa"))] == ["mrr", "arpa"]
