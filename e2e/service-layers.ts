import { SERVICES } from '#cmd/services.ts';
import { importsOf, isPb, isTest, type Source } from './sources.ts';

/** The allowed imports between files of one service: rpc.ts imports use cases, and use cases import stores. */

/** For some files of a service, the files that may import them. Programs and tests of the service may import any file. */
const IMPORTERS: Readonly<Record<string, readonly string[]>> = {
  'service.ts': [],
  'rpc.ts': ['service.ts'],
  'config.ts': ['service.ts'],
};

type Subfolders = Readonly<Record<string, readonly string[]>>;
/**
 * By service: its subfolders, and the other subfolders that each may import. Files outside the subfolders (service.ts,
 * rpc.ts) may import all of them.
 */
const SUBFOLDERS: Readonly<Record<string, Subfolders>> = {
  account: { identity: [] },
  catalog: { category: [], product: ['category'], search: ['product'], sales: ['product'] },
};

const NAMES: ReadonlySet<string> = new Set(SERVICES.map(({ name }) => name));

/** The path within its service, e.g. `product/store.ts`; undefined for other areas, tests and programs. */
function layeredFile(path: string): { service: string; file: string } | undefined {
  const [service = '', ...rest] = path.split('/');
  const file = rest.join('/');
  return !NAMES.has(service) || isTest(path) || isPb(path) || file.startsWith('cmd/')
    ? undefined
    : { service, file };
}

const subfolderOf = (file: string): string | undefined =>
  file.includes('/') ? file.split('/')[0] : undefined;
const isStore = (path: string): boolean => /[/-]store\.ts$/.test(path);

/** The use cases of all services: the files that import a store, except stores, rpc.ts, config.ts and service.ts. */
export function useCasesOf(sources: readonly Source[]): ReadonlySet<string> {
  const useCases = sources.filter((source) => {
    const layered = layeredFile(source.path);
    if (!layered || isStore(source.path) || Object.hasOwn(IMPORTERS, layered.file)) return false;
    return importsOf(source).some(isStore);
  });
  return new Set(useCases.map(({ path }) => path));
}

/** The reason why a file must not import a file of the same service; undefined if it may. */
export function layerProblem(
  path: string,
  imported: string,
  useCases: ReadonlySet<string>,
): string | undefined {
  const from = layeredFile(path);
  const to = layeredFile(imported);
  if (!from || !to || from.service !== to.service) return undefined;
  const importers = Object.hasOwn(IMPORTERS, to.file) ? IMPORTERS[to.file] : undefined;
  if (importers && !importers.includes(from.file))
    return `${to.file} is imported by ${['programs', ...importers].join(' and ')} only`;
  if (isStore(path) && useCases.has(imported)) return 'a store imports no use case';
  const [own, other] = [subfolderOf(from.file), subfolderOf(to.file)];
  if (own === undefined || other === undefined || own === other) return undefined;
  if (SUBFOLDERS[from.service]?.[own]?.includes(other)) return undefined;
  return `${own}/ does not import ${other}/`;
}

/** Subfolders of services that contain code and are not in SUBFOLDERS. */
export function unknownSubfolders(sources: readonly Source[]): string[] {
  const unknown = sources.flatMap(({ path }) => {
    const { service = '', file = '' } = layeredFile(path) ?? {};
    const subfolder = subfolderOf(file);
    return subfolder === undefined || SUBFOLDERS[service]?.[subfolder] ? [] : [`${service}/${subfolder}`];
  });
  return [...new Set(unknown)];
}
