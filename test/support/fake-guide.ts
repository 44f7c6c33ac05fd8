/** Writers and scorers without a model, for guided writing. */
import { contentHash } from '../../src/canonical.ts';
import type { Generation, GenerationResult, TextGenerator } from '../../src/engine/generate.ts';
import { JurorError } from '../../src/errors.ts';
import type { AnswerScorer, GuideScore } from '../../src/loop/guide-scorer.ts';

/** A fake writer and what it was asked. */
export interface FakeWriter extends TextGenerator {
  readonly requests: Generation[];
}

/** What a fake writer writes: a text, and the stop text that ended it. */
type Said = string | { readonly text: string; readonly stoppedBy?: string; readonly finish?: 'length' };

/** Make a writer that says what `say` makes of a request and of how often its text was begun before. */
export function fakeWriter(say: (request: Generation, times: number) => Said): FakeWriter {
  const requests: Generation[] = [];
  const times = new Map<string, number>();
  return {
    requests,
    id: { kind: 'llama', model: 'writer', digest: 'writer', template: 'fake', settings: {} },
    async generate(request, { signal } = {}): Promise<GenerationResult> {
      if (signal?.aborted) throw new JurorError('aborted', 'aborted');
      requests.push(request);
      const name = contentHash([request.messages, request.prefix ?? []]);
      const before = times.get(name) ?? 0;
      times.set(name, before + 1);
      await Promise.resolve();
      const said = say(request, before);
      const { text, stoppedBy, finish = 'stop' } = typeof said === 'string' ? { text: said } : said;
      const usage = { evaluated: 10, reused: 5, generated: text.length };
      return { text, finish, usage, ...(stoppedBy === undefined ? {} : { stoppedBy }) };
    },
  };
}

/** A scorer of texts; a number is a score, a text the reason why there is none. Its calls are kept. */
export function fakeScorer(
  merit: (text: string) => number | string | GuideScore,
  options: { steps?: boolean } = {},
): AnswerScorer & { readonly asked: string[] } {
  const asked: string[] = [];
  const scoreOf = (text: string): GuideScore => {
    asked.push(text);
    const said = merit(text);
    const standsOn = [{ key: contentHash(text), judgment: false, usage: { prompt: 7, generated: 1 } }];
    if (typeof said === 'number') return { score: said, reason: `merit ${said}`, standsOn };
    return typeof said === 'string' ? { score: null, reason: said } : said;
  };
  return {
    asked,
    name: 'fake',
    identity: 'fake',
    source: { method: 'head' },
    score: async (_prompt, texts) => texts.map(scoreOf),
    ...(options.steps && {
      scoreSteps: async (_prompt, solutions) => solutions.map((steps) => scoreOf(steps.join(''))),
    }),
  };
}
