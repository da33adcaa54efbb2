"""What people answered, read one response after the other."""

from datetime import timedelta
from decimal import Decimal

from tests.metrics.naive import days_of
from tests.metrics.naive_engagement import acts, person


def owner(book, response):
    """Only who is identified belongs to an account."""
    return book.owners[response.account_id] if response.identity == "identified" else 0


def moment(response, name="responded_at"):
    """When it counts: one that names nobody since it was released, one of a machine never."""
    if response.identity != "identified":
        return response.released_at
    return None if response.is_machine else getattr(response, name)


def replies(book, account, start, end):
    """Of people, in the window."""
    mine = [r for r in book.responses.values() if owner(book, r) == account and moment(r)]
    return [r for r in mine if book.is_in(moment(r), start, end)]


def scored(book, account, start, end, measure, touchpoint=None):
    """(response, answer), in the order in which they came."""
    responses = {
        r.id: r
        for r in replies(book, account, start, end)
        if touchpoint in (None, book.surveys[r.survey_id].touchpoint)
    }
    found = [
        (responses[a.response_id], a)
        for a in book.answers
        if a.response_id in responses and a.measure == measure and a.score is not None
    ]
    return sorted(found, key=lambda pair: (moment(pair[0]), pair[1].id))


def last_scores(book, account, start, end):
    """Whoever is unknown is somebody else each time."""
    found = scored(book, account, start, end, "nps")
    return {who(book, r) or f"nobody {a.id}": a.score for r, a in found}.values()


def who(book, response):
    return person(book, response) if response.identity == "identified" else None


def worth(score):
    return 100 if score >= 9 else -100 if score <= 6 else 0


def nps(book, account, start, end):
    points = [worth(score) for score in last_scores(book, account, start, end)]
    return sum(points), len(points)


def nps_of_account(book, account, start, end):
    points, answers = nps(book, account, start, end)
    return (Decimal(points) / answers, 1) if answers and account else (0, 0)


def mrr_that_answered(book, account, start, end):
    mrr = book.mrr(account, end, end) if account else Decimal(0)
    return mrr if last_scores(book, account, start, end) else 0, mrr


def mrr_of_detractors(book, account, start, end):
    is_unhappy = any(score <= 6 for score in last_scores(book, account, start, end))
    return book.mrr(account, end, end) if account and is_unhappy else 0, 0


# The lowest scores that count for it, and the highest that count against.
GOOD = {"csat": 4, "smileys": 3, "thumbs": 1, "ces": 5, "ces5": 4}
BAD = {"nps": 6, "csat": 2, "smileys": 1, "thumbs": 0, "ces": 3, "ces5": 2}


def share(measure, touchpoint=None):
    def sums(book, *asked):
        found = [a for _response, a in scored(book, *asked, measure, touchpoint)]
        return sum(a.score >= GOOD[a.scale] for a in found), len(found)

    return sums


def mean(measure):
    def sums(book, account, start, end, scale=""):
        found = [a.score for _r, a in scored(book, account, start, end, measure) if a.scale == scale]
        return sum(found), len(found)

    return sums


def delivered(book, account, start, end):
    found = [i for i in book.of(book.invitations, account) if i.delivered_at]
    return [i for i in found if book.is_in(i.delivered_at, start, end)]


def in_time(*moments):
    def sums(book, account, start, end):
        machines = {r.invitation_id for r in book.responses.values() if r.is_machine}
        found = delivered(book, account, start, end)
        return sum(did(book, i, moments, end) for i in found if i.id not in machines), len(found)

    return sums


def did(book, invitation, moments, end):
    if book.surveys[invitation.survey_id].identity == "anonymous":
        return invitation.answered
    by = book.end_of(end + timedelta(14))
    found = [at for at in (getattr(invitation, moment) for moment in moments) if at and at < by]
    return any(at <= invitation.delivered_at + timedelta(14) for at in found)


def completed(book, account, start, end):
    mine = [r for r in book.responses.values() if owner(book, r) == account and moment(r, "completed_at")]
    return sum(book.is_in(moment(r, "completed_at"), start, end) for r in mine), 0


# Follow-ups


def low(book, account, start, end):
    unhappy = {a.response_id for a in book.answers if is_low(a)}
    found = [r for r in replies(book, account, start, end) if r.identity == "identified" and r.contact_id]
    return [r for r in found if r.id in unhappy]


def is_low(answer):
    return answer.score is not None and answer.score <= BAD[answer.scale]


def done_by(book, response, moment):
    done = book.follow_ups.get(response.id)
    return done if done and done < moment else None


def followed_in_time(book, account, start, end):
    """Two working days take four at most, with a weekend of two."""
    found = low(book, account, start, end)
    return sum(was_in_time(book, r, book.end_of(end + timedelta(4))) for r in found), len(found)


def was_in_time(book, response, by):
    zone = book.organisation.zone
    done = done_by(book, response, by)
    if done is None:
        return False
    first, last = response.responded_at.astimezone(zone).date(), done.astimezone(zone).date()
    between = days_of(first, last - timedelta(1))
    return sum(day.isoweekday() not in book.organisation.weekend for day in between) < 2


def waits(book, account, start, end):
    """(hours, whether it was followed up) of every response with a low answer."""
    for response in low(book, account, start, end):
        done = done_by(book, response, book.end_of(end))
        length = (done or book.end_of(end)) - response.responded_at
        yield length.total_seconds() / 3600, done is not None


def recovered(book, account, start, end):
    """By person and scale, each from the last of its follow-ups on."""
    latest = {}
    for answer in book.answers:
        response = book.responses[answer.response_id]
        done = book.follow_ups.get(response.id)
        is_own = is_known(response) and owner(book, response) == account
        if is_own and is_low(answer) and done and book.is_in(done, start, end):
            key = (person(book, response), answer.scale)
            latest[key] = max(latest.get(key, (done, 0)), (done, answer.id))
    after = [next_score(book, *key, done, end) for key, (done, _answer) in latest.items()]
    scores = [(scale, score) for scale, score in after if score is not None]
    return sum(score > BAD[scale] for scale, score in scores), len(scores)


def is_known(response):
    return response.identity == "identified" and response.contact_id and not response.is_machine


def next_score(book, who, scale, since, end):
    found = []
    for answer in book.answers:
        response = book.responses[answer.response_id]
        is_own = is_known(response) and person(book, response) == who and answer.scale == scale
        is_own = is_own and answer.score is not None
        if is_own and since < response.responded_at < book.end_of(end):
            found.append((response.responded_at, answer.id, answer.score))
    return scale, min(found)[2] if found else None


def reviews(book, *asked):
    found = acts(book, *asked, "Review Submitted")
    return sum(Decimal(r.value) for r in found if r.valued), sum(r.valued for r in found)


# What was said


def said(book, account, start, end):
    machines = {r.id for r in book.responses.values() if r.is_machine}
    found = [one for one in book.of(book.feedback_items, account) if start < one.said_on <= end]
    return sum(one.response_id not in machines for one in found), 0


FOLLOW_UP_WAITS = {"time_to_follow_up": (waits, 0.5)}
SATISFACTION = {
    "nps": nps,
    "nps_by_account": nps_of_account,
    "nps_mrr_coverage": mrr_that_answered,
    "nps_detractors_mrr": mrr_of_detractors,
    "csat": share("csat"),
    "csat_mean": mean("csat"),
    "onboarding_csat": share("csat", "onboarding"),
    "support_csat": share("csat", "support"),
    "ces": share("ces"),
    "ces_mean": mean("ces"),
    "survey_response_rate": in_time("completed_at"),
    "survey_start_rate": in_time("started_at", "completed_at"),
    "survey_responses": completed,
    "detractor_follow_up_rate": followed_in_time,
    "follow_up_recovered_rate": recovered,
    "feedback_items": said,
    "review_rating": reviews,
}
