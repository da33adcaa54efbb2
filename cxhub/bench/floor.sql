-- The floor of `bench recompute`: the sums of every stored metric for every account, as one would write them by hand for
-- this book alone. It knows what the engine may not: nobody was merged and nothing is without an account; whoever is an
-- account has subscribed long ago, so that neither orders nor stages make a customer and nobody is new or comes back; a
-- subscription has one pause at most, all of them bill by the month or year, and an account has one currency; a
-- cancelled order was cancelled at once; ids follow time, a ticket is done within six days and closed within nine, nobody
-- waits for a customer, and the one reply to a ticket comes before its resolution. The bench compares the rows with the engine's. A faster way to them is a bug of this file.
--
-- Parameters: the day and the starts of the windows (as days in day, month, days_30, year; as instants in …_at), and the
-- exchange rates: sar, eur_day, eur_month, eur_days_30, eur_year, and for orders eur_rates from each of eur_since on.
CREATE TEMPORARY TABLE floor AS
WITH subscribed AS (
  SELECT account_id, max(currency) AS currency,
         bool_or(ends IS NULL OR ends > %(day)s) AS is_in,
         bool_or(starts <= %(month)s AND (ends IS NULL OR ends > %(month)s)) AS was_in_month,
         bool_or(starts <= %(days_30)s AND (ends IS NULL OR ends > %(days_30)s)) AS was_in_days_30,
         sum(greatest(least(ends, %(day)s + 1) - greatest(starts, %(days_30)s + 1), 0)) AS days,
         sum(CASE WHEN is_reduced_for_good OR discount_ends > %(day)s THEN reduced ELSE gross END)
           FILTER (WHERE (ends IS NULL OR ends > %(day)s) AND (paused IS NULL OR %(day)s < paused OR %(day)s >= resumes)) AS bill,
         sum(CASE WHEN is_reduced_for_good OR discount_ends > %(month)s THEN reduced ELSE gross END)
           FILTER (WHERE starts <= %(month)s AND (ends IS NULL OR ends > %(month)s)
                     AND (paused IS NULL OR %(month)s < paused OR %(month)s >= resumes)) AS bill_month,
         sum(CASE WHEN is_reduced_for_good OR discount_ends > %(days_30)s THEN reduced ELSE gross END)
           FILTER (WHERE starts <= %(days_30)s AND (ends IS NULL OR ends > %(days_30)s)
                     AND (paused IS NULL OR %(days_30)s < paused OR %(days_30)s >= resumes)) AS bill_days_30,
         sum(CASE WHEN is_reduced_for_good OR discount_ends > %(year)s THEN reduced ELSE gross END)
           FILTER (WHERE starts <= %(year)s AND (ends IS NULL OR ends > %(year)s)
                     AND (paused IS NULL OR %(year)s < paused OR %(year)s >= resumes)) AS bill_year,
         sum(CASE WHEN is_reduced_for_good OR discount_ends > %(cut_0)s THEN reduced ELSE gross END)
           FILTER (WHERE starts <= %(cut_0)s AND (ends IS NULL OR ends > %(cut_0)s)
                     AND (paused IS NULL OR %(cut_0)s < paused OR %(cut_0)s >= resumes)) AS bill_cut_0,
         sum(CASE WHEN is_reduced_for_good OR discount_ends > %(cut_1)s THEN reduced ELSE gross END)
           FILTER (WHERE starts <= %(cut_1)s AND (ends IS NULL OR ends > %(cut_1)s)
                     AND (paused IS NULL OR %(cut_1)s < paused OR %(cut_1)s >= resumes)) AS bill_cut_1,
         sum(CASE WHEN is_reduced_for_good OR discount_ends > %(cut_2)s THEN reduced ELSE gross END)
           FILTER (WHERE starts <= %(cut_2)s AND (ends IS NULL OR ends > %(cut_2)s)
                     AND (paused IS NULL OR %(cut_2)s < paused OR %(cut_2)s >= resumes)) AS bill_cut_2
  FROM (SELECT s.account_id, s.currency, s.starts, s.ends, s.discount_ends, p.starts AS paused, p.ends AS resumes,
               s.discount_ends IS NULL AS is_reduced_for_good,
               s.price * s.quantity / (CASE s.interval WHEN 'month' THEN 1 ELSE 12 END) AS gross,
               s.price * s.quantity * (100 - s.discount_percent) / 100
                 / (CASE s.interval WHEN 'month' THEN 1 ELSE 12 END) AS reduced
        FROM accounts_subscription s LEFT JOIN accounts_pause p ON p.subscription_id = s.id
        WHERE s.ends IS NULL OR s.ends > %(year)s) billed
  GROUP BY account_id
), revenue AS (
  SELECT account_id, is_in, was_in_month, was_in_days_30, days,
         round(coalesce(bill * CASE currency WHEN 'USD' THEN 1 WHEN 'SAR' THEN %(sar)s ELSE %(eur_day)s END, 0), 2) AS mrr,
         round(coalesce(bill_month * CASE currency WHEN 'USD' THEN 1 WHEN 'SAR' THEN %(sar)s ELSE %(eur_month)s END, 0), 2) AS month,
         round(coalesce(bill * CASE currency WHEN 'USD' THEN 1 WHEN 'SAR' THEN %(sar)s ELSE %(eur_month)s END, 0), 2) AS since_month,
         round(coalesce(bill_days_30 * CASE currency WHEN 'USD' THEN 1 WHEN 'SAR' THEN %(sar)s ELSE %(eur_days_30)s END, 0), 2) AS days_30,
         round(coalesce(bill * CASE currency WHEN 'USD' THEN 1 WHEN 'SAR' THEN %(sar)s ELSE %(eur_days_30)s END, 0), 2) AS since_days_30,
         round(coalesce(bill_year * CASE currency WHEN 'USD' THEN 1 WHEN 'SAR' THEN %(sar)s ELSE %(eur_year)s END, 0), 2) AS year,
         round(coalesce(bill * CASE currency WHEN 'USD' THEN 1 WHEN 'SAR' THEN %(sar)s ELSE %(eur_year)s END, 0), 2) AS since_year,
         round(coalesce(bill_cut_0 * CASE currency WHEN 'USD' THEN 1 WHEN 'SAR' THEN %(sar)s ELSE %(eur_cut_0)s END, 0), 2) AS cut_0,
         round(coalesce(bill_cut_1 * CASE currency WHEN 'USD' THEN 1 WHEN 'SAR' THEN %(sar)s ELSE %(eur_cut_0)s END, 0), 2) AS since_cut_0,
         round(coalesce(bill_cut_1 * CASE currency WHEN 'USD' THEN 1 WHEN 'SAR' THEN %(sar)s ELSE %(eur_cut_1)s END, 0), 2) AS cut_1,
         round(coalesce(bill_cut_2 * CASE currency WHEN 'USD' THEN 1 WHEN 'SAR' THEN %(sar)s ELSE %(eur_cut_1)s END, 0), 2) AS since_cut_1,
         round(coalesce(bill_cut_2 * CASE currency WHEN 'USD' THEN 1 WHEN 'SAR' THEN %(sar)s ELSE %(eur_cut_2)s END, 0), 2) AS cut_2,
         round(coalesce(bill_month * CASE currency WHEN 'USD' THEN 1 WHEN 'SAR' THEN %(sar)s ELSE %(eur_cut_2)s END, 0), 2) AS since_cut_2
  FROM subscribed
), ordered AS (
  SELECT account_id, count(*) FILTER (WHERE is_young) AS year, count(*) FILTER (WHERE ordered_at >= %(month_at)s) AS month,
         round(sum(worth) FILTER (WHERE is_young), 2) AS amount, count(*) FILTER (WHERE is_ripe) AS ripe,
         round(sum(worth) FILTER (WHERE is_ripe), 2) AS ripe_amount
  FROM (SELECT account_id, ordered_at, ordered_at >= %(days_365_at)s AS is_young, ordered_at < %(ripe_until_at)s AS is_ripe,
               CASE currency WHEN 'USD' THEN amount WHEN 'SAR' THEN amount * %(sar)s
                    ELSE amount * (%(eur_rates)s::numeric[])[width_bucket(ordered_at, %(eur_since)s::timestamptz[])] END AS worth
        FROM accounts_order
        WHERE ordered_at >= %(ripe_since_at)s AND cancelled_at IS NULL) placed
  GROUP BY account_id
), log AS (
  SELECT ticket_id, max(happened_at) FILTER (WHERE kind = 'replied') AS replied,
         min(happened_at) FILTER (WHERE kind = 'resolved') AS resolved_first,
         max(happened_at) FILTER (WHERE kind = 'resolved') AS resolved_last,
         max(happened_at) FILTER (WHERE kind = 'reopened') AS reopened,
         max(happened_at) FILTER (WHERE kind IN ('resolved', 'closed')) AS ended
  FROM accounts_ticketevent
  WHERE ticket_id >= (SELECT id FROM accounts_ticket WHERE opened_at >= %(days_90_at)s::timestamptz - interval '6 days' ORDER BY opened_at LIMIT 1)
    AND happened_at >= %(days_90_at)s AND kind IN ('replied', 'resolved', 'reopened', 'closed')
  GROUP BY ticket_id
), helped AS (
  SELECT account_id, count(*) FILTER (WHERE is_young) AS opened,
         count(*) FILTER (WHERE is_young AND replied IS NOT NULL) AS answered,
         sum(date_part('epoch', replied - opened_at)) FILTER (WHERE is_young) / 3600 AS hours_to_reply,
         count(*) FILTER (WHERE is_done) AS done, count(*) FILTER (WHERE is_done AND is_young) AS young_done,
         count(*) FILTER (WHERE is_young AND (ended IS NULL OR reopened > ended)) AS open,
         sum(date_part('epoch', resolved_last - opened_at)) FILTER (WHERE is_done) / 3600 AS hours_to_resolution,
         count(resolved_first) AS resolved, count(*) FILTER (WHERE reopened > resolved_first) AS reopened
  FROM (SELECT t.account_id, t.opened_at, t.opened_at >= %(days_30_at)s AS is_young, l.*,
               l.resolved_last >= %(days_30_at)s AND (l.reopened IS NULL OR l.reopened < l.resolved_last) AS is_done
        FROM accounts_ticket t LEFT JOIN log l ON l.ticket_id = t.id
        WHERE t.opened_at >= %(days_90_at)s::timestamptz - interval '6 days' AND NOT t.spam AND NOT t.opened_by_staff) told
  GROUP BY account_id
)
SELECT * FROM (
  SELECT a.id AS account_id,
    unnest(ARRAY[
      'customers', 'paying_customers', 'customers_lost', 'customer_churn_rate', 'customer_retention_rate', 'mrr', 'mrr_expansion', 'mrr_contraction',
      'mrr_churned', 'mrr_fx', 'arpa', 'net_revenue_retention', 'gross_revenue_retention',
      'revenue_churn_rate', 'net_revenue_churn_rate', 'quick_ratio', 'orders', 'ordering_accounts', 'average_order_value',
      'purchase_frequency', 'repeat_purchase_rate', 'product_return_rate_by_order', 'product_return_rate_by_value',
      'product_return_rate_by_processing_day', 'tickets', 'time_to_first_response_mean', 'time_to_resolution',
      'ticket_reopen_rate', 'time_to_first_response', 'time_to_first_response_p90', 'time_to_resolution_median',
      'time_to_resolution_net', 'open_tickets', 'tickets_per_customer'
    ]) AS metric,
    unnest(ARRAY[
      is_in::int,
      (is_in AND r.mrr > 0)::int,
      (was_in_month AND NOT is_in)::int,
      (was_in_days_30 AND NOT is_in)::int,
      (was_in_days_30 AND is_in)::int,
      r.mrr,
      greatest(r.since_month - r.month, 0),
      CASE WHEN r.since_month > 0 OR is_in THEN greatest(r.month - r.since_month, 0) END,
      CASE WHEN r.since_month = 0 AND NOT is_in THEN r.month END,
      r.mrr - r.since_month,
      r.mrr,
      CASE WHEN r.year > 0 THEN r.since_year END,
      least(r.year, r.since_year),
      r.days_30 - least(r.days_30, r.since_days_30),
      CASE WHEN r.days_30 > 0 THEN r.days_30 - r.since_days_30 END,
      greatest(since_cut_0 - cut_0, 0) + greatest(since_cut_1 - cut_1, 0) + greatest(since_cut_2 - cut_2, 0)
        + greatest(since_month - r.month, 0),
      o.month,
      (o.month > 0)::int,
      o.amount,
      o.year,
      (o.year > 1)::int,
      0,
      0,
      0,
      h.opened,
      h.hours_to_reply::numeric,
      h.hours_to_resolution::numeric,
      h.reopened,
      h.answered,
      h.answered,
      h.young_done,
      h.hours_to_resolution::numeric,
      h.open,
      CASE WHEN r.days > 0 THEN coalesce(h.opened, 0) ELSE 0 END
    ]::numeric[]) AS numerator,
    unnest(ARRAY[
      0, 0, 0, was_in_days_30::int, was_in_days_30::int, 0, 0, 0, 0, 0, (is_in AND r.mrr > 0)::int, r.year, r.year, r.days_30,
      r.days_30,
      greatest(cut_0 - since_cut_0, 0) + greatest(cut_1 - since_cut_1, 0) + greatest(cut_2 - since_cut_2, 0)
        + greatest(r.month - since_month, 0),
      0, 0, o.year, (o.year > 0)::int, (o.year > 0)::int, o.ripe, o.ripe_amount, o.amount, 0, h.answered, h.done, h.resolved,
      h.opened, h.opened, h.opened, h.done, 0, r.days / 30::numeric
    ]::numeric[]) AS denominator
  FROM accounts_account a
  LEFT JOIN revenue r ON r.account_id = a.id
  LEFT JOIN ordered o ON o.account_id = a.id
  LEFT JOIN helped h ON h.account_id = a.id) sums
WHERE numerator <> 0 OR denominator <> 0
