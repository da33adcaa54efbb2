"""Answers to surveys: whose they are, which of them count, and how sure the figures are."""

import pytest
from django.utils import translation

from accounts.models import Feature
from metrics import catalogue
from metrics.framing import QuestionError, check
from metrics.populations import Population, of
from metrics.questions import Question, names_of
from metrics.statistics import Sums, n_star, nps_interval, wilson
from surveys import releases
from surveys.models import Response, SurveyVersion, Theme
from tests.factories import account, accounts, at, day
from tests.metrics.asking import answer, ask, clock, parts, value
from tests.metrics.doing import contact
from tests.metrics.paper_satisfaction import asked, asking_for_more, done, recommending, reply
from tests.surveys import rows
from tests.surveys.rows import survey

pytestmark = pytest.mark.django_db

JUNE_30 = "2026-06-30"


def test_merged_contacts_are_one_person():
    acme = account()
    first, second = contact(acme, "Sara"), contact(acme, "Sara A.")
    reply(first, "2026-06-10", ("nps", 10), of=asked(7000))
    reply(second, "2026-06-09", ("nps", 0), of=asked(7000))
    assert value("nps", JUNE_30) == 0

    type(first).objects.filter(pk=second.pk).update(merged_into=first)

    assert value("nps", JUNE_30) == 100


def test_answers_of_nobody_are_persons_of_their_own_and_no_accounts():
    acme = account(segment="large")
    hidden = asked(7000, identity="anonymous")
    for score in (10, 10, 0):
        reply(None, "2026-06-10", ("nps", score), of=hidden)
    reply(contact(acme), "2026-06-10", ("nps", 0), of=asked(7001))

    found = answer("nps", JUNE_30)

    assert (found.value, found.n, found.unattributed) == (0, 4, 3)
    assert value("nps", JUNE_30, segment="large") == value("nps", JUNE_30, account=acme.pk) == -100
    assert value("nps_by_account", JUNE_30) == -100


@pytest.mark.parametrize("key", ["nps", "csat", "survey_responses"])
def test_what_is_confidential_counts_among_everybodys_and_of_no_account(key):
    acme = account(segment="large")
    to_all = asked(7000, identity="confidential")
    reply(contact(acme), "2026-06-10", ("nps", 10), ("csat", 5), of=to_all)

    assert answer(key, JUNE_30).unattributed == 1
    assert not answer(key, JUNE_30, account=acme.pk).numerator
    assert parts(key, JUNE_30, by="segment") == {"": value(key, JUNE_30)}
    page = Question(catalogue.ALL[key], Population(), clock(), day(JUNE_30))
    assert [share.account for share in page.behind().shares] == [None]
    ((words, _when, _counted),) = page.facts(0)[-1].listed[0].facts
    assert words[:2] == ["not named", "Survey 7000"]


@pytest.mark.parametrize("key", ["nps", "survey_responses"])
@pytest.mark.parametrize("by", [(), "language", "channel", "version", "survey"])
def test_no_question_tells_of_fewer_than_were_released_together(key, by):
    """One a day, each in another way; two of them by one person."""
    sara, to_all = contact(account()), survey(pk=7000, name="All", identity="confidential")
    SurveyVersion.objects.create(survey=to_all, number=2, asked=to_all.draft)
    for number, language in enumerate(("ar", "en", "en", "fr", "ar", "")):
        version = to_all.versions.get(number=1 + number % 2)
        given = {"language": language, "channel": ("sms", "email")[number % 2], "version": version}
        given |= {"contact": sara, "account": sara.account} if number < 2 else {"account": None}
        rows.answer(
            rows.response(to_all, on=f"2026-06-{10 + number} 12:00", identity="confidential", **given)
        )

    def sizes():
        days = [f"2026-06-{number:02}" for number in (9, 10, 12, 15, 20, 21)]
        asked = [
            {"on": on, "window": window, "known_by": known_by}
            for on in days
            for window in (f"{on}..{on}", "30d")
            for known_by in (None, on)
        ]
        given = {"by": by, "parameters": {"survey": "7000"}}
        found = [one for how in asked for one in ask([key], **how, **given)[key].values()]
        return {int(one.denominator or one.numerator) for one in found} - {0}

    assert sizes() == set()
    releases.release(at("2026-06-20 12:00"))
    assert sizes() == {6}


def test_answers_of_one_account_resemble_each_other():
    aster, birch, cedar = accounts(3)
    usual = asked(7000)
    for customer, scores in ((aster, (9, 5)), (birch, (10, 4)), (cedar, (3, 1))):
        for _ in range(10):
            reply(contact(customer), "2026-06-10", ("nps", scores[0]), ("csat", scores[1]), of=usual)

    nps, csat = answer("nps", JUNE_30), answer("csat", JUNE_30)

    sums = Sums(20, 30, 3, 200, 200, 300)
    assert n_star(sums, 2 / 9) == pytest.approx(2)
    assert (csat.interval.low, csat.interval.high) == pytest.approx(limits(wilson(4 / 3, 2)))
    assert limits(nps.interval) == pytest.approx(limits(nps_interval(4 / 3, 0, 2 / 3)))


def limits(interval):
    return interval.low, interval.high


def test_answers_of_one_account_alone_have_an_interval_and_need_five():
    sara, usual = contact(account()), asked(7000)
    for score in (5, 5, 5, 2):
        reply(sara, "2026-06-10", ("csat", score), of=usual)
    few = answer("csat", JUNE_30, account=sara.account_id)
    reply(sara, "2026-06-10", ("csat", 2), of=usual)

    enough = answer("csat", JUNE_30, account=sara.account_id)

    assert (few.low_sample, enough.low_sample, answer("csat", JUNE_30).low_sample) == (True, False, True)
    assert limits(enough.interval) == pytest.approx(limits(wilson(3, 5)))


@pytest.mark.parametrize(("key", "scale"), [("nps", ""), ("csat_mean", "csat")])
def test_each_answer_of_nobody_stands_for_itself_in_the_interval(key, scale):
    hidden = asked(7000, identity="anonymous")
    scores = {"nps": (10, 10, 0, 7), "csat_mean": (1, 3, 5, 5)}[key]
    for score in scores:
        reply(None, "2026-06-10", ("csat" if scale else "nps", score), of=hidden)
    alone = answer(key, JUNE_30, parameters={"scale": scale} if scale else None)
    for response, owner in zip(Response.objects.all(), accounts(4), strict=True):
        Response.objects.filter(pk=response.pk).update(identity="identified", account=owner)

    owned = answer(key, JUNE_30, parameters={"scale": scale} if scale else None)

    assert limits(alone.interval) == pytest.approx(limits(owned.interval))


def test_a_mean_has_students_interval():
    for score, owner in zip((1, 3, 5, 5), accounts(4), strict=True):
        reply(contact(owner), "2026-06-10", ("csat", score), of=asked(7000))

    found = answer("csat_mean", JUNE_30, parameters={"scale": "csat"})

    # 3.5 ± 3.182 · 1.915 / 2
    assert limits(found.interval) == pytest.approx((0.4533, 6.5467), abs=1e-3)


def test_answers_are_split_by_what_was_asked_and_how():
    sara, usual = contact(account()), asked(7000, "support")
    reply(sara, "2026-06-10", ("csat", 5), of=usual, channel="link", language="ar")
    SurveyVersion.objects.create(survey=usual, number=2, asked=usual.draft)
    reply(sara, "2026-06-10", ("thumbs", 0), of=usual)

    for by, expected in {
        "survey": {"7000": 0.5},
        "touchpoint": {"support": 0.5},
        "channel": {"link": 1, "email": 0},
        "language": {"ar": 1, "": 0},
        "version": {"1": 1, "2": 0},
        "scale": {"csat": 1, "thumbs": 0},
    }.items():
        assert parts("csat", JUNE_30, by=by) == expected, by


def test_surveys_and_scales_are_called_by_their_names(administrator):
    asked(7000)

    assert names_of("survey", ["7000"], administrator) == {"7000": "Survey 7000"}
    with translation.override("ar"):
        assert names_of("scale", ["thumbs"], administrator) == {"thumbs": "إبهام لأسفل أو لأعلى"}
        assert names_of("touchpoint", ["support"], administrator) == {"support": "الدعم"}


@pytest.mark.parametrize("key", ["nps", "csat", "nps_detractors_mrr"])
@pytest.mark.parametrize(("name", "text"), [("survey", "7009"), ("survey", "x")])
def test_a_survey_that_there_is_not_is_refused(key, name, text):
    with pytest.raises(QuestionError, match=f"There is no “{text}” among these: {name}"):
        check(catalogue.ALL[key], None, clock(), None, {name: text})


def test_the_answers_behind_nps_add_up_to_it():
    recommending()
    asked_of = Question(catalogue.ALL["nps"], Population(), clock(), day(JUNE_30))

    behind = asked_of.behind()
    facts = {share.account.pk if share.account else 0: share for share in behind.shares}

    assert (behind.total.numerator, behind.total.denominator) == (100, 4)
    for pk, share in facts.items():
        points, answers = asked_of.facts(pk)
        assert (points.listed[0].total, answers.listed[0].total) == (share.numerator, share.denominator)
    sara = Response.objects.get(responded_at=at("2026-06-10 12:00")).account_id
    assert sorted(words for words, _on, _counted in asked_of.facts(sara)[0].listed[0].facts) == [
        ["Omar", "Survey 7000", "8"],
        ["Sara", "Survey 7000", "9"],
    ]


def test_a_follow_up_counts_from_when_it_was_recorded():
    sara = contact(account())
    done(reply(sara, "2026-06-01", ("nps", 0), of=survey()), "2026-06-03 09:00")
    Response.objects.update(recorded_at=at("2026-06-01 12:00"))
    type(sara.account).objects.update(recorded_at=at("2026-01-01 12:00"))

    assert value("detractor_follow_up_rate", JUNE_30) == 1
    assert value("detractor_follow_up_rate", JUNE_30, known_by="2026-06-02") == 0
    assert value("time_to_follow_up", "2026-06-02") is None


def test_a_low_answer_on_a_friday_has_until_tuesday():
    friday = reply(contact(account()), "2026-06-05", ("csat", 2), of=survey())
    done(friday, "2026-06-09 23:59")
    assert value("detractor_follow_up_rate", JUNE_30) == 1

    friday.follow_up.done_at = at("2026-06-10 00:00")
    friday.follow_up.save()

    assert value("detractor_follow_up_rate", JUNE_30) == 0


def test_a_segment_is_that_of_the_accounts_that_answered():
    large, small = account(segment="large"), account(segment="small")
    reply(contact(large), "2026-06-10", ("ces", 7), of=survey())
    reply(contact(small), "2026-06-10", ("ces", 1), of=survey())

    split = Question(catalogue.ALL["ces"], of({}), clock(), day(JUNE_30)).split(("segment",))

    assert {part.split: part.value for part, _change in split} == {("large",): 1, ("small",): 0}


def test_feedback_is_split_by_theme_feature_and_where_it_was_said():
    asking_for_more()
    exports, prices = Theme.objects.order_by("pk")
    exports.feature = Feature.objects.create(code="export", name={"en": "Export"})
    exports.save()

    assert parts("feedback_items", JUNE_30, by="theme") == {str(exports.pk): 3, str(prices.pk): 2}
    assert parts("feedback_items", JUNE_30, by="feature") == {"export": 3, "": 2}
    assert parts("feedback_items", JUNE_30, by="heard") == {"comment": 3, "ticket": 1, "touchpoint": 1}


def test_facts_of_feedback_say_where_it_was_said_and_of_what():
    asking_for_more()
    page = Question(catalogue.ALL["feedback_items"], Population(), clock(), day(JUNE_30))

    shares = page.behind().shares
    ((words, _when, counted),) = page.facts(0)[-1].listed[0].facts

    assert sum(share.numerator for share in shares) == answer("feedback_items", JUNE_30).numerator
    assert (words, counted) == (["Survey", "Prices"], 1)
