import { service } from '#order/service.ts';
import { run } from '#platform/run.ts';
import { serveService } from '#platform/service.ts';

/** Runs the order service in its own process. */
await run((stack) => serveService(process.env, service, stack));
