"""A server that speaks three APIs over WebSockets: OpenAI's Responses and Realtime, Google's Live. Messages and counts follow
the type definitions of the official SDKs. The model's name, or what the client says, selects what happens."""

import json
import ssl
import threading
from urllib.parse import parse_qs, urlsplit

from websockets.exceptions import ConnectionClosed
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory
from websockets.sync.server import serve

from .http1 import Received

NO_TAKEOVER = ServerPerMessageDeflateFactory(server_no_context_takeover=True, client_no_context_takeover=True)
WORDS = ["Bus 7 ", "is on time. ", "Bus 7 is on time, as it always is."]  # the last refers to the first when compressed


class SocketProvider:
    """`compression`: "deflate", None or "no takeover"; `sizes`: texts of an answer are this many times as long."""

    def __init__(self, tls=None, compression="deflate", times=1):
        self._lock, self._received, self.times = threading.Lock(), [], times
        context = None
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(tls.chain, tls.key)
        more = {"compression": compression}
        if compression == "no takeover":
            more = {"compression": None, "extensions": [NO_TAKEOVER]}
        self._server = serve(self._handle, "127.0.0.1", 0, ssl=context, process_request=self._admit, max_size=None, **more)
        self.port = self._server.socket.getsockname()[1]
        self.base = f"{'https' if tls else 'http'}://localhost:{self.port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()

    def take(self):
        """The handshakes, in the order of arrival; the client's messages are their bodies."""
        with self._lock:
            taken, self._received = self._received, []
        return taken

    # ---------------------------------------------------------------- a connection

    def _admit(self, connection, request):
        fields = "".join(f"{n}: {v}\r\n" for n, v in request.headers.raw_items())
        connection.received = Received(f"GET {request.path} HTTP/1.1\r\n{fields}\r\n".encode())
        with self._lock:
            self._received.append(connection.received)
        if "refused" in request.path:
            body = {"error": {"message": "No such model", "type": "invalid_request_error", "code": "model_not_found"}}
            answer = connection.respond(404, json.dumps(body))
            del answer.headers["Content-Type"]
            answer.headers["Content-Type"] = "application/json"
            return answer
        return None

    def _handle(self, connection):
        target = urlsplit(connection.request.path)
        query = {k: v[0] for k, v in parse_qs(target.query).items()}
        talk = {"responses": self._responses, "realtime": self._realtime}.get(target.path.rsplit("/", 1)[1], self._echo)
        if "BidiGenerateContent" in target.path:
            talk = self._live
        try:
            talk(connection, query)
        except ConnectionClosed:
            pass

    def _messages(self, connection):
        for message in connection:
            connection.received.raw_body += message if isinstance(message, bytes) else message.encode()
            yield json.loads(message) if message[:1] in ("{", b"{") else message

    @staticmethod
    def _id(connection, kind):
        connection.ids = getattr(connection, "ids", 0) + 1
        return f"{kind}_{connection.ids}"

    def _echo(self, connection, query):
        for message in connection:
            connection.send(message)

    @staticmethod
    def _drop(connection):
        """Ends the connection without a Close frame."""
        connection.socket.shutdown(2)
        raise ConnectionClosed(None, None)

    # ---------------------------------------------------------------- OpenAI's events of a response

    def _output(self, send, rid, names=("response.output_text.delta", "response.output_text.done")):
        item = {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": []}
        at = {"response_id": rid, "item_id": "msg_1", "output_index": 0, "content_index": 0}
        send({"type": "response.output_item.added", "response_id": rid, "output_index": 0,
              "item": {**item, "status": "in_progress"}})
        for word in WORDS:
            send({"type": names[0], **at, "delta": word * self.times, "logprobs": []})
        send({"type": names[1], **at, "text": "".join(WORDS), "logprobs": []})
        send({"type": "response.output_item.done", "response_id": rid, "output_index": 0, "item": item})

    def _responses(self, connection, query):
        for m in self._messages(connection):
            if m.get("type") != "response.create":
                continue
            n, rid, lane = 0, self._id(connection, "resp"), {k: m[k] for k in ("stream_id",) if k in m}

            def send(event):
                nonlocal n
                connection.send(json.dumps({**event, "sequence_number": n, **lane}))
                n += 1

            if m["model"] == "gpt-fails":
                send({"type": "error", "status": 400, "error": {
                    "type": "invalid_request_error", "code": "previous_response_not_found", "message": "No such response."}})
                continue
            response = {"id": rid, "object": "response", "created_at": 1, "model": m["model"] + "-2026-01-01", "status": "in_progress",
                        "output": [], "parallel_tool_calls": True, "tool_choice": "auto", "tools": []}
            send({"type": "response.created", "response": response})
            if m["model"] == "gpt-drops":
                self._drop(connection)
            if m["model"] == "gpt-waits":
                continue
            self._output(send, rid)
            usage = {"input_tokens": 20, "input_tokens_details": {"cached_tokens": 8}, "output_tokens": 9,
                     "output_tokens_details": {"reasoning_tokens": 4}, "total_tokens": 29}
            send({"type": "response.completed", "response": {**response, "status": "completed", "usage": usage}})

    def _realtime(self, connection, query):
        def send(event):
            connection.send(json.dumps({"event_id": self._id(connection, "event"), **event}))

        session = {"type": "realtime", "object": "realtime.session", "id": "sess_1", "model": query.get("model", "gpt-realtime"),
                   "output_modalities": ["audio"], "temperature": 0.8}
        send({"type": "session.created", "session": session})
        for m in self._messages(connection):
            if m["type"] == "session.update":
                session = {**session, **m["session"]}
                send({"type": "session.updated", "session": session})
            elif m["type"] == "conversation.item.create":
                send({"type": "conversation.item.added", "item": m["item"]})
            elif m["type"] == "input_audio_buffer.append" and m["audio"] == "":
                self._speak(send, connection, {})  # it has heard the end of the user's speech
            elif m["type"] == "response.create":
                self._speak(send, connection, m.get("response") or {}, m)

    def _speak(self, send, connection, asked, m=None):
        rid, how = self._id(connection, "resp"), asked.get("instructions")
        if how == "fail":
            send({"type": "error", "error": {"type": "invalid_request_error", "code": "conversation_already_has_active_response",
                                             "message": "Not now.", "param": None, "event_id": (m or {}).get("event_id")}})
            return
        response = {"object": "realtime.response", "id": rid, "status": "in_progress", "status_details": None, "output": [],
                    "conversation_id": "conv_1", "output_modalities": ["text"], "usage": None}
        send({"type": "response.created", "response": response})
        if how == "close":
            connection.close(1011, "Something broke.")
            return
        self._output(send, rid)
        usage = {"total_tokens": 50, "input_tokens": 30, "output_tokens": 20,
                 "input_token_details": {"text_tokens": 10, "audio_tokens": 20, "image_tokens": 0, "cached_tokens": 12,
                                         "cached_tokens_details": {"text_tokens": 4, "audio_tokens": 8, "image_tokens": 0}},
                 "output_token_details": {"text_tokens": 5, "audio_tokens": 15}}
        output = [{"type": "function_call", "id": "item_1", "call_id": "c", "name": "f", "arguments": "{}"}] if how == "tools" else []
        send({"type": "response.done", "response": {**response, "status": "completed", "output": output, "usage": usage}})
        send({"type": "rate_limits.updated", "rate_limits": []})

    # ---------------------------------------------------------------- Google's Live API

    def _live(self, connection, query):
        def send(message):
            connection.send(json.dumps(message).encode())

        for m in self._messages(connection):
            if "setup" in m:
                if m["setup"]["model"].endswith("unknown"):
                    connection.close(1008, "models/unknown is not found.")
                    return
                send({"setupComplete": {}})
            content = m.get("clientContent") or m.get("client_content") or {}
            if m.get("toolResponse") or m.get("tool_response") or content.get("turnComplete") or content.get("turn_complete"):
                if "tools" in json.dumps(content):
                    # in one message: the client's answer to the call begins the next turn
                    send({"toolCall": {"functionCalls": [{"id": "c1", "name": "late", "args": {"line": 7}}]},
                          "usageMetadata": {"promptTokenCount": 11, "responseTokenCount": 3, "totalTokenCount": 14}})
                    continue
                for word in WORDS:
                    send({"serverContent": {"modelTurn": {"role": "model", "parts": [{"text": word * self.times}]}}})
                send({"serverContent": {"generationComplete": True}})
                send({"serverContent": {"turnComplete": True}, "usageMetadata": {
                    "promptTokenCount": 40, "responseTokenCount": 6, "thoughtsTokenCount": 2, "totalTokenCount": 48,
                    "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 40}],
                    "responseTokensDetails": [{"modality": "TEXT", "tokenCount": 6}]}})
