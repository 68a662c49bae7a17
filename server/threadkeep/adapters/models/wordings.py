"""What providers say, in the wordings that they are known to use: see the table in the tests for who says what."""

import re
from datetime import UTC, datetime

TOO_LONG = r"""
      context[_ -]?length[_ ]exceeded | exceed_context_size | context_overflow | model_context_window_exceeded
    | context[_ ](?:length|window|size|limit) | max(?:imum)?_context_length | maximum\ context
    | (?:prompt|input|request|conversation|message|messages|query)\s(?:is|are|was)?\s?too\s(?:long|large)\b
    | messages\ is\ too\ long
    | too\ many\ (?:input\ )?tokens | input\ token\ count | (?:input|prompt)\ tokens?\ exceed
    | token[_ ]limit[_ ]exceeded | exceed(?:s|ed)?\ (?:the\ )?(?:model\ )?token\ limit | exceeded\ model\ token\ limit
    | maximum\ (?:allowed\ )?(?:prompt|input)\ length | (?:max|maximum)\ (?:model|input)\ len(?:gth)?\b
    | exceeds?\ (?:the\ )?max_(?:seq|model)_len | max_model_len
    | exceeds\ the\ (?:length\ limit|maximum\ number\ of\ (?:input\ )?tokens|limit\ of\ \d+)
    | range\ of\ input\ length\ should\ be | input\ length\ .{0,20}exceed
    | inputs?`?\ tokens\ \+\ `?max_new_tokens | inputs`?\ must\ have\ less\ than
    | (?:too\ large|longer)\ (?:for|than)\ (?:the\ )?model\b.{0,40}(?:context|length|limit)
    | tokens\ in\ request\ more\ than\ max | current\ length\ is\ \d+\ while\ limit\ is
    | reduce\ (?:the\ length|your\ prompt|the\ number\ of\ (?:tokens|messages)|your\ message\ size)
    | request_too_large | request\ too\ large\ for\ model | larger\ than\ the\ context
    | (?:上下文|输入|提示|prompt\ ?).{0,12}(?:过长|超长|超过|超出)
    """
"""In lower case. Broad on purpose: what only waiting helps is wait apart first."""

THROTTLED = (
    r"throttl|rate[\s_-]?limit|too\ many\ requests|tokens\ per\ (?:min|day|hour|sec)|requests\ per\ (?:min|day|hour|sec)"
    r"|\bt[pd]m\b|\brpm\b|please\ wait\ before|please\ slow\ down|quota"
)
"""Bedrock says "Too many tokens, please wait" when it throttles."""

NEVER_FITS = r"request\ too\ large|request_too_large"
"""One request that is larger than a whole minute's allowance: waiting does not help (Groq, OpenAI)."""

BAD_KEY = (
    r"api[\s_]key[\s_](?:not[\s_]valid|invalid)|invalid[\s_](?:x-)?api[\s_-]?key|incorrect\ api\ key"
    r"|invalid[\s_]authentication|no[\s_]auth[\s_]credentials"
)
NO_CREDIT = (
    r"insufficient[\s_](?:quota|credits?|balance|funds)|billing_hard_limit|billing_error|credit\ balance\ is\ too\ low"
    r"|key\ limit\ exceeded|account\ is\ not\ active|out\ of\ credits|exceeded_current_quota|余额不足|欠费"
)
REGION = (
    r"unsupported_country|country,\ region,\ or\ territory|location\ is\ not\ supported|unsupported\ countr"
    r"|not\ available\ in\ your\ (?:country|region|location)|region\ (?:is\ )?not\ supported"
    r"|(?:country|region)\ is\ not\ (?:supported|allowed)"
)
FILTERED = (
    r"content[\s_]?filter|content[\s_](?:policy|management)|responsibleaipolicy|safety\ system|inappropriate\ content"
    r"|data_?inspection_?failed|prohibited_content|prompt_blocked|content\ exists\ risk|high\ risk|敏感|违规"
)
MODERATED = r"moderation|flagged|usage\ polic|safety|sensitive|violat"
"""Besides, where the status says already that something is forbidden: a 400 may repeat a person's own words."""
NO_ACCESS = (
    r"(?:not|n't)\ have\ (?:access|permission)|does\ not\ have\ access|no\ access\ to|access\ to\ (?:the\ )?model"
    r"|must\ be\ verified|not\ allowed\ to\ (?:sample|use)|subscription|permission"
)

REFUSES = (
    r"unsupported|not?\ (?:longer\ )?support|isn't\ support|deprecated|unknown|unrecognized|not\ permitted"
    r"|extra_forbidden|extra\ fields|not\ allowed|unexpected|additional\ propert|only\ the\ default|no\ longer"
    r"|cannot\ be\ (?:used|set|specified)|only\ \S+\ is\ (?:allowed|supported)|not\ accept|not\ available|cannot\ both"
)
"""That a model does not take a part of a request. A value that is wrong for everybody is the person's to correct."""

SYSTEM_REFUSED = (
    r"system[\s_](?:role|message|prompt|instruction)s?.{0,60}(?:not|n't|un).{0,20}(?:support|allow|enabled|permit|valid)"
    r"|(?:not|n't)\s(?:support|allow|permit|accept)\S*.{0,40}system[\s'\"`_-]*(?:role|message|prompt|instruction)?"
    r"|developer\ instruction\ is\ not\ enabled|only\ user\ and\ assistant|roles?\ must\ (?:strictly\ )?alternate"
    r"|(?:unsupported|invalid|unknown|unexpected)\ role\b.{0,20}system|role.{0,20}system.{0,40}(?:not|invalid|unsupported)"
    r"|'user'.{0,40}'input':\ 'system'"
)

_UNIT = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000}
_SPAN = r"\d+(?:\.\d+)?\s*(?:milliseconds?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h)"
_IN_WORDS = rf"(?:try\ again|retry|wait|available|reset\S*)\s(?:again\s)?(?:in|after|for|at\ least)?\s*(?:about\s)?(?P<spans>(?:{_SPAN}\s*)+)\b"
_ONE_SPAN = r"(\d+(?:\.\d+)?)\s*(ms|milli|s|m|h)"
_MEMBER = r'"(?P<name>retry[_-]?(?:after|delay|in)(?:[_-]?(?:ms|milliseconds|seconds|secs|s))?)":\s*"?(?P<amount>\d+(?:\.\d+)?)(?P<unit>m?s)?"?'
_RESET = r'"x-ratelimit-reset":\s*"?(\d{13})"?'
"""OpenRouter repeats this header of the provider behind it: milliseconds since 1970."""

MOST_MS = 86_400_000
"""A day: what asks for more is no wait."""


def says(pattern: str, words: str) -> bool:
    """Whether one of the patterns above is in the words, which are in lower case. They are compiled when a
    provider refuses something, which most never do."""
    return re.search(pattern, words, re.VERBOSE) is not None


def is_too_long(words: str, *, status: int | None) -> bool:
    """Whether the words say that a request is longer than the model reads."""
    words = words.casefold()
    if status not in {None, 400, 403, 413, 422, 429, 500}:
        return False
    if says(NEVER_FITS, words):
        return True
    return status != 429 and says(TOO_LONG, words) and not says(THROTTLED, words)


def wait_ms(words: str, *, now: datetime | None = None) -> int | None:
    """How long the words of a refusal ask to wait."""
    words = words.casefold()
    member = re.search(_MEMBER, words)
    if member is not None:
        is_ms = member["unit"] == "ms" or (member["unit"] is None and re.search("ms|milli", member["name"]))
        return _bounded(float(member["amount"]) * (1 if is_ms else 1000))
    wait = re.search(_IN_WORDS, words)
    if wait is not None:
        spans = re.findall(_ONE_SPAN, wait["spans"])
        return _bounded(sum(float(amount) * _UNIT[unit.replace("milli", "ms")] for amount, unit in spans))
    reset = re.search(_RESET, words)
    if reset is not None:
        return _bounded(max(0.0, int(reset[1]) - (now or datetime.now(UTC)).timestamp() * 1000))
    return None


def _bounded(amount: float) -> int | None:
    return round(amount) if amount <= MOST_MS else None
