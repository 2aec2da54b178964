// An MCP server (the stateless revision) on node's http module. Prints its port, serves until its standard input ends.
const http = require("http");

const server = http.createServer((request, response) => {
  let body = "";
  request.on("data", (piece) => (body += piece));
  request.on("end", () => {
    const message = JSON.parse(body);
    const result = { jsonrpc: "2.0", id: message.id, result: { content: [{ type: "text", text: "four minutes" }], isError: false } };
    if (!("id" in message)) return response.writeHead(202).end();
    response.writeHead(200, { "Content-Type": "text/event-stream", Date: "never" });
    response.write(": a comment\n\n");
    setTimeout(() => response.end(`event: message\ndata: ${JSON.stringify(result)}\n\n`), 20);
  });
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
process.stdin.on("end", () => process.exit(0)).resume();
