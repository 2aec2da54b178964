const { Client } = require("@modelcontextprotocol/sdk/client/index.js");
const { StreamableHTTPClientTransport } = require("@modelcontextprotocol/sdk/client/streamableHttp.js");

(async () => {
  const client = new Client({ name: "matrix", version: "1" });
  await client.connect(new StreamableHTTPClientTransport(new URL(process.argv[2] + "/mcp")));
  console.log((await client.listTools()).tools.map((t) => t.name));
  for (const name of ["bus", "slow_bus"]) {
    console.log((await client.callTool({ name, arguments: { line: 7 } })).content[0].text);
  }
  await client.close();
})();
