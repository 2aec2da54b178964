// An HTTP/2 server with a certificate, and calls of its own to it: node_http2.js CHAIN KEY
const fs = require("fs");
const http2 = require("http2");

const [chain, key] = process.argv.slice(2);
const server = http2.createSecureServer({ cert: fs.readFileSync(chain), key: fs.readFileSync(key), allowHTTP1: false });

server.on("stream", (stream, headers) => {
  stream.respond({ ":status": 200, "content-type": "application/json", date: "never" });
  stream.resume().on("end", () => stream.end(JSON.stringify({ fields: Object.keys(headers).sort() })));
});
server.listen(0, "127.0.0.1", async () => {
  const client = http2.connect(`https://localhost:${server.address().port}`);
  for (let i = 0; i < 3; i++) {
    const stream = client.request({ ":method": "POST", ":path": "/v1/chat/completions", "content-type": "application/json" });
    let text = "";
    stream.on("data", (piece) => (text += piece));
    stream.end(JSON.stringify({ model: "gpt-4o-mini", messages: [] }));
    await new Promise((done) => stream.on("end", done));
    console.log(text);
  }
  client.close();
  server.close();
});
