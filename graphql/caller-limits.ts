import { clientAddress, type TrustedProxies } from '#graphql/client-address.ts';
import { refusalResponse, type HttpRequest, type HttpResponse } from '#graphql/http.ts';
import {
  createRateLimiter,
  rateLimitHeaders,
  type RateDecision,
  type RateLimiter,
  type RatePolicy,
} from '#graphql/rate-limit.ts';
import type { SharedRateLimiter } from '#graphql/shared-rate-limit.ts';
import type { Role } from '#platform/auth/roles.ts';
import type { Call } from '#platform/call.ts';
import type { Clock } from '#platform/clock.ts';

/** Limits the requests of each caller: anonymous ones by address, signed-in ones by account and by cost. */
export interface CallerLimits {
  /** Returns the refusal of a request, or the headers of its response; undefined if the caller is not limited. */
  admit(request: HttpRequest): Admission | undefined | Promise<Admission>;
  /** Charges a signed-in caller for the cost of an operation. */
  charge(call: Call, cost: number): void;
}

export type Admission =
  | { readonly refusal: HttpResponse }
  | { readonly refusal: undefined; readonly headers: Record<string, string> };

export interface CallerLimitConfig {
  /** Requests of an address without a token. */
  readonly anonymous: Omit<RatePolicy, 'name'>;
  /** Points of an account: one for each request, and one for each COST_PER_POINT of its cost. */
  readonly account: Omit<RatePolicy, 'name'>;
  readonly proxies: TrustedProxies;
}

/** The cost of a page of 20 products with all their fields (graphql/document-limits.ts). */
const COST_PER_POINT = 10_000;
/** Programs of the shop and its administrators are not limited. */
const UNLIMITED: ReadonlySet<string> = new Set<Role>(['admin', 'service']);

/**
 * Without `config`, nobody is limited. With `shared`, several gateways count together: a request that the own count admits
 * is admitted by the shared one too, unless that does not answer.
 */
export function createCallerLimits(
  config: CallerLimitConfig | undefined,
  clock: Clock,
  shared?: SharedRateLimiter,
): CallerLimits {
  if (!config) return { admit: () => undefined, charge: () => {} };
  const { proxies } = config;
  const anonymous = createRateLimiter({ ...config.anonymous, name: 'anonymous' }, clock);
  const account = createRateLimiter({ ...config.account, name: 'account' }, clock);

  function limiterOf({ call, remoteAddress, header }: HttpRequest): [RateLimiter, string] | undefined {
    const { identity } = call.principal;
    if (!identity) return [anonymous, clientAddress(remoteAddress, header('x-forwarded-for'), proxies)];
    return isUnlimited(identity.roles) ? undefined : [account, identity.subject];
  }

  return {
    admit(request) {
      const limited = limiterOf(request);
      if (!limited) return undefined;
      const [limiter, key] = limited;
      const { policy } = limiter;
      const own = limiter.admit(key);
      if (!own.allowed || !shared) return admissionOf(policy, own, request);
      return shared.admit(policy, key).then((decision) => admissionOf(policy, decision ?? own, request));
    },
    charge({ principal: { identity } }, cost) {
      if (!identity || isUnlimited(identity.roles)) return;
      const points = cost / COST_PER_POINT;
      account.charge(identity.subject, points);
      void shared?.charge(account.policy, identity.subject, points);
    },
  };
}

const isUnlimited = (roles: readonly string[]): boolean => roles.some((role) => UNLIMITED.has(role));

function admissionOf(policy: RatePolicy, decision: RateDecision, request: HttpRequest): Admission {
  const headers = rateLimitHeaders(policy, decision);
  return decision.allowed
    ? { refusal: undefined, headers }
    : { refusal: tooMany(decision, headers, request) };
}

function tooMany(
  { retryAfterS }: RateDecision,
  headers: Record<string, string>,
  { call }: HttpRequest,
): HttpResponse {
  const message = `Too many requests. Try again in ${retryAfterS} s${call.principal.identity ? '' : ', or sign in'}.`;
  const own = { ...headers, 'retry-after': String(retryAfterS) };
  return refusalResponse({ status: 429, code: 'RATE_LIMITED', message, headers: own }, call.requestId);
}
