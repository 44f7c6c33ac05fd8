/** Code on these pages is that of programs that tests run: each block names its file, and stands in it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const block = /(?:<!-- from (?<file>\S+) -->\n)?^```(?<language>ts|text)\n(?<code>[\s\S]*?)^```$/gm;

/** Lines without their indentation; a snapshot in a test is indented and in quotes. */
function lines(text: string): string {
  const trimmed = text.split('\n').map((line) => line.trim().replace(/^"failed Error: /, ''));
  return trimmed.filter((line) => line !== '').join('\n');
}

test.for(['docs/vitest.md', 'docs/integrations.md'])('%s', async (page) => {
  const blocks = [...(await readFile(join(root, page), 'utf8')).matchAll(block)];
  expect(blocks.length).toBeGreaterThan(2);
  for (const { groups } of blocks) {
    const { file = 'no file is named above the block', code = '' } = groups ?? {};
    const source = await readFile(join(root, file), 'utf8');
    // What a test expects by a regular expression has its points escaped.
    expect(lines(source).replaceAll('\\.', '.')).toContain(lines(code));
  }
});
