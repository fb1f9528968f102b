import type { Component } from '#cmd/migrate/component.ts';

export interface Row {
  readonly component: Component;
  readonly applied: number;
  readonly pending: number;
  readonly note: string;
}

/** Writes the column titles and returns a function that writes one row, so that each row appears when it is known. */
export function startTable(
  components: readonly Component[],
  write: (line: string) => void,
): (row: Row) => void {
  const nameWidth = Math.max(...['component', ...components.map(({ name }) => name)].map(widthOf));
  const whereWidth = Math.max(...['where', ...components.map(({ where }) => where)].map(widthOf));
  const line = (name: string, where: string, applied: string, pending: string, note: string): string =>
    `${name.padEnd(nameWidth)}  ${where.padEnd(whereWidth)}  ${applied.padStart(7)}  ${pending.padStart(7)}  ${note}`.trimEnd();
  write(line('component', 'where', 'applied', 'pending', ''));
  return ({ component, applied, pending, note }) =>
    write(line(component.name, component.where, String(applied), String(pending), note));
}

const widthOf = (text: string): number => text.length;
