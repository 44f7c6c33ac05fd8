/** A reward head as a scorer: it reads hidden states, and writes nothing. */
import { contentHash } from '../canonical.ts';
import type { Scorer } from '../reward/scorer.ts';
import type { FeatureSpec } from '../schema.ts';
import type { AnswerScorer, GuideScore } from './guide-scorer.ts';

/**
 * Make a scorer of a head; `spec` is that of the features that it reads. Its deviations are the head's own, and it has no reasons but
 * the scores of its objectives where there are several. Beginnings are scored as if they were answers, for which a head should have
 * seen some in its training.
 */
export function headScorer(scorer: Scorer, spec: FeatureSpec): AnswerScorer {
  const { record, digest } = scorer;
  return {
    name: `${record.name} ${record.version} on ${spec.model}`,
    identity: contentHash({ head: digest, feature: { ...spec, model: '' } }),
    source: { method: 'head', engines: [{ model: spec.model, digest: spec.digest }] },
    async score(prompt, texts, { signal, onEvent } = {}) {
      const options = { ...(signal ? { signal } : {}), ...(onEvent ? { onEvent } : {}) };
      const { answers } = await scorer.score(prompt, texts, options);
      return answers.map((answer, index): GuideScore => {
        if (answer.status === 'unscored')
          return { score: null, reason: `${answer.reason}: ${answer.message}` };
        const { score, deviation, objectives, tokens } = answer;
        const named = Object.entries(objectives);
        const key = contentHash([digest, prompt, texts[index]]);
        return {
          score,
          ...(deviation === null ? {} : { deviation }),
          ...(named.length > 1
            ? { reason: named.map(([name, value]) => `${name} ${value.toFixed(2)}`).join(', ') }
            : {}),
          standsOn: [{ key, judgment: false, usage: { prompt: tokens, generated: 0 } }],
        };
      });
    },
  };
}
