/** Whether this Node.js can run juror, told before anything is loaded that another one lacks. */

/** What to say where `version` is older than `range`, such as `>=22.13`, asks for; undefined where it is not. */
export function nodeFault(version: string, range: string): string | undefined {
  const [major = 0, minor = 0] = numbers(range);
  const [ownMajor = 0, ownMinor = 0] = numbers(version);
  if (ownMajor > major || (ownMajor === major && ownMinor >= minor)) return undefined;
  return `expected Node.js ${major}.${minor} or newer, got ${version}`;
}

function numbers(text: string): number[] {
  return [...text.matchAll(/\d+/g)].map(([digits]) => Number(digits));
}
