/** The viewer's server on the loopback interface. */
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import { JurorError } from '../errors.ts';
import type { ViewError } from './api.ts';
import { createKeys, guard, protect } from './guard.ts';
import { openIndex } from './index-open.ts';
import { openLabelBook } from './label-book.ts';
import { loadPage } from './page-files.ts';
import { apiRoutes } from './routes.ts';

/** Options of {@link openViewer}. */
export interface ViewerOptions {
  /** Data files. Default: what the suite or the run says it judged. */
  readonly data?: readonly string[] | undefined;
  /** Longest search of texts in milliseconds. Default 20,000. */
  readonly searchMs?: number | undefined;
  /** Default: one that is free. */
  readonly port?: number | undefined;
  /** Who labels, unless the page says otherwise. Default: the page asks. */
  readonly annotator?: string | undefined;
  /** Hide everything of the judge in an item until its annotator has labelled it, whatever the page asks for. Default false. */
  readonly blind?: boolean | undefined;
  /** Told of faults that a request only gets a word of. Default: nobody is. */
  readonly onFault?: ((error: unknown) => void) | undefined;
}

/** A running viewer. */
export interface Viewer {
  /** Opens the page, as often as one likes; it holds the key. */
  readonly url: string;
  /** An address that opens the page once: for command lines, which other users of the machine can read. */
  launchUrl(): string;
  /** Ends the server, its connections and its hold on files. May be called again. */
  close(): Promise<void>;
}

/**
 * Show a run folder or a suite's in a browser of this machine, and gather labels. Listens on 127.0.0.1 alone. The folder is as it was when
 * opened; only `labels.jsonl` is written, and read again as it grows. Throws JurorError `store` for another folder, `usage` for a port in use.
 */
export async function openViewer(folder: string, options: ViewerOptions = {}): Promise<Viewer> {
  const { port = 0, annotator, blind = false, onFault = () => {} } = options;
  await using opened = new AsyncDisposableStack();
  const index = opened.use(await openIndex(folder, options));
  const labels = openLabelBook(index);
  await labels.refresh();
  const page = await loadPage();
  const keys = createKeys();
  let listening = 0;

  const app = new Hono();
  app.use(protect());
  app.use(guard(keys, () => listening));
  app.route('/api', apiRoutes(index, labels, { annotator, blind }));
  for (const [path, { type, content }] of page)
    app.get(path, (context) => context.body(content, 200, { 'Content-Type': type }));
  app.notFound((context) => context.json<ViewError>({ error: 'there is nothing here' }, 404));
  app.onError((error, context) => {
    if (!JurorError.isInstance(error)) {
      onFault(error);
      return context.json<ViewError>({ error: 'a fault of juror itself' }, 500);
    }
    const { field } = error.place;
    const status =
      error.code === 'usage' || error.code === 'data' ? 400 : error.code === 'aborted' ? 503 : 500;
    return context.json<ViewError>(
      { error: error.message, ...(field === undefined ? {} : { field }) },
      status,
    );
  });

  const server = createAdaptorServer({ fetch: app.fetch });
  listening = await listen(server, port);
  opened.defer(() => new Promise<void>((resolve) => void server.close(() => resolve())));
  const resources = opened.move();
  const address = (key: string): string => `http://127.0.0.1:${listening}/?key=${key}`;
  let closing: Promise<void> | undefined;
  return {
    url: address(keys.lasting),
    launchUrl: () => address(keys.once()),
    close() {
      if ('closeAllConnections' in server) server.closeAllConnections();
      closing ??= resources.disposeAsync();
      return closing;
    },
  };
}

function listen(server: ReturnType<typeof createAdaptorServer>, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const known: Readonly<Record<string, string>> = {
        EADDRINUSE: `expected a free port, got ${port}, which is in use`,
        EACCES: `expected a port that may be used, got ${port}`,
      };
      const message = known[error.code ?? ''] ?? `expected to listen on port ${port}, got ${error.code}`;
      reject(new JurorError('usage', message, { place: { field: '--port' }, cause: error }));
    });
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}
