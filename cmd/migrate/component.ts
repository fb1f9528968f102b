import type { MigrationStatus } from '#platform/postgres/migrate.ts';

/** Something of the shop's that has to be made before it is used: tables of a database, topics of a broker. */
export interface Component {
  readonly name: string;
  /** The engine as an operator knows it; never a password. */
  readonly where: string;
  /** Applies what is missing; returns the names of what it applied. */
  up(): Promise<readonly string[]>;
  /** Changes nothing. */
  status(): Promise<MigrationStatus>;
}
