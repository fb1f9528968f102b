import { promisify } from 'node:util';
import { brotliCompress, constants, gzip, zstdCompress } from 'node:zlib';
import { appendVary, type HttpResponse } from '#graphql/http.ts';

/** In order of preference where the caller's weights are equal. */
const ENCODINGS = ['zstd', 'br', 'gzip'] as const;
export type Encoding = (typeof ENCODINGS)[number];

/** Bytes from which an answer is compressed: below, it fits into a packet or two anyway. */
export const COMPRESSED_SIZE_MIN = 1_024;
/** Bounds of the memo of Accept-Encoding values: its entries, and the characters of each. */
const REMEMBERED_MAX = 100;
const REMEMBERED_LENGTH_MAX = 100;
const remembered = new Map<string, Encoding | undefined>();

/** Low levels for answers, which are compressed for each request, in the thread pool of libuv. */
const compressFast = {
  zstd: (bytes: Buffer) =>
    promisify(zstdCompress)(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 1 } }),
  br: (bytes: Buffer) =>
    promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 3 } }),
  gzip: (bytes: Buffer) => promisify(gzip)(bytes, { level: 3 }),
};

/** Higher levels for assets, which are compressed once and sent often. */
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
 * The content coding for an Accept-Encoding header (RFC 9110, section 12.5.3); undefined: send the bytes as they are.
 * The size of a compressed answer that holds a secret next to a caller's text reveals the secret (BREACH). Answers hold
 * no secrets today; answers that hold tokens must not be compressed.
 */
export function negotiateEncoding(accepted: string): Encoding | undefined {
  if (remembered.has(accepted)) return remembered.get(accepted);
  const encoding = negotiate(accepted);
  if (accepted.length <= REMEMBERED_LENGTH_MAX && remembered.size < REMEMBERED_MAX)
    remembered.set(accepted, encoding);
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

/** Compressions at once; each takes up to 8 MB. Further answers are sent as they are, which every caller accepts. */
const COMPRESSIONS_MAX = 8;
/** One compression for all who are sent the same bytes. */
const underWay = new WeakMap<Buffer, Map<Encoding, Promise<Buffer>>>();
let compressions = 0;

/** The same answer in a content coding; undefined while too many others are being compressed. */
export async function compress(
  response: HttpResponse,
  encoding: Encoding,
): Promise<HttpResponse | undefined> {
  const bytes = typeof response.body === 'string' ? Buffer.from(response.body) : response.body;
  const made = underWay.get(bytes)?.get(encoding) ?? startCompression(bytes, encoding);
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
  const all = underWay.get(bytes) ?? new Map<Encoding, Promise<Buffer>>();
  underWay.set(bytes, all.set(encoding, made));
  return made;
}

/** An asset in all content codings, each made on first use and kept. */
export function compressedOnce(bytes: Buffer): (encoding: Encoding | undefined) => Promise<Buffer> {
  const made = new Map<Encoding, Promise<Buffer>>();
  return async (encoding) => {
    if (encoding === undefined) return bytes;
    const known = made.get(encoding) ?? compressWell[encoding](bytes);
    made.set(encoding, known);
    return known;
  };
}
