import { create, toBinary, type Message } from '@bufbuild/protobuf';
import { fileDesc, messageDesc, type GenMessage } from '@bufbuild/protobuf/codegenv2';
import { base64Encode } from '@bufbuild/protobuf/wire';
import {
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FileDescriptorProtoSchema,
} from '@bufbuild/protobuf/wkt';
import type { EntityCache, EntityCacheOptions } from '#platform/cache/entity-cache.ts';
import type { Call } from '#platform/call.ts';
import { createTelemetry } from '#platform/telemetry.ts';
import { testCall } from '#testkit/shop.ts';

/** An entity for tests that use only the platform. */
export type Thing = Message<'fritzy.test.v1.Thing'> & { id: string; version: bigint; text: string };

export const ThingSchema = describe();

function describe(): GenMessage<Thing> {
  const { STRING, INT64 } = FieldDescriptorProto_Type;
  const field = (name: string, number: number, type: FieldDescriptorProto_Type) => {
    return { name, jsonName: name, number, type, label: FieldDescriptorProto_Label.OPTIONAL };
  };
  const file = create(FileDescriptorProtoSchema, {
    name: 'platform/test/thing.proto',
    package: 'fritzy.test.v1',
    messageType: [
      {
        name: 'Thing',
        field: [field('id', 1, STRING), field('version', 2, INT64), field('text', 3, STRING)],
      },
    ],
    syntax: 'proto3',
  });
  return messageDesc<Thing>(fileDesc(base64Encode(toBinary(FileDescriptorProtoSchema, file))), 0);
}

export type ThingOptions = EntityCacheOptions<Thing>;
export type CreateCache = (options: ThingOptions) => EntityCache<Thing>;

/** The source of truth: versions by id, 0 for ids that do not exist. */
export interface Source {
  readonly versions: Map<string, bigint>;
  /** The ids of each read, in the order of their start. */
  readonly reads: string[][];
  /** Changes a thing and returns its new state. */
  bump(id: string): Thing;
  load(ids: readonly string[], call: Call): Promise<Thing[]>;
}

export function createSource(): Source {
  const versions = new Map<string, bigint>();
  const reads: string[][] = [];
  return {
    versions,
    reads,
    bump(id) {
      versions.set(id, (versions.get(id) ?? 0n) + 1n);
      return thing(id, versions.get(id));
    },
    async load(ids) {
      reads.push([...ids]);
      return ids.filter((id) => versions.get(id)).map((id) => thing(id, versions.get(id)));
    },
  };
}

export function thing(id: string, version = 1n, text = `${id} ${version}`): Thing {
  return create(ThingSchema, { id, version, text });
}

/** One instance for all caches of a test file, because metrics are never released. */
const { cache: metrics } = createTelemetry();

/** Options for a cache of things with room for 100 of them. */
export function thingOptions(
  options: Pick<ThingOptions, 'load' | 'elapsedMs'> & Partial<ThingOptions>,
): ThingOptions {
  return {
    name: 'thing',
    schema: ThingSchema,
    isPublic: false,
    entriesMax: 100,
    bytesMax: 100_000,
    sizeOf: ({ text }) => 100 + text.length,
    shared: undefined,
    metrics,
    ...options,
  };
}

/** The version of a thing read through a cache; 0 if it does not exist. */
export async function versionOf(
  cache: EntityCache<Thing>,
  id: string,
  call: Call = testCall(),
): Promise<bigint> {
  const [found] = await cache.get([id], call);
  return found?.version ?? 0n;
}

/** Changes a thing through a cache. */
export function bumpThrough(cache: EntityCache<Thing>, source: Source, id: string): Promise<Thing> {
  return cache.write(
    id,
    testCall(),
    async () => source.bump(id),
    (changed) => changed,
  );
}
