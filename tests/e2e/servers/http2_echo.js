// A server in HTTP/2 of node's: answers each request as a chat completion that holds the fields it received, and appends them to
// a file. Arguments: certificate chain, key, file. Prints its port. Ends with its standard input.
const crypto = require('crypto');
const fs = require('fs');
const http2 = require('http2');

const [chain, key, file] = process.argv.slice(2);
const server = http2.createSecureServer({ cert: fs.readFileSync(chain), key: fs.readFileSync(key), maxHeaderListPairs: 200 });

server.on('stream', (stream, headers) => {
  const digest = crypto.createHash('sha256');
  stream.on('data', (piece) => digest.update(piece));
  stream.on('end', () => {
    const { traceparent, ...fields } = headers;
    fs.appendFileSync(file, JSON.stringify({ fields: headers, body: digest.digest('hex') }) + '\n');
    stream.respond({ ':status': 200, 'content-type': 'application/json', 'x-request-id': fields['x-id'] });
    stream.end(JSON.stringify({
      id: 'c-1', object: 'chat.completion', model: 'm-1', fields,
      choices: [{ index: 0, message: { role: 'assistant', content: 'Yes.' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
    }));
  });
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.resume().on('end', () => process.exit());
