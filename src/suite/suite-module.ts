/** Suites that are modules. */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { JurorError } from '../errors.ts';

/**
 * What a module exports as its suite: `default`, or else `suite`. Node.js imports a module once: from the second `time` on, counted from 0, it is
 * imported under another address, what it imports itself is not. Throws JurorError `suite` for a module that cannot be imported or
 * exports none.
 */
export async function importSuite(path: string, time = 0): Promise<unknown> {
  const { href } = pathToFileURL(resolve(path));
  const module = await load(path, time === 0 ? href : `${href}?time=${time}`);
  const suite = module.default ?? module.suite;
  if (suite !== undefined) return suite;
  const names = Object.keys(module).join(', ') || 'nothing';
  throw new JurorError('suite', `expected an export named default or suite, got ${names}`, {
    place: { file: path },
  });
}

async function load(path: string, url: string): Promise<Record<string, unknown>> {
  try {
    return (await import(/* @vite-ignore */ url)) as Record<string, unknown>;
  } catch (cause) {
    throw new JurorError('suite', explained(path, cause), { place: { file: path }, cause });
  }
}

function explained(path: string, cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const message = cause instanceof Error ? cause.message : String(cause);
  if (code === 'ERR_UNKNOWN_FILE_EXTENSION' || (/\.m?ts$/.test(path) && cause instanceof SyntaxError))
    return `this Node.js (${process.version}) does not import it as TypeScript (${message}); take Node.js 22.18 or newer and erasable syntax only, or write the suite as .mjs or .yaml`;
  if (code === 'ERR_MODULE_NOT_FOUND' && /'juror'/.test(message))
    return `it imports 'juror', which is not installed beside it; npm install juror there, or export a plain object (import type { SuiteInput } from 'juror' costs nothing)`;
  return `cannot be imported: ${message}`;
}
