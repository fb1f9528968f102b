import { run } from '#platform/run.ts';
import { serveService } from '#platform/service.ts';
import { service } from '../../service.ts';

/** Runs the wishlist service in its own process. */
await run((stack) => serveService(process.env, service, stack));
