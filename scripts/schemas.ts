/** Write the JSON Schemas of the files that people write: `npm run schemas`, after a change of their Zod schemas. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { rubricJsonSchema, suiteJsonSchema } from '../src/suite/json-schema.ts';

const folder = new URL('../schemas/', import.meta.url);
mkdirSync(folder, { recursive: true });
for (const [name, schema] of Object.entries({ suite: suiteJsonSchema(), rubric: rubricJsonSchema() }))
  writeFileSync(new URL(`${name}.schema.json`, folder), `${JSON.stringify(schema, null, 2)}\n`);
