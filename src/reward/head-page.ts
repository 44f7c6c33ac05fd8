/** A head's page for people. */
import type { Figure } from '../aggregate/interval.ts';
import type { RewardHead } from '../schema.ts';
import { pythonReader } from './head-python.ts';

const whereRead = {
  'answer-end': 'at the last token of the answer',
  'turn-end': 'at the token with which the chat template ends the answer',
  'next-turn': 'where the assistant would begin its next turn',
} as const;

const kindNames = {
  pairs: 'comparisons of two answers',
  scores: 'scored answers',
  steps: 'labelled steps, each read as the answer up to it',
} as const;

/** The page in Markdown: the same head has the same page. */
export function headPage(record: RewardHead): string {
  return `${[
    `# ${record.name} ${record.version}`,
    description(record),
    dataSection(record),
    heldOutSection(record),
    doubtSection(record),
    limits(record),
    `## In Python\n\nWithout juror, from states of the backbone read in the same place:\n\n\`\`\`python\n${pythonReader(record)}\n\`\`\``,
  ].join('\n\n')}\n`;
}

function description({
  feature,
  hidden,
  members,
  objectives,
  loss,
  l2,
  combination,
  juror,
}: RewardHead): string {
  const shape = hidden === null ? 'linear' : `one tanh layer of ${hidden} units`;
  const settings = Object.entries(loss.options)
    .filter(([, value]) => value !== null && value !== 0)
    .map(([name, value]) => `${name} ${Array.isArray(value) ? value.join(', ') : value}`);
  const penalty =
    l2.curve === null ? 'given' : `least loss on unseen prompts of ${l2.curve.length} candidates`;
  const rows = [
    ['Backbone', `${code(feature.model)}, SHA-256 ${code(feature.digest)}, frozen`],
    ['Chat template', `SHA-256 ${code(feature.template)}`],
    [
      'Feature',
      `final hidden state of ${feature.size} numbers, ${whereRead[feature.readOut]} (${code(feature.readOut)})`,
    ],
    ...(feature.suffix === null ? [] : [['Turn after the answer', code(feature.suffix)]]),
    [
      'Read with',
      Object.entries(feature.settings)
        .map(([name, value]) => `${name} ${value}`)
        .join(', ') || '–',
    ],
    [
      'Head',
      `${shape}, ${members === 1 ? 'one member' : `${members} members`}, ${objectives.map(code).join(', ')}`,
    ],
    ...(combination === null
      ? []
      : [
          [
            'One score',
            `${combination.kind}: ${objectives.map((name, place) => `${name} ${round(combination.weights[place] ?? 0)}`).join(', ')}`,
          ],
          ...(combination.units
            ? [
                [
                  'In units of',
                  objectives
                    .map((name, place) => `${name} ${round(combination.units?.[place] ?? 1)}`)
                    .join(', '),
                ],
              ]
            : []),
          ...combinationRows(combination),
        ]),
    ['Loss', [code(loss.kind), ...settings].join(', ')],
    ['L2', `${round(l2.value)}, ${penalty}`],
    ['Made by', `juror ${juror}`],
  ];
  return `A reward head: scores of answers from a hidden state of a language model that was not changed.\n\n${table(['', ''], rows)}`;
}

/** How the objectives were weighed. */
function combinationRows({ fit, lengthSlopes }: NonNullable<RewardHead['combination']>): string[][] {
  if (fit === undefined) return [];
  const { heldOut, lengthLimit, lengthCorrelation } = fit;
  const left = Object.entries(fit.leftOut).map(([reason, n]) => `, left out: ${reason} ${n}`);
  const by = {
    pairs: 'of the data',
    overall: `by the label ${code(fit.overall ?? '')}`,
    mean: 'by the mean of the objectives',
  };
  const losses = heldOut && [
    `loss on unseen prompts ${plain(heldOut.constants)} with constants`,
    `${plain(heldOut.gate)} with a gate, which gains ${plain(heldOut.gain)}`,
  ];
  const length =
    lengthLimit === null
      ? 'nothing taken off'
      : `${lengthSlopes.some((slope) => slope !== 0) ? 'taken off' : 'nothing to take off'}, |ρ| at most ${round(lengthLimit)}`;
  return [
    [
      'Weighed by',
      `${fit.pairs} comparisons of ${fit.prompts} prompts ${by[fit.comparisons]}${left.join('')}`,
    ],
    ['Constants or gate', [fit.reason, ...(losses ?? [])].join('; ')],
    [
      'Length',
      `${length}${lengthCorrelation === null ? '' : `; ρ ${round(lengthCorrelation)} on these comparisons`}`,
    ],
  ];
}

function dataSection({ kind, training: { rows, balance } }: RewardHead): string {
  const sources = Object.entries(rows.sources).map(([method, n]) => `${method} ${n}`);
  const left = Object.entries(rows.leftOut).map(([reason, n]) => `${reason} ${n}`);
  return `## Trained on\n\n${table(
    ['', ''],
    [
      ['Labels', `${rows.rows} ${kindNames[kind]}, ${rows.texts} answers, ${rows.prompts} prompts`],
      ...(sources.length === 0 ? [] : [['Sources', sources.join(', ')]]),
      ['Ties, soft labels', `${percent(balance.ties)}, ${percent(balance.soft)}`],
      ...(kind === 'pairs' ? [] : [['Mean label', round(balance.mean)]]),
      ...(balance.longer === null ? [] : [['The longer answer is better', share(balance.longer)]]),
      ...(left.length === 0 ? [] : [['Left out', left.join(', ')]]),
      ['SHA-256 of the rows', code(rows.digest)],
    ],
  )}`;
}

function heldOutSection({ heldOut, kind }: RewardHead): string {
  if (heldOut === null)
    return '## Held out\n\nNo prompt was held out: nothing is known of what this head is worth.';
  const { rows, how, figures, baselines } = heldOut;
  const of = how === 'anchors' ? 'a test set of its own' : 'prompts that training did not see';
  const names = Object.keys(figures).sort();
  const rules = Object.keys(baselines);
  const body = names.map((name) => [
    name,
    figure(name, figures[name]),
    ...rules.map((rule) => figure(name, baselines[rule]?.[name])),
  ]);
  const gains = rules.flatMap((rule) =>
    Object.entries(baselines[rule] ?? {}).flatMap(([name, value]) =>
      /(^|\.)gain$/.test(name) ? [`${rule} ${figure('gain', value)}`] : [],
    ),
  );
  return `## Held out\n\n${rows.rows} ${kindNames[kind]} of ${rows.prompts} prompts, ${of}. 95 % intervals in brackets, clustered by prompt.\n\n${table(
    ['', 'head', ...rules],
    body,
  )}\n\nBetter than each rule by: ${gains.join('; ')}.`;
}

function doubtSection({ calibration, conformal, posterior, members, heldOut, range }: RewardHead): string {
  const lines = [
    calibration === null
      ? 'Probabilities are not calibrated: no two answers of one prompt were compared.'
      : `Log-odds of comparisons are multiplied by ${round(calibration.slope)}, fitted on ${calibration.pairs} comparisons by heads that had not seen their prompts (${calibration.folds} folds).`,
    posterior !== null
      ? 'Deviations are those of the Laplace posterior of the weights.'
      : members > 1
        ? 'Deviations are those over the members.'
        : 'It has no deviations.',
    ...(conformal === null
      ? []
      : [
          conformal.threshold >= 1
            ? `It abstains from all comparisons: ${conformal.prompts} prompts are too few to keep decided errors at about ${percent(conformal.errorRate)}.`
            : `It abstains unless the likelier answer has more than ${percent(conformal.threshold)}: then about at most ${percent(conformal.errorRate)} of all comparisons like these are decided and wrong. Not exactly, as the penalty was chosen on the same training prompts.`,
        ]),
    ...(range === null
      ? []
      : [`It tells how far an answer is from the ${range.rows} that it was trained on.`]),
  ];
  const curve = heldOut?.riskCoverage ?? [];
  const points = curve.map(({ coverage, threshold, risk }) => [
    percent(coverage),
    percent(threshold),
    percent(risk),
  ]);
  return `## How sure it is\n\n${lines.join(' ')}${
    points.length === 0
      ? ''
      : `\n\n${table(['answered, surest first', 'probability of at least', 'of these wrong'], points)}`
  }`;
}

function limits({ feature, kind, heldOut, combination }: RewardHead): string {
  const small = heldOut !== null && heldOut.rows.prompts < 100;
  return `## Limits\n\n${[
    `It reads states of \`${feature.model}\` with that SHA-256 and chat template alone; juror refuses others.`,
    'It knows what its data say, of prompts and answers like them. On other kinds of text it may be close to chance, and it may reward length or style where the labels do.',
    kind === 'pairs'
      ? 'Comparisons do not tell the level of a prompt: compare scores of one prompt, not across prompts.'
      : combination?.fit !== undefined && !combination.fit.reason.startsWith('alike')
        ? 'Its objectives are on the scale of the labels that they were trained on; the one score is log-odds of comparisons, to be compared within a prompt.'
        : 'Its scores are on the scale of the labels that it was trained on.',
    ...(small ? ['Few prompts were held out: the intervals are wide.'] : []),
    'Optimising a policy against it will find answers that it overrates.',
  ]
    .map((line) => `- ${line}`)
    .join('\n')}`;
}

/** A figure's numbers; a record's `reason` may be undefined. */
type Numbers = Pick<Figure, 'estimate' | 'low' | 'high'>;

function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(headings), `|${headings.map(() => '---|').join('')}`, ...rows.map(line)].join('\n');
}

function figure(name: string, value: Numbers | undefined): string {
  if (value === undefined) return '';
  return /accuracy$|gain$|(^|\.)decided/.test(name) ? share(value) : plain(value);
}

function share({ estimate, low, high }: Numbers): string {
  if (estimate === null) return '–';
  return percent(estimate) + interval(low, high, (value) => (100 * value).toFixed(1));
}

function plain({ estimate, low, high }: Numbers): string {
  return estimate === null ? '–' : round(estimate) + interval(low, high, round);
}

function interval(low: number | null, high: number | null, format: (value: number) => string): string {
  return low === null || high === null || low === high ? '' : ` [${format(low)}, ${format(high)}]`;
}

function percent(value: number): string {
  return `${(100 * value).toFixed(1)} %`;
}

function round(value: number): string {
  return String(Number(value.toPrecision(3)));
}

/** Text of others as code on one line, which ends no cell and no line. */
function code(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').replaceAll('`', "'");
  return `\`${line}\``;
}
