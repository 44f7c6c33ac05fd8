import { join } from 'node:path';
import { expect, test } from 'vitest';
import { commandsFor } from '../src/cli/verbs.ts';
import { Rubric, Suite } from '../src/schema.ts';
import { root } from './cli/juror.ts';
import { commandReference, fileReference } from './support/reference.ts';

const page = (name: string) => join(root, 'docs/reference', name);

test('the reference of suite files says what the schema says', async () => {
  const text = fileReference(
    'Suite files',
    'Every field of a suite, made from its schema. [Suites](../suite.md) explains them with examples. Paths are relative to the file.',
    Suite,
  );
  expect(text).toContain('| `unscored` | number from 0 to 1 | `0` |');
  await expect(text).toMatchFileSnapshot(page('suite-file.md'));
});

test('the reference of rubric files says what the schema says', async () => {
  const text = fileReference(
    'Rubric files',
    'Every field of a rubric, made from its schema. [Rubrics](../rubrics.md) explains them with an example.',
    Rubric,
  );
  expect(text).toContain('| `weight` | number above 0 | `1` |');
  await expect(text).toMatchFileSnapshot(page('rubric-file.md'));
});

test('the reference of the commands says what their help says', async () => {
  const commands = await commandsFor([]);
  expect(commands.length).toBeGreaterThan(15);
  await expect(commandReference(commands)).toMatchFileSnapshot(page('commands.md'));
});
