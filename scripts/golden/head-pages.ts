/** Writes the folders of fixtures/golden/head-pages, whose pages scripts/golden/head-pages.py runs, and the features that they score. */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { writeHead } from '../../src/reward/head-file.ts';
import { headPage } from '../../src/reward/head-page.ts';
import { caseInputs, headCases } from '../../test/reward/head-cases.ts';

const folder = fileURLToPath(new URL('../../fixtures/golden/head-pages/', import.meta.url));
for (const [name, head] of Object.entries(headCases))
  await writeHead(`${folder}${name}`, head, { page: headPage(head.record), training: head.record });
const { features, lengths, prompt } = caseInputs;
const rows = Array.from({ length: features.rows }, (_, row) => [
  ...features.values.subarray(row * features.columns, (row + 1) * features.columns),
]);
await writeFile(
  `${folder}inputs.json`,
  `${JSON.stringify({ features: rows, lengths, prompt: [...prompt] })}\n`,
);
