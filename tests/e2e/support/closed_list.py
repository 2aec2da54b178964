"""A span has no attribute for a field that its exchange lacks. This is the closed list of attributes that a span may
have in addition to those of the recordings' index.

Every attribute of the families below is named by the index or by EXTRA. A function of EXTRA returns the value that the
exchange requires, or None when the attribute must be absent; both are checked. The functions see the request that the
server received, because an SDK sends it slightly different from the recording."""

import base64
import json
import math

from .cost import is_explained
from .wire import at, documents, values

FAMILIES = ("gen_ai.", "openai.", "aws.", "azure.", "cohere.", "mcp.", "jsonrpc.", "gentap.", "http.", "network.")

HEADERS = (  # the provider's ids of the request, and when to retry
    "x-request-id", "request-id", "apim-request-id", "mistral-correlation-id", "x-debug-trace-id", "x-global-transaction-id",
    "x-ds-trace-id", "x-generation-id", "x-litellm-call-id", "inference-id", "openai-processing-ms", "retry-after", "retry-after-ms",
)

# operations without a name in the conventions, and operations that the index does not name
OPERATIONS = {
    "anthropic.count_tokens": "count_tokens", "google.countTokens": "count_tokens", "openai.images": "image_generation",
    "openai.moderations": "moderation", "openai.audio.transcriptions": "transcription", "mistral.ocr": "ocr", "rerank": "rerank",
    "cohere.v1.rerank": "rerank", "cohere.v2.rerank": "rerank", "openai.assistants": "fetch_run", "google.predict": "embeddings",
    "sagemaker.invoke": "text_completion",
}
CONVERSATIONS = {"POST": "create_conversation", "GET": "fetch_conversation", "DELETE": "delete_conversation"}
FORMATS = {"openai": "openai", "writer": "openai", "anthropic": "anthropic"}  # providers of unknown hosts, by format


class Exchange:
    """A request as received, and the recorded reply to it."""

    def __init__(self, received, recording):
        self.r, self.facts, self.api = recording, recording.facts, recording.api
        self.received = received
        self.request = _request_documents(received)
        self.body = self.request[0] if len(self.request) == 1 and isinstance(self.request[0], dict) else {}
        response = recording.content["response"]
        self.fields = {n.lower(): v for n, v in response["headers"]}
        self.reply = documents(recording.reply().body, recording.coding)
        self.is_openai = provider_name(self) in ("openai", "azure.ai.openai")
        self.is_error = self.facts["status"] >= 400

    def asked(self, *paths):
        """The value at the first of these paths that the request has."""
        return next((v for v in (at(self.body, p) for p in paths) if v is not None), None)

    def answered(self, *names):
        found = [v for v in values(self.reply, *names) if v not in (None, "")]
        return found[0] if found else None

    @property
    def asks_stream(self):
        path = self.received.path
        return (
            self.body.get("stream") is True or path.endswith(("-stream", "_stream", ":streamGenerateContent", ":streamRawPredict"))
            or (self.api in ("ollama.chat", "ollama.generate") and self.body.get("stream") is not False)
        )

    @property
    def is_stream(self):
        kind = self.fields.get("content-type", "")
        return self.asks_stream or kind.startswith(("text/event-stream", "application/x-ndjson", "application/stream+json",
                                                    "application/vnd.amazon.eventstream"))


def _request_documents(received):
    if "multipart/form-data" in (received.value("content-type") or ""):
        return [{}]
    return documents(received.body)


# ---------------------------------------------------------------- rules


def operation(x):
    if x.api == "openai.conversations":
        return CONVERSATIONS[x.received.method]
    if x.api == "mcp":
        return "execute_tool" if mcp_message(x).get("method") == "tools/call" else None
    return OPERATIONS.get(x.api, x.facts.get("operation"))


def provider_name(x):
    label = x.facts["provider"]
    return None if label == "mcp" else FORMATS.get(x.api.split(".")[0], label) if label in ("local", "gateway") else label


def choice_count(x):
    n = x.asked("n", "generationConfig.candidateCount", "generation_config.candidate_count", "num_generations")
    return n if n != 1 else None


def reasoning_level(x):
    level = x.asked(
        "reasoning_effort", "reasoning.effort", "output_config.effort", "generationConfig.thinkingConfig.thinkingLevel", "think",
        "additionalModelRequestFields.output_config.effort", "additionalModelRequestFields.reasoning_effort",
    )
    return level if isinstance(level, str) else None


def output_type(x):
    if x.api == "openai.images":
        return "image"
    if x.api.startswith("ollama."):
        return "json" if x.body.get("format") is not None else None
    kind = x.asked("response_format.type", "text.format.type", "output_config.format.type", "generationConfig.responseMimeType")
    if "audio" in (x.asked("modalities") or []):
        return "speech"
    kind = kind and kind.removeprefix("application/")
    return "json" if (kind or "").startswith("json") else "text" if kind == "text" else None


def encoding_formats(x):
    formats = x.asked("encoding_format", "embedding_types")
    return [formats] if isinstance(formats, str) else formats


def dimension_count(x):
    if "embed" not in x.api.lower() and x.api != "google.predict":
        return None
    asked = x.asked("dimensions", "output_dimension", "outputDimensionality", "requests.0.outputDimensionality")
    if asked is not None:
        return asked
    for vector in values(x.reply, "embedding", "embeddings", "values", "float"):
        while isinstance(vector, list) and vector and isinstance(vector[0], list):
            vector = vector[0]
        if isinstance(vector, list) and vector and isinstance(vector[0], (int, float)):
            return len(vector)
        if isinstance(vector, str):
            return len(base64.b64decode(vector)) // 4
    return None


def request_stream(x):
    return True if x.is_stream else None


def conversation_id(x):
    if x.facts.get("conversation_id"):
        return x.facts["conversation_id"]
    if x.api == "openai.conversations":
        return x.answered("id")
    c = x.asked("conversation", "conversation_id")
    return c.get("id") if isinstance(c, dict) else c


def request_tier(x):
    tier = x.asked("service_tier") if x.is_openai else None
    return tier if tier != "auto" else None


def fingerprint(x):
    found = [v for v in values(x.reply, "system_fingerprint") if v] if x.is_openai else []
    return found[-1] if found else None


def response_tier(x):
    found = [v for v in values(x.reply, "service_tier") if v] if x.is_openai else []
    return found[-1] if found else None


API_TYPES = {"openai.chat.completions": "chat_completions", "openai.responses": "responses"}


def api_type(x):
    return API_TYPES.get(x.api) if x.is_openai else None


def derived_finish(x):
    """The Responses API and runs have no finish reasons: they follow from status and output."""
    if x.api not in ("openai.responses", "openai.assistants"):
        return None
    whole = [d.get("response", d) for d in x.reply if isinstance(d, dict)]
    last = next((d for d in reversed(whole) if isinstance(d, dict) and d.get("status") in ("completed", "incomplete")), None)
    if last is None:
        return None
    if last["status"] == "incomplete":
        reason = (last.get("incomplete_details") or {}).get("reason")
        return [{"max_output_tokens": "length"}.get(reason, reason)] if reason else None
    calls = [i for i in last.get("output", []) if i.get("type") in ("function_call", "custom_tool_call")]
    return ["tool_calls" if calls else "stop"]


def finish_reasons(x):
    """The finish reasons of APIs for which the index has none."""
    if x.api in ("cohere.v1.generate", "huggingface.inference", "anthropic.complete"):
        found = [v for v in values(x.reply, "finish_reason", "stop_reason") if v and v != "not_finished"]
        return found[-1:] or None
    return derived_finish(x)


def usage_absent(x):
    """For a stream of a completion that ended without token counts."""
    if x.api not in ("openai.chat.completions", "openai.completions", "writer.chat") or not x.is_stream or x.is_error:
        return None
    if x.facts.get("usage") or "error.type (any of)" in x.r.expect or not x.facts.get("finish_reasons"):
        return None
    return "not_sent" if x.asked("stream_options.include_usage") else "not_requested"


def header(name):
    return lambda x: [x.fields[name]] if x.fields.get(name) else None


def asked_of(*apis):
    """Request parameters of APIs for which the index has none."""

    def rule(*paths):
        return lambda x: x.asked(*paths) if x.api in apis else None

    return rule


unread = asked_of("aleph_alpha.complete", "huggingface.inference", "sagemaker.invoke", "mistral.ocr")


def request_model(x):
    if x.api == "sagemaker.invoke":
        return x.received.path.split("/")[2]
    return unread("model")(x)


def response_text(name):
    return lambda x: x.answered(name) if x.api in ("anthropic.complete", "mistral.ocr") else None


def kind_of_tokens(direction, kind):
    """The details of a token count, as OpenAI and Google report them, unless they repeat it."""

    def rule(x):
        if not any(k.startswith("gen_ai.usage.") for k in x.r.expect):
            return None
        details = {"input": ("prompt_tokens_details", "input_tokens_details", "input_token_details", "promptTokensDetails"),
                   "output": ("completion_tokens_details", "output_tokens_details", "candidatesTokensDetails")}[direction]
        numbers = {"text": 1, "image": 2, "audio": 4}
        last = None
        for d in values(values(x.reply, "usage", "usageMetadata"), *details):
            if isinstance(d, dict) and d.get(f"{kind}_tokens") is not None:
                last = d[f"{kind}_tokens"]
            for m in d if isinstance(d, list) else []:
                if str(m["modality"]).lower() in (kind, str(numbers[kind])):
                    last = m["tokenCount"]
        return None if last == x.r.expect.get(f"gen_ai.usage.{direction}_tokens") else last

    return rule


def tgi_tokens(name, field):
    """The token counts of Text Generation Inference, from its details and header fields."""

    def rule(x):
        if x.api != "huggingface.inference":
            return None
        found = values(x.reply, name)
        return found[-1] if found else int(x.fields[field]) if field in x.fields else None

    return rule


def cohere_count(kind, direction):
    """The two counts of a chat, on any host."""

    def rule(x):
        if not x.api.startswith("cohere.") or any(word in x.api for word in ("embed", "rerank")):
            return None
        found = values(values(x.reply, "usage", "meta"), kind)
        return at(found[-1], f"{direction}_tokens") if found else None

    return rule


def is_measured(x):
    """True for streams with an answer: their spans must have a time to the first chunk, of any value."""
    return x.is_stream and not x.is_error and bool(x.reply or x.r.reply().body)


def mcp_message(x):
    body = x.request[0] if x.request else None
    return body if x.api == "mcp" and isinstance(body, dict) and "method" in body else {}


def mcp_target(method, name):
    return lambda x: at(mcp_message(x), f"params.{name}") if str(mcp_message(x).get("method")).startswith(method) else None


def mcp_protocol(x):
    if x.api != "mcp":
        return None
    answered = [v for d in x.reply for v in [at(d, "result.protocolVersion")] if v] if mcp_message(x) else []
    named = at(mcp_message(x), "params._meta") or {}
    return answered[-1] if answered else x.received.value("mcp-protocol-version") or named.get("io.modelcontextprotocol/protocolVersion")


def mcp_id(x):
    """The id of a request; a batch has several, so its span has none."""
    number = None if mcp_batch_size(x) else mcp_message(x).get("id")
    return None if number is None else str(number)


def mcp_batch_size(x):
    return len(x.request) if x.api == "mcp" and x.received.body.lstrip().startswith(b"[") else None


EXTRA = {
    "gen_ai.operation.name": operation,
    "gen_ai.provider.name": provider_name,
    "gen_ai.request.model": request_model,
    "gen_ai.response.model": response_text("model"),
    "gen_ai.response.id": response_text("id"),
    "gen_ai.request.max_tokens": unread("maximum_tokens", "parameters.max_new_tokens"),
    "gen_ai.request.temperature": unread("temperature", "parameters.temperature"),
    "gen_ai.request.top_p": unread("top_p", "parameters.top_p"),
    "gen_ai.request.top_k": unread("top_k", "parameters.top_k"),
    "gen_ai.request.frequency_penalty": unread("frequency_penalty", "parameters.frequency_penalty"),
    "gen_ai.request.presence_penalty": unread("presence_penalty"),
    "gen_ai.request.choice.count": choice_count,
    "gen_ai.request.reasoning.level": reasoning_level,
    "gen_ai.request.previous_response.id": lambda x: x.asked("previous_response_id"),
    "gen_ai.request.encoding_formats": encoding_formats,
    "gen_ai.request.stream": request_stream,
    "gen_ai.output.type": output_type,
    "gen_ai.embeddings.dimension.count": dimension_count,
    "gen_ai.conversation.id": conversation_id,
    "gen_ai.agent.id": lambda x: x.facts.get("agent_id") or x.asked("agent_id", "assistant_id"),
    "gen_ai.response.status": lambda x: x.answered("status") if x.api == "openai.assistants" else None,
    "gen_ai.response.finish_reasons": finish_reasons,
    "gen_ai.usage.input_tokens": tgi_tokens("input_length", "x-prompt-tokens"),
    "gen_ai.usage.output_tokens": tgi_tokens("generated_tokens", "x-generated-tokens"),
    "openai.api.type": api_type,
    "openai.request.service_tier": request_tier,
    "openai.response.service_tier": response_tier,
    "openai.response.system_fingerprint": fingerprint,
    "aws.request_id": lambda x: x.fields.get("x-amzn-requestid"),
    "azure.resource_provider.namespace": lambda x: (
        "Microsoft.CognitiveServices" if x.facts["provider"].startswith("azure.") else None
    ),
    **{f"cohere.usage.{kind}.{d}_tokens": cohere_count(kind, d) for kind in ("tokens", "billed_units") for d in ("input", "output")},
    "http.response.status_code": lambda x: x.facts["status"],
    "gentap.usage_absent": usage_absent,
    "gen_ai.tool.name": mcp_target("tools/call", "name"),
    "gen_ai.prompt.name": mcp_target("prompts/get", "name"),
    "mcp.resource.uri": mcp_target("resources/", "uri"),
    "mcp.method.name": lambda x: mcp_message(x).get("method"),
    "mcp.protocol.version": mcp_protocol,
    "mcp.session.id": lambda x: (
        x.received.value("mcp-session-id") or x.fields.get("mcp-session-id") if x.api == "mcp" else None
    ),
    "jsonrpc.request.id": mcp_id,
    "gentap.mcp.batch_size": mcp_batch_size,
    "network.transport": lambda x: "tcp" if x.api == "mcp" else None,
    "network.protocol.name": lambda x: "http" if x.api == "mcp" else None,
    **{f"http.response.header.{name}": header(name) for name in HEADERS},
    **{f"gen_ai.usage.audio.{d}_tokens": kind_of_tokens(d, "audio") for d in ("input", "output")},
}
# other tests check these
FREE = {"gen_ai.response.time_to_first_chunk", "network.protocol.version", "http.request.resend_count"}
COST = ("gen_ai.usage.cost", "gentap.cost_source", "gentap.cost_prices_read")  # checked by cost.py


def _same(have, wanted):
    if isinstance(wanted, float) or isinstance(have, float):
        return have is not None and wanted is not None and math.isclose(have, wanted)
    return have == wanted or (wanted in ("", []) and have is None)


def surplus(span, received, recording):
    """{attribute: (have, wanted)} of attributes that the closed list forbids, and of those that are missing."""
    x = Exchange(received, recording)
    wanted = {k: rule(x) for k, rule in EXTRA.items() if k not in recording.expect}
    out = {k: (span.get(k), v) for k, v in wanted.items() if not _same(span.get(k), v)}
    for k, v in span.attributes.items():
        if k.startswith(FAMILIES) and k not in wanted and k not in recording.expect and k not in FREE and k not in COST:
            out[k] = (v, None)
    measured = "gen_ai.response.time_to_first_chunk" in span.attributes
    if measured != is_measured(x):
        out["gen_ai.response.time_to_first_chunk"] = (measured, is_measured(x))
    if not is_explained(span, x.reply):
        out["gen_ai.usage.cost"] = tuple(span.get(k) for k in COST)
    return out
