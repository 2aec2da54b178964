// The SDK starts the Claude Code that comes with it.
(async () => {
  const { query } = await import(require.resolve("@anthropic-ai/claude-agent-sdk"));
  for await (const message of query({ prompt: "Is bus 7 late?", options: { model: "made-1", maxTurns: 1 } }))
    if (message.type === "result") console.log(message.subtype, message.result);
})();
