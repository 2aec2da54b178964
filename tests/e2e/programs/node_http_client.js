const http = require(process.argv[2].split(":")[0]);
const fs = require("fs");

const [base, listing] = process.argv.slice(2);
const agent = new http.Agent({ keepAlive: true });

function post({ path, body, headers }) {
  return new Promise((resolve, reject) => {
    const request = http.request(base + path, { method: "POST", headers, agent }, (reply) => {
      const pieces = [];
      reply.on("data", (piece) => pieces.push(piece));
      reply.on("end", () => resolve([reply.statusCode, reply.headers["content-type"], Buffer.concat(pieces).toString()]));
      reply.on("error", reject);
    });
    request.on("error", reject);
    request.end(body);
  });
}

(async () => {
  for (const exchange of JSON.parse(fs.readFileSync(listing))) {
    console.log(...(await post(exchange)));
  }
  agent.destroy();
})();
