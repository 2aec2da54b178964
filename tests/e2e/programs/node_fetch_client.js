const fs = require("fs");

const [base, listing] = process.argv.slice(2);

(async () => {
  for (const { path, body, headers } of JSON.parse(fs.readFileSync(listing))) {
    const reply = await fetch(base + path, { method: "POST", headers, body });
    console.log(reply.status, reply.headers.get("content-type"));
    for await (const piece of reply.body.pipeThrough(new TextDecoderStream())) process.stdout.write(piece);
    console.log();
  }
})();
