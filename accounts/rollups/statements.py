"""What roll-ups are, as statements over events: the same for what is new and for a whole month made anew.

`{events}` are the events in question with their `day`; what comes of them is a temporary table.
"""

from accounts.rollups.attribution import MOMENTS, first_moment
from accounts.taxonomy import NOT_VISITS, PAGE, SCREEN, Topic, names_of

EMAILS = names_of(Topic.EMAIL)
PAUSE = "interval '30 minutes'"
# No clock is put further than this, so that no event of a local day is further from what is taken for its bounds.
MARGIN = "interval '2 hours'"
# Of visits that began before, not all events are there.
WHOLE = "coalesce(%(gone)s, '-infinity'::timestamptz)"
NEEDED = (
    "person, company, happened_at, recorded_at, message_id, name, object, value, campaign, session, machine,"
    " nullif(properties ->> 'channel', '') AS channel, (happened_at AT TIME ZONE %(zone)s)::date AS day"
)
PARAMETERS = {"pages": [PAGE, SCREEN], "not_visits": NOT_VISITS, "emails": EMAILS}


# Which events

STRETCHES = f"""
CREATE TEMP TABLE rollup_reached ON COMMIT DROP AS
WITH days AS (
  SELECT g.first, (day::timestamp AT TIME ZONE %(zone)s) - {MARGIN} AS lower,
         ((day + 1)::timestamp AT TIME ZONE %(zone)s) + {MARGIN} AS upper
  FROM rollup_day d JOIN rollup_group g USING (person)),
reached AS (
  SELECT first, lower, upper FROM days
  UNION ALL
  SELECT d.first, s.began, s.ended + interval '1 microsecond' FROM days d JOIN rollup_group g USING (first), LATERAL (
    (SELECT began, ended FROM accounts_session s
     WHERE s.person = g.person AND s.began < d.lower - {PAUSE} AND s.began >= {WHOLE}
     ORDER BY began DESC LIMIT 2)
    UNION ALL
    SELECT began, ended FROM accounts_session s
    WHERE s.person = g.person AND s.began >= greatest(d.lower - {PAUSE}, {WHOLE}) AND s.began <= d.upper + {PAUSE}) s
  WHERE s.ended >= d.lower - {PAUSE})
SELECT first, range_agg(tstzrange(lower, upper)) AS reach FROM reached GROUP BY 1;
CREATE TEMP TABLE rollup_stretch ON COMMIT DROP AS
WITH stretches AS (SELECT first, lower(one) AS lower, upper(one) AS upper FROM rollup_reached, unnest(reach) one),
reached AS (
  SELECT first, lower, upper FROM stretches
  UNION ALL
  SELECT r.first, s.began, s.ended + interval '1 microsecond'
  FROM stretches r JOIN rollup_group g USING (first), LATERAL (
    SELECT began, ended FROM accounts_session s
    WHERE s.person = g.person AND s.began >= r.upper AND s.began <= r.upper + {PAUSE} OFFSET 0) s)
SELECT g.person, lower(one) AS lower, upper(one) AS upper
FROM (SELECT first, range_agg(tstzrange(lower, upper)) AS reach FROM reached GROUP BY 1) r
JOIN rollup_group g USING (first), unnest(reach) one;
ANALYZE rollup_day, rollup_stretch"""
# One id's after the other's, by the index: however many are stored.
EVENTS_OF_STRETCHES = f"""
CREATE TEMP TABLE rollup_event ON COMMIT DROP AS
SELECT e.* FROM rollup_stretch s, LATERAL (
  SELECT {NEEDED} FROM accounts_event e
  WHERE e.person = s.person AND e.happened_at >= s.lower AND e.happened_at < s.upper OFFSET 0) e;
ANALYZE rollup_event"""
OF_MARKED_DAYS = "(SELECT e.* FROM rollup_event e JOIN rollup_day USING (person, day))"
OF_STRETCHES = "rollup_event"
OF_DAYS = f"""
(SELECT * FROM (
   SELECT {NEEDED} FROM accounts_event
   WHERE happened_at >= (%(first)s::timestamp AT TIME ZONE %(zone)s) - {MARGIN}
     AND happened_at < (%(next)s::timestamp AT TIME ZONE %(zone)s) + {MARGIN}) around
 WHERE day >= %(first)s AND day < %(next)s)"""
# A mail's events lie after its first, as far as that is known.
MAILS = """
CREATE TEMP TABLE rollup_mail ON COMMIT DROP AS
SELECT e.person, e.mail, least(e.since, {first}) AS since
FROM (SELECT person, left(object, 200) AS mail, min(happened_at) AS since FROM rollup_event
      WHERE name = ANY(%(emails)s) AND object <> '' GROUP BY 1, 2) e
LEFT JOIN LATERAL (
  SELECT * FROM accounts_delivery d WHERE d.person = e.person AND d.mail = e.mail OFFSET 0) d ON true;
ANALYZE rollup_mail""".format(first=first_moment("d"))
OF_MAILS = f"""
(SELECT e.* FROM (SELECT person, min(since) AS since FROM rollup_mail GROUP BY 1) p, LATERAL (
   SELECT {NEEDED} FROM accounts_event e
   WHERE e.person = p.person AND e.happened_at >= p.since AND e.name = ANY(%(emails)s) OFFSET 0) e
 JOIN rollup_mail m ON m.person = e.person AND m.mail = left(e.object, 200))"""
OF_ALL_MAILS = f"""
(SELECT {NEEDED} FROM accounts_event WHERE happened_at >= %(floor)s AND name = ANY(%(emails)s))"""


# Visits that began before events were dropped stay as they are; what lies within them is theirs.
CLOSED = """
CREATE TEMP TABLE rollup_closed ON COMMIT DROP AS
SELECT p.person, s.ended AS until FROM (SELECT DISTINCT person FROM {among}) p, LATERAL (
  SELECT ended FROM accounts_session s WHERE s.person = p.person AND s.began < %(gone)s
  ORDER BY began DESC LIMIT 1) s
WHERE %(gone)s::timestamptz IS NOT NULL AND s.ended >= %(gone)s;
ANALYZE rollup_closed"""


# What comes of them

# The number said last is the greatest of those with its moment before it, which needs no sorting of all.
ACTIVITY = """
CREATE TEMP TABLE rollup_activityday ON COMMIT DROP AS
SELECT person, company, day, name, object, campaign, machine, late_on, count(*)::int AS count,
       count(value)::int AS valued, sum(value) AS value, (max(said))[3]::numeric AS last_value,
       max(happened_at) AS last_at
FROM (SELECT *, CASE WHEN (recorded_at AT TIME ZONE %(zone)s)::date > day + 1
                     THEN (recorded_at AT TIME ZONE %(zone)s)::date END AS late_on,
             CASE WHEN value IS NOT NULL
                  THEN ARRAY[to_char(happened_at AT TIME ZONE 'UTC', 'YYYYMMDDHH24MISSUS'), message_id, value::text]
                       COLLATE "C" END AS said
      FROM {events} e) e
GROUP BY person, company, day, name, object, campaign, machine, late_on"""
IN_ORDER = 'WINDOW w AS (PARTITION BY visitor ORDER BY happened_at, message_id COLLATE "C")'
SESSIONS = f"""
CREATE TEMP TABLE rollup_session ON COMMIT DROP AS
WITH named AS (
  SELECT e.*, coalesce(v.visitor, e.person) AS visitor
  FROM {{events}} e LEFT JOIN rollup_closed c ON c.person = e.person
  LEFT JOIN rollup_visitor v ON v.person = e.person AND v.since <= e.day AND e.day < v.until
  WHERE NOT machine AND name <> ALL(%(not_visits)s) AND (c.until IS NULL OR e.happened_at > c.until)),
visits AS (
  SELECT *, coalesce(happened_at - lag(happened_at) OVER w > {PAUSE}, true) AS is_after_pause FROM named {IN_ORDER}),
placed AS (
  SELECT *, lpad((sum(is_after_pause::int) OVER w)::text, 10, '0') AS pause, row_number() OVER w AS place
  FROM visits {IN_ORDER}),
followed AS (
  SELECT *, max(CASE WHEN session <> '' THEN lpad(place::text, 10, '0') || pause || session END COLLATE "C")
              OVER (w ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS last_id
  FROM placed {IN_ORDER}),
numbered AS (
  SELECT *, sum((is_after_pause OR coalesce(session <> '' AND substr(last_id, 11, 10) = pause
                                            AND substr(last_id, 21) <> session, false))::int) OVER w AS number
  FROM followed {IN_ORDER}),
reached AS (
  SELECT n.*, concat_ws(',', p.ids, o.ids) AS goals FROM numbered n
  LEFT JOIN (SELECT target, string_agg(id::text, ',') AS ids FROM accounts_goal WHERE kind = 'page' GROUP BY 1) p
    ON n.name = ANY(%(pages)s) AND p.target = n.object
  LEFT JOIN (SELECT target, string_agg(id::text, ',') AS ids FROM accounts_goal WHERE kind = 'event' GROUP BY 1) o
    ON o.target = n.name),
sessions AS (
  SELECT (array_agg(person ORDER BY place))[1] AS person,
         (array_agg(company ORDER BY place) FILTER (WHERE company IS NOT NULL))[1] AS company,
         min(happened_at) AS began, max(happened_at) AS ended, min(recorded_at) AS recorded_at,
         max(session) AS session, count(*)::int AS events,
         array_agg(object ORDER BY place) FILTER (WHERE name = ANY(%(pages)s)) AS pages,
         string_agg(goals, ',') FILTER (WHERE goals <> '') AS goals,
         (array_agg(channel ORDER BY place) FILTER (WHERE channel IS NOT NULL))[1] AS channel,
         (array_agg(campaign ORDER BY place) FILTER (WHERE campaign <> ''))[1] AS campaign
  FROM reached GROUP BY visitor, number)
SELECT person, company, (began AT TIME ZONE %(zone)s)::date AS day, began, ended, recorded_at, session, events,
       coalesce(cardinality(pages), 0) AS pages, coalesce(pages[1], '') AS entry,
       coalesce(pages[cardinality(pages)], '') AS exit,
       ARRAY(SELECT DISTINCT one::bigint FROM string_to_table(goals, ',') one ORDER BY 1) AS goals,
       coalesce(left(channel, 80), '') AS channel, coalesce(campaign, '') AS campaign
FROM sessions"""


def _first(name: str, only: str = "") -> str:
    return f"min(happened_at) FILTER (WHERE name = '{name}'{only}) AS "


# A machine's click is none. What lies before the floor is no longer, or need not be, read from events: of that, the row
# itself is what is known.
DELIVERIES = """
CREATE TEMP TABLE rollup_delivery ON COMMIT DROP AS
WITH found AS (
  SELECT person, left(object, 200) AS mail, min(recorded_at) AS recorded_at,
         (array_agg(company ORDER BY happened_at, message_id COLLATE "C") FILTER (WHERE company IS NOT NULL))[1]
           AS company,
         (array_agg(campaign ORDER BY happened_at, message_id COLLATE "C") FILTER (WHERE campaign <> ''))[1]
           AS campaign,
         {moments}
  FROM {{events}} e
  WHERE name = ANY(%(emails)s) AND object <> '' AND NOT (machine AND name = 'Email Link Clicked')
  GROUP BY 1, 2),
before AS (
  SELECT {earlier}, d.person, d.mail, d.recorded_at, d.company, d.campaign FROM {{there}} d
  WHERE {first} < %(floor)s)
SELECT person, coalesce(b.company, f.company) AS company, mail,
       coalesce(nullif(b.campaign, ''), f.campaign, '') AS campaign,
       least(b.recorded_at, f.recorded_at) AS recorded_at, {both}
FROM found f FULL JOIN before b USING (person, mail)""".format(
    moments=", ".join(
        [
            _first("Email Sent") + "sent_at",
            _first("Email Delivered") + "delivered_at",
            _first("Email Opened", " AND NOT machine") + "opened_at",
            _first("Email Opened", " AND machine") + "opened_by_machine_at",
            _first("Email Link Clicked") + "clicked_at",
            _first("Email Bounced") + "bounced_at",
            _first("Unsubscribed") + "unsubscribed_at",
            _first("Email Marked as Spam") + "complained_at",
            _first("Email Replied") + "replied_at",
        ]
    ),
    earlier=", ".join(
        f"CASE WHEN d.{moment} < %(floor)s THEN d.{moment} END AS {moment}" for moment in MOMENTS
    ),
    both=", ".join(f"least(b.{moment}, f.{moment}) AS {moment}" for moment in MOMENTS),
    first=first_moment("d"),
)
