// Usage: bun_calls.js BASE N BYTES [HOW]: N calls at once, with a message of so many bytes. HOW is the way to end.
const [base, n, bytes, how] = process.argv.slice(2);
const body = JSON.stringify({ model: "gpt-4o-mini", messages: [{ role: "user", content: "x".repeat(+bytes) }] });

async function call() {
  const headers = { "Content-Type": "application/json" };
  const reply = await fetch(base + "/v1/chat/completions", { method: "POST", headers, body });
  return `${reply.status} ${await reply.text()}`;
}

for (const line of await Promise.all(Array.from({ length: +n }, call))) console.log(line);
if (how === "exit") process.exit(3);
if (how === "really") process.reallyExit(4);
if (how === "child") {
  const child = Bun.spawnSync([process.execPath, import.meta.path, base, "2", bytes, "exit"], { env: process.env });
  console.log(child.exitCode, child.stdout.toString());
}
if (how === "worker") {
  const worker = new Worker(import.meta.path.replace("bun_calls", "bun_worker"));
  worker.postMessage({ base, body });
  console.log(await new Promise((done) => (worker.onmessage = (e) => done(e.data))));
  worker.terminate();
}
