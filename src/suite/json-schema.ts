/** What editors know of the files that people write: JSON Schemas, made from the schemas that check them. */
import { z } from 'zod';
import { Rubric, Suite } from '../schema.ts';

/** The JSON Schema (draft 2020-12) of a suite file. */
export function suiteJsonSchema(): Record<string, unknown> {
  return schemaOf(
    Suite,
    'A suite of juror',
    'Data × rubrics × judges, and the gates that a run of them must pass.',
  );
}

/** The JSON Schema (draft 2020-12) of a rubric file. */
export function rubricJsonSchema(): Record<string, unknown> {
  return schemaOf(Rubric, 'A rubric of juror', 'What a judge is asked, and in what terms it may answer.');
}

function schemaOf(schema: z.ZodType, title: string, description: string): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io: 'input' });
  return { $schema, title, description, ...rest };
}
