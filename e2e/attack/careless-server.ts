import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';

/**
 * Deliberately wrong, and what the bounds of attack.test.ts must catch: a pattern that takes quadratic time over
 * callers' text, and an answer that is made whole whatever its size. Prints its port.
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
