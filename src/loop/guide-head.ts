/** A reward head as a scorer: it reads hidden states, and writes nothing. */
import { contentHash } from '../canonical.ts';
import { openScorer, type ScoreCallOptions, type ScorerOptions } from '../reward/scorer.ts';
import type { Sample } from '../schema.ts';
import type { AnswerScorer, GuideScore, ScoreOptions } from './guide-scorer.ts';

/** Mean less one deviation, so that what it takes off is the deviation. */
const reducer = { kind: 'penalized-mean', lambda: 1 } as const;

/**
 * Make a scorer of a head. Deviations are those of an ensemble's members, each centred on the answers that are scored together, so that
 * score − pessimism · deviation is the cautious score of {@link openScorer}; a head with one member has none, for what it doubts of one
 * answer alone does not compare answers. Reasons are the scores of the objectives where there are several. Beginnings are scored as if
 * they were answers, for which a head should have seen some in its training. Throws as {@link openScorer} does.
 */
export function headScorer({ head, features, onEvent }: Omit<ScorerOptions, 'reducer'>): AnswerScorer {
  const ensemble = head.belief.members.length > 1;
  const scorer = openScorer({
    head,
    features,
    ...(onEvent ? { onEvent } : {}),
    ...(ensemble ? { reducer } : {}),
  });
  const { record, digest, comparable } = scorer;
  const { spec } = features;
  const name = `${record.name} ${record.version} on ${spec.model}`;
  return {
    name,
    // 2: deviations are those of the members.
    identity: contentHash({ head: digest, feature: { ...spec, model: '' }, deviations: 2 }),
    source: { method: 'head', engines: [{ model: spec.model, digest: spec.digest }] },
    doubts: ensemble ? 'together' : 'never',
    async score(prompt, texts, options = {}) {
      const { answers } = await scorer.score(prompt, texts, callOptions(options));
      return answers.map((answer, index): GuideScore => {
        if (answer.status === 'unscored')
          return { score: null, reason: `${answer.reason}: ${answer.message}` };
        const { score, cautious, objectives, tokens } = answer;
        const named = Object.entries(objectives);
        const key = contentHash([digest, prompt, texts[index]]);
        return {
          score,
          // Both are rounded, so what is hardly anything may come out below 0.
          ...(ensemble ? { deviation: Math.max(0, score - cautious) } : {}),
          ...(named.length > 1
            ? { reason: named.map(([name, value]) => `${name} ${value.toFixed(2)}`).join(', ') }
            : {}),
          standsOn: [{ key, judgment: false, usage: { prompt: tokens, generated: 0 } }],
        };
      });
    },
    ...(comparable && {
      async compare(
        prompt: Sample['prompt'],
        first: string,
        second: string,
        options: ScoreOptions = {},
      ): Promise<number | null> {
        const { compare } = await scorer.score(prompt, [first, second], callOptions(options));
        return compare(0, 1)?.probability ?? null;
      },
    }),
  };
}

function callOptions({ signal, onEvent }: ScoreOptions): ScoreCallOptions {
  return { ...(signal ? { signal } : {}), ...(onEvent ? { onEvent } : {}) };
}
