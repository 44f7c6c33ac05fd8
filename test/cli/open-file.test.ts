import { expect, test } from 'vitest';
import { openerOf } from '../../src/cli/open-file.ts';

test('each platform has its opener, and the target is one parameter of it, whatever it holds', () => {
  const target = '/tmp/a b; rm -rf $HOME & echo "x".html';
  for (const platform of ['darwin', 'linux', 'win32', 'freebsd'] as const) {
    const [program, ...parameters] = openerOf(platform, target);
    expect(program).toMatch(/^(open|xdg-open|rundll32)$/);
    expect(parameters.at(-1)).toBe(target);
  }
});
