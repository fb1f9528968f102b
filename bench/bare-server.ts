import { createServer } from 'node:http';

/**
 * The reference server: reads the request body and sends a constant response of SIZE bytes with plain node:http, the
 * minimum work of any Node server.
 */
const body = Buffer.alloc(Number(process.env['SIZE']), 'x');
const headers = { 'content-type': 'application/json; charset=utf-8', 'content-length': body.length };
let bytesRead = 0;

const server = createServer((request, response) => {
  request.on('data', (chunk: Buffer) => {
    bytesRead += chunk.length;
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
  if (bytesRead === 0) console.error('no request body was read');
});
