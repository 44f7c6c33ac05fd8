/** A server that takes OpenTelemetry logs as OTLP over HTTP, for tests. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One event as it came. */
export interface ReceivedEvent {
  readonly name: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** A running server. */
export interface LogServer extends AsyncDisposable {
  readonly url: string;
  /** Path, headers and body of each request. */
  readonly requests: {
    readonly path: string;
    readonly headers: NodeJS.Dict<string | string[]>;
    readonly body: string;
  }[];
  /** Events of all requests, in order. */
  events(): ReceivedEvent[];
}

interface AnyValue {
  readonly arrayValue?: { readonly values?: readonly AnyValue[] };
  readonly [kind: string]: unknown;
}

interface Attribute {
  readonly key: string;
  readonly value: AnyValue;
}

/** Start a server. `answer` gives the status and body of the answer to the n-th request, from 0; default 200. */
export async function logServer(
  answer: (index: number) => { status: number; body?: string } = () => ({ status: 200 }),
): Promise<LogServer> {
  const requests: LogServer['requests'] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { status, body = '{}' } = answer(requests.length);
    requests.push({
      path: request.url ?? '',
      headers: request.headers,
      body: Buffer.concat(chunks).toString('utf8'),
    });
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    events: () => requests.flatMap(({ body }) => eventsOf(body)),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function eventsOf(body: string): ReceivedEvent[] {
  const { resourceLogs } = JSON.parse(body) as {
    resourceLogs: { scopeLogs: { logRecords: { eventName: string; attributes: Attribute[] }[] }[] }[];
  };
  return resourceLogs
    .flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords))
    .map(({ eventName, attributes }) => ({
      name: eventName,
      attributes: Object.fromEntries(attributes.map(({ key, value }) => [key, plainValue(value)])),
    }));
}

function plainValue(value: AnyValue): unknown {
  return value.arrayValue ? (value.arrayValue.values ?? []).map(plainValue) : Object.values(value)[0];
}
