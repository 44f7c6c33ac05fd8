/** Whether two engines cut text into the same tokens, so that their log-probabilities compare. */
import type { Engine, EngineOptions, Tokenizer } from '../engine/engine.ts';
import { JurorError } from '../errors.ts';

/** Throws JurorError `usage` where two engines do not cut every conversation into the same tokens, or cannot say so. */
export async function requireSameTokenizer(
  policy: Engine,
  reference: Engine,
  options: EngineOptions = {},
): Promise<void> {
  const [own, other] = [await tokenizerOf(policy, options), await tokenizerOf(reference, options)];
  const fail = (what: string, first: string, second: string): never => {
    throw new JurorError(
      'usage',
      `reference model: expected ${what} of '${policy.id.model}' (${first}), got that of '${reference.id.model}' (${second})`,
    );
  };
  const brief = (digest: string) => digest.slice(0, 12);
  if (own.vocabulary !== other.vocabulary)
    fail(
      'the tokenizer',
      `${own.name}, ${brief(own.vocabulary)}`,
      `${other.name}, ${brief(other.vocabulary)}`,
    );
  if (own.template !== other.template) fail('the chat template', brief(own.template), brief(other.template));
  if (own.endOfTurn !== other.endOfTurn)
    fail('the end of a turn', `token ${own.endOfTurn}`, `token ${other.endOfTurn}`);
}

async function tokenizerOf(engine: Engine, options: EngineOptions): Promise<Tokenizer> {
  if (engine.tokenizer) return engine.tokenizer(options);
  throw new JurorError(
    'usage',
    `expected a local model, whose log-probabilities of a given text can be read, got '${engine.id.model}' (${engine.id.kind})`,
  );
}
