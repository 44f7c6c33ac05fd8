import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { rubricJsonSchema, suiteJsonSchema } from '../../src/suite/json-schema.ts';

test.for([
  ['suite', suiteJsonSchema()],
  ['rubric', rubricJsonSchema()],
] as const)('schemas/%s.schema.json is what `npm run schemas` writes', async ([name, schema]) => {
  expect(await readFile(`schemas/${name}.schema.json`, 'utf8')).toBe(`${JSON.stringify(schema, null, 2)}\n`);
});

test('defaults may be left out, and fields say what they are', () => {
  const { required, properties, additionalProperties } = suiteJsonSchema();
  expect(required).toEqual(['name', 'data', 'rubrics', 'judges']);
  expect(additionalProperties).toBe(false);
  expect(properties).toMatchObject({
    slices: { description: expect.stringContaining('metadata') },
    pass: { default: 0.5 },
  });
});
