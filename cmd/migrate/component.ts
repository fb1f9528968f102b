import type { MigrationStatus } from '#platform/postgres/migrate.ts';

/** A part of the shop that must be created before use: the tables of a database or the topics of Kafka. */
export interface Component {
  readonly name: string;
  /** The address of the engine for display, without the password. */
  readonly where: string;
  /** Applies all pending migrations or creates the missing topics; returns their names. */
  up(): Promise<readonly string[]>;
  /** Changes nothing. */
  status(): Promise<MigrationStatus>;
}
