import { request as httpRequest } from 'node:http';
import { buffer } from 'node:stream/consumers';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
}

/** Sends a request without the headers that fetch adds and without its processing of the response. */
export function send(
  url: string,
  method: string,
  headers: Record<string, string> = {},
  body: string | Buffer = '',
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, headers }, (response) => {
      buffer(response).then((bytes) => {
        const all = Object.entries(response.headers).map(([name, value]) => [name, String(value)] as const);
        resolve({ status: response.statusCode ?? 0, headers: Object.fromEntries(all), body: bytes });
      }, reject);
    });
    request.on('error', reject);
    request.end(body);
  });
}
