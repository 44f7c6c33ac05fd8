/** The console blocks of README.md and docs/ are run from the recording: what the pages show is what juror prints. */
import { mkdtempDisposable, readdir, readFile, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { recordings, root, runNode } from './cli/juror.ts';

/** A console block: a command and what it prints. `<!-- $ command -->` is run and not shown. */
const block = /^```console\n\$ (?<command>.+)\n(?<output>[\s\S]*?)^```$|^<!-- \$ (?<hidden>.+) -->$/gm;

/** A page with the output of each of its commands, run in order in one folder that has `fixtures/` and `examples/`. */
async function replayed(page: string): Promise<string> {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'juror-docs-'));
  for (const name of ['fixtures', 'examples'])
    await symlink(join(root, name), join(folder.path, name), 'dir');
  const blocks = [...page.matchAll(block)];
  const printed: string[] = [];
  for (const { 0: text, groups } of blocks) {
    const { command, hidden, output = '' } = groups ?? {};
    const stdout = await run(command ?? hidden ?? '', folder.path);
    // A replay takes no time; the page keeps the time that the model took.
    const time = /made in [^·]+·/.exec(output)?.[0];
    printed.push(
      command
        ? `\`\`\`console\n$ ${command}\n${time ? stdout.replace(/made in [^·]+·/, time) : stdout}\`\`\``
        : text,
    );
  }
  return page.replace(block, () => printed.shift() ?? '');
}

async function run(command: string, folder: string): Promise<string> {
  // A word in quotes is what a shell makes of it.
  const [program, ...words] = command.split(' ').map((word) => word.replace(/^'(.*)'$/, '$1'));
  const parameters =
    program === 'juror'
      ? [join(root, 'src/cli/main.ts'), ...words]
      : ['--import', join(root, 'test/support/source.ts'), join(root, words[0] ?? ''), ...words.slice(1)];
  const environment = { JUROR_REPLAY: join(root, recordings.full) };
  const { code, stdout, stderr } = await runNode(parameters, join(folder, 'home'), environment, folder);
  expect({ code, stderr: stderr.split('\n').filter((line) => line.startsWith('juror:')) }).toEqual({
    code: 0,
    stderr: [],
  });
  return stdout;
}

const pages = (await readdir(join(root, 'docs')))
  .filter((name) => name.endsWith('.md'))
  .map((name) => join('docs', name));

test.for(['README.md', ...pages])('%s', async (name) => {
  const page = await readFile(join(root, name), 'utf8');
  if (page.search(block) < 0) return;
  await expect(await replayed(page)).toMatchFileSnapshot(join(root, name));
});
