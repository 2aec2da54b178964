"""The matrix: which program is seen how far, over which transport. Only data; README.md explains how to add a row.

A cell is WHOLE (span and header), Blind(reason) (neither), NoHeader(reason) (a span, but no header) or NEVER (the program
makes no such call). UNTESTED is for programs that no registry brings. A column is one cell for JSON and SSE alike, or a
pair of them. Without `h2` the program chooses HTTP/1.1 when HTTP/2 is offered as well, and the column is that of `tls`.

Words of a command in braces: the name of a package is its program, base the provider's address, asked the file of
requests for general-purpose clients. ca is the certificate of the provider's authority, home the home folder; programs
and shared are the folders of programs.
"""

from dataclasses import dataclass, field

WHOLE = "whole"
NEVER = "-"
UNTESTED = "untested"


@dataclass(frozen=True)
class Blind:
    reason: str

    def __str__(self):
        return "blind"


@dataclass(frozen=True)
class NoHeader:
    reason: str

    def __str__(self):
        return "no header"


@dataclass(frozen=True)
class Row:
    program: str
    package: str  # whose version a reader is shown: a name of packages.py, or NAME/PART for a part of it
    command: str
    tls_by: str  # what encrypts for it
    plain: object
    tls: object
    h2: object = None  # None: HTTP/1.1 is chosen
    runtime: str = ""  # the package that runs it, if its version matters as well
    env: dict = field(default_factory=dict)
    needs: tuple = ()  # packages that the command does not name
    mechanism: str = ""  # `make test` runs this row for this mechanism, once it works
    files: dict = field(default_factory=dict)  # settings in its home folder; {base} as in a command
    varies: bool = False  # each run sends other bytes: ids, times
    is_vendors: bool = False  # runs only where no network but loopback exists

    @property
    def name(self):
        return f"{self.program} on {self.runtime}" if self.runtime else self.program

    @property
    def packages(self):
        """Names of all packages that it needs."""
        return dict.fromkeys([self.package.split("/")[0], *([self.runtime] if self.runtime else []), *self.needs])

    def makes_calls_over(self, transport):
        return set(self.expected(transport).values()) != {NEVER}

    @property
    def works_over_tls(self):
        return WHOLE in self.expected("tls").values()

    @property
    def speaks_h2(self):
        return self.h2 is not None

    def expected(self, transport):
        """{JSON: cell, SSE: cell} of a column."""
        column = {"plain": self.plain, "tls": self.tls, "h2": self.tls if self.h2 is None else self.h2}[transport]
        json, sse = column if isinstance(column, tuple) else (column, column)
        return {"JSON": json, "SSE": sse}



JAVA = Blind("Java encrypts in Java")
RUSTLS = Blind("rustls is not read")
GO = Blind("Go makes system calls without libc")
MUSL = Blind("a static program loads no preload")

NODES = ("node-20", "node-22", "node-24", "node-26")
H2_NODES = NODES[3:]
SDK_NODES = NODES[1:]  # most packages ask for node 22

SDK_ENV = {"NODE_PATH": "{node_modules}", "OPENAI_AGENTS_DISABLE_TRACING": "1"}


def python(program, package, script, **more):
    return Row(program, f"python/{package}", "{python} " + script + " {base} {asked}",
               **{"tls_by": "OpenSSL", "plain": WHOLE, "tls": WHOLE, **more})


def nodes(program, package, script, runtimes=SDK_NODES, by_fetch=False, **more):
    """A row for each node. From node 26 on, fetch chooses HTTP/2 where it is offered."""
    cells = {"plain": WHOLE, "tls": WHOLE}
    return [Row(program, package or n, "{" + n + "} " + script + " {base} {asked}", "OpenSSL inside node", runtime=n,
                **{**cells, "h2": WHOLE if by_fetch and n in H2_NODES else None, "env": SDK_ENV, **more})
            for n in runtimes]


def bun(program, package, script, **more):
    return Row(program, package, "{bun} " + script + " {base} {asked}", runtime="bun",
               **{"tls_by": "BoringSSL inside Bun", "plain": WHOLE, "tls": WHOLE, "env": SDK_ENV, **more})


def agent(program, command, env, files=None, by="OpenSSL inside node", plain=WHOLE, tls=WHOLE, **more):
    """A vendor's agent, which only streams."""
    return Row(program, program, command, by, (NEVER, plain), (NEVER, tls), env=env, files=files or {}, varies=True,
               is_vendors=True, **more)


CLAUDE = {"ANTHROPIC_BASE_URL": "{base}", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "DISABLE_AUTOUPDATER": "1"}
GEMINI = {"GOOGLE_GEMINI_BASE_URL": "{base}", "GEMINI_CLI_TRUST_WORKSPACE": "true"}
GEMINI_SETTINGS = '{"security": {"auth": {"selectedType": "gemini-api-key"}}}'
OPENCODE = {"OPENCODE_DISABLE_MODELS_FETCH": "1", "OPENCODE_DISABLE_AUTOUPDATE": "1"}
OPENCODE_SETTINGS = """{"provider": {"matrix": {"npm": "@ai-sdk/openai-compatible", "models": {"made-1": {}},
"options": {"baseURL": "{base}/v1", "apiKey": "sk-not-a-key"}}}, "autoupdate": false, "share": "disabled"}"""
CODEX_SETTINGS = """model = "made-1"
model_provider = "matrix"
[model_providers.matrix]
name = "matrix"
base_url = "{base}/v1"
env_key = "OPENAI_API_KEY"
wire_api = "responses"
"""
PI_SETTINGS = """{"providers": {"matrix": {"baseUrl": "{base}/v1", "apiKey": "sk-not-a-key", "api": "openai-completions",
"models": [{"id": "made-1", "name": "made-1", "reasoning": false, "input": ["text"], "contextWindow": 100000,
"maxTokens": 1000, "cost": {"input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0}}]}}}"""
QWEN = {"OPENAI_BASE_URL": "{base}/v1", "OPENAI_MODEL": "made-1"}

ROWS = [
    # ---------------------------------------------------------------- command line, Ruby, PHP
    Row("curl", "curl", "sh {programs}/curl.sh {base} {asked}", "OpenSSL", WHOLE, WHOLE, WHOLE, mechanism="libcurl"),
    Row("wget", "wget", "sh {programs}/wget.sh {base} {asked}", "GnuTLS", WHOLE, WHOLE, mechanism="GnuTLS"),
    Row("Ruby net/http", "ruby", "{ruby} {shared}/net_http_client.rb {base} {asked}", "OpenSSL", WHOLE, WHOLE,
        mechanism="OpenSSL"),
    Row("PHP streams", "php", "{php} {programs}/php_streams.php {base} {asked}", "OpenSSL", WHOLE, WHOLE),
    Row("PHP ext/curl", "php", "{php} {programs}/php_curl.php {base} {asked}", "OpenSSL", WHOLE, WHOLE, WHOLE),
    # ---------------------------------------------------------------- Python: HTTP clients
    python("requests", "requests", "{shared}/requests_client.py"),
    python("urllib3", "urllib3", "{programs}/urllib3_client.py"),
    python("urllib3 with pyOpenSSL", "pyOpenSSL", "{programs}/urllib3_client.py", env={"WITH_PYOPENSSL": "1"},
           tls_by="OpenSSL inside cryptography"),
    python("httpx", "httpx", "{shared}/httpx_client.py"),
    python("httpx with http2=True", "httpx", "{programs}/httpx_http2.py", h2=WHOLE),
    python("aiohttp", "aiohttp", "{shared}/aiohttp_client.py"),
    python("aiohttp on uvloop", "uvloop", "{programs}/uvloop_client.py"),
    # ---------------------------------------------------------------- Python: packages for models and MCP
    python("openai", "openai", "{programs}/openai_sdk.py"),
    python("anthropic", "anthropic", "{programs}/anthropic_sdk.py"),
    python("google-genai", "google-genai", "{programs}/google_genai_sdk.py"),
    python("litellm", "litellm", "{programs}/litellm_sdk.py", env={"LITELLM_LOCAL_MODEL_COST_MAP": "True"}),
    python("langchain-openai", "langchain-openai", "{programs}/langchain_sdk.py"),
    python("pydantic-ai", "pydantic-ai-slim", "{programs}/pydantic_ai_sdk.py"),
    python("openai-agents", "openai-agents", "{programs}/openai_agents_sdk.py", env={"OPENAI_AGENTS_DISABLE_TRACING": "1"}),
    python("mcp", "mcp", "{programs}/mcp_sdk.py", varies=True),
    # ---------------------------------------------------------------- node, Bun
    *nodes("https", "", "{shared}/node_http_client.js", NODES[:1], mechanism="node"),
    *nodes("https", "", "{shared}/node_http_client.js", NODES[1:]),
    *nodes("https over TLS 1.2", "", "--tls-max-v1.2 {shared}/node_http_client.js", NODES[1:2]),
    *nodes("https with --jitless", "", "--jitless {shared}/node_http_client.js", NODES[1:2]),
    *nodes("https in a worker", "", "{programs}/node_worker.js {shared}/node_http_client.js", NODES[1:2]),
    *nodes("fetch", "", "{shared}/node_fetch_client.js", NODES[:-1], by_fetch=True),
    *nodes("fetch", "", "{shared}/node_fetch_client.js", H2_NODES, by_fetch=True, mechanism="HTTP/2"),
    *nodes("http2", "", "{programs}/node_http2.js", NODES, plain=NEVER, tls=NEVER, h2=WHOLE),
    *nodes("openai", "sdks/openai", "{programs}/openai_sdk.js", by_fetch=True),
    *nodes("@anthropic-ai/sdk", "sdks/@anthropic-ai/sdk", "{programs}/anthropic_sdk.js", by_fetch=True),
    *nodes("@google/genai", "sdks/@google/genai", "{programs}/google_genai_sdk.js"),
    *nodes("ai", "sdks/ai", "{programs}/ai_sdk.js", by_fetch=True),
    *nodes("@openai/agents", "sdks/@openai/agents", "{programs}/openai_agents_sdk.js", by_fetch=True),
    *nodes("@langchain/openai", "sdks/@langchain/openai", "{programs}/langchain_sdk.js", by_fetch=True),
    *nodes("@modelcontextprotocol/sdk", "sdks/@modelcontextprotocol/sdk", "{programs}/mcp_sdk.js", by_fetch=True, varies=True),
    bun("fetch", "bun", "{shared}/node_fetch_client.js"),
    bun("openai", "sdks/openai", "{programs}/openai_sdk.js"),
    bun("@anthropic-ai/sdk", "sdks/@anthropic-ai/sdk", "{programs}/anthropic_sdk.js"),
    # ---------------------------------------------------------------- Java, Rust, Go
    Row("Java HttpClient", "java-program",
        "{java} -cp {java-program} -Djavax.net.ssl.trustStore={trust_store} -Djavax.net.ssl.trustStorePassword=changeit "
        "HttpClientProgram {base} {asked}", "Java", WHOLE, JAVA, JAVA, needs=("java",)),
    Row("reqwest on native-tls", "reqwest", "{reqwest} native {base} {asked}", "OpenSSL", WHOLE, WHOLE, WHOLE),
    Row("reqwest on rustls", "reqwest", "{reqwest} rustls {base} {asked}", "rustls", WHOLE, RUSTLS, RUSTLS),
    Row("Go net/http", "go-program", "{go-program} {base} {asked}", "Go", GO, GO, GO, varies=True),
    # ---------------------------------------------------------------- what no registry brings
    Row(".NET HttpClient", "dotnet", "{dotnet}", "OpenSSL", UNTESTED, UNTESTED),
    Row("uv's Python", "uv-python", "{uv-python}", "OpenSSL inside Python", UNTESTED, UNTESTED),
    # ---------------------------------------------------------------- agents of vendors
    agent("claude-code", "{claude-code} -p 'Is bus 7 late?' --model made-1", CLAUDE,
          by="BoringSSL inside Bun", mechanism="Bun"),
    agent("claude-agent-sdk", "{node-22} {programs}/claude_agent_sdk.js", {**CLAUDE, "NODE_PATH": "{claude-agent-sdk}"},
          by="BoringSSL inside Bun", runtime="node-22"),
    agent("opencode", "{opencode} run -m matrix/made-1 'Is bus 7 late?'", OPENCODE,
          {".config/opencode/opencode.json": OPENCODE_SETTINGS}, by="BoringSSL inside Bun"),
    agent("codex", "{codex} exec --skip-git-repo-check 'Is bus 7 late?'", {}, {".codex/config.toml": CODEX_SETTINGS},
          by="rustls, static", plain=MUSL, tls=MUSL, h2=(NEVER, MUSL)),
    agent("gemini-cli", "{node-22} {gemini-cli} -p 'Is bus 7 late?' -m gemini-2.5-flash", GEMINI,
          {".gemini/settings.json": GEMINI_SETTINGS}, runtime="node-22"),
    agent("pi", "{node-22} {pi} -p --provider matrix --model made-1 'Is bus 7 late?'", {"PI_OFFLINE": "1"},
          {".pi/agent/models.json": PI_SETTINGS}, runtime="node-22"),
    agent("qwen-code", "{node-22} {qwen-code} --auth-type openai -p 'Is bus 7 late?'", QWEN, runtime="node-22"),
]


def chosen(choice):
    """The rows of MATRIX: all, those for `make test` ("quick"), or those whose name has one of the words."""
    if choice == "quick":
        return [r for r in ROWS if r.mechanism and r.works_over_tls]
    return [r for r in ROWS if any(word in r.name for word in choice.split(","))]
