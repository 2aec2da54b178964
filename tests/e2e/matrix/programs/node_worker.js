// Runs another script in a worker thread: node_worker.js SCRIPT ARGUMENTS
const { Worker } = require("worker_threads");

const [script, ...argv] = process.argv.slice(2);
new Worker(script, { argv });
