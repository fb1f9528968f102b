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
import type { Clock } from '#platform/clock.ts';

/** Limits the requests of each caller: anonymous ones by address, signed-in ones by account and by cost. */
export interface CallerLimits {
  /** Returns the refusal of a request, or the headers of its response; undefined if the caller is not limited. */
  admit(request: HttpRequest): Admission | undefined | Promise<Admission>;
  /** Charges the caller for the cost of an operation. */
  charge(request: HttpRequest, cost: number): void;
  /** Returns the refusal of a request whose address has sent too many tokens that are not accepted. */
  refuseTokens(request: HttpRequest): HttpResponse | undefined;
  /** Counts a token that is not accepted. */
  countRefusedToken(request: HttpRequest): void;
}

export type Admission =
  | { readonly refusal: HttpResponse }
  | { readonly refusal: undefined; readonly headers: Record<string, string> };

export interface CallerLimitConfig {
  /** Points of an address without a token: one for each request, and one for each COST_PER_POINT of its cost. */
  readonly anonymous: Omit<RatePolicy, 'name'>;
  /** Points of an account. */
  readonly account: Omit<RatePolicy, 'name'>;
  readonly proxies: TrustedProxies;
}

/** More than a page of 20 products with all their fields, half of a sign-in (graphql/document-limits.ts). */
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
  if (!config) return NO_LIMITS;
  const { proxies } = config;
  const anonymous = createRateLimiter({ ...config.anonymous, name: 'anonymous' }, clock);
  const account = createRateLimiter({ ...config.account, name: 'account' }, clock);
  // Its verification costs more than most queries.
  const refusedTokens = createRateLimiter({ ...config.anonymous, name: 'refused-token' }, clock);
  const addressOf = ({ remoteAddress, header }: HttpRequest): string =>
    clientAddress(remoteAddress, header('x-forwarded-for'), proxies);

  function limiterOf(request: HttpRequest): [RateLimiter, string] | undefined {
    const { identity } = request.call.principal;
    if (!identity) return [anonymous, addressOf(request)];
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
    charge(request, cost) {
      const points = Math.floor(cost / COST_PER_POINT);
      const limited = points > 0 ? limiterOf(request) : undefined;
      if (!limited) return;
      const [limiter, key] = limited;
      limiter.charge(key, points);
      void shared?.charge(limiter.policy, key, points);
    },
    refuseTokens(request) {
      const key = addressOf(request);
      if (!refusedTokens.isExhausted(key)) return undefined;
      return admissionOf(refusedTokens.policy, refusedTokens.admit(key), request).refusal;
    },
    countRefusedToken: (request) => refusedTokens.charge(addressOf(request), 1),
  };
}

const NO_LIMITS: CallerLimits = {
  admit: () => undefined,
  charge: () => {},
  refuseTokens: () => undefined,
  countRefusedToken: () => {},
};

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
