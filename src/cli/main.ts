#!/usr/bin/env node
/** The `juror` command. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from '@commander-js/extra-typings';
import { JurorError } from '../errors.ts';
import { nodeFault } from './node-version.ts';
import { harmless } from './terminal.ts';
import { commandsFor } from './verbs.ts';

/** What a shell sees. 1 is kept for gates. */
const exitCodes = { done: 0, badInput: 2, incomplete: 3, broken: 70, interrupted: 130 } as const;

const { version, engines }: { version: string; engines: { node: string } } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
);

const fault = nodeFault(process.versions.node, engines.node);
if (fault !== undefined) {
  process.stderr.write(`juror: ${fault}\n`);
  process.exit(exitCodes.badInput);
}

const program = new Command('juror')
  .description('Judge answers with a model you own: critiques and exact verdict probabilities.')
  .version(version)
  .showHelpAfterError('(run with --help for the flags)')
  .exitOverride()
  .addHelpText(
    'after',
    `
Exit codes: 0 done · 1 a gate failed · 2 bad usage, rubric or data · 3 more unscored than tolerated · 130 interrupted
Environment: JUROR_MODEL, JUROR_HOME, and every flag as JUROR_<FLAG>

Try:
  juror judge answers.jsonl --rubric helpfulness --out run
  juror agree run
  juror view run`,
  );

for (const command of await commandsFor(process.argv.slice(2)))
  program.addCommand(command.exitOverride().copyInheritedSettings(program));

// Whoever reads may have seen enough, as `head` has.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(process.exitCode ?? exitCodes.done);
});

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
}

function exitCodeOf(error: unknown): number {
  // Commander has written its own message; help and version end with 0.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.badInput;
  if (JurorError.isInstance(error)) {
    process.stderr.write(`juror: ${harmless(error.message)}\n`);
    return error.code === 'aborted' ? exitCodes.interrupted : exitCodes.badInput;
  }
  process.stderr.write(
    `juror: a fault of juror itself, please report it\n${error instanceof Error ? error.stack : error}\n`,
  );
  return exitCodes.broken;
}
