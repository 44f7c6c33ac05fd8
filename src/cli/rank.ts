/** `juror rank DATA`: rank the answers of every sample by comparing pairs of them. */
import { join } from 'node:path';
import { Command, type CommandUnknownOpts, InvalidArgumentError } from '@commander-js/extra-typings';
import { type RankingRow, rankingReport, rankingRow } from '../aggregate/ranking-report.ts';
import { readSamples } from '../dataset.ts';
import { jurorHome } from '../engine/models.ts';
import { JurorError } from '../errors.ts';
import { completeProtocol } from '../judge/protocol.ts';
import { type Budget, pairBudget, rankSamples, requirePairwise } from '../judge/rank.ts';
import { exportRankings, exportVerdicts, openJudgingRun } from '../judge/run.ts';
import { loadRubric } from '../rubric.ts';
import type { Ranking } from '../schema.ts';
import { askAnew } from '../store/anew.ts';
import { openCache } from '../store/cache.ts';
import { recordData } from '../store/data-pointer.ts';
import { addEngineFlags, openEngine } from './engine.ts';
import { flag, fraction } from './flags.ts';
import { createInWork } from './in-work.ts';
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
import { createMeter, type RunTotals } from './meter.ts';
import { createRankingShowcase, describeRankings } from './ranking.ts';
import { plural, processTerminal, type Terminal } from './terminal.ts';

/** The verb. */
export function rankCommand(): CommandUnknownOpts {
  return define().action(async (data, flags) => {
    process.exitCode = await interruptible((signal) => rank(data, flags, signal));
  });
}

type Flags = ReturnType<ReturnType<typeof define>['opts']>;

function define() {
  const command = new Command('rank')
    .description('rank the answers of every sample of DATA (JSONL, CSV or Parquet) by comparing pairs')
    .argument('<data>', 'rows with a prompt and two answers or more')
    .addOption(flag('--rubric <id>', 'a pairwise rubric, ready or a .yaml file').default('better-answer'))
    .addOption(
      flag('--schedule <kind>', 'which pairs are asked: those in doubt, Swiss rounds, or all')
        .choices(['information', 'swiss', 'all-pairs'] as const)
        .default('information' as const),
    )
    .addOption(
      flag('--budget <n>', 'most pairs of one sample: a number, or a share such as 40%')
        .argParser(budgetOf)
        .default('100%' as const),
    )
    .addOption(
      flag('--settled <tau>', "information: stop when Kendall's τ is surely this high; 1 never stops early")
        .argParser(fraction(1))
        .default(0.95),
    )
    .addOption(
      flag(
        '--out <dir>',
        'run folder; the same command goes on where it stopped (default: .juror/runs/DATA.RUBRIC.rank)',
      ),
    );
  return addEngineFlags(addJudgingFlags(command));
}

async function rank(data: string, flags: Flags, signal: AbortSignal): Promise<number> {
  const terminal = processTerminal({ quiet: flags.quiet ?? false });
  const rubric = await loadRubric(flags.rubric);
  requirePairwise(rubric);
  const protocol = completeProtocol(protocolOf(flags));
  const settings = {
    schedule: flags.schedule,
    budget: flags.budget,
    settled: flags.settled === 1 ? null : flags.settled,
  };
  const refusals = createRefusals(terminal);
  const reading = { onBadRow: refusals.refuse, ...(flags.limit === undefined ? {} : { limit: flags.limit }) };
  await requireReadable(data);

  const meter = createMeter(terminal);
  const opened = await openEngine(flags, terminal, signal, meter.listen);
  await using engine = opened.engine;
  const out = flags.out ?? `${defaultFolder(data, [rubric])}.rank`;
  await using run = await openJudgingRun(out, { engine, rubrics: [rubric], protocol, settings });
  await recordData(run, data, flags.limit);
  await using kept = flags.cache ? await openCache(run.store, jurorHome()) : run.store;
  const store = flags.record === undefined ? kept : askAnew(kept);

  if (flags.retry || store !== kept) await store.forgetFailures();
  const change = changeNote(out, run.changedField);
  if (change) terminal.note(change);
  terminal.note(`${rubric.rubric.id}, ${flags.schedule} · ${opened.description}`);
  if (opened.purpose) terminal.note(`${opened.engine.id.model} is ${opened.purpose}`);

  const showcase = createRankingShowcase(flags.show);
  const rankings: Ranking[] = [];
  const rows: RankingRow[] = [];
  const inWork = createInWork(readSamples(data, reading), refusals.refuse);
  meter.begin();
  void countSamples(data, flags.limit, signal).then(
    (total) => meter.expect(total),
    () => {},
  );
  try {
    const options = { engine, rubric, store, ...protocol, onEvent: meter.listen };
    for await (const ranking of rankSamples(options, inWork.samples(), {
      ...settings,
      signal,
      onBadSample: inWork.refuse,
    })) {
      const sample = inWork.take(ranking.sampleId);
      rankings.push(ranking);
      if (sample) {
        rows.push(rankingRow(sample, ranking));
        showcase.add(sample, ranking);
      }
      meter.finish(ranking);
    }
  } catch (error) {
    meter.stop();
    throw explainInterruption(error, out);
  } finally {
    meter.stop();
  }
  const { summary } = await exportVerdicts(run);
  await exportRankings(run, rankings);
  report(terminal, {
    flags,
    out,
    rankings,
    rows,
    totals: meter.totals(),
    shown: showcase.text(terminal),
    refused: refusals.count(),
  });
  if (refusals.count() > 0) return 2;
  const without = rankings.filter(({ places }) => places.length === 0).length;
  const unscored = summary.verdicts - summary.scored;
  const tolerated =
    unscored <= flags.tolerate * summary.verdicts && without <= flags.tolerate * rankings.length;
  return tolerated ? 0 : 3;
}

interface Ending {
  readonly flags: Flags;
  readonly out: string;
  readonly rankings: readonly Ranking[];
  readonly rows: readonly RankingRow[];
  readonly totals: RunTotals;
  readonly shown: string;
  readonly refused: number;
}

function report(terminal: Terminal, { flags, out, rankings, rows, totals, shown, refused }: Ending): void {
  const figures = rankingReport(rows, { seed: flags.seed });
  if (flags.json) {
    const { counts, ...rest } = figures;
    const content = { ...counts, ...rest, refusedRows: refused, tokens: totals, out };
    terminal.print(JSON.stringify(content, null, 2));
    return;
  }
  if (shown) terminal.print(`${shown}\n`);
  terminal.print(describeRankings(rankings, figures, totals, terminal));
  if (refused > 0) terminal.print(`\n${plural(refused, 'row')} refused; see the messages above`);
  terminal.print(`\n${join(out, 'rankings.jsonl')} · verdicts.jsonl · judgments.jsonl · summary.json`);
}

function budgetOf(text: string): Budget {
  const budget = (/^\d+$/.test(text) ? Number(text) : text) as Budget;
  try {
    pairBudget(budget, 2);
    return budget;
  } catch (error) {
    if (JurorError.isInstance(error)) throw new InvalidArgumentError(error.message.replace(/^budget: /, ''));
    throw error;
  }
}
