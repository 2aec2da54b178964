// An MCP server with two workers: the primary passes each connection to one of them (node's cluster module), calls the
// server four times, and prints the answers. The workers end when the primary does.
const cluster = require("cluster");
const http = require("http");

const CALL = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "bus" } });

function call(port) {
  const headers = { "Content-Type": "application/json", "Mcp-Session-Id": "s", Accept: "application/json, text/event-stream" };
  return new Promise((done) => {
    const request = http.request({ host: "127.0.0.1", port, path: "/mcp", method: "POST", headers, agent: false }, (response) => {
      let body = "";
      response.on("data", (piece) => (body += piece));
      response.on("end", () => done(JSON.parse(body).result.content[0].text));
    });
    request.end(CALL);
  });
}

function serve() {
  const server = http.createServer((request, response) => {
    request.resume().on("end", () => {
      const result = { jsonrpc: "2.0", id: 1, result: { content: [{ type: "text", text: "four minutes" }] } };
      response.writeHead(200, { "Content-Type": "application/json", Date: "never" });
      response.end(JSON.stringify(result));
    });
  });
  server.listen(0, "127.0.0.1");
}

async function ask(port) {
  for (let i = 0; i < 4; i++) console.log(await call(port));
  for (const worker of Object.values(cluster.workers)) worker.send("end");
}

if (cluster.isPrimary) {
  let ready = 0;
  cluster.on("listening", (worker, address) => {
    if (++ready === 2) ask(address.port);
  });
  for (let i = 0; i < 2; i++) cluster.fork();
} else {
  serve();
  process.on("message", () => setTimeout(() => process.exit(0), 300));
}
