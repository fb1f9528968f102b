import { glob, readFile } from 'node:fs/promises';
import { dirname, join, normalize, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The area of files at the top of the project: settings of tools. */
export const TOP = '.';

export interface Source {
  /** From the root of the project, with slashes. */
  readonly path: string;
  readonly text: string;
}

/** All code of the project. */
export async function readSources(): Promise<Source[]> {
  const options = { cwd: root, exclude: ['node_modules/**', '.fritzy/**'] };
  const paths = await Array.fromAsync(glob('**/*.{ts,js,mts,mjs,cts,cjs}', options));
  return Promise.all(
    paths.map(async (path) => ({
      path: path.replaceAll(sep, '/'),
      text: await readFile(join(root, path), 'utf8'),
    })),
  );
}

const IMPORT = /(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\s*\(\s*)(['"])([^'"\n]+)\1/g;

/** The files of the project that a file imports, as paths from the root. */
export function importsOf({ path, text }: Source): string[] {
  return Array.from(text.matchAll(IMPORT), ([, , specifier = '']) => {
    if (specifier.startsWith('#')) return specifier.slice(1);
    if (!specifier.startsWith('.')) return '';
    return normalize(join(dirname(path), specifier)).replaceAll(sep, '/');
  }).filter((imported) => imported !== '');
}

/** The folder at the top of the project that a file is in. */
export const areaOf = (path: string): string => (path.includes('/') ? (path.split('/')[0] ?? TOP) : TOP);
export const isPb = (path: string): boolean => path.split('/').includes('pb');
export const isTest = (path: string): boolean => /(^|\/)test\//.test(path);
