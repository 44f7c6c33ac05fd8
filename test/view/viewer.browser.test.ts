import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeLargeRun } from '../../bench/view-run.ts';
import type { Verdict } from '../../src/schema.ts';
import type { LabelRecord } from '../../src/view/api.ts';
import { openViewer } from '../../src/view/server.ts';
import { launchBrowser } from '../support/browser.ts';
import { startJuror } from '../support/command.ts';
import { payloadRun } from '../support/payload-run.ts';
import { numberedPayloads } from '../support/payloads.ts';
import { lookForMarkup } from './support/markup.ts';
import { heading, open, pressOn, settled, turnTo, until, watchedPage } from './support/page.ts';

const pairs = 1200;
const home = mkdtempSync(join(tmpdir(), 'juror-view-'));
const folder = join(home, 'run');
let browser: Browser;
let viewer: Awaited<ReturnType<typeof openViewer>>;
let root: string;
let verdicts: readonly Verdict[];
beforeAll(async () => {
  await writeLargeRun(home, pairs);
  verdicts = records<Verdict>('verdicts.jsonl');
  viewer = await openViewer(folder);
  root = new URL('/', viewer.url).href;
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await viewer?.close();
  rmSync(home, { recursive: true, force: true });
});

function records<Row>(name: string): Row[] {
  return readFileSync(join(folder, name), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

test('a thousand payloads in a run folder, its data and its labels stay text on the real server’s page', async () => {
  const all = numberedPayloads();
  let used = 0;
  const say = () => all[used++ % all.length] ?? '';
  const tell = () => Array.from({ length: 10 }, say).join('\n');
  await using place = await mkdtempDisposable(join(tmpdir(), 'juror-view-'));
  const run = await payloadRun(place.path, { say, tell, samples: 24 });
  const said = run.samples.map(({ id, responses: [first, second] }) => ({
    sampleId: id,
    rubricId: 'better-answer',
    responseIds: [first?.id, second?.id],
    annotator: say(),
    label: second?.id,
    score: null,
    blind: true,
  }));
  await writeFile(
    join(run.folder, 'labels.jsonl'),
    said.map((record) => `${JSON.stringify(record)}\n`).join(''),
  );
  const faulty: unknown[] = [];
  const hostile = await openViewer(run.folder, { data: [run.data], onFault: (error) => faulty.push(error) });
  try {
    const own = new URL('/', hostile.url).href;
    await using watched = await watchedPage(browser);
    const { page, faults, requests } = watched;
    const read = new Set<number>();
    const look = async () => {
      const { wrong, shown } = await lookForMarkup(page);
      expect(wrong).toEqual([]);
      for (const number of shown) read.add(number);
    };
    await open(page, hostile.url);
    await look();
    await turnTo(page, (await page.locator('.items a').first().getAttribute('href')) ?? '');
    for (let number = 0; number < run.samples.length; number++) {
      await look();
      if (number < run.samples.length - 1) await pressOn(page, 'j');
    }
    expect(read.size).toBe(1000);
    const name = encodeURIComponent(said[3]?.annotator ?? '');
    for (const address of [
      '?view=agreement',
      `?view=label&annotator=${name}`,
      `?labelled=true&annotator=${name}&sort=contested`,
      `?text=${encodeURIComponent(all[4] ?? '').slice(0, 190)}&slice=constructor%3Dx`,
    ]) {
      await turnTo(page, address);
      await look();
    }
    expect(requests.filter((url) => !url.startsWith(own) || url.includes('payload-'))).toEqual([]);
    // The last address names no slice: the server's refusal is all that may be noted.
    expect(faults.filter((fault) => !fault.includes('status of 400'))).toEqual([]);
    expect(faulty).toEqual([]);
  } finally {
    await hostile.close();
  }
});

const status = (page: Page, sentence: string) =>
  until(page, `document.querySelector('.status')?.textContent.startsWith(${JSON.stringify(sentence)})`);
const names = async (page: Page) =>
  (await page.locator('.items .name').allTextContents()).map((text) => text.trim());
const near = ({ score }: Verdict) => (score === null ? Number.POSITIVE_INFINITY : Math.abs(score - 0.5));

test('search, filters and order are in the address, and Back undoes them one by one', async () => {
  await using watched = await watchedPage(browser);
  const { page, faults, requests } = watched;
  await open(page, viewer.url);
  await status(page, '1,200 items, 1 to 50 shown');
  await page.locator('#search').pressSequentially('PAIR-77', { delay: 5 });
  await status(page, '11 of 1,200 items');
  const found = verdicts.filter(({ sampleId }) => sampleId.startsWith('pair-77'));
  const first = found.filter(({ winner }) => winner === 'a');
  expect(first.length).toBeGreaterThan(0);
  await page.locator('#verdict').selectOption('first');
  await status(page, `${first.length} of 1,200 items`);
  await page.locator('#sort').selectOption('uncertain');
  const uncertain = first.toSorted((one, other) => near(one) - near(other)).map(({ sampleId }) => sampleId);
  await expect.poll(() => names(page)).toEqual(uncertain);
  expect(Object.fromEntries(new URL(page.url()).searchParams)).toEqual({
    text: 'PAIR-77',
    verdict: 'first',
    sort: 'uncertain',
  });
  await open(page, page.url());
  expect(await names(page)).toEqual(uncertain);
  expect(await page.locator('#search').inputValue()).toBe('PAIR-77');

  await page.locator('.items a').first().click();
  await until(page, `document.querySelector('h1').textContent === ${JSON.stringify(uncertain[0])}`);
  await page.goBack();
  await expect.poll(() => names(page)).toEqual(uncertain);
  await page.goBack();
  await status(page, `${first.length} of 1,200 items`);
  expect(await page.locator('#sort').inputValue()).toBe('data');
  await page.goBack();
  await status(page, '11 of 1,200 items');
  expect(await page.locator('#verdict').inputValue()).toBe('');
  await page.goBack();
  await status(page, '1,200 items');
  expect(await page.locator('#search').inputValue()).toBe('');

  await page.locator('#slice-name').selectOption('subset');
  await page.locator('#slice').selectOption('subset=subset-3');
  await until(page, `/^[0-9]+ of 1,200 items/.test(document.querySelector('.status').textContent)`);
  await page.locator('#search').fill('nothing in these data says this');
  await page.getByText('No item meets all of this.').waitFor();
  expect(faults).toEqual([]);
  expect(requests.filter((url) => !url.startsWith(root))).toEqual([]);
});

test('the page stays small however large the run is', async () => {
  await using watched = await watchedPage(browser);
  const { page, faults } = watched;
  await open(page, viewer.url);
  expect(await page.evaluate(`document.querySelectorAll('*').length`)).toBeLessThan(1000);
  await page.getByRole('link', { name: 'Last' }).click();
  await status(page, '1,200 items, 1151 to 1,200 shown'.replace('1151', '1,151'));
  expect(await page.evaluate(`document.querySelectorAll('*').length`)).toBeLessThan(1000);
  await page.locator('.items a').last().click();
  await until(page, `document.querySelector('.path')?.textContent.includes('1,200 of 1,200')`);
  expect(faults).toEqual([]);
});

test('two annotators label thirty items blind by keyboard, and agreement follows', {
  timeout: 180_000,
}, async () => {
  // At once, as two people would.
  const [anna, ben] = await Promise.all([
    labelThirty('anna', () => false),
    labelThirty('ben', (number) => number % 5 === 0),
  ]);
  const seen = { anna, ben };
  expect(seen.anna.items).toEqual(seen.ben.items);
  // Each has the answers in an order of their own, or the order would be the judge's.
  expect(seen.anna.first).not.toEqual(seen.ben.first);

  const labels = new Map(
    records<LabelRecord>('labels.jsonl').map((record) => [`${record.annotator} ${record.sampleId}`, record]),
  );
  // What was taken back once may have been seen.
  const again = records<LabelRecord>('labels.jsonl').filter(({ label }) => label === null);
  expect(again.map(({ sampleId }) => sampleId)).toEqual([seen.anna.items[3], seen.anna.items[3]]);
  for (const { label, blind, sampleId } of labels.values())
    expect({ label: label !== null, blind }).toEqual({ label: true, blind: sampleId !== seen.anna.items[3] });
  expect(labels.size).toBe(60);
  const says = (annotator: string) =>
    seen.anna.items.map((id) => labels.get(`${annotator} ${id}`)?.label ?? '');
  const judge = seen.anna.items.map((id) => verdicts.find(({ sampleId }) => sampleId === id)?.winner ?? '');
  const figures = {
    'anna and ben': kappa(says('anna'), says('ben')),
    'anna and the judge': kappa(says('anna'), judge),
    'ben and the judge': kappa(says('ben'), judge),
  };

  await using watched = await watchedPage(browser);
  await open(watched.page, viewer.url);
  await open(watched.page, `${root}?view=agreement`);
  const rows = await watched.page.locator('.agreements tbody tr').allTextContents();
  expect(rows.length).toBe(3);
  for (const [between, figure] of Object.entries(figures))
    expect(rows.find((row) => row.startsWith(`${between}30`))).toContain(figure.toFixed(2).replace('-', '−'));
  expect(await watched.page.locator('.disputes .voices').count()).toBe(
    says('anna').filter((label, place) => label !== says('ben')[place]).length,
  );

  const printed = await startJuror(['agree', folder]).ended;
  expect(printed.stderr).toBe('');
  expect(printed.code).toBe(0);
  expect(printed.stdout).toContain('anna 30 (29 blind), ben 30 (29 blind)');
  for (const [between, figure] of Object.entries(figures)) {
    const [left, right] = between.replace('the judge', 'juror').split(' and ');
    expect(printed.stdout).toMatch(
      new RegExp(`^${left} +${right} .* %.*\\] +${figure.toFixed(2)} \\[.* 30$`, 'm'),
    );
  }
});

/** Labels by key: of two answers always the one whose text sorts first, or, of some, the other. */
async function labelThirty(annotator: string, other: (number: number) => boolean) {
  await using watched = await watchedPage(browser);
  const { page, faults } = watched;
  await open(page, viewer.url);
  // By keyboard alone: from the list to the first label.
  for (let link = 0; link < 4; link++) await page.keyboard.press('Tab');
  expect(await page.evaluate('document.activeElement.textContent')).toBe('Label');
  await page.keyboard.press('Enter');
  await page.getByLabel('Your name').waitFor();
  await settled(page);
  await page.getByLabel('Your name').focus();
  await page.keyboard.type(annotator);
  await page.keyboard.press('Enter');
  await page.locator('.choices button').first().waitFor();
  await settled(page);
  const items: string[] = [];
  const first: boolean[] = [];
  for (let number = 0; number < 30; number++) {
    items.push(await heading(page));
    expect(await page.locator('.judge:visible, .lead:visible').count()).toBe(0);
    const [one = '', two = ''] = await page.locator('.answer .words').allTextContents();
    first.push(one < two);
    const key = one < two !== other(number) ? '1' : '2';
    await pressOn(page, key);
    if (number === 3) {
      // Taken back, and said again.
      await pressOn(page, 'u');
      expect(await heading(page)).toBe(items[3]);
      expect(await page.locator('.saved').textContent()).toContain('Taken back');
      await pressOn(page, key);
    }
    await until(
      page,
      `document.querySelector('.progress span').textContent === '${number + 1} of 1,200 labelled'`,
    );
    expect(await page.locator('#announcer').textContent()).toContain('Saved');
  }
  await until(
    page,
    `document.querySelector('.so-far tbody')?.textContent.includes('${annotator} and the judge')`,
  );
  expect(faults).toEqual([]);
  return { items, first };
}

/** Cohen's, of two lists of labels. */
function kappa(left: readonly string[], right: readonly string[]): number {
  const share = (list: readonly string[], label: string) =>
    list.filter((one) => one === label).length / list.length;
  const same = left.filter((label, place) => label === right[place]).length / left.length;
  const chance = [...new Set([...left, ...right])].reduce(
    (sum, label) => sum + share(left, label) * share(right, label),
    0,
  );
  return (same - chance) / (1 - chance);
}
