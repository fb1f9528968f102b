import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';

/**
 * Known-bad twin for attack.test.ts: matches a regular expression with quadratic time against input, and builds an
 * unbounded answer in memory. Prints its port.
 */
const server = createServer((request, response) => {
  void text(request).then((body) => {
    if (body.includes('large')) response.end('x'.repeat(60_000_000));
    else response.end(String(body.replace(/0+$/, '').length));
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  console.log(`"http_port":${typeof address === 'object' ? address?.port : 0}`);
});
process.once('SIGTERM', () => {
  server.close();
  server.closeAllConnections();
});
