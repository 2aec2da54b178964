// Calls over TLS in one of the ways in which node programs make many: node_at_work.js BASE WAY
const https = require("https");
const cluster = require("cluster");
const { Worker, isMainThread, workerData } = require("worker_threads");

const [base, way] = isMainThread ? process.argv.slice(2) : workerData;
const headers = { "Content-Type": "application/json" };

function body(size = 0) {
  const content = "Is bus 7 late?" + " ".repeat(size);
  return JSON.stringify({ model: "gpt-4o-mini", messages: [{ role: "user", content }] });
}

function call(agent, size) {
  return new Promise((done, failed) => {
    const request = https.request(base + "/v1/chat/completions", { method: "POST", headers, agent }, (response) => {
      let text = "";
      response.on("data", (piece) => (text += piece));
      response.on("end", () => done(JSON.parse(text).usage.total_tokens));
    });
    request.on("error", failed);
    request.end(body(size));
  });
}

const ways = {
  async parallel() {
    console.log(await Promise.all(Array.from({ length: 50 }, () => call(false))));
  },

  async big() {
    console.log(await call(false, 300000));
    const reply = await fetch(base + "/v1/chat/completions", { method: "POST", headers, body: body(300000) });
    console.log((await reply.json()).usage.total_tokens);
  },

  async kept() {
    const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });
    for (let i = 0; i < 10; i++) console.log(await call(agent));
    agent.destroy();
    if (cluster.isWorker) cluster.worker.disconnect();
  },

  async workers() {
    const four = Array.from({ length: 4 }, () => new Promise((done) => new Worker(__filename, { workerData: [base, "kept"] }).on("exit", done)));
    console.log(await Promise.all(four));
  },

  async cluster() {
    cluster.setupPrimary({ args: [base, "kept"] }); // their way
    const two = [cluster.fork(), cluster.fork()].map((worker) => new Promise((done) => worker.on("exit", done)));
    console.log(await Promise.all(two));
  },

  async ends() {
    // in the middle of an answer
    https.request(base + "/v1/chat/completions", { method: "POST", headers }, (response) => response.on("data", () => process.exit(5))).end(body());
  },

  async refused() {
    // the certificate is of an authority that node does not know
    await call(false).catch((e) => console.log(e.code));
  },

  async pieces() {
    // the head alone, and then the body
    const request = https.request(base + "/v1/chat/completions", { method: "POST", headers });
    request.flushHeaders();
    setTimeout(() => request.end(body()), 100);
    console.log(await new Promise((done) => request.on("response", (r) => r.resume().on("end", () => done(r.statusCode)))));
  },
};

ways[way]();
