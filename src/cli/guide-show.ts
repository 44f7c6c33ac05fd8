/** Choices for people: each candidate as it comes, and for the first prompts all of them with their reasons. */
import type { Listener } from '../events.ts';
import type { Guided, GuidedCandidate, GuideStrategy } from '../schema.ts';
import { excerpt, harmless, type Terminal, wrap } from './terminal.ts';

/** Shows the first prompts. */
export interface GuideShow {
  readonly listen: Listener;
  /** Told of each prompt before it is worked on. */
  watch(sampleId: string): void;
  text(): string;
}

const indent = 11;

/** Show the first `limit` prompts: a line for each candidate at once, and all of them at the end. Shows nothing when it is 0. */
export function createGuideShow(limit: number, terminal: Terminal): GuideShow {
  const watched: string[] = [];
  const shown = new Map<string, string>();
  const live = (sampleId: string, line: string): void => {
    if (watched.includes(sampleId)) terminal.note(`${harmless(sampleId)} · ${line}`);
  };
  return {
    watch(sampleId) {
      if (watched.length < limit) watched.push(sampleId);
    },
    listen(event) {
      if (event.type === 'candidate-finish') live(event.sampleId, lineOf(event.candidate, terminal.width));
      if (event.type === 'beam-keep')
        for (const candidate of event.candidates)
          live(event.sampleId, `step ${event.depth} · ${lineOf(candidate, terminal.width)}`);
      if (event.type !== 'guide-finish') return;
      const { guided } = event;
      live(guided.sampleId, harmless(guided.why));
      if (watched.includes(guided.sampleId)) shown.set(guided.sampleId, describe(guided, terminal));
    },
    text: () => watched.flatMap((id) => shown.get(id) ?? []).join('\n\n'),
  };
}

/** `c2 0.612 goes on: rank 1 of 4 · the words`. */
function lineOf(candidate: GuidedCandidate, width: number): string {
  const { id, fate } = candidate;
  const words = excerpt(candidate.steps?.at(-1) ?? candidate.text, Math.max(20, width - 60));
  return [`${id} ${scoreOf(candidate)}`, ...(fate === '' ? [] : [harmless(fate)]), words].join(' · ');
}

function describe(guided: Guided, terminal: Terminal): string {
  const { sampleId, prompt, candidates, strategy, chosen, why } = guided;
  const lines = [terminal.style('bold', `${harmless(sampleId)} · ${strategyText(strategy)}`)];
  const say = (name: string, text: string, most: number) => {
    const label = terminal.style('dim', excerpt(name, indent - 3).padEnd(indent - 2));
    const [first, ...rest] = wrap(text, terminal.width - indent, most);
    lines.push(`  ${label}${first}`, ...rest.map((line) => ' '.repeat(indent) + line));
  };
  say('prompt', typeof prompt === 'string' ? prompt : (prompt.at(-1)?.content ?? ''), 2);
  for (const candidate of candidates) {
    const own = `${scoreOf(candidate)} ${candidate.fate}`;
    say(candidate.id, candidate.kept ? terminal.style('green', own) : own, 1);
    const { steps, parent, text, finish, reason } = candidate;
    const after = parent ? `after ${parent}: ` : '';
    const cut = finish === 'length' ? ' [cut]' : '';
    say('', `${after}${steps?.at(-1) ?? text}${cut}`, 3);
    if (reason !== undefined) say('', `– ${reason}`, 3);
  }
  say('chosen', why, 2);
  const answer = candidates.find(({ id }) => id === chosen);
  if (answer?.steps) say('', answer.text, 6);
  return lines.join('\n');
}

function scoreOf({ score, deviation }: GuidedCandidate): string {
  if (score === null) return '–';
  return deviation === undefined ? score.toFixed(3) : `${score.toFixed(3)} ± ${deviation.toFixed(3)}`;
}

/** A strategy in a few words. */
export function strategyText(strategy: GuideStrategy): string {
  if (strategy.kind === 'best-of') {
    const rounds = strategy.patience === null ? '' : `, ${strategy.patience} at a time`;
    return `best of ${strategy.n}${rounds}`;
  }
  if (strategy.kind === 'rejection') return `at most ${strategy.n}, until one has ${strategy.accept}`;
  const { n, width, independent, boundary, lookahead } = strategy;
  const trees = independent ? `, ${n / width} trees of their own` : '';
  const ahead = lookahead > 0 ? `, looking ${lookahead} ahead` : '';
  return `${n} beams, ${width} wide${trees}${ahead}, steps of a ${boundary === 'line' ? 'line' : 'paragraph'}`;
}
