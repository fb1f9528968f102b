import { promisify } from 'node:util';
import { brotliCompress, constants, gzip, zstdCompress } from 'node:zlib';
import { appendVary, type HttpResponse } from '#graphql/http.ts';

/** In order of preference if the weights in Accept-Encoding are equal. */
const ENCODINGS = ['zstd', 'br', 'gzip'] as const;
export type Encoding = (typeof ENCODINGS)[number];

/** Minimum bytes of a compressed response: a smaller one fits into one or two packets. */
export const COMPRESSED_SIZE_MIN = 1_024;
/** The cache of negotiated encodings: its maximum entries, and the maximum characters of an Accept-Encoding value. */
const CACHE_ENTRIES_MAX = 100;
const CACHE_KEY_LENGTH_MAX = 100;
const cache = new Map<string, Encoding | undefined>();

/** Low levels for responses, which are compressed per request in the libuv thread pool. */
const compressFast = {
  zstd: (bytes: Buffer) =>
    promisify(zstdCompress)(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 1 } }),
  br: (bytes: Buffer) =>
    promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 3 } }),
  gzip: (bytes: Buffer) => promisify(gzip)(bytes, { level: 3 }),
};

/** Higher levels for assets, which are compressed once. */
const compressWell = {
  zstd: (bytes: Buffer) =>
    promisify(zstdCompress)(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 12 } }),
  br: (bytes: Buffer) =>
    promisify(brotliCompress)(bytes, {
      params: { [constants.BROTLI_PARAM_QUALITY]: 6, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
    }),
  gzip: (bytes: Buffer) => promisify(gzip)(bytes, { level: 9 }),
};

/**
 * Returns the content coding for an Accept-Encoding header (RFC 9110, section 12.5.3), or undefined for no coding.
 * The size of a compressed response that contains a secret and text from the caller reveals the secret (BREACH).
 * Responses contain no secrets; a response that contains tokens must not be compressed.
 */
export function negotiateEncoding(accepted: string): Encoding | undefined {
  if (cache.has(accepted)) return cache.get(accepted);
  const encoding = negotiate(accepted);
  if (accepted.length <= CACHE_KEY_LENGTH_MAX && cache.size < CACHE_ENTRIES_MAX)
    cache.set(accepted, encoding);
  return encoding;
}

function negotiate(accepted: string): Encoding | undefined {
  const weights = weightsOf(accepted);
  let best: Encoding | undefined;
  // Unless the header lists it, identity is acceptable and has the lowest preference.
  let bestWeight = weights.get('identity') ?? 0;
  for (const encoding of ENCODINGS) {
    const weight = weights.get(encoding) ?? weights.get('*') ?? 0;
    if (weight > 0 && (weight > bestWeight || (weight === bestWeight && best === undefined))) {
      best = encoding;
      bestWeight = weight;
    }
  }
  return best;
}

function weightsOf(accepted: string): Map<string, number> {
  const weights = new Map<string, number>();
  for (const part of accepted.toLowerCase().split(',')) {
    const [name = '', ...parameters] = part.split(';');
    const coding = name.trim() === 'x-gzip' ? 'gzip' : name.trim();
    const quality = parameters.map((one) => one.trim()).find((one) => one.startsWith('q='));
    const weight = quality === undefined ? 1 : Number(quality.slice(2) || Number.NaN);
    if (coding !== '' && weight >= 0 && weight <= 1) weights.set(coding, weight);
  }
  return weights;
}

/** Concurrent compressions, each of which takes up to 8 MB. Further responses are sent uncompressed. */
const COMPRESSIONS_MAX = 8;
/** Compressions in progress: callers that receive the same bytes share one. */
const inProgress = new WeakMap<Buffer, Map<Encoding, Promise<Buffer>>>();
let compressions = 0;

/** Returns the response in a content coding, or undefined if too many compressions are in progress. */
export async function compress(
  response: HttpResponse,
  encoding: Encoding,
): Promise<HttpResponse | undefined> {
  const bytes = typeof response.body === 'string' ? Buffer.from(response.body) : response.body;
  const made = inProgress.get(bytes)?.get(encoding) ?? startCompression(bytes, encoding);
  if (!made) return undefined;
  const body = await made;
  const headers = { ...response.headers, 'content-encoding': encoding };
  return { ...response, headers: appendVary(headers, 'accept-encoding'), body };
}

function startCompression(bytes: Buffer, encoding: Encoding): Promise<Buffer> | undefined {
  if (compressions >= COMPRESSIONS_MAX) return undefined;
  compressions += 1;
  const made = compressFast[encoding](bytes).finally(() => {
    compressions -= 1;
  });
  const all = inProgress.get(bytes) ?? new Map<Encoding, Promise<Buffer>>();
  inProgress.set(bytes, all.set(encoding, made));
  return made;
}

/** Returns an asset in a content coding. Each coding is compressed on first use and cached. */
export function compressedOnce(bytes: Buffer): (encoding: Encoding | undefined) => Promise<Buffer> {
  const made = new Map<Encoding, Promise<Buffer>>();
  return async (encoding) => {
    if (encoding === undefined) return bytes;
    const known = made.get(encoding) ?? compressWell[encoding](bytes);
    made.set(encoding, known);
    return known;
  };
}
