import { service } from '#catalog/service.ts';
import { run } from '#platform/run.ts';
import { serveService } from '#platform/service.ts';

/** The catalog service in a process of its own. */
await run((stack) => serveService(process.env, service, stack));
