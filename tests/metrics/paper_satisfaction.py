"""The books on paper: what people answered until 30 June 2026. Surveys are known by their numbers."""

from surveys.models import Survey
from tests.factories import accounts, at, organisation, subscription, ticket
from tests.metrics.doing import act, contact
from tests.surveys.rows import answer, follow_up, invitation, item, response, survey, theme


def asked(number, touchpoint="relationship", **fields):
    found = Survey.objects.filter(pk=number).first()
    return found or survey(pk=number, name=f"Survey {number}", touchpoint=touchpoint, **fields)


def reply(who, on, *scores, of, is_turned=False, **fields):
    """`scores`: (scale, value). Nobody's has no account."""
    whose = {"account": who and who.account, "contact": who}
    to = response(of, on=f"{on} 12:00", **whose | {"identity": of.identity} | fields)
    for scale, value in scores:
        answer(to, value, scale=scale, is_turned=is_turned)
    if to.identity != "identified":
        for rows in (type(to).objects.filter(pk=to.pk), to.answers.all()):
            rows.update(released_at=to.responded_at)
    return to


def recommending():
    """Sara's last score counts; Cedar, of three customers, says nothing."""
    aster, birch, cedar = accounts(3)
    for customer, price in ((aster, 100), (birch, 200), (cedar, 300)):
        subscription(customer, price, "2025-01-01")
    sara, omar, lina = contact(aster, "Sara"), contact(aster, "Omar"), contact(birch, "Lina")
    usual, other = asked(7000), asked(7001)
    reply(sara, "2026-06-01", ("nps", 3), of=usual)
    reply(sara, "2026-06-05", ("nps", 0), of=other)
    reply(sara, "2026-06-10", ("nps", 9), of=usual)
    reply(sara, "2026-06-20", ("csat", 1), of=usual)  # says nothing of it
    reply(omar, "2026-03-01", ("nps", 0), of=usual)
    reply(omar, "2026-06-02", ("nps", 8), of=usual, completed_at=None)
    reply(lina, "2026-06-03", ("nps", 6), of=usual)
    reply(lina, "2026-06-04", ("nps", 10), of=usual, is_machine=True)
    reply(None, "2026-06-05", ("nps", 10), of=asked(7002, identity="anonymous"))


def satisfying():
    """Two surveys at the end of the onboarding, two after a ticket, and another one; one answer is turned."""
    sara = contact(accounts(1)[0], "Sara")
    first, second = asked(7000, "onboarding"), asked(7001, "onboarding")
    ticket, call, usual = asked(7002, "support"), asked(7003, "support"), asked(7004)
    for value in (5, 3, 4):
        reply(sara, "2026-06-10", ("csat", value), of=first)
    reply(sara, "2026-06-10", ("csat", 1), of=second)
    reply(sara, "2026-06-10", ("thumbs", 1), ("ces", 7), of=ticket)
    reply(sara, "2026-06-10", ("thumbs", 0), ("ces", 3), of=ticket)
    reply(sara, "2026-06-10", ("thumbs", 1), of=call)
    reply(sara, "2026-06-10", ("smileys", 3), ("ces", 6), of=usual)
    reply(sara, "2026-06-10", ("csat", 5), ("ces5", 2), of=usual, is_turned=True)  # 1 and 4
    reply(sara, "2026-06-10", ("csat", 5), of=usual, is_machine=True)


def inviting():
    """Ripe on 30 June: what was delivered up to 16 June, five; three of them were begun in time, two completed."""
    aster, birch = accounts(2)
    usual, other, hidden = asked(7000), asked(7001), asked(7002, identity="anonymous")
    sent(aster, "2026-06-10", of=usual, started="2026-06-11", completed="2026-06-12")
    sent(aster, "2026-06-10", of=other, started="2026-06-11")
    sent(birch, "2026-06-01", of=usual, started="2026-06-16", completed="2026-06-16")  # a day too late
    sent(birch, "2026-06-10", of=hidden, answered=True)
    by_machine = sent(birch, "2026-06-05", of=other, started="2026-06-05", completed="2026-06-05")
    response(other, on="2026-06-05 12:00", account=birch, invitation=by_machine, is_machine=True)
    sent(aster, "2026-06-20", of=usual, started="2026-06-20", completed="2026-06-20")
    invitation(usual, account=aster, invited_at=at("2026-06-10 12:00"))  # came back


def sent(to, on, *, of, started="", completed="", **fields):
    noon = {"invited_at": on, "delivered_at": on, "started_at": started, "completed_at": completed}
    times = {field: at(f"{day} 12:00") for field, day in noon.items() if day}
    return invitation(of, account=to, **times | fields)


def following():
    """June 2026 began on a Monday. Two working days take four at most: answers up to 26 June are ripe on the 30th."""
    organisation(weekend=[6, 7])
    aster, birch = accounts(2)
    sara, omar = contact(aster, "Sara"), contact(aster, "Omar")
    lina, noor = contact(birch, "Lina"), contact(birch, "Noor")
    usual, other = asked(7000), asked(7001)
    # A Friday: until Tuesday. After four days she is a promoter.
    done(reply(sara, "2026-06-05", ("nps", 6), ("csat", 1), of=usual), "2026-06-09 17:00")
    reply(sara, "2026-06-15", ("nps", 9), of=usual)
    # Until Wednesday; a day too late, and later still low on one scale and not on the other.
    done(reply(omar, "2026-06-08", ("nps", 0), ("ces", 3), of=other), "2026-06-11 09:00")
    reply(omar, "2026-06-12", ("nps", 5), ("ces", 4), of=other)
    reply(lina, "2026-06-10", ("thumbs", 0), of=usual)  # nobody did anything
    reply(noor, "2026-06-10", ("nps", 7), of=usual)  # not low
    reply(noor, "2026-06-10", ("nps", 0), of=usual, identity="confidential")
    reply(None, "2026-06-10", ("nps", 0), of=usual, account=birch)
    reply(noor, "2026-06-29", ("nps", 0), of=usual)  # not ripe


def done(to, when):
    follow_up(to, opened=when, due=when, done_at=at(when), outcome="solved")


def reviewing():
    """Three reviews of 5 and 3 and 1, and one without a rating."""
    sara = contact(accounts(1)[0], "Sara")
    act(sara, "2026-06-10", "Review Submitted", "g2", count=2, valued=2, value=8)
    act(None, "2026-06-10", "Review Submitted", "capterra", valued=1, value=1)
    act(sara, "2026-06-11", "Review Submitted", "g2")
    act(sara, "2026-06-11", "Resource Rated", "guide", valued=1, value=1)


def asking_for_more():
    """June: a comment with two themes, a ticket, a conversation, and what somebody whom nobody knows wrote."""
    aster, birch = accounts(2)
    exports, prices = theme("Exports"), theme("Prices")
    usual, hidden = asked(7000), asked(7001, identity="anonymous")
    wrote = reply(contact(aster), "2026-06-10", of=usual)
    for about in (exports, prices):
        item(about, heard="comment", response=wrote, account=aster, said="2026-06-10")
    opened = ticket(birch, [("opened", "2026-06-01 12:00")])
    item(exports, heard="ticket", ticket=opened, account=birch, said="2026-06-01")
    item(exports, account=birch, said="2026-06-30")
    item(exports, account=birch, said="2026-05-31")
    of_nobody = reply(None, "2026-06-12", of=hidden)
    item(prices, heard="comment", response=of_nobody, account=None, said="2026-06-12")
    by_machine = reply(contact(aster), "2026-06-12", of=usual, is_machine=True)
    item(prices, heard="comment", response=by_machine, account=aster, said="2026-06-12")
