/** `juror judge DATA`: judge every sample of a file under one or more rubrics. */
import { join } from 'node:path';
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { readSamples } from '../dataset.ts';
import { jurorHome } from '../engine/models.ts';
import { JurorError } from '../errors.ts';
import { createJudge } from '../judge/judge.ts';
import { completeProtocol } from '../judge/protocol.ts';
import { requireRules } from '../judge/rules.ts';
import { exportVerdicts, openJudgingRun } from '../judge/run.ts';
import { type LoadedRubric, loadRubric } from '../rubric.ts';
import { askAnew } from '../store/anew.ts';
import { openCache } from '../store/cache.ts';
import { recordData } from '../store/data-pointer.ts';
import { describeAgreement } from './agreement.ts';
import { agreementOf } from './agreement-rows.ts';
import { flag, fraction, gather } from './flags.ts';
import { interruptible } from './interrupt.ts';
import {
  addJudgingFlags,
  changeNote,
  countSamples,
  createRefusals,
  defaultFolder,
  explainInterruption,
  protocolOf,
  requireReadable,
} from './judging.ts';
import { createMeter } from './meter.ts';
import { addPanelFlags, countModels, decisionRules, describeEngines, openEngines } from './panel.ts';
import { createShowcase } from './showcase.ts';
import { describeSummary } from './summary.ts';
import { plural, processTerminal, type Terminal } from './terminal.ts';

/** The verb. */
export function judgeCommand(): CommandUnknownOpts {
  return define().action(async (data, flags) => {
    process.exitCode = await interruptible((signal) => judge(data, flags, signal));
  });
}

type Flags = ReturnType<ReturnType<typeof define>['opts']>;

function define() {
  const command = new Command('judge')
    .description('judge every sample of DATA (JSONL, CSV or Parquet) under one or more rubrics')
    .argument('<data>', 'rows with a prompt and one answer or more')
    .addOption(
      flag('--rubric <id>', 'a ready rubric or a .yaml file; repeatable')
        .argParser(gather)
        .makeOptionMandatory(),
    )
    .addOption(
      flag(
        '--out <dir>',
        'run folder; the same command goes on where it stopped (default: .juror/runs/DATA.RUBRIC)',
      ),
    )
    .addOption(
      flag('--steps <how>', 'stepwise: cut answers without steps at their lines or numbered lines')
        .choices(['given', 'lines', 'numbered'] as const)
        .default('given' as const),
    )
    .addOption(
      flag('--tie-band <nats>', 'orders that disagree are a tie within this mean |log-odds|')
        .argParser(fraction(30))
        .default(0),
    );
  return addPanelFlags(addJudgingFlags(command));
}

async function judge(data: string, flags: Flags, signal: AbortSignal): Promise<number> {
  const terminal = processTerminal({ quiet: flags.quiet ?? false });
  const rubrics = await loadRubrics(flags.rubric);
  const protocol = completeProtocol({ ...protocolOf(flags), steps: flags.steps });
  const rules = decisionRules(flags);
  requireRules(
    rules,
    countModels(flags),
    rubrics.map(({ rubric }) => rubric),
  );
  const refusals = createRefusals(terminal);
  const reading = { onBadRow: refusals.refuse, ...(flags.limit === undefined ? {} : { limit: flags.limit }) };
  await requireReadable(data);

  const meter = createMeter(terminal);
  await using judges = await openEngines(flags, terminal, signal, meter.listen);
  const { opened, engines } = judges;
  const out = flags.out ?? defaultFolder(data, rubrics);
  await using run = await openJudgingRun(out, {
    engines,
    rubrics,
    protocol,
    tieBand: flags.tieBand,
    ...rules,
  });
  await recordData(run, data, flags.limit);
  await using kept = flags.cache ? await openCache(run.store, jurorHome()) : run.store;
  const store = flags.record === undefined ? kept : askAnew(kept);

  if (flags.retry || store !== kept) await store.forgetFailures();
  const change = changeNote(out, run.changedField);
  if (change) terminal.note(change);
  terminal.note(`${rubrics.map(({ rubric }) => rubric.id).join(', ')} · ${describeEngines(opened, rules)}`);
  for (const { engine, purpose } of opened) if (purpose) terminal.note(`${engine.id.model} is ${purpose}`);
  const showcase = createShowcase(flags.show, flags.steps);
  const judge = createJudge({
    engines,
    rubrics,
    store,
    ...protocol,
    ...rules,
    tieBand: flags.tieBand,
    onEvent: (event) => {
      meter.listen(event);
      showcase.listen(event);
    },
  });
  meter.begin();
  void countSamples(data, flags.limit, signal).then(
    (total) => meter.expect(total),
    () => {},
  );
  let judged = 0;
  try {
    for await (const verdict of judge.judgeAll(showcase.watch(readSamples(data, reading)), {
      signal,
      onBadSample: refusals.refuse,
    })) {
      judged++;
      meter.finish(verdict);
    }
  } catch (error) {
    meter.stop();
    throw explainInterruption(error, out);
  } finally {
    meter.stop();
  }
  const { summary } = await exportVerdicts(run);
  if (summary.verdicts > judged)
    terminal.warn(
      `juror: ${plural(summary.verdicts - judged, 'verdict')} of earlier data in ${out} are counted along; --out names another folder`,
    );
  await report(terminal, {
    flags,
    out,
    run,
    summary,
    meter: meter.totals(),
    shown: showcase.text(terminal),
    bad: refusals.count(),
  });
  const unscored = summary.verdicts - summary.scored;
  if (refusals.count() > 0) return 2;
  return unscored > flags.tolerate * summary.verdicts ? 3 : 0;
}

interface Ending {
  readonly flags: Flags;
  readonly out: string;
  readonly run: Parameters<typeof agreementOf>[0];
  readonly summary: Parameters<typeof describeSummary>[0];
  readonly meter: ReturnType<ReturnType<typeof createMeter>['totals']>;
  readonly shown: string;
  readonly bad: number;
}

async function report(
  terminal: Terminal,
  { flags, out, run, summary, meter, shown, bad }: Ending,
): Promise<void> {
  const agreements = await agreementOf(run, {});
  if (flags.json) {
    const agreement = Object.fromEntries(agreements.map(({ rubricId, report }) => [rubricId, report]));
    return terminal.print(
      JSON.stringify({ ...summary, refusedRows: bad, tokens: meter, agreement, out }, null, 2),
    );
  }
  if (shown) terminal.print(`${shown}\n`);
  terminal.print(describeSummary(summary, meter, terminal));
  for (const { rubricId, report } of agreements)
    if (report.counts.compared > 0) terminal.print(`\n${describeAgreement(rubricId, report)}`);
  if (bad > 0) terminal.print(`\n${plural(bad, 'row')} refused; see the messages above`);
  terminal.print(`\n${join(out, 'verdicts.jsonl')} · judgments.jsonl · summary.json`);
}

async function loadRubrics(names: readonly string[]): Promise<LoadedRubric[]> {
  const loaded = await Promise.all(names.map(loadRubric));
  const ids = loaded.map(({ rubric }) => rubric.id);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined)
    throw new JurorError('usage', `--rubric: expected each rubric once, got '${twice}' twice`);
  return loaded;
}
