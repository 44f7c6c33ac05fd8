#!/usr/bin/env node
/** The `juror` command. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from '@commander-js/extra-typings';
import { JurorError } from '../errors.ts';
import { agreeCommand } from './agree.ts';
import { calibrateCommand } from './calibrate.ts';
import { cardCommand } from './card.ts';
import { cascadeCommand } from './cascade.ts';
import { combineCommand } from './combine.ts';
import { doctorCommand } from './doctor.ts';
import { exportCommand } from './export.ts';
import { guideCommand } from './guide.ts';
import { implicitCommand } from './implicit.ts';
import { judgeCommand } from './judge.ts';
import { modelsCommand } from './models.ts';
import { prefsCommand } from './prefs.ts';
import { rankCommand } from './rank.ts';
import { reportCommand } from './report.ts';
import { sampleCommand } from './sample.ts';
import { scoreCommand } from './score.ts';
import { selftrainCommand } from './selftrain.ts';
import { synthCommand } from './synth.ts';
import { harmless } from './terminal.ts';
import { trainCommand } from './train.ts';

/** What a shell sees. 1 is kept for gates. */
const exitCodes = { done: 0, badInput: 2, incomplete: 3, broken: 70, interrupted: 130 } as const;

const { version }: { version: string } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
);

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
  juror agree run`,
  );

for (const command of [
  judgeCommand(),
  rankCommand(),
  implicitCommand(),
  agreeCommand(),
  calibrateCommand(),
  combineCommand(),
  prefsCommand(),
  synthCommand(),
  sampleCommand(),
  trainCommand(),
  scoreCommand(),
  cascadeCommand(),
  selftrainCommand(),
  guideCommand(),
  cardCommand(),
  reportCommand(),
  exportCommand(),
  modelsCommand(),
  doctorCommand(),
])
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
