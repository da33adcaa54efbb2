-- The floor of `bench recompute`: the sums of every stored metric for every account, as one would write them by hand for
-- this book alone. It knows what the engine may not: nobody was merged, and only leads and expenses are without an
-- account; no two leads are the same person; whoever is an account has subscribed long ago, to one thing at a time, so that neither orders nor stages make a customer and nobody is new or comes back; a
-- subscription has one pause at most, no term says what is due or renewed, trials and terms come up with the same days of grace, all of them bill by the month or year, and an account has one currency; a
-- cancelled order was cancelled at once; ids follow time, a ticket is done within six days and closed within nine, nobody
-- waits for a customer, and the one reply to a ticket comes before its resolution. The bench compares the rows with the engine's. A faster way to them is a bug of this file.
--
-- Parameters: the day and the starts of the windows (as days in day, month, days_30, year; as instants in …_at), and the
-- exchange rates: sar, eur_day, eur_month, eur_days_30, eur_year, and for orders eur_rates from each of eur_since on,
-- or for days each of eur_days. What has no account is account 0.
CREATE TEMPORARY TABLE floor AS
WITH billed AS NOT MATERIALIZED (
  SELECT s.account_id, s.currency, s.starts, s.ends, s.discount_ends, p.starts AS paused, p.ends AS resumes,
         s.discount_ends IS NULL AS is_reduced_for_good,
         s.price * s.quantity / (CASE s.interval WHEN 'month' THEN 1 ELSE 12 END) AS gross,
         s.price * s.quantity * (100 - s.discount_percent) / 100
           / (CASE s.interval WHEN 'month' THEN 1 ELSE 12 END) AS reduced
  FROM accounts_subscription s LEFT JOIN accounts_pause p ON p.subscription_id = s.id
  WHERE s.kind = 'paid'
), subscribed AS (
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
  FROM billed WHERE ends IS NULL OR ends > %(year)s
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
), ended AS (
  SELECT account_id, count(*) AS due, count(*) FILTER (WHERE is_renewed) AS renewed,
         round(sum(worth * coalesce(nullif(last, 0), first, 0)), 2) AS due_mrr,
         round(sum(worth * least(coalesce(nullif(last, 0), first, 0), coalesce(after, 0))) FILTER (WHERE is_renewed), 2) AS kept_mrr,
         round(sum(worth * after) FILTER (WHERE is_renewed), 2) AS renewed_mrr
  FROM (SELECT t.account_id, CASE t.currency WHEN 'USD' THEN 1 WHEN 'SAR' THEN %(sar)s ELSE (%(eur_rates)s::numeric[])[width_bucket(t.ends, %(eur_days)s::date[])] END AS worth,
         bool_or(b.starts <= t.ends + 14 AND (b.ends IS NULL OR b.ends > t.ends)) AS is_renewed,
         sum(CASE WHEN is_reduced_for_good OR discount_ends > t.starts THEN reduced ELSE gross END)
           FILTER (WHERE b.starts <= t.starts AND (b.ends IS NULL OR b.ends > t.starts)
                     AND (paused IS NULL OR t.starts < paused OR t.starts >= resumes)) AS first,
         sum(CASE WHEN is_reduced_for_good OR discount_ends > t.ends - 1 THEN reduced ELSE gross END)
           FILTER (WHERE b.starts <= t.ends - 1 AND (b.ends IS NULL OR b.ends > t.ends - 1)
                     AND (paused IS NULL OR t.ends - 1 < paused OR t.ends - 1 >= resumes)) AS last,
         sum(CASE WHEN is_reduced_for_good OR discount_ends > t.ends + 14 THEN reduced ELSE gross END)
           FILTER (WHERE b.starts <= t.ends + 14 AND (b.ends IS NULL OR b.ends > t.ends + 14)
                     AND (paused IS NULL OR t.ends + 14 < paused OR t.ends + 14 >= resumes)) AS after
        FROM accounts_term t JOIN billed b ON b.account_id = t.account_id
        WHERE t.ends > %(settled_since)s AND t.ends <= %(settled_until)s
        GROUP BY t.id) terms
  GROUP BY account_id
), tried AS (
  SELECT account_id, count(*) AS tried,
         count(*) FILTER (WHERE EXISTS (
           SELECT FROM accounts_subscription s WHERE s.account_id = t.account_id AND s.kind = 'paid'
             AND s.starts <= t.ends + 14 AND (s.ends IS NULL OR s.ends > t.ends))) AS converted
  FROM accounts_subscription t
  WHERE kind = 'trial' AND ends > %(settled_since)s AND ends <= %(settled_until)s
  GROUP BY account_id
), departed AS (
  SELECT account_id, count(*) AS times, round(sum(lost), 2) AS mrr
  FROM (SELECT d.account_id, CASE max(b.currency) WHEN 'USD' THEN 1 WHEN 'SAR' THEN %(sar)s ELSE (%(eur_rates)s::numeric[])[width_bucket(d.churn_day - 1, %(eur_days)s::date[])] END
         * sum(CASE WHEN is_reduced_for_good OR discount_ends > d.churn_day - 1 THEN reduced ELSE gross END)
           FILTER (WHERE b.starts <= d.churn_day - 1 AND (b.ends IS NULL OR b.ends > d.churn_day - 1)
                     AND (paused IS NULL OR d.churn_day - 1 < paused OR d.churn_day - 1 >= resumes)) AS lost
        FROM accounts_departure d JOIN billed b ON b.account_id = d.account_id
        WHERE d.churn_day > %(year)s AND d.churn_day <= %(day)s
        GROUP BY d.id) departures
  GROUP BY account_id
), led AS (
  SELECT account_id, count(*) FILTER (WHERE first_interest > %(month)s) AS month, count(*) AS year,
         count(*) FILTER (WHERE customer >= first_interest AND customer <= %(day)s) AS won,
         count(*) FILTER (WHERE is_ripe) AS ripe,
         count(*) FILTER (WHERE is_ripe AND customer >= first_interest AND customer <= first_interest + 90) AS converted
  FROM (SELECT coalesce(account_id, 0) AS account_id, first_interest,
               first_interest > %(won_since)s AND first_interest <= %(won_until)s AS is_ripe,
               least((SELECT min(starts) FROM accounts_subscription s WHERE s.account_id = l.account_id AND s.kind = 'paid'),
                     (SELECT (ordered_at AT TIME ZONE 'Asia/Riyadh')::date FROM accounts_order o
                      WHERE o.account_id = l.account_id
                        AND (cancelled_at IS NULL OR (cancelled_at AT TIME ZONE 'Asia/Riyadh')::date
                                                     > (ordered_at AT TIME ZONE 'Asia/Riyadh')::date)
                      ORDER BY ordered_at LIMIT 1)) AS customer
        FROM accounts_lead l WHERE first_interest > %(days_365)s) people
  GROUP BY account_id
), paid AS (
  SELECT account_id, round(sum(amount * CASE currency WHEN 'USD' THEN 1 WHEN 'SAR' THEN %(sar)s ELSE (%(eur_rates)s::numeric[])[width_bucket(day, %(eur_days)s::date[])] END), 2) AS revenue
  FROM accounts_payment WHERE day > %(month)s AND day <= %(day)s
  GROUP BY account_id
), spent AS (
  SELECT 0 AS account_id, round(sum(in_month), 2) AS month, round(sum(in_month) FILTER (WHERE kind = 'cost_of_revenue'), 2) AS costs,
         round(sum(in_days_90) FILTER (WHERE kind IN ('sales', 'marketing')), 2) AS acquiring
  FROM (SELECT kind, amount * greatest(least(last, %(day)s) - greatest(before, %(month)s), 0) / (last - before) AS in_month,
               amount * greatest(least(last, %(day)s) - greatest(before, %(days_90)s), 0) / (last - before) AS in_days_90
        FROM (SELECT kind, amount, month - 1 AS before, (month + interval '1 month')::date - 1 AS last
              FROM accounts_expense WHERE month > %(days_90)s::date - 31) months) shares
), sold AS (
  SELECT o.account_id, sum(l.quantity) AS units
  FROM accounts_order o JOIN accounts_orderline l ON l.order_id = o.id
  WHERE o.ordered_at >= %(ripe_since_at)s AND o.ordered_at < %(ripe_until_at)s AND o.cancelled_at IS NULL
  GROUP BY o.account_id
), came_back AS (
  SELECT account_id, sum(units) FILTER (WHERE is_in_time) AS units, count(DISTINCT order_id) FILTER (WHERE is_in_time) AS orders,
         round(sum(amount * CASE currency WHEN 'USD' THEN 1 WHEN 'SAR' THEN %(sar)s ELSE (%(eur_rates)s::numeric[])[width_bucket(ordered_on, %(eur_days)s::date[])] END) FILTER (WHERE is_in_time), 2) AS amount,
         round(sum(amount * CASE currency WHEN 'USD' THEN 1 WHEN 'SAR' THEN %(sar)s ELSE (%(eur_rates)s::numeric[])[width_bucket(day, %(eur_days)s::date[])] END) FILTER (WHERE day > %(days_365)s AND day <= %(day)s), 2) AS processed
  FROM (SELECT *, ordered_at >= %(ripe_since_at)s AND ordered_at < %(ripe_until_at)s AND day <= ordered_on + 30 AS is_in_time
        FROM (SELECT o.account_id, o.currency, o.ordered_at, r.order_id, r.units, r.amount, r.day,
                     (o.ordered_at AT TIME ZONE 'Asia/Riyadh')::date AS ordered_on
              FROM accounts_return r JOIN accounts_order o ON o.id = r.order_id
              WHERE r.day > %(ripe_since)s) given) returned
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
      'time_to_resolution_net', 'open_tickets', 'tickets_per_customer',
      'renewal_rate', 'renewal_rate_by_value', 'renewal_rate_net', 'trial_conversion_rate', 'churn_by_reason',
      'churn_by_reason_mrr', 'leads', 'lead_conversion_rate', 'time_to_convert', 'total_revenue', 'profit', 'gross_margin',
      'customer_acquisition_cost', 'product_return_rate'
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
      coalesce(b.orders, 0),
      coalesce(b.amount, 0),
      coalesce(b.processed, 0),
      h.opened,
      h.hours_to_reply::numeric,
      h.hours_to_resolution::numeric,
      h.reopened,
      h.answered,
      h.answered,
      h.young_done,
      h.hours_to_resolution::numeric,
      h.open,
      CASE WHEN r.days > 0 THEN coalesce(h.opened, 0) ELSE 0 END,
      e.renewed,
      coalesce(e.kept_mrr, 0),
      coalesce(e.renewed_mrr, 0),
      t.converted,
      d.times,
      d.mrr,
      l.month,
      l.converted,
      l.won,
      p.revenue,
      coalesce(p.revenue, 0) - coalesce(x.month, 0),
      coalesce(p.revenue, 0) - coalesce(x.costs, 0),
      x.acquiring,
      least(coalesce(b.units, 0), u.units)
    ]::numeric[]) AS numerator,
    unnest(ARRAY[
      0, 0, 0, was_in_days_30::int, was_in_days_30::int, 0, 0, 0, 0, 0, (is_in AND r.mrr > 0)::int, r.year, r.year, r.days_30,
      r.days_30,
      greatest(cut_0 - since_cut_0, 0) + greatest(cut_1 - since_cut_1, 0) + greatest(cut_2 - since_cut_2, 0)
        + greatest(r.month - since_month, 0),
      0, 0, o.year, (o.year > 0)::int, (o.year > 0)::int, o.ripe, o.ripe_amount, coalesce(o.amount, 0), 0, h.answered, h.done, h.resolved,
      h.opened, h.opened, h.opened, h.done, 0, r.days / 30::numeric,
      e.due, e.due_mrr, e.due_mrr, t.tried, 0, 0, 0, l.ripe, l.year, 0, 0, coalesce(p.revenue, 0), 0, u.units
    ]::numeric[]) AS denominator
  FROM (SELECT id FROM accounts_account UNION ALL SELECT 0) a
  LEFT JOIN revenue r ON r.account_id = a.id
  LEFT JOIN ordered o ON o.account_id = a.id
  LEFT JOIN helped h ON h.account_id = a.id
  LEFT JOIN ended e ON e.account_id = a.id
  LEFT JOIN tried t ON t.account_id = a.id
  LEFT JOIN departed d ON d.account_id = a.id
  LEFT JOIN led l ON l.account_id = a.id
  LEFT JOIN paid p ON p.account_id = a.id
  LEFT JOIN spent x ON x.account_id = a.id
  LEFT JOIN sold u ON u.account_id = a.id
  LEFT JOIN came_back b ON b.account_id = a.id) sums
WHERE numerator <> 0 OR denominator <> 0
