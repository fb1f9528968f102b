import { decodeValue, encodeValue, versionText } from '#platform/cache/cache-value.ts';
import { openRedis, type RedisDeps } from '#platform/cache/redis-connection.ts';
import type { SharedCache, SharedEntry, SharedReply } from '#platform/cache/shared-cache.ts';

/** Goes into every key: to be raised when entities change in a way that old and new processes must not share. */
const PREFIX = 'fritzy:cache:1:';
/** How long a read may wait for Redis, and how much longer for each key: a thousand take 150 ms at the most. */
const TIMEOUT_MS = 50;
const TIMEOUT_MS_PER_KEY = 0.1;
/** What one script handles at once: Redis does nothing else meanwhile. */
const SCRIPT_KEYS_MAX = 100;
/** Keys that wait to be dropped; further ones are not: they are gone within their age anyway. */
const DROPS_MAX = 1_000;

/** Sets each key until the moment ARGV[1] (Redis's clock, ms), unless a newer version lies there. */
const SET = `
  for i, key in ipairs(KEYS) do
    local mine = ARGV[i + 1]
    local held = redis.pcall('GETRANGE', key, 0, 20)
    if type(held) ~= 'string' or string.sub(held, 1, 2) ~= string.sub(mine, 1, 2)
      or string.sub(held, 1, 21) <= string.sub(mine, 1, 21) then
      redis.call('SET', key, mine, 'PXAT', ARGV[1])
    end
  end`;
/** Deletes each key that holds something older than the version in ARGV. */
const DROP = `
  for i, key in ipairs(KEYS) do
    local held = redis.pcall('GETRANGE', key, 0, 20)
    if type(held) ~= 'string' or held < ARGV[i] then redis.call('DEL', key) end
  end`;

const NOTHING: SharedReply = { found: [], moment: undefined };

/**
 * The shared cache in Redis. Ages are counted on Redis's own clock, which all processes have in common: each read asks
 * for the time, and what is then loaded is kept until that moment plus `ageMsMax`. A command that Redis gets to late,
 * say after it was stopped for a while, therefore keeps nothing for longer, and it does not matter whether the clocks
 * of the processes agree.
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
        // One round trip. The time comes second: ages are then rather too high.
        Promise.all([commands.mGet(keys.map((key) => PREFIX + key)), commands.time()]),
      );
      if (!reply) return NOTHING;
      const [values, [seconds, microseconds]] = reply;
      const ms = Number(seconds) * 1_000 + Number(microseconds) / 1_000;
      const found = values.map((value): SharedEntry | undefined => {
        const { momentMs = Infinity, version = 0n, bytes } = (value && decodeValue(value)) ?? {};
        // From the future: Redis's clock was set back, and the age is unknown.
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
