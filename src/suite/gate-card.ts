/** Whether a report card vouches for the judge of a run. */
import type { CardGate, CritiqueMode, JudgeCard, SuiteCheck } from '../schema.ts';
import { didYouMean } from './measure.ts';

/** What a judge is, as far as a card of it must be of the same. */
export interface JudgeIdentity {
  /** SHA-256 of the model file, as in EngineId. */
  readonly digest: string;
  /** Name of the model for people. Default the first digits of its digest. */
  readonly model?: string;
  /** The rubrics that it judges by. */
  readonly rubrics: readonly { readonly id: string; readonly digest: string }[];
  /** How it deliberates. Default: not compared. */
  readonly critique?: CritiqueMode;
}

/** What card gates are held against. */
export interface CardInput {
  readonly cards?: Readonly<Record<string, JudgeCard>>;
  readonly judges?: Readonly<Record<string, JudgeIdentity>>;
}

const uses = ['trial', 'assist', 'gate'] as const;

/**
 * One check for the judge that is named, or for each. `unmeasured` without the card, or where it is of another model, or of other rubrics or another way
 * to deliberate than the run's: such a card says nothing of this judge, neither good nor bad.
 */
export function checkCard(gate: CardGate, { cards = {}, judges = {} }: CardInput): SuiteCheck[] {
  const names = gate.judge === undefined ? Object.keys(judges).sort() : [gate.judge];
  return (names.length === 0 ? ['all'] : names).map((name) => {
    const judge = Object.hasOwn(judges, name) ? judges[name] : undefined;
    const card = Object.hasOwn(cards, gate.file) ? cards[gate.file] : undefined;
    const miss = !judge
      ? `no judge '${name}' is in this run${didYouMean(name, Object.keys(judges))}`
      : card
        ? unlike(card, judge)
        : `there is no card '${gate.file}'`;
    return {
      gate: gate.id,
      kind: 'card',
      data: null,
      judge: name,
      rubric: null,
      slice: null,
      expected: `report card ${gate.file} allows ${gate.use === 'gate' ? 'to gate' : 'to assist people'}`,
      ...(gate.description === undefined ? {} : { description: gate.description }),
      figure: null,
      ...(miss === undefined && card ? decide(card, gate.use) : { status: 'unmeasured', found: miss ?? '' }),
    };
  });
}

function decide({ verdict }: JudgeCard, use: CardGate['use']): Pick<SuiteCheck, 'status' | 'found'> {
  const enough = uses.indexOf(verdict.use) >= uses.indexOf(use) && (use !== 'gate' || verdict.mayGate);
  const unmet = verdict.requirements.filter(({ met }) => !met);
  const [first] = unmet;
  const met = `${verdict.requirements.length - unmet.length} of ${verdict.requirements.length} requirements met`;
  const why = first
    ? `; not met: ${first.requirement} (${first.found})${unmet.length > 1 ? ` and ${unmet.length - 1} more` : ''}`
    : '';
  const allowed = { gate: 'to gate', assist: 'to assist people', trial: 'trials alone' }[verdict.use];
  return { status: enough ? 'passed' : 'failed', found: `allows ${allowed}, ${met}${why}` };
}

/** Why the card is not of this judge. */
function unlike({ engine, protocol }: JudgeCard, judge: JudgeIdentity): string | undefined {
  const short = (digest: string) => digest.slice(0, 12);
  if (engine.digest !== judge.digest)
    return `the card is of ${engine.model} (${short(engine.digest)}), the judge is ${judge.model ?? 'another model'} (${short(judge.digest)})`;
  if (judge.critique !== undefined && judge.critique !== protocol.critique)
    return `the card was made with critique ${protocol.critique}, the judge has critique ${judge.critique}`;
  const known = new Map(protocol.rubrics.map(({ id, digest }) => [id, digest]));
  const strange = judge.rubrics.filter(({ id, digest }) => known.get(id) !== digest);
  if (strange.length === 0) return undefined;
  const words = strange.map(({ id }) => (known.has(id) ? `another text of ${id}` : id));
  return `the card was made under ${[...known.keys()].join(', ')}; it says nothing of ${words.join(', ')}`;
}
