"""What several exchanges read counts once: in spans, in metrics, and in the sum of both."""

import json

import pytest

from servers.http1 import Reply

RUN = {"id": "run_1", "object": "thread.run", "status": "completed", "model": "gpt-4o", "assistant_id": "asst_1",
       "thread_id": "thread_1", "usage": {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}}
PREDICTION = {"id": "p1", "status": "succeeded", "model": "m/x", "output": ["a"],
              "metrics": {"input_token_count": 100, "output_token_count": 10}}
RESPONSE = {"id": "resp_1", "object": "response", "status": "completed", "background": True, "model": "gpt-5", "output": [],
            "usage": {"input_tokens": 100, "output_tokens": 10, "total_tokens": 110}}


def json_reply(body):
    return Reply(200, [("Content-Type", "application/json")], [json.dumps(body).encode()])


def get(server, host, path, times):
    return ["curl", "-sS", "--connect-to", f"{host}:80:127.0.0.1:{server.port}", *[f"http://{host}{path}"] * times]


@pytest.mark.parametrize("host, path, body", [
    ("api.openai.com", "/v1/threads/thread_1/runs/run_1", RUN),
    ("api.openai.com", "/v1/responses/resp_1", RESPONSE),
    ("api.replicate.com", "/v1/predictions/p1", PREDICTION),
])
def test_a_finished_operation_that_is_read_three_times_counts_once(host, path, body, runner, provider, receiver):
    server = provider(answer=lambda _: json_reply(body))
    runner.traced(get(server, host, path, 3))
    assert [s.get("gen_ai.usage.input_tokens") for s in receiver.spans] == [100, None, None]
    points, = receiver.metrics
    tokens = [p for p in points if p.name == "gen_ai.client.token.usage"]
    assert {p.attributes["gen_ai.token.type"]: (p.raw.count, p.raw.sum) for p in tokens} == {"input": (1, 100), "output": (1, 10)}
    assert sum(s["gen_ai.operation.name"] == "text_completion" for s in receiver.spans) <= 1


def test_the_tokens_of_a_background_response_are_those_of_its_end(runner, provider, receiver):
    replies = iter([{**RESPONSE, "status": "queued", "usage": None}, {**RESPONSE, "status": "in_progress", "usage": None},
                    RESPONSE, RESPONSE])
    server = provider(answer=lambda _: json_reply(next(replies)))
    host = "api.openai.com"
    to = ["--connect-to", f"{host}:80:127.0.0.1:{server.port}"]
    create = ["-H", "Content-Type: application/json", "-d", '{"model":"gpt-5","input":"x","background":true}', *to]
    poll = ["--next", "-sS", *to, f"http://{host}/v1/responses/resp_1"]
    runner.traced(["curl", "-sS", *create, f"http://{host}/v1/responses", *poll * 3])
    assert [(s["gen_ai.operation.name"], s.get("gen_ai.usage.input_tokens")) for s in receiver.spans] == [
        ("chat", None), ("fetch_response", None), ("fetch_response", 100), ("fetch_response", None),
    ]
