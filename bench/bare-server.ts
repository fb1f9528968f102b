import { createServer } from 'node:http';

/**
 * The reference: node:http and nothing else. Reads the body and sends a constant of SIZE bytes, which is what any
 * server on Node has to do at the least.
 */
const body = Buffer.alloc(Number(process.env['SIZE']), 'x');
const headers = { 'content-type': 'application/json; charset=utf-8', 'content-length': body.length };
let read = 0;

const server = createServer((request, response) => {
  request.on('data', (chunk: Buffer) => {
    read += chunk.length;
  });
  request.on('end', () => {
    response.writeHead(200, headers);
    response.end(body);
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object') console.log(`listening on http://localhost:${address?.port}/`);
});
process.once('SIGTERM', () => {
  server.close();
  server.closeAllConnections();
  if (read === 0) console.error('no request was read');
});
