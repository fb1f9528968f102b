import { run } from '#platform/run.ts';
import { serveService } from '#platform/service.ts';
import { service } from '../../service.ts';

/** The wishlist service in a process of its own. */
await run((stack) => serveService(process.env, service, stack));
