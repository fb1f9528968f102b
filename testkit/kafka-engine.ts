import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Producer } from '@platformatic/kafka';
import {
  type EngineNode,
  javaCommand,
  type JavaOptions,
  startInFolder,
  startNode,
} from '#testkit/engine-node.ts';
import { HOST } from '#testkit/free-ports.ts';

const FORMAT_TIMEOUT_MS = 60_000;

export interface TestKafka extends AsyncDisposable {
  /** `kafka://127.0.0.1:<port>,127.0.0.1:<port>,…`. */
  readonly url: string;
  /** The brokers. One becomes ready only while a majority is running, so restart several in parallel. */
  readonly brokers: readonly EngineNode[];
}

/** Starts Kafka in KRaft mode. Each node is broker and controller. The default is three nodes that replicate all data. */
export async function startKafka(options: JavaOptions & { brokers?: 1 | 3 } = {}): Promise<TestKafka> {
  const { brokers: count = 3, place, archiveTo } = options;
  return startInFolder({ name: 'kafka', portCount: count * 2, place }, async ({ folder, ports, stack }) => {
    const cluster = clusterId(folder);
    const nodes = Array.from({ length: count }, (_, index) => ({
      id: index + 1,
      port: ports[index] ?? 0,
      controllerPort: ports[index + count] ?? 0,
    }));
    for (const node of nodes) writeFileSync(propertiesFile(folder, node), settingsOf(folder, node, nodes));
    await format(folder, cluster, nodes);
    const brokers: EngineNode[] = [];
    const starts: Promise<void>[] = [];
    for (const { id, port } of nodes) {
      const { command, args } = javaCommand({
        kind: 'kafka',
        folder,
        main: 'kafka.Kafka',
        archiveTo,
        flags: ['-XX:MaxDirectMemorySize=96m'],
      });
      const { node, ready } = startNode({
        title: `Kafka broker ${id}`,
        port,
        command,
        args: [...args, propertiesFile(folder, { id })],
        logFile: join(folder, `broker-${id}.log`),
        place,
        isReady: () => isReady({ cluster, id, port }),
      });
      brokers.push(stack.use(node));
      starts.push(ready);
    }
    await allSettledOrThrow(starts);
    return (stack) => ({
      url: `kafka://${nodes.map(({ port }) => `${HOST}:${port}`).join(',')}`,
      brokers,
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    });
  });
}

/** Rejects only after all promises have settled, so that no start continues in the background. */
async function allSettledOrThrow(promises: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(promises)).find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}

interface KafkaNode {
  readonly id: number;
  readonly port: number;
  readonly controllerPort: number;
}

function propertiesFile(folder: string, { id }: { id: number }): string {
  return join(folder, `broker-${id}.properties`);
}

function dataFolder(folder: string, { id }: { id: number }): string {
  return join(folder, `broker-${id}`);
}

/** The cluster id of the folder: 16 random bytes in base64url, as Kafka requires. */
function clusterId(folder: string): string {
  const file = join(folder, 'cluster.id');
  if (!existsSync(file)) writeFileSync(file, randomBytes(16).toString('base64url').replace(/^-/, 'A'));
  return readFileSync(file, 'utf8');
}

function settingsOf(folder: string, node: KafkaNode, nodes: readonly KafkaNode[]): string {
  const replicas = nodes.length;
  const inSync = Math.min(2, replicas);
  return Object.entries({
    'process.roles': 'broker,controller',
    'node.id': node.id,
    'controller.quorum.voters': nodes.map((node) => `${node.id}@${HOST}:${node.controllerPort}`).join(','),
    'controller.listener.names': 'CONTROLLER',
    listeners: `BROKER://${HOST}:${node.port},CONTROLLER://${HOST}:${node.controllerPort}`,
    'advertised.listeners': `BROKER://${HOST}:${node.port}`,
    'inter.broker.listener.name': 'BROKER',
    'listener.security.protocol.map': 'BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': dataFolder(folder, node),
    'default.replication.factor': replicas,
    'min.insync.replicas': inSync,
    'offsets.topic.replication.factor': replicas,
    'offsets.topic.num.partitions': 6,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': inSync,
    'transaction.state.log.num.partitions': 6,
    'share.coordinator.state.topic.replication.factor': replicas,
    'share.coordinator.state.topic.min.isr': inSync,
    'share.coordinator.state.topic.num.partitions': 6,
    'auto.create.topics.enable': false,
    'unclean.leader.election.enable': false,
    'group.initial.rebalance.delay.ms': 0,
    // The partitions of a killed broker get a new leader after this time. If it was also the controller, the election of
    // a new one takes up to 3 s more. Both fit into the 10 s after which events must be accepted again.
    'broker.session.timeout.ms': 4_000,
    'broker.heartbeat.interval.ms': 1_000,
    'num.network.threads': 2,
    'num.io.threads': 4,
    'log.cleaner.dedupe.buffer.size': 8_388_608,
    'log.index.size.max.bytes': 1_048_576,
  })
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

/**
 * Formats the new data folders. Runs the tool once for all nodes, because the start of its JVM takes most of the time.
 * The tool writes the same node id into all folders; it is corrected afterwards.
 */
async function format(folder: string, cluster: string, nodes: readonly KafkaNode[]): Promise<void> {
  const metaFile = (node: KafkaNode): string => join(dataFolder(folder, node), 'meta.properties');
  const fresh = nodes.filter((node) => !existsSync(metaFile(node)));
  const [first] = fresh;
  if (first === undefined) return;
  const config = join(folder, 'format.properties');
  const folders = fresh.map((node) => dataFolder(folder, node));
  for (const path of folders) mkdirSync(path, { recursive: true });
  writeFileSync(
    config,
    settingsOf(folder, first, nodes).replace(/^log\.dirs=.*$/m, `log.dirs=${folders.join(',')}`),
  );
  const { command, args } = javaCommand({
    kind: 'kafka',
    folder,
    main: 'kafka.tools.StorageTool',
  });
  await promisify(execFile)(command, [...args, 'format', '-t', cluster, '-c', config], {
    timeout: FORMAT_TIMEOUT_MS,
  });
  for (const node of fresh) {
    const text = readFileSync(metaFile(node), 'utf8');
    writeFileSync(metaFile(node), text.replace(/^node\.id=.*$/m, `node.id=${node.id}`));
  }
}

/**
 * Whether the broker on the port belongs to this cluster, is registered with the controllers and can assign ids to
 * idempotent producers: a new broker rejects the first such request.
 */
async function isReady(broker: { cluster: string; id: number; port: number }): Promise<boolean> {
  const client = new Producer({
    clientId: 'fritzy-testkit',
    bootstrapBrokers: [`${HOST}:${broker.port}`],
    idempotent: true,
    retries: 0,
    connectTimeout: 1_000,
    requestTimeout: 2_000,
  });
  try {
    const { id, brokers } = await client.metadata({ forceUpdate: true });
    if (id !== broker.cluster || brokers.get(broker.id)?.port !== broker.port) return false;
    await client.initIdempotentProducer({});
    return true;
  } finally {
    await client.close();
  }
}
