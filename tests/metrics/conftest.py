"""Some metrics of every kind: what is done with all is done with each of these."""

import pytest

KEYS = (
    "mrr", "customers", "orders", "tickets", "time_to_resolution", "ordering_accounts",
    "arpa", "paying_customers", "customer_churn_rate", "net_revenue_retention", "time_to_first_response",
    "monthly_active_users", "mrr_expansion", "feature_adoption_rate", "session_duration_median",
    "gross_margin", "leads", "nps",
)  # fmt: skip


@pytest.fixture
def few_metrics(monkeypatch):
    """Of a hundred that would be computed."""
    from metrics import catalogue

    wanted = {part.key for key in KEYS for part in (catalogue.ALL[key], *catalogue.with_parts((key,)))}
    few = {key: metric for key, metric in catalogue.ALL.items() if key in wanted}
    monkeypatch.setattr(catalogue, "ALL", few)
    return few
