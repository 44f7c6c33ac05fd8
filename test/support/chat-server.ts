/** An HTTP server on this machine that speaks the OpenAI chat-completions protocol, as a test tells it to. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A message as a server gets it. */
export interface SentMessage {
  readonly role: string;
  readonly content: string | { readonly type: string; readonly text: string }[];
}

/** The body of a request. */
export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly SentMessage[];
  readonly logprobs?: boolean;
  readonly top_logprobs?: number;
  readonly [field: string]: unknown;
}

/** Answers a request, or does to its connection what it likes. */
export type Reply = (
  request: ChatRequest,
  response: ServerResponse,
  raw: IncomingMessage,
) => void | Promise<void>;

/** A running server and what it was asked. */
export interface ChatServer extends AsyncDisposable {
  readonly baseUrl: string;
  readonly requests: readonly { readonly body: ChatRequest; readonly authorization: string | undefined }[];
  /** Replies from now on: each once, the last for ever. */
  script(...replies: readonly Reply[]): void;
}

/** Start a server. */
export async function chatServer(...replies: readonly Reply[]): Promise<ChatServer> {
  let left = [...replies];
  const requests: { body: ChatRequest; authorization: string | undefined }[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body: ChatRequest = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    requests.push({ body, authorization: request.headers.authorization });
    const reply = left.length > 1 ? left.shift() : left[0];
    await reply?.(body, response, request);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    script(...next) {
      left = [...next];
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** One written token and the probabilities of the listed ones in its place. */
export interface WrittenToken {
  readonly token: string;
  readonly top: Readonly<Record<string, number>>;
}

/** A good reply: a text, or tokens with log-probabilities where they were asked for. */
export function completes(
  content: string | readonly WrittenToken[],
  options: { finish?: string; usage?: object; withoutLogprobs?: boolean } = {},
): Reply {
  return (request, response) => {
    const tokens =
      typeof content === 'string' ? [{ token: content, top: { [content]: 0.9, other: 0.05 } }] : content;
    const logprobs = {
      content: tokens.map(({ token, top }) => ({
        ...listed(token, top[token] ?? 0),
        top_logprobs: Object.entries(top).map(([text, probability]) => listed(text, probability)),
      })),
    };
    json(response, 200, {
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 1,
      model: request.model,
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: tokens.map(({ token }) => token).join('') },
          finish_reason: options.finish ?? 'stop',
          ...(request.logprobs && !options.withoutLogprobs ? { logprobs } : {}),
        },
      ],
      usage: options.usage ?? {
        prompt_tokens: 100,
        completion_tokens: tokens.length,
        total_tokens: 100 + tokens.length,
      },
    });
  };
}

/** An error as OpenAI writes it. */
export function fails(
  status: number,
  error: { message: string; code?: string; type?: string },
  headers: Readonly<Record<string, string>> = {},
): Reply {
  return (_, response) => json(response, status, { error }, headers);
}

/** A body that is sent as it is. */
export function says(text: string): Reply {
  return (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(text);
  };
}

/** Never answers; told when the client is gone. */
export function hangs(onGone: () => void = () => {}): Reply {
  return (_, response) => {
    response.once('close', onGone);
  };
}

/** Sends the head and half a body, then cuts the connection; with `before`, cuts it at once. */
export function cuts({ before = false } = {}): Reply {
  return (_, response) => {
    if (before) {
      response.destroy();
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
    response.write('{"id":"chatcmpl-1","choices":[', () => response.destroy());
  };
}

function listed(token: string, probability: number) {
  return { token, logprob: probability > 0 ? Math.log(probability) : -9999, bytes: [...Buffer.from(token)] };
}

function json(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}
