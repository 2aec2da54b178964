// Usage: bun_server.js CHAIN KEY: an MCP server over TLS. Prints its port, ends when its input ends.
const [chain, key] = process.argv.slice(2);
const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  tls: { cert: Bun.file(chain), key: Bun.file(key) },
  async fetch(request) {
    const { id } = await request.json();
    return Response.json({ jsonrpc: "2.0", id, result: { content: [{ type: "text", text: "late" }] } });
  },
});
console.log(server.port);
for await (const _ of process.stdin);
server.stop(true);
