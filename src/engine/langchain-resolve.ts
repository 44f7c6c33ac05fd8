/** From a model's name and options to the server, the key and the factory; and the errors that name them. */
import type { BaseChatModel } from '@langchain/core/language_models/chat_models';
import { JurorError } from '../errors.ts';
import { secretsIn } from './langchain-failure.ts';
import type { Layout } from './langchain-messages.ts';
import { givenModel, type ModelFactory, modelFactory } from './langchain-model.ts';
import { checkBaseUrl, parseRemoteName } from './langchain-providers.ts';
import type { Unanswered } from './langchain-request.ts';

/** What names a model and its server. */
interface Named {
  readonly model: string | BaseChatModel | ModelFactory;
  readonly name?: string;
  readonly baseUrl?: string;
  readonly apiKey?: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
}

/** What is known of a remote model before it is asked. */
export interface RemoteModel {
  readonly name: string;
  readonly provider: string;
  readonly baseUrl: string | undefined;
  readonly factory: ModelFactory;
  readonly keyVariable: string | null;
  readonly secrets: readonly string[];
  /** May give log-probabilities. */
  readonly logprobs: boolean;
  readonly opening: Layout['opening'];
  /** Server and model for people. */
  readonly where: string;
}

/** What the options name, before anything is asked. Throws JurorError `usage`. */
export function resolveRemote(options: Named): RemoteModel {
  const parameters = options.parameters ?? {};
  const stated = [...secretsIn(parameters), ...(options.apiKey === undefined ? [] : [options.apiKey])];
  if (typeof options.model !== 'string') {
    const { model } = options;
    const name = options.name ?? (typeof model === 'function' ? undefined : nameOf(model));
    if (name === undefined)
      throw new JurorError(
        'usage',
        'name: expected a name for the model that is made by a function, got none',
      );
    return {
      name,
      provider: 'given',
      baseUrl: undefined,
      factory: typeof model === 'function' ? model : givenModel(model),
      keyVariable: null,
      secrets: [...stated, ...(typeof model === 'function' ? [] : secretsIn({ ...model }))],
      logprobs: true,
      opening: 'ask',
      where: name,
    };
  }
  const { provider, traits } = parseRemoteName(options.model);
  const { keyVariable } = traits;
  const openAiLike = traits.baseUrl === 'configuration';
  const own =
    options.baseUrl ??
    (provider === 'openai' ? process.env.OPENAI_BASE_URL || process.env.OPENAI_API_BASE : undefined);
  if (own !== undefined && traits.baseUrl === undefined)
    throw new JurorError(
      'usage',
      `base URL: expected none for '${provider}'; an OpenAI-compatible server is named openai:MODEL`,
    );
  const known = provider === 'openai' ? 'https://api.openai.com/v1' : undefined;
  const baseUrl = own === undefined ? known : checkBaseUrl(own);
  const found = options.apiKey ?? (keyVariable === null ? undefined : process.env[keyVariable] || undefined);
  const unlocked = own !== undefined || stated.length > 0;
  if (openAiLike && found === undefined && !unlocked)
    throw new JurorError(
      'usage',
      `model: expected a key for '${provider}' in ${keyVariable}, which is not set`,
    );
  // Servers of one's own often want no key, but the client does.
  const apiKey = options.apiKey ?? (openAiLike && found === undefined ? 'none' : undefined);
  const ownServer =
    openAiLike && own !== undefined && !/(^|\.)(openai\.com|azure\.com)$/.test(new URL(own).hostname);
  return {
    name: options.model,
    provider,
    baseUrl,
    factory: modelFactory(options.model, { baseUrl, apiKey, parameters }),
    keyVariable,
    secrets: [...stated, ...(found === undefined ? [] : [found])],
    logprobs: traits.logprobs ?? false,
    opening: ownServer ? 'continue' : 'ask',
    where: baseUrl === undefined ? options.model : `${options.model} at ${baseUrl}`,
  };
}

function nameOf(model: BaseChatModel): string {
  const { model: inner, modelName } = model as { model?: unknown; modelName?: unknown };
  const own = [inner, modelName].find((value) => typeof value === 'string');
  return own === undefined ? model.getName() : `${model.getName()}:${own}`;
}

/** The factory, once it has made a model: a missing package or key shows before any work. */
export async function makeable(
  { factory, name, keyVariable }: RemoteModel,
  conceal: (text: string) => string,
): Promise<ModelFactory> {
  try {
    await factory({ maxTokens: 1 });
    return factory;
  } catch (error) {
    if (JurorError.isInstance(error)) throw error;
    const hint = keyVariable === null ? '' : `; its key is looked for in ${keyVariable}`;
    throw new JurorError(
      'usage',
      `${name}: LangChain cannot make it: ${conceal(error instanceof Error ? error.message : String(error))}${hint}`,
    );
  }
}

/** The error of a request that no other request can mend, naming where the key is looked for and never the key. */
export function finalError({ status, message }: Unanswered, { where, keyVariable }: RemoteModel): JurorError {
  const key = keyVariable === null ? 'its key' : `the key in ${keyVariable}`;
  if (status === 401)
    return new JurorError('usage', `${where}: expected a valid key, ${key} was refused: ${message}`);
  if (status === 403) return new JurorError('usage', `${where}: ${key} does not allow this: ${message}`);
  if (status === 404)
    return new JurorError('model', `${where}: there is no such model or address for ${key}: ${message}`);
  if (status === 429)
    return new JurorError('usage', `${where}: the account of ${key} has no quota left: ${message}`);
  return new JurorError('usage', `${where}: the request was refused, with ${key}: ${message}`);
}
