import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BIN = join(ROOT, 'node_modules/.bin');
/** A fenced block whose info string names a project and a file, such as ```ts codegen/src/account-orders.ts */
const FILE_BLOCK = /^```\w+ (\w+)\/(\S+)\n(.*?)^```$/gms;

/** A client project in a temporary folder: the published schema and the files in docs/clients.md. */
export interface DocumentedProject extends Disposable {
  readonly folder: string;
  write(file: string, text: string): void;
  /** Imports a module of the project. Resolves specifiers as a bundler does. */
  load(file: string): Promise<Record<string, unknown>>;
}

/** The path of a command in node_modules/.bin. */
export const command = (name: string): string => join(BIN, name);

export function documentedProject(name: 'relay' | 'codegen'): DocumentedProject {
  const folder = mkdtempSync(join(tmpdir(), 'client-'));
  const write = (file: string, text: string): void => {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  };
  const page = readFileSync(join(ROOT, 'docs/clients.md'), 'utf8');
  for (const [, project, file = '', text = ''] of page.matchAll(FILE_BLOCK))
    if (project === name) write(file, text);
  write('package.json', '{ "type": "module" }');
  cpSync(join(ROOT, 'schema.graphql'), join(folder, 'schema.graphql'));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const url = pathToFileURL(`${folder}/`).href;
  // Bundlers resolve specifiers without an extension; Node does not.
  const hooks = registerHooks({
    resolve: (specifier, context, next) => {
      const isOfProject = specifier.startsWith('.') && context.parentURL?.startsWith(url);
      if (!isOfProject) return next(specifier, context);
      const candidates = [specifier, `${specifier}.ts`, `${specifier}/index.ts`];
      const found = candidates.find((candidate) => isFile(new URL(candidate, context.parentURL)));
      return next(found ?? specifier, context);
    },
  });
  return {
    folder,
    write,
    load: async (file) => (await import(`${url}${file}`)) as Record<string, unknown>,
    [Symbol.dispose]: () => {
      hooks.deregister();
      rmSync(folder, { recursive: true });
    },
  };
}

function isFile(url: URL): boolean {
  try {
    readFileSync(url);
    return true;
  } catch {
    return false;
  }
}
