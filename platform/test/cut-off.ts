import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { dirname, join } from 'node:path';

/**
 * Preloaded into a program (`node --import`): kills it just before its file system change number CUT_BEFORE. With
 * PASSWORD_FIRST it is the known-bad twin: the password gets its final name before the data folder exists.
 */
const cutBefore = Number(process.env['CUT_BEFORE']);
const isPasswordFirst = process.env['PASSWORD_FIRST'] !== undefined;
let changes = 0;

function counted<A extends unknown[], R>(change: (...args: A) => R): (...args: A) => R {
  return (...args) => {
    changes += 1;
    if (changes === cutBefore) process.kill(process.pid, 'SIGKILL');
    return change(...args);
  };
}

const { writeFileSync } = fs;
const write: typeof writeFileSync = (file, data, options) => {
  writeFileSync(file, data, options);
  if (isPasswordFirst && String(file).endsWith('/password'))
    writeFileSync(join(dirname(dirname(String(file))), 'postgres.password'), data, options);
};

// Counts only the calls; the overloads of the others are unchanged.
Object.assign(fs, {
  mkdirSync: counted(fs.mkdirSync),
  mkdtempSync: counted(fs.mkdtempSync),
  writeFileSync: counted(write),
  renameSync: counted(fs.renameSync),
  fsyncSync: counted(fs.fsyncSync),
  rmSync: counted(fs.rmSync),
});
syncBuiltinESMExports();
