"""What the rules know of English. Patterns are over lower-case words."""

import re

from surveys.checker.joining import outside, said, second_questions, without
from surveys.checker.language import Joined, Language, Options, Ranges
from surveys.checker.written import Found, Written, listed, phrase, whole

FRAME = "in the last 30 days"
UNIT = "(?:minute|hour|day|week|month|quarter|year|session|visit|release)s?"
DEGREES = (
    "satisfied|dissatisfied|likely|unlikely|easy|easily|difficult|hard|important|useful|helpful|clear"
    "|clearly|happy"
    "|confident|valuable|reliable|quickly|fast|well|good|pleased|disappointed|comfortable|friendly"
    "|relevant|simple"
    "|intuitive|willing|familiar|interested|accurate|responsive|professional|complete|effective|slow"
    "|appropriate"
)
NO_DEGREE = (
    "many|do|does|did|would|will|is|are|was|were|can|could|should|might|may|must|has|have|had"
    "|come|to|about|else|we|you|i"
)

FIXED_PAIRS = phrase(
    "friends? or (?:a )?(?:colleague|family)s?|friends? and (?:colleagues|family)|terms and conditions"
    "|pros and cons",
    "back and forth|up and running|research and development|sales and marketing|questions and answers"
    "|trial and error",
    "profit and loss|supply and demand|health and safety|black and white|look and feel|ups and downs"
    "|sooner or later",
    "(?:copy|cut) and paste|drag and drop|(?:find|search) and replace|more or less|yes or no"
    "|once or twice|now and then",
    "again and again|day and night|wear and tear|nuts and bolts|do's and don'ts|dos and don'ts"
    "|mergers and acquisitions",
    "first and last|name and address|and so on|and so forth|try and|one or more|whether or not"
    "|with or without|24 / 7",
    "for or against|before (?:and|or) after|easy or (?:difficult|hard)|(?:difficult|hard) or easy"
    "|good or bad|male or female",
    "better or worse|more or (?:less|fewer)|higher or lower|increased? or decreased?|n / a|and then"
    "|likes and dislikes",
    "([a-z]+) or (?:dis|un|in|im|ir)\\1|between (?:[^ ]+ ){1,4}and|prefer (?:[^ ]+ ){1,5}or"
    "|you (?:or|and) your (?:team|company|colleagues)|goods and services|bed and breakfast",
)
JOINERS = phrase("and / or|and|or|as well as|along with|together with|in addition to|&|/")
DETERMINERS = listed("our the your its their my a an this that these those")
LEADS = DETERMINERS | listed("how is was are were very with about of for in by from")
JUDGES = listed("is was are were")
GOES_ON = listed("of for to in with at on from during when after . ? ! , ; :")


def _joined(written: Written) -> list[Joined]:
    pairs = [found for found in outside(written, JOINERS, FIXED_PAIRS) if _joins(written, found)]
    split = _apart(written, pairs[0]) if len(pairs) == 1 else ("", "")
    return [
        *(Joined(said(written, found, found.after + 1), *split) for found in pairs),
        *second_questions(written),
    ]


def _joins(written: Written, found: Found) -> bool:
    if found.first == 0 or found.after == len(written.words):
        return False
    around = found.first - 1, found.after
    return not any(written.words[place].folded.isdigit() for place in around) and not written.are_names(
        around
    )


def _apart(written: Written, found: Found) -> tuple[str, str]:
    """Where single words are joined: the text with the first alone and with the second alone."""
    words = [word.folded for word in written.words]
    led = words[found.after] in DETERMINERS
    first, last = found.first - 1 - led, found.after + led
    if first < 1 or last >= len(words) or (last + 1 < len(words) and words[last + 1] not in GOES_ON):
        return "", ""
    before = words[first] if led else words[first - 1]
    is_judging = words[0] in JUDGES and last + 2 >= len(words) and before != "to"
    if before not in (DETERMINERS if led else LEADS) and not is_judging:
        return "", ""
    second = written.text[: written.words[first].start] + written.text[written.words[found.after].start :]
    return without(written, found.first, last + 1), second


ENGLISH = Language(
    code="en",
    most_words=20,
    vague=(
        (phrase("recently", "lately", "these days", "in the recent past"), FRAME),
        (phrase("(?:overall|in general|generally|generally speaking|on the whole)(?: ,)?"), ""),
        (
            phrase(
                "(?<!how )often|(?<!how )regularly|usually|sometimes|frequently|rarely|occasionally"
                "|(?:a )?while ago",
                "(?<!how )(?<!for )good(?! (?:morning|afternoon|evening|faith))|nice|fine|okay",
                "things?|stuff|a lot|lots of|somehow|somewhat|various|several|etc",
            ),
            None,
        ),
    ),
    how_often=phrase("how often", "how many times", "how frequently", "how regularly"),
    time_frame=phrase(
        f"(?:last|past|previous|each|every|per|a|an|this|next|first|current) (?:[^ ]+ ){{0,2}}{UNIT}",
        "since|today|yesterday|during|between|daily|weekly|monthly|quarterly|yearly|in [12][0-9]{3}"
        "|so far|ever",
        "when|while|after|before|until",
    ),
    frame=FRAME,
    degree=phrase(
        f"how (?!(?:{NO_DEGREE}) )(?:much|[a-z-]+)|to what (?:extent|degree)|how far|on a scale"
        f"|from [0-9]+ to [0-9]+"
    ),
    judged=phrase(f"how (?:very )?(?:{DEGREES})|to what (?:extent|degree)|on a scale"),
    rating=(
        (
            whole("(?:how (?:would|do) you|please) rate (?:your satisfaction with )?(.+?)"),
            "How satisfied are you with ~?",
        ),
        (whole("rate (.+?)", "what do you think (?:of|about) (.+?)"), "How satisfied are you with ~?"),
        (whole("(?:are|were) you (?:satisfied|happy|pleased) with (.+?)"), "How satisfied are you with ~?"),
        (whole("do you (?:like|enjoy) (.+?)"), "How satisfied are you with ~?"),
    ),
    direct=(
        (
            whole("(?:do you (?:agree|think)|would you say) (?:that )?(.+?)"),
            "To what extent do you agree that ~?",
        ),
        (whole("(?:would|will|do) you recommend (.+?)"), "How likely are you to recommend ~?"),
        (whole("(?:would|will) you (.+?)"), "How likely are you to ~?"),
        (whole("(?:was|is) it easy to (.+?)"), "How easy was it to ~?"),
    ),
    joined=_joined,
    verbs=(
        phrase("should(?:n't|'ve)?|shouldnt|ought|must(?:n't)?"),
        phrase(
            "(?<!your )(?<!his )(?<!her )(?<!our )(?<!its )(?<!military )might(?:n't|'ve)?|could(?:n't"
            "|'ve)?|couldnt"
        ),
        phrase("(?<!a )(?<!per )(?<!trash )(?<!tin )can(?! of )(?:'t|not)?|cant"),
        phrase(
            "(?<!in )(?<!since )(?<!last )(?<!of )(?<!until )(?<!from )(?<!by )(?<!next )(?<!this )(?<!before )"
            "(?<!after )(?<!every )(?<!early )(?<!late )may(?= (?:we|i|you|they|it|he|she|not|be|have"
            "|need|want|help|our|your) )",
            "(?:you|we|i|they|it|that|this|which|who|what) may(?! [0-9])",
        ),
        phrase("(?<!look and )(?:feel(?! free )s?|feelings?|felt)"),
    ),
    plain=(
        (
            whole(
                "(?:could|can|might|may|would) (?:you|we|i) (?:please )?(?:ask you to )?(tell us .+?"
                "|describe .+?)"
            ),
            "Please ~.",
        ),
        (
            whole(
                "(?:could|can|would) you (?:please )?(explain .+?|name .+?|share .+?|list .+?|let us know .+?)"
            ),
            "Please ~.",
        ),
        (whole("how (?:do|did) you feel (?:about|with) (.+?)"), "How satisfied are you with ~?"),
        (whole("do you feel (?:that )?(.+?)"), "To what extent do you agree that ~?"),
        (whole("(?:can|could) you (?:easily )?(.+?) easily"), "How easy was it to ~?"),
        (whole("(?:can|could) you easily (.+?)"), "How easy was it to ~?"),
        (whole("(?:should|must|ought) we (?:to )?(.+?)"), "How important is it to you that we ~?"),
        (whole("might you (.+?)"), "How likely are you to ~?"),
    ),
    known=whole(
        "(?:(?:what is|what's|please enter|please give us|enter|tell us|give us) )?(?:your )"
        "(?:(?:full|first|last|work|business|company|current) )?"
        "(?:name|e-?mail(?: address)?|phone(?: number)?|company(?: name)?|organi[sz]ation|employer|plan"
        "|subscription"
        "|country|role|position|job(?: title)?|department)"
        "(?: (?:in|at) (?:your|the) (?:company|organi[sz]ation|team))?",
        "(?:full |first |last |company )?name|e-?mail(?: address)?|company|country|job title|phone(?: number)?",
        "(?:which|what) (?:plan|subscription) (?:are you on|do you have|do you use)|where do you (?:work|live)",
        "(?:which|what) country (?:are you|do you live|are you based) (?:in|from)|where are you from"
        "|who are you",
        "(?:which|what) company do you work (?:for|at)|(?:what do you do|what is your job) (?:at"
        "|in) your company",
    ),
    grid=phrase(
        "(?:each|all|every one) of the (?:following|items)(?: below)?", "for each of", "the following aspects"
    ),
    options=Options(
        leaves_open=phrase(
            "others?|something else|none(?: of (?:the above|these|them))?|neither(?: of (?:these"
            "|them))?|not applicable|n / a"
            "|(?:i )?(?:do not|don't|dont) know|not sure|prefer not to (?:say|answer)|no opinion"
            "|nothing|anything else"
        ),
        covers_all=phrase("(?:all|any|both|most) of (?:the above|these|them|the following)", "all"),
        yes=re.compile("yes(?: .*)?"),
        no=re.compile("no(?: ,.*)?"),
        good=phrase(
            "satisfied|likely|easy|good|great|excellent|perfect|agree|important|helpful|useful|clear"
            "|happy|fast|positive"
            "|strong|outstanding|love|like|better|pleased"
        ),
        bad=phrase(
            "dissatisfied|unsatisfied|unlikely|difficult|hard|bad|poor|terrible|awful|disagree"
            "|unimportant|unhelpful"
            "|useless|unclear|unhappy|slow|negative|weak|hate|dislike|worse|unsatisfactory|disappointed"
        ),
        neutral=phrase(
            "neither .*|neutral|so-so|fair|average|ok|okay|undecided|acceptable|(?:about )?the same|mixed"
        ),
        negated=phrase("not|no|never|hardly|don't|isn't|wasn't"),
        not_at_all=phrase("not at all", "not .* at all"),
        ordered=phrase(
            "never|rarely|seldom|sometimes|occasionally|often|usually|always|once|twice|daily|weekly"
            "|monthly|quarterly"
            "|yearly|annually|every .*|hourly|none|few|little|some|many|most|much|lots?|small|medium"
            "|large|extra large|tiny"
            "|big|low|high|moderately?|slightly|somewhat|very|extremely|completely|beginner"
            "|intermediate|advanced|expert"
            "|free|starter|basic|standard|pro|professional|premium|business|enterprise|primary"
            "|secondary|bachelor.*"
            "|master.*|doctorate|junior|senior|january|february|march|april|may|june|july|august"
            "|september|october"
            "|november|december|monday|tuesday|wednesday|thursday|friday|saturday|sunday|today"
            "|yesterday|tomorrow|now"
            "|this (?:week|month|year)|last (?:week|month|year)|morning|noon|afternoon|evening|night"
        ),
        other="Other",
    ),
    ranges=Ranges(
        between=re.compile(
            r"(?:from |between )?([0-9.]+)\D{0,3}\s*(?:-|–|—|‑|−|\bto\b|\band\b)\s*\D{0,3}([0-9.]+)"
        ),
        under=re.compile(r"(?:less than|under|below|fewer than|<(?!=))\D{0,3}([0-9.]+)"),
        up_to=re.compile(
            r"(?:up to|at most|no more than|<=|≤)\D{0,3}([0-9.]+)|([0-9.]+)[^0-9]*or (?:less|fewer|below)"
        ),
        over=re.compile(r"(?:more than|over|above|>(?!=))\D{0,3}([0-9.]+)"),
        from_on=re.compile(
            r"(?:at least|from|>=|≥)\D{0,3}([0-9.]+)|([0-9.]+)(?:[^0-9]*(?:or (?:more|above|over)"
            r"|and (?:more|above|over))|\s*\+)"
        ),
        units=tuple(
            phrase(f"{unit}s?")
            for unit in (
                "second",
                "minute",
                "hour",
                "day",
                "week",
                "month",
                "quarter",
                "year",
                "k",
                "thousand",
                "m",
                "million",
            )
        ),
        below="Less than ~",
        above="~ or more",
    ),
    stem=lambda word: re.sub(r"(?:'s|ies|ing|ed|ly|es|s|e|y)$", "", word) if len(word) > 3 else word,
    stop_words=listed(
        "how what which is are was were it that you would your our the a an to of with in"
        " for do does did me my i we us and or"
        " by on at be this have has will if any"
    ),
)
