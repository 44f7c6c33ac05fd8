import { expect, test } from 'vitest';
import { z } from 'zod';
import { grammarForm } from '../../src/engine/grammar-schema.ts';

const form = (schema: z.ZodType) => grammarForm(z.toJSONSchema(schema));

test('a schema becomes what a grammar holds', () => {
  const { schema, unheld } = form(
    z.object({
      winner: z.enum(['A', 'B']),
      score: z.int().min(1).max(5),
      share: z.number(),
      sure: z.boolean(),
      note: z.string().max(80).nullable(),
      day: z.union([z.literal('today'), z.null()]),
      tags: z.array(z.string()).min(1).max(3),
      pair: z.tuple([z.string(), z.int()]),
      more: z.record(z.string(), z.number()),
      maybe: z.string().optional(),
    }),
  );
  expect(schema).toEqual({
    type: 'object',
    additionalProperties: false,
    properties: {
      winner: { enum: ['A', 'B'] },
      score: { enum: [1, 2, 3, 4, 5] },
      share: { type: 'number' },
      sure: { type: 'boolean' },
      note: { oneOf: [{ type: 'string', maxLength: 80 }, { type: 'null' }] },
      day: { oneOf: [{ enum: ['today'] }, { type: 'null' }] },
      tags: { type: 'array', items: { type: 'string' }, minItems: 1, maxItems: 3 },
      pair: {
        type: 'array',
        prefixItems: [{ type: 'string' }, { type: 'integer' }],
        minItems: 2,
        maxItems: 2,
      },
      more: { type: 'object', properties: {}, additionalProperties: { type: 'number' } },
      maybe: { type: 'string' },
    },
  });
  expect(unheld).toEqual([]);
});

test('what a grammar does not hold is listed with its place', () => {
  const { schema, unheld } = form(
    z.object({
      share: z.number().min(0).max(1),
      code: z.string().regex(/^x/),
      day: z.iso.date(),
      list: z.array(z.object({ count: z.int().positive() })),
    }),
  );
  expect(schema).toMatchObject({ properties: { day: { type: 'string', format: 'date' } } });
  expect(unheld.toSorted()).toEqual([
    'code: pattern',
    'day: pattern',
    'list.*.count: exclusiveMinimum',
    'share: maximum',
    'share: minimum',
  ]);
});

test('integers are listed up to 256 of them, bounds included or not', () => {
  const range = (keywords: object) => grammarForm({ type: 'integer', ...keywords });
  expect(range({ minimum: 0.5, exclusiveMaximum: 4 })).toEqual({ schema: { enum: [1, 2, 3] }, unheld: [] });
  expect(range({ minimum: -1, exclusiveMinimum: -1, maximum: 1 }).schema).toEqual({ enum: [0, 1] });
  expect(range({ minimum: 0, maximum: 255 }).schema).toHaveProperty('enum.length', 256);
  expect(range({ minimum: 0, maximum: 256 })).toEqual({
    schema: { type: 'integer' },
    unheld: ['schema: minimum', 'schema: maximum'],
  });
  expect(form(z.int())).toEqual({ schema: { type: 'integer' }, unheld: [] });
});

test('definitions of either draft are kept and may recur', () => {
  const item = {
    type: 'object',
    properties: { next: { anyOf: [{ $ref: '#/definitions/item' }, { type: 'null' }] } },
  };
  const held = {
    type: 'object',
    properties: { next: { oneOf: [{ $ref: '#/$defs/item' }, { type: 'null' }] } },
    additionalProperties: false,
  };
  expect(grammarForm({ ...item, definitions: { item } }).schema).toEqual({ ...held, $defs: { item: held } });
  expect(
    grammarForm({ type: 'array', items: [{ type: 'null' }], additionalItems: { type: 'string' } }).schema,
  ).toEqual({
    type: 'array',
    prefixItems: [{ type: 'null' }],
    items: { type: 'string' },
  });
});

test('a form that no grammar holds is refused with its path', () => {
  const cases: [unknown, string][] = [
    [{ type: 'object', properties: { any: {} } }, 'any: expected one known type, got {}'],
    [{ type: 'array' }, 'schema: expected items of a type, got an array of anything'],
    [{ not: { type: 'null' } }, "schema: expected a form that a grammar holds, got 'not'"],
    [{ $ref: '#' }, "schema: expected a reference to one of $defs, got '#'"],
    [
      { allOf: [{ type: 'null' }, { type: 'null' }] },
      "schema: expected a form that a grammar holds, got 'allOf'",
    ],
    [{ type: 'array', items: { type: 'strin' } }, '*: expected one known type, got {"type":"strin"}'],
    [true, 'schema: expected a schema, got true'],
  ];
  for (const [schema, message] of cases)
    expect(() => grammarForm(schema)).toThrow(expect.objectContaining({ code: 'usage', message }));
  expect(() => form(z.object({ inner: z.object({ any: z.unknown() }) }))).toThrow('inner.any: expected');
});
