/** A training as text. */
import type { TrainedHead } from '../reward/train.ts';
import type { HeldOut, HeldOutFigures, RewardHead } from '../schema.ts';
import { number, reasons, share } from './figures.ts';
import { count, harmless, percent, plural, table } from './terminal.ts';

const nouns = { pairs: 'comparison', scores: 'scored answer', steps: 'labelled step' } as const;

const rules: Readonly<Record<string, string>> = {
  longer: 'longer answer wins',
  'length-regression': 'regression on length',
  constant: 'constant',
  length: 'length',
};

/** The report of `juror train`; `unused` are rows of the files that say nothing. */
export function describeTraining(trained: TrainedHead, unused: Readonly<Record<string, number>>): string {
  const { record, reading, doubts } = trained;
  const { heldOut } = record;
  const parts = [
    `${count(reading.read)} tokens read, ${count(reading.found)} found`,
    ...heading(record, unused),
    ...Object.entries(doubts.missing).map(([what, why]) => `no ${what}: ${harmless(why)}`),
  ];
  return [
    parts.join('\n'),
    ...(heldOut === null
      ? ['no prompt was held out: nothing is known of what this head is worth']
      : ['95 % intervals in brackets, clustered by prompt', ...figures(record, heldOut)]),
  ].join('\n\n');
}

function heading(record: RewardHead, unused: Readonly<Record<string, number>>): string[] {
  const { kind, loss, l2, training, heldOut, members, hidden, combination } = record;
  const rows = (own: HeldOut['rows']) =>
    `${plural(own.rows, nouns[kind])} of ${plural(own.prompts, 'prompt')}`;
  const held =
    heldOut === null
      ? ''
      : `; ${rows(heldOut.rows)} ${heldOut.how === 'anchors' ? 'as anchors' : 'held out'}`;
  const shape = hidden === null ? 'linear' : `${hidden} hidden units`;
  const penalty = l2.curve === null ? 'given' : `chosen from ${l2.curve.length}`;
  const left = Object.entries({ ...unused, ...training.rows.leftOut }).map(
    ([reason, n]) => `${reason} ${count(n)}`,
  );
  return [
    `${loss.kind} on ${rows(training.rows)}${held}`,
    `${shape}, ${plural(members, 'member')}, L2 ${Number(l2.value.toPrecision(3))} ${penalty}`,
    ...(left.length === 0 ? [] : [`left out: ${left.join(', ')}`]),
    ...(combination?.fit ? [combinationLine(record.objectives, combination)] : []),
  ];
}

/** Weights, what they stand on, and why they are constants or a gate. */
function combinationLine(
  objectives: RewardHead['objectives'],
  { weights, fit }: NonNullable<RewardHead['combination']>,
): string {
  const each = objectives.map((name, place) => `${harmless(name)} ${(weights[place] ?? 0).toFixed(2)}`);
  const { pairs = 0, prompts = 0, heldOut = null, reason = '', leftOut = {} } = fit ?? {};
  const losses = heldOut
    ? `; held out constants ${show('loss', heldOut.constants)}, gate ${show('loss', heldOut.gate)}`
    : '';
  const left = Object.entries(leftOut).map(([why, n]) => `, ${why} ${count(n)}`);
  return `${each.join(', ')} by ${plural(pairs, 'comparison')} of ${plural(prompts, 'prompt')}${left.join('')}: ${harmless(reason)}${losses}`;
}

function figures({ kind, conformal, calibration }: RewardHead, heldOut: HeldOut): string[] {
  if (kind !== 'pairs') return [scoreTable(heldOut)];
  const own = heldOut.figures;
  const names = ['accuracy', 'log-loss', 'calibration-error'] as const;
  const row = (title: string, column: HeldOutFigures) => [
    title,
    ...names.map((name) => show(name, column[name])),
    count(column.accuracy?.n ?? 0),
  ];
  const lines = [
    ...Object.entries(heldOut.baselines).map(
      ([rule, column]) => `${rules[rule] ?? rule}: the head is better by ${show('gain', column.gain)}`,
    ),
    ...(heldOut.balance.soft > 0
      ? [`soft labels: no head can have a log loss below ${show('log-loss', own['label-entropy'])}`]
      : []),
    ...(calibration === null ? [] : [`log-odds times ${calibration.slope.toFixed(2)} by calibration`]),
    ...(conformal === null || own.decided === undefined
      ? []
      : [
          `decides ${show('decided', own.decided)}, abstaining so that about at most ${percent(conformal.errorRate)} of all are decided and wrong; here ${show('decided-wrong', own['decided-wrong'])}`,
        ]),
  ];
  return [
    table(
      ['', 'accuracy', 'log loss', 'calibration error', 'n'],
      [
        row('head', own),
        ...Object.entries(heldOut.baselines).map(([rule, column]) => row(rules[rule] ?? rule, column)),
      ],
      ['n'],
    ),
    lines.join('\n'),
    ...missing(own),
  ];
}

function scoreTable({ figures: own, baselines }: HeldOut): string {
  const names = Object.keys(own).sort();
  const columns = Object.entries(baselines);
  return table(
    ['', 'head', ...columns.map(([rule]) => rules[rule] ?? rule), 'n'],
    names.map((name) => [
      name.replaceAll('-', ' '),
      show(name, own[name]),
      ...columns.map(([, column]) => (column[name] === undefined ? '' : show(name, column[name]))),
      count(own[name]?.n ?? 0),
    ]),
    ['n'],
  );
}

function show(name: string, figure: HeldOutFigures[string] | undefined): string {
  if (figure === undefined) return '';
  const { reason, ...rest } = figure;
  const plain = { ...rest, ...(reason === undefined ? {} : { reason }) };
  return /accuracy$|gain$|(^|\.)decided/.test(name) ? share(plain) : number(plain);
}

function missing(column: HeldOutFigures): string[] {
  const found = Object.entries(column).flatMap(([name, { reason, ...rest }]) =>
    reason === undefined ? [] : [[name, { ...rest, reason }] as const],
  );
  const told = reasons(found);
  return told.length === 0 ? [] : [told.join('\n')];
}
