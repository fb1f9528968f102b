import { service } from '#catalog/service.ts';
import { run } from '#platform/run.ts';
import { serveService } from '#platform/service.ts';

/** Runs the catalog service in its own process. */
await run((stack) => serveService(process.env, service, stack));
