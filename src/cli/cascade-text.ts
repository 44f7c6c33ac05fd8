/** A cascade's figures as text. */
import type { CascadeReport } from '../aggregate/cascade-report.ts';
import type { CascadeFile } from '../schema.ts';
import { number, share } from './figures.ts';
import { count, percent, plural, table } from './terminal.ts';

/** Who decided what, how rightly, and for how many tokens. */
export function describeCascade(report: CascadeReport): string {
  const { rows, labelled, stages, people, tokens, agreement, longer, againstJudge, riskCoverageArea } =
    report;
  const parts = [
    [
      `${plural(rows, 'row')}, ${count(labelled)} with labels`,
      '95 % intervals in brackets, clustered by prompt',
    ].join('\n'),
    table(
      [
        '',
        'asked',
        'decided',
        'share of rows',
        'agreement of these',
        'alone, where asked',
        'n',
        'read',
        'written',
      ],
      [
        ...stages.map((own) => [
          own.stage,
          count(own.asked),
          count(own.decided),
          share(own.share),
          share(own.agreement),
          share(own.alone),
          count(own.alone.n),
          count(own.tokens.prompt),
          count(own.tokens.generated),
        ]),
        ['people', count(people.rows), '', share(people.share), '', '', '', '', ''],
        [
          'cascade',
          count(rows),
          count(rows - people.rows),
          '',
          share(agreement),
          '',
          count(agreement.n),
          count(tokens.prompt),
          count(tokens.generated),
        ],
        ...(longer.n > 0 ? [['longer answer', '', '', '', '', share(longer), count(longer.n), '', '']] : []),
      ],
      ['asked', 'decided', 'n', 'read', 'written'],
    ),
    costLines(report).join('\n'),
  ];
  if (againstJudge.difference.estimate !== null)
    parts.push(
      `on the ${plural(againstJudge.difference.n, 'row')} of which both are known: cascade ${share(againstJudge.cascade)}, ${stages.at(-1)?.stage} alone ${share(againstJudge.judge)}, difference ${number(againstJudge.difference)}`,
    );
  if (riskCoverageArea.estimate !== null)
    parts.push(
      [
        `wrong among the surest: ${coverages(report).join(' · ')}`,
        `area under the risk–coverage curve ${number(riskCoverageArea)}`,
      ].join('\n'),
    );
  return parts.join('\n\n');
}

function costLines({ tokens, alone }: CascadeReport): string[] {
  const all = tokens.prompt + tokens.generated;
  const each = (value: number | null) => (value === null ? '–' : count(Math.round(value)));
  return [
    `${count(all)} tokens, ${each(tokens.perRow)} a row, ${each(tokens.perDecided)} a row decided`,
    ...alone.map(({ stage, measured, estimated, total, saved }) => {
      if (total === null) return `${stage} alone: not known, it was never asked about a whole row`;
      const parts = [
        `measured on ${plural(measured.rows, 'row')}`,
        ...(estimated.rows > 0 ? [`an estimate from their mean on ${count(estimated.rows)}`] : []),
      ];
      const change =
        saved === null
          ? ''
          : saved >= 0
            ? `: ${percent(saved)} saved`
            : `: ${percent(-saved)} more were spent`;
      return `${stage} alone: ${count(total)} tokens (${parts.join(', ')})${change}`;
    }),
  ];
}

function coverages({ riskCoverage }: CascadeReport): string[] {
  return [0.25, 0.5, 0.75, 1].flatMap((wanted) => {
    const point = riskCoverage.find(({ coverage }) => coverage >= wanted - 1e-12);
    return point ? [`${percent(point.coverage)} ${percent(point.risk)}`] : [];
  });
}

/** What fitted thresholds promise. */
export function describeThresholds(file: CascadeFile): string {
  const { stages, thresholds, target, confidence, bound, learn, test, candidates, tested, lines } = file;
  const promise =
    target.kind === 'error'
      ? `of the rows decided at most ${percent(target.most)} are wrong`
      : `agreement is at most ${percent(target.most)} below that of ${stages.at(-1)} alone`;
  const units = (stage: string) =>
    stage === 'head' && file.subject.head.confidence.startsWith('deviations') ? 'deviations' : 'nats';
  return [
    `with ${percent(confidence)} confidence ${promise}; bound ${percent(bound)}, from ${count(test.rows)} rows (${count(test.decided)} decided, ${count(test.wrong)} wrong)`,
    `${plural(candidates, 'candidate')} from ${count(learn.rows)} other rows, ${count(tested)} tested`,
    ...stages.map((stage, place) => {
      const threshold = thresholds[place] ?? null;
      const weights = lines?.[place]?.weights.map((weight) => weight.toFixed(2)).join(', ');
      const added = weights === undefined ? '' : `, weights ${weights}`;
      return `${stage} ${threshold === null ? 'never decides' : `decides from ${threshold.toFixed(2)} ${units(stage)}`}${added}`;
    }),
  ].join('\n');
}
