import { decodeValue, encodeValue, versionText } from '#platform/cache/cache-value.ts';
import { openRedis, type RedisDeps } from '#platform/cache/redis-connection.ts';
import type { SharedCache, SharedEntry, SharedReply } from '#platform/cache/shared-cache.ts';

/**
 * The prefix of every key. Increase the number when entities change incompatibly, so that old and new processes do not
 * share values.
 */
const PREFIX = 'fritzy:cache:1:';
/** The timeout of a read, plus a time for each key: 150 ms for 1,000 keys. */
const TIMEOUT_MS = 50;
const TIMEOUT_MS_PER_KEY = 0.1;
/** Keys per script: Redis runs nothing else during a script. */
const SCRIPT_KEYS_MAX = 100;
/** Keys queued for deletion. Further keys are not deleted; they expire within their maximum age. */
const DROPS_MAX = 1_000;

/** Sets each key with the expiry ARGV[1] (Redis's clock, ms), unless it holds a newer version. */
const SET = `
  for i, key in ipairs(KEYS) do
    local new = ARGV[i + 1]
    local held = redis.pcall('GETRANGE', key, 0, 20)
    if type(held) ~= 'string' or string.sub(held, 1, 2) ~= string.sub(new, 1, 2)
      or string.sub(held, 1, 21) <= string.sub(new, 1, 21) then
      redis.call('SET', key, new, 'PXAT', ARGV[1])
    end
  end`;
/** Deletes each key that holds a version older than the one in ARGV. */
const DROP = `
  for i, key in ipairs(KEYS) do
    local held = redis.pcall('GETRANGE', key, 0, 20)
    if type(held) ~= 'string' or held < ARGV[i] then redis.call('DEL', key) end
  end`;

const NOTHING: SharedReply = { found: [], moment: undefined };

/**
 * The shared cache in Redis. Ages are measured on Redis's clock, which all processes share: each read also returns the
 * time, and values loaded after it expire at that time plus `ageMsMax`. A command that Redis executes late, for example
 * after a pause, therefore does not extend the lifetime of a value, and the clocks of the processes need not agree.
 */
export function openRedisCache(
  url: string,
  deps: RedisDeps & { ageMsMax: number; elapsedMs: () => number },
): SharedCache {
  const redis = openRedis(url, deps);
  const drops = new Map<string, bigint>();

  function sendDrops(): void {
    const all = [...drops];
    drops.clear();
    for (let at = 0; at < all.length; at += SCRIPT_KEYS_MAX) {
      const part = all.slice(at, at + SCRIPT_KEYS_MAX);
      const keys = part.map(([key]) => key);
      const versions = part.map(([, version]) => versionText(version));
      void redis.run(TIMEOUT_MS, (commands) => commands.eval(DROP, { keys, arguments: versions }));
    }
  }

  return {
    async get(keys) {
      const sentMs = deps.elapsedMs();
      const connection = redis.current;
      const reply = await redis.run(TIMEOUT_MS + TIMEOUT_MS_PER_KEY * keys.length, (commands) =>
        // One round trip. TIME comes second, so that ages are overestimated rather than underestimated.
        Promise.all([commands.mGet(keys.map((key) => PREFIX + key)), commands.time()]),
      );
      if (!reply) return NOTHING;
      const [values, [seconds, microseconds]] = reply;
      const ms = Number(seconds) * 1_000 + Number(microseconds) / 1_000;
      const found = values.map((value): SharedEntry | undefined => {
        const { momentMs = Infinity, version = 0n, bytes } = (value && decodeValue(value)) ?? {};
        // A time in the future: Redis's clock was set back and the age is unknown.
        if (!bytes || momentMs > ms) return undefined;
        return { version, bytes, startedMs: sentMs - (ms - momentMs) };
      });
      return { found, moment: { ms, connection } };
    },

    set({ ms, connection }, values) {
      if (redis.current !== connection) return;
      const untilMs = String(Math.floor(ms + deps.ageMsMax));
      for (let at = 0; at < values.length; at += SCRIPT_KEYS_MAX) {
        const part = values.slice(at, at + SCRIPT_KEYS_MAX);
        const keys = part.map(({ key }) => PREFIX + key);
        const encoded = part.map((value) => encodeValue({ ...value, momentMs: ms }));
        void redis.run(TIMEOUT_MS, (commands) =>
          commands.eval(SET, { keys, arguments: [untilMs, ...encoded] }),
        );
      }
    },

    drop(key, version) {
      if (redis.current === undefined || drops.size >= DROPS_MAX) return;
      if (drops.size === 0) setImmediate(sendDrops);
      drops.set(PREFIX + key, version);
    },

    [Symbol.asyncDispose]: () => redis[Symbol.asyncDispose](),
  };
}
