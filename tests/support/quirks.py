"""The table of what servers really send: whose it is, where that is told, and what a turn must make of it."""

import json
from typing import Any

from tests.support.raw_server import (
    START,
    Raw,
    block,
    ended,
    refused,
    response,
    said,
    stream,
    whole,
)
from threadkeep.values import Value

USED = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}
LLAMA = "github.com/ggml-org/llama.cpp"
PI = "github.com/earendil-works/pi (packages/ai/src/utils/overflow.ts)"
LITELLM = "github.com/BerriAI/litellm (exception_mapping_utils.py)"
ANTHROPIC = "platform.claude.com/docs (handling stop reasons, streaming, errors)"
OPENROUTER = "openrouter.ai/docs (errors, streaming)"
OPENAI = "platform.openai.com/docs/api-reference/chat"
MINIMAX = "platform.minimax.io/docs/api-reference (text, errorcode)"
TOO_LONG = "contextTooLong"


class Quirk(Value):
    """One real behaviour, and the right end of a turn that meets it."""

    name: str
    whose: str
    source: str
    raw: Raw | list[Raw]
    kind: str = "openai"
    status: str = "completed"
    text: str = "Hello"
    reasoning: str = ""
    stop: str = "endTurn"
    error: str | None = None
    """The failure's kind."""
    words: str = ""
    """What of the server's own words the failure repeats."""
    links: tuple[str, ...] = ()
    notices: int = 0
    requests: int | None = None
    """How often the provider is asked; None where that is not the point."""


def failed(name: str, whose: str, source: str, raw: Raw | list[Raw], **fields: Any) -> Quirk:
    return Quirk(
        **{
            "name": name,
            "whose": whose,
            "source": source,
            "raw": raw,
            "status": "failed",
            "text": "",
            "stop": "error",
            **fields,
        }
    )


def too_long(name: str, whose: str, source: str, words: str, *, raw: bytes | None = None) -> Quirk:
    """A refusal of a conversation that is too long: it is asked again, shortened, once."""
    body = {"error": {"message": words, "type": "invalid_request_error"}}
    return failed(
        f"too-long-{name}",
        whose,
        source,
        raw or refused(400, body),
        error=TOO_LONG,
        words=words[:40],
        requests=2,
    )


STOPS = (
    Quirk(
        name="length",
        whose="OpenAI and all",
        source=OPENAI,
        raw=stream(said("Cut off in the mid"), said(reason="length"), {"choices": [], "usage": USED}),
        text="Cut off in the mid",
        stop="maxTokens",
    ),
    Quirk(
        name="azure-filtered",
        whose="Azure",
        source="learn.microsoft.com/azure/ai-services/openai/concepts/content-filter",
        raw=stream(said("The way to"), said(reason="content_filter")),
        text="The way to",
        stop="contentFilter",
    ),
    Quirk(
        name="eos",
        whose="Together, TGI",
        source="github.com/huggingface/text-generation-inference (finish_reason eos_token)",
        raw=stream(said("Hello"), said(reason="eos_token")),
    ),
    Quirk(
        name="mistral-length",
        whose="Mistral",
        source="docs.mistral.ai/api (finish_reason model_length)",
        raw=stream(said("Hello"), said(reason="model_length")),
        stop="maxTokens",
    ),
    Quirk(
        name="tool-after-text",
        whose="OpenAI",
        source=OPENAI,
        raw=stream(said("Hello"), said(reason="tool_calls", tool_calls=[{"index": 0, "id": "c"}])),
        stop="toolCalls",
    ),
    Quirk(
        name="refusal-field",
        whose="OpenAI",
        source=OPENAI + " (refusal)",
        raw=stream(said(refusal="I cannot"), said(reason="stop")),
        text="I cannot",
        stop="refusal",
    ),
    Quirk(
        name="vendors-own-word",
        whose="anyone",
        source="design: the vendor's word",
        raw=stream(said("Hello"), said(reason="stopped_by_the_moon")),
        stop="stopped_by_the_moon",
    ),
    failed(
        "finish-error",
        "OpenRouter, vLLM",
        OPENROUTER,
        stream(said("Half an ans"), said(reason="error")),
        text="Half an ans",
    ),
    failed(
        "deepseek-no-resource",
        "DeepSeek",
        "api-docs.deepseek.com (insufficient_system_resource)",
        stream(said("Half"), said(reason="insufficient_system_resource")),
        text="Half",
        words="insufficient_system_resource",
    ),
    failed(
        "abort",
        "vLLM, SGLang, Zhipu",
        "github.com/vllm-project/vllm/issues/57082",
        stream(said("Half"), said(reason="abort")),
        text="Half",
        words="abort",
    ),
    failed(
        "sensitive",
        "Zhipu",
        "github.com/earendil-works/pi/pull/1509",
        stream(said(role="assistant"), said(reason="sensitive")),
        stop="contentFilter",
        words="sensitive",
    ),
    failed(
        "gemini-empty",
        "Gemini",
        "ai.google.dev/gemini-api/docs/openai (PROHIBITED_CONTENT)",
        stream(
            {"choices": [{"finish_reason": "content_filter: PROHIBITED_CONTENT", "index": 0, "delta": {}}]}
        ),
        stop="contentFilter",
        words="PROHIBITED_CONTENT",
    ),
    failed(
        "azure-names-its-filter",
        "Azure",
        "learn.microsoft.com/azure/ai-services/openai/concepts/content-filter",
        stream(
            {
                "choices": [
                    {
                        "index": 0,
                        "delta": {},
                        "finish_reason": "content_filter",
                        "content_filter_results": {"violence": {"filtered": True, "severity": "high"}},
                    }
                ]
            }
        ),
        stop="contentFilter",
        words="violence",
    ),
    failed(
        "empty-stop",
        "llama.cpp, Ollama, others on overflow",
        LLAMA + "/issues/16104",
        stream(said("", role="assistant"), said("", "stop"), {"choices": [], "usage": USED}),
        error="providerOverloaded",
        requests=1,
    ),
    failed("only-done", "proxies", OPENROUTER, stream(), error="providerNetwork"),
    failed(
        "empty-200", "proxies", "github.com/coder/aibridge/issues/56", response(""), error="providerNetwork"
    ),
    failed("blank-200", "proxies", "github.com/coder/aibridge/issues/56", response("\r\n \r\n")),
    failed(
        "only-usage",
        "gateways",
        "github.com/diegosouzapw/OmniRoute/pull/8210",
        stream({"choices": [], "usage": USED}),
        error="providerNetwork",
    ),
    failed(
        "thoughts-alone",
        "DeepSeek, Qwen",
        "api-docs.deepseek.com/guides/reasoning_model",
        stream(said(reasoning_content="Hm."), said(reason="stop")),
        reasoning="Hm.",
        error="providerOverloaded",
    ),
    failed(
        "thoughts-to-the-limit",
        "DeepSeek, Qwen",
        "api-docs.deepseek.com/guides/reasoning_model",
        stream(said(reasoning_content="Hm."), said(reason="length")),
        reasoning="Hm.",
        stop="maxTokens",
    ),
    failed(
        "tool-calls",
        "OpenAI",
        OPENAI,
        stream(
            said(tool_calls=[{"index": 0, "id": "call_1", "function": {"name": "x", "arguments": "{}"}}]),
            said(reason="tool_calls"),
        ),
        stop="toolCalls",
    ),
    failed(
        "no-room-left",
        "Xiaomi MiMo, Zhipu",
        PI,
        stream(said(role="assistant"), said(reason="length")),
        error=TOO_LONG,
        stop="maxTokens",
        requests=2,
    ),
    Quirk(
        name="anthropic-max-tokens",
        whose="Anthropic",
        source=ANTHROPIC,
        kind="anthropic",
        raw=stream(START, *block("text", "Cut"), *ended("max_tokens"), done=False),
        text="Cut",
        stop="maxTokens",
    ),
    Quirk(
        name="anthropic-refusal-after-text",
        whose="Anthropic",
        source=ANTHROPIC,
        kind="anthropic",
        raw=stream(START, *block("text", "Well"), *ended("refusal"), done=False),
        text="Well",
        stop="refusal",
    ),
    failed(
        "anthropic-refusal",
        "Anthropic",
        ANTHROPIC,
        stream(
            START,
            *ended("refusal", stop_details={"category": "cyber", "explanation": "This is not allowed."}),
            done=False,
        ),
        kind="anthropic",
        stop="refusal",
        words="This is not allowed.",
    ),
    Quirk(
        name="anthropic-pause",
        whose="Anthropic",
        source=ANTHROPIC + " (pause_turn)",
        kind="anthropic",
        raw=[
            stream(START, *block("text", "Hel"), *ended("pause_turn"), done=False),
            stream(START, *block("text", "lo"), *ended("end_turn"), done=False),
        ],
        requests=2,
    ),
)

ERRORS = (
    failed(
        "or-error-in-choice",
        "OpenRouter",
        OPENROUTER,
        stream(
            said("Hel"),
            said("lo"),
            {
                "choices": [
                    {
                        "index": 0,
                        "delta": {"content": ""},
                        "finish_reason": "error",
                        "error": {"code": 429, "message": "Rate limited upstream"},
                    }
                ]
            },
        ),
        text="Hello",
        error="providerRateLimited",
        words="Rate limited upstream",
    ),
    failed(
        "or-error-beside-choices",
        "OpenRouter",
        OPENROUTER,
        stream(
            said("Hel"),
            {
                "error": {"code": 502, "message": "Provider disconnected"},
                "choices": [{"delta": {}, "finish_reason": "error"}],
            },
        ),
        text="Hel",
        error="providerOverloaded",
        words="Provider disconnected",
    ),
    failed(
        "vllm-object",
        "vLLM, LMDeploy, FastChat",
        "github.com/vllm-project/vllm/pull/2964",
        stream({"object": "error", "message": "Engine is dead", "type": "InternalServerError", "code": 500}),
        error="providerOverloaded",
        words="Engine is dead",
    ),
    failed(
        "fastchat-error",
        "FastChat",
        "github.com/lm-sys/FastChat (constants.py ErrorCode)",
        stream({"id": "x", "text": "**NETWORK ERROR DUE TO HIGH TRAFFIC.**", "error_code": 50001}),
        error="providerOverloaded",
        words="HIGH TRAFFIC",
    ),
    failed(
        "baidu",
        "Baidu Qianfan",
        "cloud.baidu.com/doc/WENXINWORKSHOP (error_code, error_msg)",
        stream({"error_code": 336003, "error_msg": "the last message must be the user's"}),
        words="the last message",
    ),
    failed(
        "llamacpp-error-field",
        "llama.cpp until late in 2025",
        LLAMA + "/pull/16109",
        stream('error: {"code":500,"message":"slot is gone","type":"server_error"}'),
        error="providerOverloaded",
        words="slot is gone",
    ),
    failed(
        "event-error",
        "DashScope, Anthropic-shaped gateways",
        "help.aliyun.com/zh/model-studio (event:error)",
        stream('event:error\n:HTTP_STATUS/400\ndata:{"code":"InvalidParameter","message":"temperature odd"}'),
        error="providerBadRequest",
        words="temperature odd",
    ),
    failed(
        "event-error-words",
        "gateways",
        "github.com/SamSaffron/term-llm/pull/487",
        stream("event: error\ndata: upstream went away"),
        words="upstream went away",
    ),
    failed(
        "minimax-base-resp",
        "MiniMax",
        MINIMAX,
        stream({"choices": None, "base_resp": {"status_code": 1008, "status_msg": "insufficient balance"}}),
        error="providerAuth",
        words="insufficient balance",
    ),
    failed(
        "minimax-whole-error",
        "MiniMax",
        MINIMAX,
        whole({"base_resp": {"status_code": 1002, "status_msg": "rate limit"}}),
        error="providerRateLimited",
        words="rate limit",
    ),
    failed(
        "fastapi-detail",
        "FastAPI servers",
        "fastapi.tiangolo.com (HTTPException)",
        stream({"detail": "The model is not loaded"}),
        words="not loaded",
    ),
    failed(
        "code-and-message",
        "SiliconFlow, Spark",
        "docs.siliconflow.cn (code, message, data)",
        stream({"code": 20012, "message": "Model does not exist", "data": None}),
        words="Model does not exist",
    ),
    failed(
        "cloudflare-errors",
        "Cloudflare AI gateway",
        "developers.cloudflare.com/ai-gateway",
        whole({"success": False, "errors": [{"code": 5007, "message": "No such model"}], "result": None}),
        words="No such model",
    ),
    failed(
        "groq-status-code",
        "Groq",
        "github.com/xberg-io/liter-llm/pull/189",
        stream({"error": {"message": "tool call validation failed", "status_code": 400}}),
        error="providerBadRequest",
        words="validation failed",
    ),
    failed(
        "anthropic-overloaded",
        "Anthropic",
        ANTHROPIC,
        stream(
            START,
            *block("text", "Hel"),
            'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}',
            done=False,
        ),
        kind="anthropic",
        text="Hel",
        error="providerOverloaded",
        words="Overloaded",
    ),
    failed(
        "anthropic-at-kind-openai",
        "a wrong kind",
        "issue: an Anthropic stream on kind openai",
        stream(START, *block("text", "Hello"), *ended("end_turn"), done=False),
        error="providerBadRequest",
        words="set providers.openai.kind to that",
    ),
    failed(
        "openai-at-kind-anthropic",
        "a wrong kind",
        "issue: an OpenAI stream on kind anthropic",
        stream(said("Hello"), said(reason="stop")),
        kind="anthropic",
        error="providerBadRequest",
        words="set providers.anthropic.kind to that",
    ),
    failed(
        "openai-whole-at-kind-anthropic",
        "a wrong kind",
        "issue: an OpenAI answer on kind anthropic",
        whole({"choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}]}),
        kind="anthropic",
        error="providerBadRequest",
    ),
    failed(
        "ollama-native",
        "Ollama",
        "github.com/ollama/ollama/blob/main/docs/api.md",
        whole({"model": "m", "message": {"role": "assistant", "content": "Hello"}, "done": True}),
        error="providerBadRequest",
        words="Ollama's own",
    ),
)

SHAPES = (
    Quirk(
        name="minimax",
        whose="MiniMax",
        source="github.com/ENTERPILOT/GoModel/pull/1068",
        raw=stream(
            said("Hel"),
            said("lo world"),
            {
                "object": "chat.completion",
                "choices": [{"index": 0, "finish_reason": "stop", "message": {"content": "Hello world"}}],
                "usage": USED,
            },
        ),
        text="Hello world",
    ),
    Quirk(
        name="last-delta-repeats",
        whose="gateways",
        source="issue: a last frame that repeats the whole message",
        raw=stream(said("Hello there, "), said("good friend"), said("Hello there, good friend", "stop")),
        text="Hello there, good friend",
    ),
    Quirk(
        name="short-words-repeat-themselves",
        whose="a person who laughs",
        source="the other side of the above",
        raw=stream(said("ha"), said("ha"), said("haha", "stop")),
        text="hahahaha",
    ),
    Quirk(
        name="only-in-message",
        whose="gateways",
        source="issue: an empty delta with the text only in message",
        raw=stream({"choices": [{"delta": {}, "message": {"content": "Hello"}, "finish_reason": "stop"}]}),
    ),
    Quirk(
        name="message-grows",
        whose="Perplexity",
        source="docs.perplexity.ai (message beside delta)",
        raw=stream(
            {"choices": [{"delta": {"content": "Hel"}, "message": {"content": "Hel"}}]},
            {"choices": [{"delta": {"content": ""}, "message": {"content": "Hello"}}]},
            {"choices": [{"delta": {}, "message": {"content": "Hello"}, "finish_reason": "stop"}]},
        ),
    ),
    Quirk(
        name="anthropic-message-at-the-end",
        whose="MiniMax at kind anthropic",
        source="github.com/songquanpeng/one-api/issues/2406",
        kind="anthropic",
        raw=stream(
            START,
            *block("text", "Hello"),
            {"type": "message", "content": [{"type": "text", "text": "Hello"}], "stop_reason": "end_turn"},
            *ended("end_turn"),
            done=False,
        ),
    ),
    Quirk(
        name="anthropic-block-start-repeats",
        whose="MiniMax at kind anthropic",
        source="github.com/cline/cline/pull/9215",
        kind="anthropic",
        raw=stream(
            START,
            {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": "Hel"}},
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hello"}},
            *ended("end_turn"),
            done=False,
        ),
    ),
    Quirk(
        name="white-space-before-json",
        whose="OpenRouter, proxies that keep alive",
        source=OPENROUTER,
        raw=whole(
            {"choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}]}, before="\n\n  \n"
        ),
    ),
    Quirk(
        name="bom-before-json",
        whose="servers on Windows",
        source="tools.ietf.org/html/rfc8259#section-8.1",
        raw=whole({"choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}]}, before="\ufeff"),
    ),
    Quirk(
        name="comment-as-data",
        whose="OpenRouter through proxies",
        source=OPENROUTER,
        raw=stream("data: : OPENROUTER PROCESSING", said("Hello"), said("", "stop")),
    ),
    Quirk(
        name="older-completions",
        whose="llama-cpp-python",
        source="github.com/abetlen/llama-cpp-python/issues/133",
        raw=stream({"choices": [{"text": "Hello", "index": 0, "finish_reason": "stop"}]}),
    ),
    Quirk(
        name="control-characters",
        whose="any model",
        source="issue: never control characters in the text",
        raw=stream(said("He\u001b[31ml\u0007l\u0000o\r\n\tyou\u009b"), said(reason="stop")),
        text="He[31mllo\n\tyou",
    ),
)

SEPARATIONS = (
    Quirk(
        name="no-empty-lines",
        whose="gateways",
        source="html.spec.whatwg.org (server-sent events: an empty line ends an event)",
        raw=response(
            "".join(
                f"data: {json.dumps(piece)}\n" for piece in (said("Hel"), said("lo"), said(reason="length"))
            )
            + "data: [DONE]\n"
        ),
        stop="maxTokens",
    ),
    Quirk(
        name="lines-of-json",
        whose="gateways of Ollama",
        source="github.com/ollama/ollama/blob/main/docs/api.md (streams are lines of JSON)",
        raw=response(
            "".join(f"{json.dumps(piece)}\n" for piece in (said("Hel"), said("lo"), said(reason="stop")))
        ),
    ),
    Quirk(
        name="every-piece-is-the-last",
        whose="gateways",
        source="github.com/sgl-project/sglang/pull/446 (before it)",
        raw=stream(said("Hel", "stop"), said("lo", "stop")),
    ),
    failed(
        "tgi-error",
        "Hugging Face TGI",
        "github.com/huggingface/text-generation-inference (error, error_type)",
        stream(
            {
                "error": "Input validation error: `temperature` must be strictly positive",
                "error_type": "validation",
            }
        ),
        error="providerBadRequest",
        words="strictly positive",
    ),
    failed(
        "groq-error",
        "Groq",
        "console.groq.com/docs (x_groq)",
        stream(said("Hel"), {**said(), "x_groq": {"id": "r", "error": "over capacity"}}),
        text="Hel",
        words="over capacity",
    ),
    failed(
        "xai-error",
        "xAI",
        "docs.x.ai (code, error)",
        stream({"code": "Client specified an invalid argument", "error": "No such image"}),
        error="providerBadRequest",
        words="No such image",
    ),
)

THOUGHTS = (
    Quirk(
        name="think-tags",
        whose="DeepSeek R1, Qwen behind servers without a parser",
        source="github.com/zed-industries/zed/pull/58042",
        raw=stream(
            said("<think>"), said("\nsecret thought\n"), said("</think>\n\n"), said("Three"), said("", "stop")
        ),
        text="Three",
        reasoning="secret thought",
    ),
    Quirk(
        name="think-tags-in-shreds",
        whose="Nova",
        source="github.com/LibreChat-AI/agents/pull/40",
        raw=stream(
            *(
                said(piece)
                for piece in ("\n<", "thin", "king>", "a `</thinking>` b", "</thi", "nking", ">\n", "Three")
            ),
            said(reason="stop"),
        ),
        text="Three",
        reasoning="a `</thinking>` b",
    ),
    Quirk(
        name="think-tags-in-text",
        whose="any model",
        source="issue: never inside code",
        raw=stream(said("Use `<think>` and\n```\n<think>\n</think>\n```"), said(reason="stop")),
        text="Use `<think>` and\n```\n<think>\n</think>\n```",
    ),
    Quirk(
        name="mistral-think-tags",
        whose="Magistral",
        source="github.com/isaiah-harville/Primer/issues/109",
        raw=stream(said("[THINK]Hm.[/TH"), said("INK]Hello"), said(reason="stop")),
        reasoning="Hm.",
    ),
    Quirk(
        name="thought-twice",
        whose="MiniMax M3",
        source="github.com/can1357/oh-my-pi/issues/2433",
        raw=stream(said("<think>Hm.", reasoning_content="Hm."), said("</think>Hello"), said(reason="stop")),
        reasoning="Hm.",
    ),
    Quirk(
        name="reasoning-details-alone",
        whose="OpenRouter, MiniMax",
        source="openrouter.ai/docs (reasoning_details)",
        raw=stream(
            said(reasoning_details=[{"type": "reasoning.text", "text": "Hm, let me think"}]),
            said(reasoning_details=[{"type": "reasoning.text", "text": "Hm, let me think of it."}]),
            said("Hello", "stop"),
        ),
        reasoning="Hm, let me think of it.",
    ),
    Quirk(
        name="thinking-member",
        whose="gateways of Ollama",
        source="ollama.com/blog/thinking",
        raw=stream(said(thinking="Hm."), said("Hello", "stop")),
        reasoning="Hm.",
    ),
    Quirk(
        name="reasoning-member",
        whose="LM Studio, vLLM, OpenRouter",
        source="docs.vllm.ai (reasoning outputs)",
        raw=stream(said(reasoning="Hm."), said("Hello", "stop")),
        reasoning="Hm.",
    ),
    Quirk(
        name="perplexity-citations",
        whose="Perplexity, xAI",
        source="docs.perplexity.ai (citations, search_results)",
        raw=stream(
            {
                **said("Sky is blue[1]"),
                "citations": ["https://example.org/a"],
                "search_results": [{"title": "A", "url": "https://example.org/a"}],
            },
            {**said("", "stop"), "citations": ["https://example.org/a"]},
        ),
        text="Sky is blue[1]",
        links=("https://example.org/a",),
    ),
    Quirk(
        name="annotations",
        whose="OpenAI, OpenRouter",
        source="openrouter.ai/docs (web search annotations)",
        raw=stream(
            said(
                "Hello",
                annotations=[
                    {"type": "url_citation", "url_citation": {"url": "https://example.org/b", "title": "B"}},
                    {"type": "url_citation", "url_citation": {"url": "javascript:x", "title": "odd"}},
                ],
            ),
            said(reason="stop"),
        ),
        links=("https://example.org/b",),
    ),
    Quirk(
        name="anthropic-citations",
        whose="Anthropic",
        source=ANTHROPIC + " (citations_delta)",
        kind="anthropic",
        raw=stream(
            START,
            *block("text", "Hello")[:2],
            {
                "type": "content_block_delta",
                "index": 0,
                "delta": {
                    "type": "citations_delta",
                    "citation": {"type": "web_search_result_location", "url": "https://example.org/c"},
                },
            },
            *ended("end_turn"),
            done=False,
        ),
        links=("https://example.org/c",),
    ),
)

REFUSALS = (
    failed(
        "gemini-429",
        "Gemini",
        "github.com/Aider-AI/aider/issues/3694",
        refused(
            429,
            [
                {
                    "error": {
                        "code": 429,
                        "message": "You exceeded your current quota. Please retry in 34.07s.",
                        "status": "RESOURCE_EXHAUSTED",
                        "details": [{"retryDelay": "34s"}],
                    }
                }
            ],
        ),
        error="providerRateLimited",
        words="exceeded your current quota",
        requests=1,
    ),
    failed(
        "region",
        "OpenAI",
        "github.com/home-assistant/core/issues/120072",
        refused(
            403,
            {
                "error": {
                    "code": "unsupported_country_region_territory",
                    "message": "Country, region, or territory not supported",
                }
            },
        ),
        error="providerBadRequest",
        words="does not serve the place",
    ),
    failed(
        "moderation",
        "OpenRouter",
        OPENROUTER,
        refused(
            403,
            {
                "error": {
                    "code": 403,
                    "message": "Your input was flagged",
                    "metadata": {"reasons": ["violence"], "flagged_input": "…"},
                }
            },
        ),
        error="providerBadRequest",
        stop="contentFilter",
        words="Your input was flagged",
    ),
    failed(
        "azure-prompt-filtered",
        "Azure",
        LITELLM,
        refused(
            400,
            {
                "error": {
                    "code": "content_filter",
                    "message": "The response was filtered due to the prompt triggering Azure's policy",
                }
            },
        ),
        error="providerBadRequest",
        stop="contentFilter",
        words="was filtered",
    ),
    failed(
        "proxy-page",
        "a proxy or firewall",
        "issue: a 403 of a proxy's page",
        refused(403, "<html><body>Access to this site is blocked</body></html>"),
        error="providerBadRequest",
        words="proxy or a firewall",
    ),
    failed(
        "key-limit",
        "OpenRouter",
        "github.com/RooCodeInc/Roo-Code/issues/515",
        refused(403, {"error": {"code": 403, "message": "Key limit exceeded (total limit)"}}),
        error="providerAuth",
        words="no credit",
    ),
    failed(
        "throttled-too-many-tokens",
        "Bedrock",
        "github.com/jin-bo/agentao/pull/88",
        refused(400, {"message": "ThrottlingException: Too many tokens, please wait before trying again."}),
        error="providerBadRequest",
        words="please wait",
        requests=1,
    ),
    too_long("anthropic", "Anthropic", PI, "prompt is too long: 213462 tokens > 200000 maximum"),
    too_long("openai", "OpenAI", PI, "Your input exceeds the context window of this model"),
    too_long(
        "gemini", "Gemini", PI, "The input token count (1196265) exceeds the maximum number of tokens allowed"
    ),
    too_long(
        "xai",
        "xAI",
        PI,
        "This model's maximum prompt length is 131072 but the request contains 537812 tokens",
    ),
    too_long("groq", "Groq", PI, "Please reduce the length of the messages or completion"),
    too_long(
        "together",
        "Together, SGLang",
        PI,
        "The input (263000 tokens) is longer than the model's context length (262144 tokens).",
    ),
    too_long(
        "lmstudio",
        "LM Studio",
        PI,
        "tokens to keep from the initial prompt is greater than the context length",
    ),
    too_long("kimi", "Moonshot", PI, "Your request exceeded model token limit: 131072 (requested: 200000)"),
    too_long(
        "mistral",
        "Mistral",
        PI,
        "Prompt contains 40000 tokens, too large for model with 32768 maximum context length",
    ),
    too_long("minimax", "MiniMax", PI, "invalid params, context window exceeds limit (2013)"),
    too_long("ollama", "Ollama", PI, "prompt too long; exceeded max context length by 12 tokens"),
    too_long(
        "poolside",
        "Poolside",
        "github.com/earendil-works/pi/issues/4943",
        "Input length 131393 exceeds the maximum allowed input length of 131040 tokens.",
    ),
    too_long(
        "perplexity",
        "Perplexity",
        "github.com/BerriAI/litellm/pull/21647",
        "The total length of all messages is too long.",
    ),
    too_long("tgi", "Hugging Face TGI", LITELLM, "`inputs` tokens + `max_new_tokens` must be <= 4096"),
    too_long(
        "cerebras",
        "Cerebras",
        LITELLM,
        "Please reduce the length of the messages. Current length is 9000 while limit is 8192",
    ),
    too_long(
        "atlas",
        "Atlas",
        "github.com/0xBakeer/inference-atlas/pull/186",
        "Prompt too long: 5152 tokens exceeds max_seq_len 2048",
    ),
    too_long("copilot", "GitHub Copilot", PI, "prompt token count of 130000 exceeds the limit of 128000"),
    too_long(
        "qwen", "DashScope", "help.aliyun.com/zh/model-studio", "Range of input length should be [1, 30720]"
    ),
    too_long("bedrock", "Bedrock", LITELLM, "Input is too long for requested model."),
    too_long(
        "llamacpp-error-field",
        "llama.cpp until late in 2025",
        LLAMA + "/pull/16109",
        "the request exceeds the available context",
        raw=stream(
            'error: {"code":400,"message":"the request exceeds the available context size. try increasing the'
            ' context size or enable context shift","type":"invalid_request_error"}'
        ),
    ),
    too_long(
        "vllm-object",
        "vLLM",
        "github.com/earendil-works/pi/pull/5929",
        "This model's maximum context length is 8",
        raw=stream(
            {"object": "error", "code": 400, "message": "This model's maximum context length is 8192 tokens."}
        ),
    ),
    too_long(
        "fastchat",
        "FastChat",
        "github.com/lm-sys/FastChat (CONTEXT_OVERFLOW 40303)",
        "This model's maximum context length is 2",
        raw=stream({"error_code": 40303, "text": "This model's maximum context length is 2048 tokens."}),
    ),
    too_long(
        "in-choice",
        "OpenRouter",
        OPENROUTER,
        "This endpoint's maximum context length i",
        raw=stream(
            {
                "choices": [
                    {
                        "delta": {},
                        "finish_reason": "error",
                        "error": {
                            "code": 400,
                            "message": "This endpoint's maximum context length is 9 tokens.",
                        },
                    }
                ]
            }
        ),
    ),
    too_long(
        "base-resp",
        "MiniMax",
        MINIMAX,
        "invalid params, context window exceeds l",
        raw=whole(
            {"base_resp": {"status_code": 2013, "status_msg": "invalid params, context window exceeds limit"}}
        ),
    ),
)


def _without(part: str, words: str, status: int = 400) -> Raw:
    """Refuses whatever holds the part, and answers what does not."""

    def answer(body: dict[str, Any]) -> bytes:
        has_system = body.get("messages", [{}])[0].get("role") == "system"
        if (part == "system" and has_system) or body.get(part) is not None:
            return refused(status, {"error": {"message": words}})
        return stream(said("Hello"), said(reason="stop"))

    return answer


def parameter(name: str, whose: str, source: str, part: str, *, words: str, status: int = 400) -> Quirk:
    return Quirk(
        name=name, whose=whose, source=source, raw=_without(part, words, status), notices=1, requests=2
    )


PARAMETERS = (
    parameter(
        "no-stream-options",
        "vLLM before 0.6.2",
        "github.com/modelscope/ms-agent/issues/489",
        "stream_options",
        words="[{'type': 'extra_forbidden', 'loc': ('body', 'stream_options'), 'msg': 'Extra inputs are not permitted'}]",
    ),
    parameter(
        "no-stream-options-azure",
        "Azure",
        "github.com/Pythagora-io/gpt-pilot/issues/1022",
        "stream_options",
        words="Unrecognized request argument supplied: stream_options",
    ),
    parameter(
        "no-system",
        "Gemma at vLLM",
        "github.com/vllm-project/vllm/pull/2964",
        "system",
        words="System role not supported",
    ),
    parameter(
        "no-system-o1",
        "OpenAI o1-mini",
        OPENAI,
        "system",
        words="Unsupported value: 'messages[0].role' does not support 'system' with this model.",
    ),
    parameter(
        "no-system-google",
        "Gemma at Gemini",
        "ai.google.dev/gemma",
        "system",
        words="Developer instruction is not enabled for models/gemma-3-27b-it",
    ),
    parameter(
        "no-system-sglang",
        "Gemma at SGLang",
        "github.com/sgl-project/sglang/issues/892",
        "system",
        words="jinja2.exceptions.TemplateError: System role not supported",
        status=500,
    ),
    parameter(
        "roles-alternate",
        "Mistral at vLLM",
        "github.com/vllm-project/vllm/issues/6862",
        "system",
        words="Conversation roles must alternate user/assistant/user/assistant/...",
    ),
)

QUIRKS = (*STOPS, *ERRORS, *SHAPES, *SEPARATIONS, *THOUGHTS, *REFUSALS, *PARAMETERS)
"""All of them. A turn of the real server meets each, whole and in one byte a write."""
