// Of bun_calls.js: a call on a thread of its own.
onmessage = async ({ data: { base, body } }) => {
  const headers = { "Content-Type": "application/json" };
  const reply = await fetch(base + "/v1/chat/completions", { method: "POST", headers, body });
  postMessage(`${reply.status} ${await reply.text()}`);
};
