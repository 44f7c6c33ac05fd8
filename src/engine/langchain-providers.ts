/** Providers by LangChain's names: where each keeps its key, and how it names the settings that juror gives. */
import { JurorError, nearestName } from '../errors.ts';

/** What juror knows of a provider. */
export interface Provider {
  /** Environment variable of the key; null where there is none or the provider finds its own. */
  readonly keyVariable: string | null;
  /** Constructor's name for the budget of tokens. Default `maxTokens`. */
  readonly maxTokens?: string;
  /** Takes `top_p` beside a temperature. Default true. */
  readonly topP?: boolean;
  /** Where the seed goes. Default `none`. */
  readonly seed?: 'call' | 'constructor' | 'none';
  /** The constructor's `logprobs` and `topLogprobs` reach the server. Default false. */
  readonly logprobs?: boolean;
  /** Where the base URL goes; without it, none is taken. `configuration` is OpenAI's. */
  readonly baseUrl?: string;
}

const openAi = { seed: 'call', logprobs: true, baseUrl: 'configuration' } as const;

/** Every provider that `initChatModel` knows. */
export const providers: Readonly<Record<string, Provider>> = {
  openai: { keyVariable: 'OPENAI_API_KEY', ...openAi },
  azure_openai: {
    keyVariable: 'AZURE_OPENAI_API_KEY',
    seed: 'call',
    logprobs: true,
    baseUrl: 'azureOpenAIEndpoint',
  },
  anthropic: { keyVariable: 'ANTHROPIC_API_KEY', topP: false, baseUrl: 'anthropicApiUrl' },
  google: { keyVariable: 'GOOGLE_API_KEY', maxTokens: 'maxOutputTokens' },
  'google-genai': { keyVariable: 'GOOGLE_API_KEY', maxTokens: 'maxOutputTokens' },
  'google-vertexai': { keyVariable: null, maxTokens: 'maxOutputTokens' },
  'google-vertexai-web': { keyVariable: null, maxTokens: 'maxOutputTokens' },
  cohere: { keyVariable: 'COHERE_API_KEY' },
  mistralai: { keyVariable: 'MISTRAL_API_KEY', baseUrl: 'serverURL' },
  mistral: { keyVariable: 'MISTRAL_API_KEY', baseUrl: 'serverURL' },
  groq: { keyVariable: 'GROQ_API_KEY', seed: 'call' },
  bedrock: { keyVariable: null },
  aws: { keyVariable: null },
  ollama: { keyVariable: null, maxTokens: 'numPredict', seed: 'constructor', baseUrl: 'baseUrl' },
  deepseek: { keyVariable: 'DEEPSEEK_API_KEY', ...openAi },
  xai: { keyVariable: 'XAI_API_KEY', ...openAi },
  cerebras: { keyVariable: 'CEREBRAS_API_KEY' },
  fireworks: { keyVariable: 'FIREWORKS_API_KEY', seed: 'call', logprobs: true },
  together: { keyVariable: 'TOGETHER_AI_API_KEY', seed: 'call', logprobs: true },
  perplexity: { keyVariable: 'PERPLEXITY_API_KEY' },
};

/** A model's name in its two halves. */
export interface RemoteName {
  readonly provider: string;
  readonly model: string;
}

/** Whether a model is named `provider:model`. */
export function isRemoteModel(name: string): boolean {
  const [provider = '', ...model] = name.split(':');
  return model.join(':') !== '' && Object.hasOwn(providers, provider);
}

/** Take a name apart. Throws JurorError `usage` for a provider that is not known. */
export function parseRemoteName(name: string): RemoteName & { readonly traits: Provider } {
  const [provider = '', ...rest] = name.split(':');
  const model = rest.join(':');
  const traits = Object.hasOwn(providers, provider) ? providers[provider] : undefined;
  if (traits !== undefined && model !== '') return { provider, model, traits };
  const nearest = model === '' ? undefined : nearestName(provider, Object.keys(providers));
  const hint =
    nearest === undefined
      ? `; the providers are ${Object.keys(providers).join(', ')}`
      : `; did you mean '${nearest}:${model}'?`;
  throw new JurorError(
    'usage',
    `model: expected provider:model such as openai:gpt-4.1-mini, got '${name}'${hint}`,
  );
}

/** The base URL as it is used and shown. Throws JurorError `usage` for what is not http(s) or holds credentials. */
export function checkBaseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new JurorError(
      'usage',
      `base URL: expected an address such as http://localhost:8000/v1, got '${text.replace(/\/\/[^/@]*@/, '//')}'`,
    );
  if (url.username !== '' || url.password !== '' || url.search !== '')
    throw new JurorError(
      'usage',
      `base URL: expected an address without a user, a password or parameters, got one for ${url.host}; keys belong in the provider's environment variable`,
    );
  return url.href.replace(/\/+$/, '');
}
