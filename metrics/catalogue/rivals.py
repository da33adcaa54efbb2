"""What else goes by the same names, so that two people who disagree find out that they counted different things.

A product or a person is named only where its own documentation or paper says so. What is said of metrics that are still
to come waits here for them.
"""

from django.utils.translation import gettext_lazy as _

from metrics.definitions import Rival

FROM_TOTALS = Rival(
    _(
        "From the movement totals of the whole company: accounts that joined inside the window move the figure too, "
        "although they were not there at its start."
    )
)
BY_NOTICE = Rival(
    _(
        "By the day on which notice was given: a loss shows earlier, and a notice that is withdrawn must be taken "
        "out again."
    )
)
AUTOMATIC_REPLIES = Rival(_("With automatic replies: the first answer comes within seconds."))

RIVALS: dict[str, tuple[Rival, ...]] = {
    "customers": (
        Rival(_("With trials and free plans: what products with a free plan often call customers.")),
        Rival(_("From the signature of the contract on, before the service begins.")),
    ),
    "paying_customers": (
        Rival(_("Accounts that paid in the month: whoever pays by the year counts once in twelve months.")),
    ),
    "new_customers": (
        Rival(_("An account that comes back counts as new once more."), "customers_returned"),
        Rival(_("By the signature of the contract instead of the first day of service.")),
    ),
    "customers_lost": (BY_NOTICE,),
    "customer_churn_rate": (
        Rival(
            _(
                "Over the average number of customers in the window: those who joined make the rate smaller, the "
                "faster the company grows, the more."
            )
        ),
        Rival(
            _(
                "All that left in the window over the customers at its start, also those who joined after it: the rate "
                "can pass 100 %."
            )
        ),
        BY_NOTICE,
    ),
    "customer_retention_rate": (
        Rival(
            _(
                "(Customers at the end − new customers) / customers at the start, as it is often taught: whoever came "
                "back inside the window counts as kept."
            )
        ),
    ),
    "mrr": (
        Rival(
            _("What was billed in the month, with one-off and metered fees: billings, not recurring revenue.")
        ),
        Rival(
            _(
                "Committed MRR (CMRR): with contracts that are signed and have not begun, without those of which the "
                "end is known."
            )
        ),
    ),
    "arr": (
        Rival(_("The yearly amounts of contracts of a year or longer alone.")),
        Rival(_("The revenue of the last twelve months."), "total_revenue"),
    ),
    "mrr_new": (Rival(_("With the MRR of accounts that came back."), "mrr_reactivated"),),
    "mrr_expansion": (Rival(_("With the MRR of accounts that came back."), "mrr_reactivated"),),
    "mrr_contraction": (
        Rival(_("Without pauses: a paused subscription counts as churned while it lasts."), "mrr_churned"),
    ),
    "mrr_churned": (
        BY_NOTICE,
        Rival(_("With contraction: every fall of MRR is called churn."), "mrr_contraction"),
    ),
    "mrr_fx": (
        Rival(
            _(
                "All days at one fixed rate (constant currency): there is no difference to show, and the past is "
                "written anew whenever that rate is."
            )
        ),
    ),
    "arpa": (
        Rival(_("MRR over all customers, also those without MRR.")),
        Rival(_("Revenue received in the month over customers.")),
    ),
    "net_revenue_retention": (
        FROM_TOTALS,
        Rival(_("Without whoever left and came back inside the window.")),
    ),
    "gross_revenue_retention": (
        Rival(
            _("The gross renewal rate, which some abbreviate alike: of the contracts that were due alone.")
        ),
        FROM_TOTALS,
    ),
    "revenue_churn_rate": (
        Rival(_("Churned MRR alone over MRR at the start; contraction stands beside it."), "mrr_churned"),
        FROM_TOTALS,
    ),
    "net_revenue_churn_rate": (FROM_TOTALS,),
    "quick_ratio": (
        Rival(
            _(
                "Mamoon Hamid, who proposed it for subscriptions: (new + expansion) / (churned + contraction), without "
                "a word on accounts that come back."
            )
        ),
        Rival(_("The quick ratio of accountants is another figure: liquid assets over current liabilities.")),
    ),
    "renewal_rate": (
        Rival(_("By the amounts due instead of the number of terms."), "renewal_rate_by_value"),
        Rival(_("Of everything that could have ended, monthly subscriptions included: a higher share.")),
    ),
    "trial_conversion_rate": (
        Rival(
            _(
                "Conversions of the window over trials started in it: trials that are still running count as not "
                "converted, so that the last weeks always look bad."
            )
        ),
    ),
    "renewal_rate_by_value": (
        Rival(_("By the number of terms."), "renewal_rate"),
        Rival(_("Of all MRR, also of contracts that were not due."), "gross_revenue_retention"),
    ),
    "renewal_rate_net": (
        Rival(_("Of all MRR, also of contracts that were not due."), "net_revenue_retention"),
    ),
    "customer_acquisition_cost": (
        Rival(
            _(
                "Expenses of the quarter before over the new customers of this one: what was spent before they came, "
                "where selling takes long."
            )
        ),
        Rival(_("Expenses of advertising alone, without salaries and tools.")),
    ),
    "cac_payback_months": (
        Rival(_("By revenue instead of margin: the months come out fewer than it takes.")),
    ),
    "lead_conversion_rate": (
        Rival(
            _(
                "New customers of the window over leads of the same window: they are not the same people where "
                "deciding takes longer than the window."
            )
        ),
    ),
    "gross_margin": (
        Rival(
            _(
                "By recognised revenue and the cost of sales of the books, as IFRS and US-GAAP accounts show it."
            )
        ),
    ),
    "total_revenue": (
        Rival(
            _(
                "Revenue recognised over the time of service, as IFRS 15 and ASC 606 ask of accounts: what an annual "
                "report shows."
            )
        ),
        Rival(_("What was invoiced (billings), paid or not.")),
    ),
    "arpu": (
        Rival(_("Per seat instead of per active person: MRR / seats.")),
        Rival(_("Per customer."), "arpa"),
    ),
    "monthly_active_users": (
        Rival(_("Of the calendar month so far, which begins anew on every first.")),
        Rival(_("Whoever had any event, also one that we got from elsewhere, such as an opened mail.")),
    ),
    "stickiness": (
        Rival(_("The daily active users of one day over those of the 30 days up to it.")),
        Rival(_("Over working days only."), "stickiness_working_days"),
    ),
    "licence_utilisation": (
        Rival(_("Seats that were given to somebody over seats, used or not."), "seats_assigned"),
    ),
    "session_duration": (
        Rival(_("Without sessions of one event, which have no length: the mean is higher.")),
        Rival(_("The median, which a few long sessions do not move."), "session_duration_median"),
    ),
    "bounce_rate": (
        Rival(_("Sessions under a number of seconds with one page view: who reads for long is no bounce.")),
    ),
    "email_open_rate": (
        Rival(_("With the openings of machines, which open most of what some providers deliver.")),
        Rival(_("Of the messages that were not opened by machines only."), "email_open_rate_people"),
        Rival(_("Over messages sent.")),
    ),
    "email_click_rate": (Rival(_("Over messages opened."), "email_click_to_open_rate"),),
    "feature_adoption_rate": (
        Rival(_("Over all people, also of accounts whose plan does not include the feature.")),
        Rival(_("By accounts: those in which anybody used it.")),
    ),
    "goal_conversion_rate": (Rival(_("By people instead of sessions."), "goal_conversion_rate_people"),),
    "campaign_conversion_rate": (
        Rival(_("Over clicks instead of whom it reached."), "campaign_conversion_rate_by_clicks"),
        Rival(
            _(
                "With everybody who reached the goal in the days after they saw the campaign (view-through): as "
                "advertising networks count, which know who saw it."
            )
        ),
    ),
    "orders": (Rival(_("With orders cancelled later: what the shop took in.")),),
    "average_order_value": (
        Rival(_("With tax and shipping: what the customer paid.")),
        Rival(_("The median order, which a few large ones do not move.")),
    ),
    "purchase_frequency": (Rival(_("Over all customers, also those without an order.")),),
    "repeat_purchase_rate": (
        Rival(_("Orders on two different days: two orders of one day are one purchase.")),
        Rival(
            _(
                "The returning customers of Shopify: those with an order in the window and any earlier one, also "
                "before it."
            )
        ),
    ),
    "product_return_rate": (
        Rival(_("By orders with any return."), "product_return_rate_by_order"),
        Rival(_("By amounts."), "product_return_rate_by_value"),
        Rival(
            _("Returns processed in the window over sales of it: as the books see it, and quick."),
            "product_return_rate_by_processing_day",
        ),
    ),
    "product_return_rate_by_order": (Rival(_("By units."), "product_return_rate"),),
    "product_return_rate_by_value": (
        Rival(_("By units."), "product_return_rate"),
        Rival(
            _("Returns processed in the window over sales of it: as the books see it, and quick."),
            "product_return_rate_by_processing_day",
        ),
    ),
    "product_return_rate_by_processing_day": (
        Rival(
            _("Of what was sold in the window, whenever it came back."),
            "product_return_rate_by_value",
        ),
    ),
    "tickets": (Rival(_("Every conversation: with spam, merged tickets and those that our staff opened.")),),
    "time_to_first_response_mean": (
        Rival(
            _(
                "The median, with the tickets that still wait: a mean of the answered alone looks better than it is."
            ),
            "time_to_first_response",
        ),
        AUTOMATIC_REPLIES,
        Rival(_("In the working hours of the team instead of hours of the clock.")),
    ),
    "time_to_first_response": (
        Rival(
            _("The mean of the answered ones: whoever still waits is missing."), "time_to_first_response_mean"
        ),
        AUTOMATIC_REPLIES,
    ),
    "tickets_per_customer": (
        Rival(_("Over all accounts or users, not customers: the contact rate of shops is over orders.")),
    ),
    "time_to_resolution": (
        Rival(
            _(
                "To the first resolution instead of the last: a ticket that is opened again does not get longer. "
                "Zendesk reports both."
            )
        ),
        Rival(
            _("Of the tickets opened in the window: those still open are missing, the longest ones first.")
        ),
        Rival(_("Without the time spent waiting for the customer."), "time_to_resolution_net"),
    ),
    "time_to_resolution_median": (
        Rival(_("The mean, by which a few long ones weigh most."), "time_to_resolution"),
    ),
    "time_to_resolution_net": (
        Rival(
            _("With the time spent waiting for the customer: what the customer lived through."),
            "time_to_resolution",
        ),
    ),
    "ticket_reopen_rate": (
        Rival(_("Reopenings over resolved tickets: a ticket that was opened three times more counts three.")),
    ),
    "nps": (
        Rival(_("Of all answers, not of the last one of each person: whoever answers often weighs more.")),
        Rival(
            _("The mean of the accounts' own: a small account weighs as much as a large one."),
            "nps_by_account",
        ),
    ),
    "csat": (
        Rival(_("The mean of the scores, as a percentage of the highest one."), "csat_mean"),
        Rival(_("Positive less negative answers, as NPS is counted.")),
    ),
    "ces": (
        Rival(_("The mean of the scores."), "ces_mean"),
        Rival(
            _(
                "By the question how much effort it was (CES 1.0, Dixon 2010), where a low score is the good one."
            )
        ),
    ),
    "survey_response_rate": (
        Rival(
            _(
                "Over all that were sent, also those that came back: the rate falls with the quality of addresses."
            )
        ),
        Rival(_("With responses that were begun and not completed."), "survey_start_rate"),
    ),
    "detractor_follow_up_rate": (
        Rival(_("Of the cases that were opened: low answers of which nobody made a case are not in it.")),
    ),
}
