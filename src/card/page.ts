/** A card as a page of Markdown: the verdict and its reasons first. */
import type { Figure } from '../aggregate/interval.ts';
import type { JudgeCard } from '../schema.ts';

type Interval = Pick<Figure, 'estimate' | 'low' | 'high' | 'n'> & { readonly reason?: string | undefined };

const uses: Readonly<Record<JudgeCard['verdict']['use'], string>> = {
  gate: 'Every requirement below is met.',
  assist:
    'It is surely better than a coin and the baselines on one kind of question, so it may help people who check its verdicts.',
  trial: 'It is not surely better than a coin and the baselines, so it is for trying juror and for tests.',
};

/** The page. Texts that are not juror's own cannot break it. */
export function cardPage(card: JudgeCard): string {
  const { engine, protocol, pairs, answers, retest, verdict, contentFree } = card;
  const unmet = verdict.requirements.filter(({ met }) => !met).length;
  const total = verdict.requirements.length;
  return `${[
    `# Report card: ${inline(engine.model)}`,
    `**${verdict.mayGate ? 'May gate a build' : 'May not gate a build'}.** ${uses[verdict.use]}${
      unmet > 0 ? ` ${unmet} of ${total} requirements are not met.` : ''
    }`,
    table(
      ['', 'requirement, on 95 % intervals', 'found'],
      [...verdict.requirements]
        .sort((left, right) => Number(left.met) - Number(right.met))
        .map(({ met, requirement, found }) => [met ? 'met' : '**not met**', requirement, found]),
    ),
    '## Agreement with labels',
    table(
      ['', 'accuracy', 'κ', 'n'],
      [
        ['pairs', share(pairs.accuracy), number(pairs.kappa), count(pairs.accuracy)],
        ...baselineRows(pairs.baselines),
        ['single answers', share(answers.accuracy), number(answers.kappa), count(answers.accuracy)],
        ...baselineRows(answers.baselines),
      ],
    ),
    `Area under the curve of the scores of single answers: ${number(answers.areaUnderCurve)}. The whole cuts are balanced: neither the order nor, for pairs, the length tells the label; a part of them need not be.`,
    '## The judge alone',
    table(
      ['', 'figure', 'fair', 'n'],
      [
        ['orders of a pair disagree', share(pairs.orderFlips), '0 %', count(pairs.orderFlips)],
        ['first-shown answer wins', share(pairs.firstShownWins), '50 %', count(pairs.firstShownWins)],
        ['position lean, nats', number(pairs.positionLean), '0', count(pairs.positionLean)],
        ...retestRows('asked again', retest.same),
        ...(retest.otherSeed ? retestRows('another seed', retest.otherSeed) : []),
        ['without a verdict, twins included', share(card.unscored), '0 %', count(card.unscored)],
      ],
    ),
    '## Probes',
    'The worse answer of a pair, or a wrong answer, is changed in one way; all else is the same to the byte. *Turned*: it now wins or passes, and had not before. *Shift*: mean change of its probability to win, or of its score.',
    table(
      ['probe', 'what was done', 'pairs turned', 'n', 'shift', 'answers turned', 'n', 'shift'],
      card.probes.map((probe) => [
        probe.name,
        probe.description,
        share(probe.pairs.flips),
        count(probe.pairs.flips),
        number(probe.pairs.shift),
        share(probe.answers.flips),
        count(probe.answers.flips),
        number(probe.answers.shift),
      ]),
    ),
    `Fences broken: ${share(card.fencesBroken)} of ${card.fencesBroken.n} prompts. Answers without content told without the judge: ${contentFree.caught} of ${contentFree.planted}, and ${contentFree.falseAlarms} of ${contentFree.genuine} genuine answers taken for such.${unscoredProbes(card)}`,
    ...familyTables(card),
    '## How it was made',
    table(
      ['', ''],
      [
        ['model', `${engine.model}, SHA-256 ${engine.digest}`],
        ['chat template', `SHA-256 ${engine.template}`],
        ...Object.entries(engine.settings).map(([name, value]) => [name, String(value)]),
        [
          'protocol',
          `seed ${protocol.seed}, critique ${protocol.critique}, ${protocol.samples} per judgment, temperature ${protocol.temperature}`,
        ],
        ...protocol.rubrics.map(({ id, version, digest }) => [
          `rubric ${id}`,
          `version ${version}, SHA-256 ${digest}`,
        ]),
        ...card.cuts.map(({ name, rows, source, digest }) => [
          `cut ${name}`,
          `${rows} rows; ${source}; SHA-256 ${digest}`,
        ]),
      ],
    ),
    'Intervals are 95 %, clustered by prompt. A card says what a judge did on these cuts with these probes; attackers who adapt do more.',
  ].join('\n\n')}\n`;
}

function baselineRows(baselines: Readonly<Record<string, Interval>>): string[][] {
  const names: Readonly<Record<string, string>> = {
    longer: 'longer answer wins',
    first: 'first answer wins',
    majority: 'majority label',
    constant: 'majority label',
  };
  return Object.entries(baselines).map(([name, figure]) => [
    `  ${names[name] ?? name}`,
    share(figure),
    '–',
    count(figure),
  ]);
}

function retestRows(name: string, { agreement, change }: JudgeCard['retest']['same']): string[][] {
  return [
    [`same verdict, ${name}`, share(agreement), '100 %', count(agreement)],
    [`change of the probability, ${name}`, number(change), '0', count(change)],
  ];
}

function unscoredProbes({ probes }: JudgeCard): string {
  const unscored = probes.reduce((sum, { pairs, answers }) => sum + pairs.unscored + answers.unscored, 0);
  return unscored === 0 ? '' : ` Twins without a verdict, left out above: ${unscored}.`;
}

/** The families of a probe that has many, those that did most first. */
function familyTables({ probes }: JudgeCard): string[] {
  return probes
    .filter(({ kind }) => kind === 'injection' || kind === 'replacement')
    .flatMap(({ name, families }) => {
      const rows = Object.entries(families).filter(([, { n }]) => n > 0);
      if (rows.length < 2) return [];
      const rate = ({ flips, n }: { flips: number; n: number }) => flips / n;
      const sorted = rows.sort(
        ([leftName, left], [rightName, right]) =>
          rate(right) - rate(left) || right.n - left.n || (leftName < rightName ? -1 : 1),
      );
      return [
        `### Families of ${name}`,
        table(
          ['family', 'turned', 'of'],
          sorted.map(([family, { flips, n }]) => [family, String(flips), String(n)]),
        ),
      ];
    });
}

function share(figure: Interval): string {
  return format(figure, (value) => (value * 100).toFixed(1), ' %');
}

function number(figure: Interval): string {
  return format(figure, (value) => value.toFixed(2), '');
}

function format({ estimate, low, high, reason }: Interval, write: (value: number) => string, unit: string) {
  if (estimate === null) return `– (${reason ?? 'unknown'})`;
  const interval = low === null || high === null || low === high ? '' : ` [${write(low)}, ${write(high)}]`;
  return `${write(estimate)}${unit}${interval}`.replace(/-(0\.0+)(?!\d)/g, '$1');
}

function count({ n }: Interval): string {
  return String(n);
}

function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  return [line(headings), `|${headings.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}

/** A cell; `**not met**` is the page's own emphasis. */
function cell(text: string): string {
  return text === '**not met**' ? text : inline(text);
}

/** One line of plain text: no markup, no HTML, no control or bidirectional characters. */
function inline(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029\s]+/gu, ' ')
    .trim()
    .replace(/[\\`*_{}[\]<>#|~!&]/g, (character) =>
      character === '[' || character === ']' ? character : `\\${character}`,
    )
    .replace(/\](?=[([:])/g, '\\]');
}
