import { appendFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Judgment, Verdict } from '../../src/schema.ts';
import type { ItemPage, ViewAgreement, ViewItem, ViewRun } from '../../src/view/api.ts';
import { openViewer, type Viewer } from '../../src/view/server.ts';
import { drawnPairs, temporaryFolder, writeSmallRun } from './small-run.ts';

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** A request with exactly these headers, which `fetch` would not send. */
function ask(
  viewer: Viewer,
  path: string,
  {
    headers = {},
    method = 'GET',
    body,
  }: { headers?: Record<string, string>; method?: string; body?: string | undefined } = {},
): Promise<Answer> {
  const { hostname, port } = new URL(viewer.url);
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, path, method, headers, agent: false }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part) => (text += part));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }));
    });
    sent.on('error', reject).end(body);
  });
}

/** A page of the viewer in a browser. */
async function enter(viewer: Viewer, address = viewer.url) {
  const { origin, host, pathname, search } = new URL(address);
  const entered = await ask(viewer, `${pathname}${search}`);
  const cookie = String(entered.headers['set-cookie']).split(';')[0] ?? '';
  const own = { cookie, host, 'sec-fetch-site': 'same-origin' };
  const json = { ...own, origin, 'content-type': 'application/json' };
  return {
    entered,
    cookie,
    own,
    json,
    origin,
    async get<Body>(path: string): Promise<Body> {
      const { status, text } = await ask(viewer, path, { headers: own });
      if (status !== 200) throw new Error(`${status} ${text}`);
      return JSON.parse(text);
    },
    label: (body: object) =>
      ask(viewer, '/api/labels', { method: 'POST', headers: json, body: JSON.stringify(body) }),
  };
}

async function opened(options: Parameters<typeof openViewer>[1] = {}, count = 8) {
  const folder = await temporaryFolder();
  const samples = drawnPairs(count);
  const { run, data } = await writeSmallRun(folder.path, 'run', { samples });
  const faults: unknown[] = [];
  const viewer = await openViewer(run, { ...options, onFault: (error) => faults.push(error) });
  return {
    viewer,
    run,
    data,
    samples,
    async [Symbol.asyncDispose]() {
      await viewer.close();
      await folder.remove();
      expect(faults).toEqual([]);
    },
  };
}

async function linesOf<Row>(file: string): Promise<Row[]> {
  return (await readFile(file, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

test('only the page of this server on this machine is answered', async () => {
  await using at = await opened();
  const { viewer } = at;
  const page = await enter(viewer);
  const { own, json, origin, cookie } = page;
  const { host, port } = new URL(viewer.url);
  const label = JSON.stringify({ index: 0, annotator: 'ann', label: 'tie', blind: false });
  const post = (headers: Record<string, string>, body = label) => ({ method: 'POST', headers, body });
  const without = (headers: Record<string, string>, name: string) =>
    Object.fromEntries(Object.entries(headers).filter(([key]) => key !== name));
  const table: readonly (readonly [string, number, string, Parameters<typeof ask>[2]])[] = [
    ['own page', 200, '/api/run', { headers: own }],
    ['by name', 200, '/api/run', { headers: { ...own, host: `localhost:${port}` } }],
    ['name of another', 403, '/api/run', { headers: { ...own, host: `evil.example:${port}` } }],
    [
      'name of another in front',
      403,
      '/api/run',
      { headers: { ...own, host: `127.0.0.1.evil.example:${port}` } },
    ],
    ['another port', 403, '/api/run', { headers: { ...own, host: '127.0.0.1:1' } }],
    ['no port', 403, '/api/run', { headers: { ...own, host: '127.0.0.1' } }],
    ['no cookie', 403, '/api/run', { headers: { host } }],
    ['no cookie, the page', 403, '/', { headers: { host } }],
    ['a wrong cookie', 403, '/api/run', { headers: { ...own, cookie: `${cookie}x` } }],
    ['a wrong key', 403, '/?key=x', { headers: { host } }],
    ['a key elsewhere', 403, `/api/run${new URL(viewer.url).search}`, { headers: { host } }],
    ['from another site', 403, '/api/run', { headers: { ...own, 'sec-fetch-site': 'cross-site' } }],
    ['from another port', 403, '/api/run', { headers: { ...own, 'sec-fetch-site': 'same-site' } }],
    ['a foreign origin', 403, '/api/run', { headers: { ...own, origin: 'http://evil.example' } }],
    ['HEAD', 405, '/api/run', { headers: own, method: 'HEAD' }],
    ['DELETE', 405, '/api/run', { headers: json, method: 'DELETE' }],
    [
      'OPTIONS',
      405,
      '/api/labels',
      { headers: { ...own, origin: 'http://evil.example' }, method: 'OPTIONS' },
    ],
    ['label without origin', 403, '/api/labels', post(without(json, 'origin'))],
    ['label from an empty origin', 403, '/api/labels', post({ ...json, origin: 'null' })],
    ['label from another port', 403, '/api/labels', post({ ...json, origin: 'http://127.0.0.1:1' })],
    ['label by a form', 415, '/api/labels', post({ ...json, 'content-type': 'text/plain' })],
    [
      'label by a form of JSON',
      415,
      '/api/labels',
      post({ ...json, 'content-type': 'application/json; a=b' }),
    ],
    ['label without type', 415, '/api/labels', post(without(json, 'content-type'))],
    ['label without cookie', 403, '/api/labels', post(without(json, 'cookie'))],
    ['a body too large', 413, '/api/labels', post(json, `${label}${' '.repeat(20_000)}`)],
    ['a field of objects', 400, '/api/items?__proto__=x', { headers: own }],
    ['a field twice', 400, '/api/items?run=a&run=b', { headers: own }],
    ['no JSON', 400, '/api/labels', post(json, '{')],
    ['another field', 400, '/api/labels', post(json, label.replace('{', '{"path":"/etc/passwd",'))],
    ['a name of controls', 400, '/api/labels', post(json, label.replace('ann', 'a\\u001b[2Jnn'))],
    ['the judge’s name', 400, '/api/labels', post(json, label.replace('ann', 'judge'))],
    ['a choice that is none', 400, '/api/labels', post(json, label.replace('tie', '../tie'))],
    ['an item too far', 404, '/api/labels', post(json, label.replace('0', '8'))],
    ['a get of labels', 404, '/api/labels', { headers: own }],
    ['up and out', 404, '/../../../../etc/passwd', { headers: own }],
    ['up and out, encoded', 404, '/%2e%2e%2f%2e%2e%2fetc%2fpasswd', { headers: own }],
    ['up and out by backslashes', 404, '/..%5c..%5cpackage.json', { headers: own }],
    ['a source of the page', 404, '/page-files.ts', { headers: own }],
    ['item no number', 404, '/api/items/..%2f..%2fmanifest.json', { headers: own }],
    ['item by exponent', 404, '/api/items/1e0', { headers: own }],
    ['item too far', 404, '/api/items/8', { headers: own }],
    ['item below', 404, '/api/items/-1', { headers: own }],
    ['an unknown filter', 400, '/api/items?path=/etc/passwd', { headers: own }],
    ['a filter twice', 400, '/api/items?run=a&run=b', { headers: own }],
    ['a limit too large', 400, '/api/items?limit=201', { headers: own }],
    ['a text too long', 400, `/api/items?text=${'x'.repeat(201)}`, { headers: own }],
    ['a rubric that is none', 400, '/api/agreement?rubric=absent', { headers: own }],
  ];
  for (const [what, status, path, sent] of table) {
    const answer = await ask(viewer, path, sent);
    expect([what, answer.status]).toEqual([what, status]);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
    expect(answer.headers['referrer-policy']).toBe('no-referrer');
    expect(answer.headers['content-security-policy']).toMatch(
      /^default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';.* frame-ancestors 'none'/,
    );
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
    if (sent?.method === 'HEAD' || status === 200) continue;
    expect([what, typeof JSON.parse(answer.text).error]).toEqual([what, 'string']);
    expect(answer.text).not.toMatch(/\bat .*\.ts:|root:/);
  }
  expect(await readdir(at.run)).not.toContain('labels.jsonl');
  expect(origin).toBe(`http://127.0.0.1:${port}`);
  expect(page.entered).toMatchObject({ status: 303, headers: { location: '/' } });
  expect(String(page.entered.headers['set-cookie'])).toMatch(/; Path=\/; HttpOnly; SameSite=Strict$/);
});

test('an address for a command line opens once, the printed one always', async () => {
  await using at = await opened();
  const once = new URL(at.viewer.launchUrl());
  const statuses: number[] = [];
  for (const { pathname, search } of [once, once, new URL(at.viewer.url), new URL(at.viewer.url)])
    statuses.push((await ask(at.viewer, `${pathname}${search}`)).status);
  expect(statuses).toEqual([303, 403, 303, 303]);
  // What the address asks for beside its key is what the page shows; it never leads elsewhere.
  for (const [asked, shown] of [
    ['&view=label&annotator=ann%26b', '/?view=label&annotator=ann%26b'],
    ['&text=//evil.example&key=x', '/?text=%2F%2Fevil.example'],
  ] as const) {
    const { pathname, search } = new URL(at.viewer.url);
    const { status, headers } = await ask(at.viewer, `${pathname}${search}${asked}`);
    expect([status, headers.location]).toEqual([303, shown]);
  }
  await at.viewer.close();
  await at.viewer.close();
  await expect(ask(at.viewer, '/')).rejects.toThrow(/ECONNREFUSED/);
});

test('who labels blind gets nothing of the judge, of the truth or of others, in no answer, until their own label', async () => {
  for (const forced of [true, false]) {
    await using at = await opened({ blind: forced });
    const { get, label } = await enter(at.viewer);
    const verdicts = await linesOf<Verdict>(join(at.run, 'verdicts.jsonl'));
    const judgments = await linesOf<Judgment>(join(at.run, 'judgments.jsonl'));
    const blind = forced ? '' : '&blind=true';
    for (const index of verdicts.keys())
      expect((await label({ index, annotator: 'secret-bob', label: 'tie', blind: false })).status).toBe(200);
    const told = [
      ...verdicts.flatMap(({ score, positionLean, probability, judgments }) => [
        score,
        positionLean,
        probability,
        ...judgments,
      ]),
      ...judgments.flatMap(({ outcome, critique, key }) => [
        critique?.text,
        key,
        ...(outcome.status === 'scored' ? [outcome.score] : []),
      ]),
      'secret-judge',
      'secret-model',
      'secret-hint',
      'secret-ada',
      'secret critique',
      'chosen',
      'rejected',
    ].map(String);
    const bodies = [
      JSON.stringify(await get<ItemPage>(`/api/items?annotator=ann${blind}`)),
      ...(await Promise.all(
        [...verdicts.keys()].map(async (index) =>
          JSON.stringify(await get<ViewItem>(`/api/items/${index}?annotator=ann${blind}`)),
        ),
      )),
      (await label({ index: 0, annotator: 'ann', label: 'wrong', blind: true })).text,
    ];
    for (const body of bodies) for (const secret of told) expect(body).not.toContain(secret);
    // Names of who has labelled are no label.
    expect(bodies[1]).toContain('"labelledBy":["secret-bob"]');
    for (const filter of [
      'verdict=first',
      'disagreement=label',
      'uncertain=0.1',
      'sort=score',
      'sort=contested',
    ])
      await expect(get(`/api/items?annotator=ann&${filter}${blind}`)).rejects.toThrow(/^400 /);
    if (forced) await expect(get('/api/agreement')).rejects.toThrow(/^403 /);

    const { text } = await label({ index: 3, annotator: 'ann', label: 'answer-2', blind: true });
    const shown: ViewItem = JSON.parse(text);
    expect(shown.verdict).toEqual(verdicts[3]);
    expect(shown.own).toBe(shown.responses[1]?.id);
    expect(shown.labels).toContainEqual({ annotator: 'secret-bob', label: 'tie' });
    const list = await get<ItemPage>(`/api/items?annotator=ann${blind}&limit=200`);
    for (const item of list.items) expect(item.score === null).toBe(item.index !== 3);
    // Taken back, it is hidden again, and what is said then was not said blind.
    await label({ index: 3, annotator: 'ann', label: null, blind: true });
    expect((await get<ViewItem>(`/api/items/3?annotator=ann${blind}`)).verdict).toBeNull();
    await label({ index: 3, annotator: 'ann', label: 'answer-1', blind: false });
    const own = (await linesOf<{ annotator: string }>(join(at.run, 'labels.jsonl'))).filter(
      ({ annotator }) => annotator === 'ann',
    );
    const { sampleId, rubricId, responseIds } = verdicts[3] as Verdict;
    const record = { sampleId, rubricId, responseIds, annotator: 'ann', score: null };
    const [first, second] = shown.responses;
    expect(own).toEqual([
      { ...record, label: second?.id, blind: true },
      { ...record, label: null, blind: false },
      { ...record, label: first?.id, blind: false },
    ]);
  }
});

test('blind annotators see the answers in an order of their own, always the same, and labels are kept in the data’s ids', async () => {
  await using at = await opened({ blind: true }, 24);
  const { get, label } = await enter(at.viewer);
  const textsOf = async (annotator: string) =>
    Promise.all(
      Array.from({ length: 24 }, async (_, index) => {
        const { responses } = await get<ViewItem>(`/api/items/${index}?annotator=${annotator}`);
        return responses.map(({ text }) => text);
      }),
    );
  const [ann, again, bob] = [await textsOf('ann'), await textsOf('ann'), await textsOf('bob')];
  expect(again).toEqual(ann);
  expect(bob).not.toEqual(ann);
  expect(bob.map((texts) => texts.toSorted())).toEqual(ann.map((texts) => texts.toSorted()));
  for (const index of ann.keys()) await label({ index, annotator: 'ann', label: 'answer-1', blind: true });
  const kept = await linesOf<{ sampleId: string; label: string }>(join(at.run, 'labels.jsonl'));
  for (const [index, { sampleId, label }] of kept.entries()) {
    const sample = at.samples.find(({ id }) => id === sampleId);
    expect(sample?.responses.find(({ id }) => id === label)?.text).toBe(ann[index]?.[0]);
  }
  expect(new Set(kept.map(({ label }) => label))).toEqual(new Set(['chosen', 'rejected']));
});

test('labels give agreement with the judge and with each other as they come, and filters know them', async () => {
  await using at = await opened({ annotator: 'ann' });
  const { get, label } = await enter(at.viewer);
  const verdicts = await linesOf<Verdict>(join(at.run, 'verdicts.jsonl'));
  for (const [index, { winner }] of verdicts.entries()) {
    await label({ index, annotator: 'ann', label: winner, blind: false });
    if (index < 4)
      await label({ index, annotator: 'bob', label: index === 0 ? 'tie' : winner, blind: false });
  }
  const { pairs, labelled } = await get<ViewAgreement>('/api/agreement?rubric=better-answer');
  expect(labelled).toBe(8);
  expect(pairs.map(({ left, right, n, agreement }) => [left, right, n, agreement.estimate])).toEqual([
    ['ann', 'judge', 8, 1],
    ['bob', 'judge', 4, 0.75],
    ['ann', 'bob', 4, 0.75],
  ]);
  expect(pairs[0]?.kappa.estimate).toBe(1);
  const run = await get<ViewRun>('/api/run');
  expect([run.annotators, run.annotator, run.blind]).toEqual([['ann', 'bob'], 'ann', false]);
  const total = async (query: string) => (await get<ItemPage>(`/api/items?${query}`)).total;
  expect(await total('annotator=bob&labelled=true')).toBe(4);
  expect(await total('annotator=bob&labelled=false')).toBe(4);
  const differing = await get<ItemPage>('/api/items?disagreement=annotators');
  const byPeople = at.samples.filter(
    ({ annotations }) => annotations?.[0]?.label !== annotations?.[1]?.label,
  );
  for (const { id } of byPeople) expect(differing.items.map(({ sampleId }) => sampleId)).toContain(id);
  expect(differing.items.map(({ index }) => index)).toContain(0);
  // Another viewer's label counts at once.
  const { sampleId, rubricId, responseIds } = verdicts[5] as Verdict;
  await appendFile(
    join(at.run, 'labels.jsonl'),
    `${JSON.stringify({ sampleId, rubricId, responseIds, annotator: 'cy', label: 'tie', score: null, blind: false })}\n`,
  );
  expect((await get<ViewItem>('/api/items/5')).labelledBy).toEqual(['ann', 'cy']);
});

test('texts that are not those that were judged are not shown, item by item', async () => {
  const folder = await temporaryFolder();
  await using _folder = folder;
  const samples = drawnPairs(4);
  const { run, data } = await writeSmallRun(folder.path, 'run', { samples });
  const [, second, third] = samples;
  const changed = samples.map((sample) =>
    sample === second
      ? { ...sample, prompt: 'Another prompt' }
      : sample === third
        ? { ...sample, responses: [{ ...sample.responses[0], text: 'forged' }, sample.responses[1]] }
        : sample,
  );
  await writeFile(data, changed.map((sample) => `${JSON.stringify(sample)}\n`).join(''));
  const viewer = await openViewer(run);
  try {
    const { get } = await enter(viewer);
    const { items } = await get<ItemPage>('/api/items');
    const full = await Promise.all(items.map(({ index }) => get<ViewItem>(`/api/items/${index}`)));
    expect(full.map(({ texts }) => texts)).toEqual([
      true,
      'the data at hand have another prompt than was judged',
      'the data at hand have another answer than was judged',
      true,
    ]);
    expect([full[1]?.fullPrompt, full[1]?.prompt, full[1]?.responses[0]?.text]).toEqual([
      '',
      '',
      second?.responses[0]?.text,
    ]);
    expect(full[2]?.responses.map(({ text }) => text)).toEqual([null, third?.responses[1]?.text]);
    expect(JSON.stringify(full)).not.toMatch(/forged|Another prompt/);
  } finally {
    await viewer.close();
  }
});
