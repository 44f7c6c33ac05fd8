/** A server that gives the viewer's page whatever a test made up, under a policy as strict as can be. */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  ItemQuery,
  LabelRequest,
  type ViewAgreement,
  type ViewItem,
  type ViewRun,
} from '../../../src/view/api.ts';

const folder = fileURLToPath(new URL('../../../src/view/page/', import.meta.url));
const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

/** What the stub answers with. */
export interface StubRecords {
  readonly run: ViewRun;
  readonly items: readonly ViewItem[];
  readonly agreement: ViewAgreement;
}

/** What a page did. */
export interface StubViewer extends AsyncDisposable {
  readonly url: string;
  /** Paths asked for, in order. */
  readonly asked: readonly string[];
  /** Answers every request for data with this status until it is null. */
  failWith(status: number | null): void;
}

/** Starts it on a free port. */
export async function startStubViewer(records: StubRecords): Promise<StubViewer> {
  const asked: string[] = [];
  const own = new Map<number, string>();
  let failure: number | null = null;
  const seenBy = (item: ViewItem, parameters: URLSearchParams): ViewItem => {
    const mine = parameters.has('annotator') ? (own.get(item.index) ?? null) : null;
    const hidden = parameters.get('blind') === 'true' && mine === null;
    return {
      ...item,
      own: mine,
      ...(hidden
        ? {
            verdict: null,
            judgments: [],
            label: null,
            labels: [],
            metadata: null,
            score: null,
            winner: null,
            responses: item.responses.map((response) => ({ ...response, model: null })),
          }
        : {}),
    };
  };
  const answer = async (path: string, parameters: URLSearchParams, body: string): Promise<unknown> => {
    if (path === '/api/run') return records.run;
    if (path === '/api/agreement') return records.agreement;
    if (path === '/api/labels') {
      const { index, label } = LabelRequest.parse(JSON.parse(body));
      if (label === null) own.delete(index);
      else own.set(index, label);
      return { saved: true };
    }
    const one = /^\/api\/items\/(\d+)$/.exec(path);
    if (one) return seenBy(records.items[Number(one[1])] as ViewItem, parameters);
    const query = ItemQuery.parse(Object.fromEntries(parameters));
    const found = records.items.filter(
      (item) =>
        (!query.text || item.prompt.includes(query.text) || item.sampleId.includes(query.text)) &&
        (!query.rubric || item.rubric === query.rubric) &&
        (!query.labelled || own.has(item.index) === (query.labelled === 'true')),
    );
    return { total: found.length, items: found.slice(query.offset, query.offset + query.limit) };
  };
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://stub');
    asked.push(pathname);
    try {
      if (pathname.startsWith('/api/')) {
        let body = '';
        for await (const chunk of request) body += chunk;
        const content =
          failure === null ? await answer(pathname, searchParams, body) : { error: 'the journal is locked' };
        response
          .writeHead(failure ?? 200, { 'content-type': 'application/json' })
          .end(JSON.stringify(content));
        return;
      }
      const name = pathname === '/' ? 'index.html' : pathname.slice(1);
      if (!/^[a-z-]+\.[a-z]+$/.test(name)) throw new Error('no such file');
      const content = await readFile(folder + name);
      response.writeHead(200, {
        'content-type': types[extname(name)] ?? 'text/plain',
        'content-security-policy': policy,
      });
      response.end(content);
    } catch {
      response
        .writeHead(404, { 'content-type': 'application/json' })
        .end('{"error":"there is no such thing"}');
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    asked,
    failWith: (status) => {
      failure = status;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
