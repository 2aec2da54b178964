const fs = require("fs");
const http2 = require("http2");

const [base, listing] = process.argv.slice(2);

function post(session, { path, body, headers }) {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ":method": "POST", ":path": path, ...headers });
    const pieces = [];
    let status;
    stream.on("response", (fields) => (status = fields[":status"]));
    stream.on("data", (piece) => pieces.push(piece));
    stream.on("end", () => resolve([status, Buffer.concat(pieces).toString()]));
    stream.on("error", reject);
    stream.end(body);
  });
}

(async () => {
  const session = http2.connect(base);
  for (const exchange of JSON.parse(fs.readFileSync(listing))) console.log(...(await post(session, exchange)));
  session.close();
})();
