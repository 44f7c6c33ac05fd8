import { expect, test } from 'vitest';
import { nodeFault } from '../../src/cli/node-version.ts';

test('an older Node.js is told by its version, others say nothing', () => {
  expect(nodeFault('20.20.2', '>=22.13')).toBe('expected Node.js 22.13 or newer, got 20.20.2');
  expect(nodeFault('22.12.0', '>=22.13')).toBe('expected Node.js 22.13 or newer, got 22.12.0');
  for (const version of ['22.13.0', '22.20.1', '23.0.0', '24.21.0'])
    expect(nodeFault(version, '>=22.13')).toBeUndefined();
});
