import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate, type MigrationFolders } from '#platform/postgres/migrate.ts';

/**
 * Creates the tables that a database of an earlier release has: applies only the given migrations, named as in
 * `order/0001_order`.
 */
export async function createOldTables(
  url: string,
  folders: MigrationFolders,
  migrations: readonly string[],
): Promise<void> {
  const copies = await Promise.all(
    Object.keys(folders).map(async (set): Promise<[string, string]> => [
      set,
      await mkdtemp(join(tmpdir(), `fritzy-old-${set}-`)),
    ]),
  );
  const copyOf = new Map(copies);
  try {
    for (const migration of migrations) {
      const [set = '', name = ''] = migration.split('/');
      const file = `${name}.sql`;
      await copyFile(join(folders[set] ?? set, file), join(copyOf.get(set) ?? set, file));
    }
    await migrate(url, Object.fromEntries(copies));
  } finally {
    await Promise.all(copies.map(([, folder]) => rm(folder, { recursive: true })));
  }
}
