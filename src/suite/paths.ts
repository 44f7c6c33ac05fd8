/** Paths of suites: theirs are relative to their own file, those of results to the results' folder. */
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import type { SuiteJudge } from '../schema.ts';

/** A path of a suite as seen from the process. */
export function fromSuite(folder: string, path: string): string {
  return isAbsolute(path) ? path : join(folder, path);
}

/** A path as seen from `folder`, with slashes on every system; absolute where the two have no folder in common. */
export function asSeenFrom(folder: string, path: string): string {
  return relative(resolve(folder), resolve(path)).split(sep).join('/') || '.';
}

/** A judge whose files are named as seen from the process. */
export function judgeFromSuite(folder: string, judge: SuiteJudge): SuiteJudge {
  const { model, replay } = judge;
  const local = model !== undefined && /\.gguf$/i.test(model) && !/^[a-z]+:/i.test(model);
  return {
    ...judge,
    ...(local ? { model: fromSuite(folder, model) } : {}),
    ...(replay === undefined ? {} : { replay: fromSuite(folder, replay) }),
  };
}
