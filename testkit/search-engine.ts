import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '#platform/clock.ts';
import { TITLES } from '#testkit/engine-cache.ts';
import { type EngineNode, javaCommand, type JavaOptions, startSingleNode } from '#testkit/engine-node.ts';
import { HOST } from '#testkit/free-ports.ts';

/** One node of Elasticsearch 7.17 or OpenSearch 2.19. Acknowledged writes survive a kill. */
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
        // A nearly full disk must not make the tests fail.
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

/** Unique for each folder: nodes with the same cluster name would join, and the readiness check compares it. */
function clusterName(folder: string): string {
  const file = join(folder, 'cluster.name');
  if (!existsSync(file)) writeFileSync(file, `fritzy-${systemClock.newId()}`);
  return readFileSync(file, 'utf8');
}

/** Whether all primary shards are available, so that a search finds documents indexed before a kill. */
async function isReady(url: string, cluster: string, signal: AbortSignal): Promise<boolean> {
  const response = await fetch(`${url}/_cluster/health`, { signal });
  const health = (await response.json()) as { cluster_name: string; status: string };
  return response.ok && health.cluster_name === cluster && health.status !== 'red';
}
