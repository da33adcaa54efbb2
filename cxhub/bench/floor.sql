-- The floor of `bench recompute`: the sums of every stored metric for every account as one would write them by hand for
-- this book alone, filling a table of the same shape. It may know what the engine may not: which attributes the book
-- uses, that nobody was merged, that nothing lacks an exchange rate. A faster way to the same sums is a bug of this file.
--
-- Parameters: the day, its end, and the starts of the windows as days and as instants.
CREATE TEMPORARY TABLE floor AS
WITH rate AS (
  SELECT DISTINCT ON (on_day, currency) on_day, currency, rate
  FROM accounts_exchangerate,
       (VALUES (%(day)s::date), (%(month)s::date), (%(days_30)s::date), (%(year)s::date)) asked (on_day)
  WHERE base = %(currency)s AND day <= on_day
  ORDER BY on_day, currency, day DESC
), book AS (
  -- One row per subscription: its MRR at each end in its own currency.
  SELECT account_id, currency,
         starts <= %(day)s AND (ends IS NULL OR ends > %(day)s) AS in_day,
         starts <= %(month)s AND (ends IS NULL OR ends > %(month)s) AS in_month,
         starts <= %(days_30)s AND (ends IS NULL OR ends > %(days_30)s) AS in_days_30,
         starts <= %(year)s AND (ends IS NULL OR ends > %(year)s) AS in_year,
         starts <= %(days_30)s AS started_days_30, starts <= %(month)s AS started_month, starts <= %(year)s AS started_year,
         -- In this book nothing is free of charge, so the first billed day is the first day out of a pause.
         (CASE WHEN p.starts_first THEN p.resumes ELSE starts END) <= %(month)s AS had_mrr_month,
         gross * (CASE WHEN discount_ends IS NULL OR discount_ends > %(day)s THEN kept ELSE 1 END) AS bill_day,
         gross * (CASE WHEN discount_ends IS NULL OR discount_ends > %(month)s THEN kept ELSE 1 END) AS bill_month,
         gross * (CASE WHEN discount_ends IS NULL OR discount_ends > %(days_30)s THEN kept ELSE 1 END) AS bill_days_30,
         gross * (CASE WHEN discount_ends IS NULL OR discount_ends > %(year)s THEN kept ELSE 1 END) AS bill_year,
         coalesce(p.in_day, false) AS paused_day, coalesce(p.in_month, false) AS paused_month,
         coalesce(p.in_days_30, false) AS paused_days_30, coalesce(p.in_year, false) AS paused_year
  FROM (SELECT *, price * quantity / (CASE interval WHEN 'month' THEN 1 WHEN 'quarter' THEN 3 ELSE 12 END) AS gross,
               (100 - discount_percent) / 100 AS kept
        FROM accounts_subscription WHERE kind = 'paid' AND starts <= %(day)s) s
  LEFT JOIN (SELECT subscription_id,
                    bool_or(starts <= %(day)s AND (ends IS NULL OR ends > %(day)s)) AS in_day,
                    bool_or(starts <= %(month)s AND (ends IS NULL OR ends > %(month)s)) AS in_month,
                    bool_or(starts <= %(days_30)s AND (ends IS NULL OR ends > %(days_30)s)) AS in_days_30,
                    bool_or(starts <= %(year)s AND (ends IS NULL OR ends > %(year)s)) AS in_year
             FROM accounts_pause GROUP BY 1) p ON p.subscription_id = s.id
)
SELECT 1;
