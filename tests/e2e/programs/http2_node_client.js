// Uses node's HTTP/2 client without TLS: asks everything at once on one connection, and prints the answers in order.
const fs = require('fs');
const http2 = require('http2');

const [base, listing] = process.argv.slice(2);
const session = http2.connect(base);

function ask({ path, body, headers }) {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ':method': 'POST', ':path': path, ...headers });
    const pieces = [];
    let status;
    stream.on('response', (fields) => { status = fields[':status']; });
    stream.on('data', (piece) => pieces.push(piece));
    stream.on('end', () => resolve(`HTTP/2 ${status}\n${Buffer.concat(pieces)}`));
    stream.on('error', reject);
    stream.end(body);
  });
}

Promise.all(JSON.parse(fs.readFileSync(listing)).map(ask)).then((answers) => {
  console.log(answers.join('\n'));
  session.close();
});
