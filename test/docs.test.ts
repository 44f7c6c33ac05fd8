/** The console blocks of README.md and docs/ are run from the recording: what the pages show is what juror prints. */
import { mkdir, mkdtempDisposable, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { recordings, root, runNode } from './cli/juror.ts';

/**
 * A console block: a command, what it prints, and how it ends where that is not 0. `<!-- $ command -->` is run and not shown; a block
 * with `file=PATH` is written to that file.
 */
const block =
  /^```console(?<ending> exit=\d+)?\n\$ (?<command>.+)\n(?<output>[\s\S]*?)^```$|^```\w+ file=(?<file>\S+)\n(?<content>[\s\S]*?)^```$|^<!-- \$ (?<hidden>.+) -->$/gm;

/** A page with the output of each of its commands, run in order in one folder that has `fixtures/` and `examples/`. */
async function replayed(page: string): Promise<string> {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'juror-docs-'));
  for (const name of ['fixtures', 'examples'])
    await symlink(join(root, name), join(folder.path, name), 'dir');
  const blocks = [...page.matchAll(block)];
  const printed: string[] = [];
  for (const { 0: text, groups } of blocks) {
    const { command, hidden, file, content = '', output = '', ending = '' } = groups ?? {};
    if (file !== undefined) {
      await mkdir(dirname(join(folder.path, file)), { recursive: true });
      await writeFile(join(folder.path, file), content);
      printed.push(text);
      continue;
    }
    const stdout = await run(command ?? hidden ?? '', folder.path, Number(ending.slice(' exit='.length)));
    // A replay takes no time; the page keeps the time that the model took.
    const time = /made in [^·]+·/.exec(output)?.[0];
    printed.push(
      command
        ? `\`\`\`console${ending}\n$ ${command}\n${time ? stdout.replace(/made in [^·]+·/, time) : stdout}\`\`\``
        : text,
    );
  }
  return page.replace(block, () => printed.shift() ?? '');
}

async function run(command: string, folder: string, expected: number): Promise<string> {
  // A word in quotes is what a shell makes of it.
  const [program, ...words] = command
    .replace(/^npx /, '')
    .split(' ')
    .map((word) => word.replace(/^'(.*)'$/, '$1'));
  const parameters =
    program === 'juror'
      ? [join(root, 'src/cli/main.ts'), ...words]
      : ['--import', join(root, 'test/support/source.ts'), join(root, words[0] ?? ''), ...words.slice(1)];
  const environment = { JUROR_REPLAY: join(root, recordings.full) };
  const { code, stdout, stderr } = await runNode(parameters, join(folder, 'home'), environment, folder);
  expect({ code, stderr: stderr.split('\n').filter((line) => line.startsWith('juror:')) }).toEqual({
    code: expected,
    stderr: [],
  });
  return stdout;
}

const pages = ['docs', 'docs/guides'].map(async (folder) =>
  (await readdir(join(root, folder)))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name)),
);

test.for(['README.md', ...(await Promise.all(pages)).flat()])('%s', async (name) => {
  const page = await readFile(join(root, name), 'utf8');
  if (page.search(block) < 0) return;
  await expect(await replayed(page)).toMatchFileSnapshot(join(root, name));
});
