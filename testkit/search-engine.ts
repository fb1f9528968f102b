import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '#platform/clock.ts';
import { TITLES } from '#testkit/engine-cache.ts';
import { type EngineNode, javaCommand, type JavaOptions, startSingleNode } from '#testkit/engine-node.ts';
import { HOST } from '#testkit/free-ports.ts';

/** One node of Elasticsearch 7.17 or OpenSearch 2.19; what was acknowledged outlives a kill. */
export interface TestSearchEngine extends EngineNode {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
}

export function startElasticsearch(options: JavaOptions = {}): Promise<TestSearchEngine> {
  return startSearchEngine('elasticsearch', 'Elasticsearch', options);
}

export function startOpenSearch(options: JavaOptions = {}): Promise<TestSearchEngine> {
  return startSearchEngine('opensearch', 'OpenSearch', options);
}

async function startSearchEngine(
  kind: 'elasticsearch' | 'opensearch',
  main: string,
  options: JavaOptions,
): Promise<TestSearchEngine> {
  return startSingleNode(
    { name: kind, portCount: 2, place: options.place, scheme: 'http' },
    ({ folder, ports: [port = 0, transportPort = 0], place }) => {
      const cluster = clusterName(folder);
      const settings = {
        'cluster.name': cluster,
        'network.host': HOST,
        'http.port': port,
        'transport.port': transportPort,
        // A full disk of the machine is not what tests are about.
        'cluster.routing.allocation.disk.threshold_enabled': false,
        'action.auto_create_index': false,
        processors: 2,
      };
      mkdirSync(join(folder, 'config'), { recursive: true });
      const { command, args } = javaCommand({ folder, kind, main, archiveTo: options.archiveTo });
      const pairs = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
      return {
        title: TITLES[kind],
        port,
        command,
        args: [...args, folder, ...pairs],
        logFile: join(folder, `${kind}.log`),
        place,
        isReady: (_pid, signal) => isReady(`http://${HOST}:${port}`, cluster, signal),
      };
    },
  );
}

/** Of its own for each folder: nodes of one name would join each other, and nobody else answers to it. */
function clusterName(folder: string): string {
  const file = join(folder, 'cluster.name');
  if (!existsSync(file)) writeFileSync(file, `fritzy-${systemClock.newId()}`);
  return readFileSync(file, 'utf8');
}

/** Every shard is there: what was indexed before a kill is found again. */
async function isReady(url: string, cluster: string, signal: AbortSignal): Promise<boolean> {
  const response = await fetch(`${url}/_cluster/health`, { signal });
  const health = (await response.json()) as { cluster_name: string; status: string };
  return response.ok && health.cluster_name === cluster && health.status !== 'red';
}
