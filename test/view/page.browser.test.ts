import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser, screenshot } from '../support/browser.ts';
import { numberedPayloads } from '../support/payloads.ts';
import { hostileAgreement, hostileItems, hostileRun } from './support/hostile-items.ts';
import { madeUpAgreement, madeUpItems, madeUpRun } from './support/made-up.ts';
import { lookForMarkup } from './support/markup.ts';
import { heading, open, pressOn, settled, turnTo, until, watchedPage } from './support/page.ts';
import { type StubViewer, startStubViewer } from './support/stub-viewer.ts';

let browser: Browser;
let viewer: StubViewer;
beforeAll(async () => {
  browser = await launchBrowser();
  const items = madeUpItems(340);
  viewer = await startStubViewer({ run: madeUpRun(items), items, agreement: madeUpAgreement });
});
afterAll(async () => {
  await browser?.close();
  await viewer?.[Symbol.asyncDispose]();
});

test('a thousand payloads in every text field stay text', { timeout: 120_000 }, async () => {
  const all = numberedPayloads();
  expect(new Set(all).size).toBe(1000);
  const items = hostileItems(all);
  await using hostile = await startStubViewer({
    run: hostileRun(items, all),
    items,
    agreement: hostileAgreement(all),
  });
  await using watched = await watchedPage(browser);
  const { page, faults, requests } = watched;
  const listed = new Set<number>();
  const read = new Set<number>();

  await open(page, hostile.url);
  for (let place = 0; place < 20; place++) {
    const { wrong, shown } = await lookForMarkup(page);
    expect(wrong).toEqual([]);
    for (const index of shown) listed.add(index);
    if (place < 19) {
      await page.keyboard.press('ArrowRight');
      await until(
        page,
        `document.querySelector('.status').textContent.includes(', ${(place + 1) * 50 + 1} to')`,
      );
    }
  }
  expect(listed.size).toBe(1000);

  await open(page, `${hostile.url}?item=0`);
  for (let place = 0; place < 25; place++) {
    const { wrong, shown } = await lookForMarkup(page);
    expect(wrong).toEqual([]);
    for (const index of shown) read.add(index);
    if (place < 24) await pressOn(page, 'j');
  }
  expect(read.size).toBe(1000);

  for (const address of [
    '?view=label',
    '?view=label&annotator=anna',
    `?view=agreement&annotator=${encodeURIComponent(all[3] ?? '')}`,
    `?text=${encodeURIComponent(all[4] ?? '')}&verdict=${encodeURIComponent(all[5] ?? '')}&slice=${encodeURIComponent(all[6] ?? '')}`,
  ]) {
    await open(page, hostile.url + address);
    expect((await lookForMarkup(page)).wrong).toEqual([]);
  }
  expect(requests.filter((url) => !url.startsWith(hostile.url))).toEqual([]);
  expect(hostile.asked.filter((path) => !/^\/($|api\/|[a-z-]+\.(js|css|svg)$)/.test(path))).toEqual([]);
  // The last address asks for a verdict that does not exist: the server's refusal is all that may be noted.
  expect(faults.filter((fault) => !fault.includes('status of 4'))).toEqual([]);
});

const views = {
  list: '',
  pair: '?item=2',
  sums: '?item=4',
  steps: '?item=5',
  'label-begin': '?view=label',
  label: '?view=label&annotator=cara&blind=true&rubric=better-answer',
  'label-seen': '?view=label&annotator=cara&rubric=better-answer&item=3',
  agreement: '?view=agreement',
  nothing: '?text=nothing-has-this',
};

test.for([
  ['light', 1280],
  ['dark', 1280],
  ['light', 360],
] as const)('no serious fault of accessibility and no overflow, %s, %i px', async ([colorScheme, width]) => {
  await using watched = await watchedPage(browser, {
    colorScheme,
    viewport: { width, height: width > 400 ? 860 : 740 },
    reducedMotion: 'reduce',
    // axe is not part of the page; the page's own policy is tested with payloads.
    bypassCSP: true,
  });
  const { page, faults } = watched;
  await open(page, viewer.url);
  for (const [name, address] of Object.entries(views)) {
    await turnTo(page, address);
    await screenshot(page, `view-${name}-${colorScheme}-${width}`);
    expect(await seriousFaults(page, colorScheme), name).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth'), name).toBeLessThanOrEqual(width);
  }
  await page.keyboard.press('?');
  await page.waitForSelector('dialog[open]');
  await screenshot(page, `view-keys-${colorScheme}-${width}`);
  expect(await seriousFaults(page, colorScheme), 'keys').toEqual([]);
  expect(faults).toEqual([]);
});

async function seriousFaults(page: Page, colorScheme: 'light' | 'dark'): Promise<string[]> {
  if (!(await page.evaluate(`'axe' in window`))) await page.evaluate(axe.source);
  // In the dark only colours are others.
  const only = colorScheme === 'dark' ? `runOnly: { type: 'rule', values: ['color-contrast'] }` : '';
  return page.evaluate(`axe.run(document, { resultTypes: ['violations'], ${only} }).then(({ violations }) =>
    violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => id + ' ' + target + ' ' + failureSummary)))`);
}

test('going through items by key, and back', async () => {
  await using watched = await watchedPage(browser);
  const { page } = watched;
  await open(page, `${viewer.url}?offset=50`);
  await page.keyboard.press('k');
  expect(await page.evaluate(`document.activeElement.textContent`)).toContain('explain-0099');
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await until(page, `document.querySelector('h1').textContent === 'explain-0099'`);
  await settled(page);
  // Over the end of the list's page.
  await pressOn(page, 'j');
  expect(await heading(page)).toBe('sum-100');
  expect(new URL(page.url()).searchParams.get('offset')).toBe('100');
  expect(await page.evaluate(`document.activeElement.localName`)).toBe('h1');
  await pressOn(page, 'ArrowLeft');
  expect(await heading(page)).toBe('explain-0099');
  await page.goBack();
  await until(page, `document.querySelector('h1').textContent === 'sum-100'`);
  await pressOn(page, 'Escape');
  expect(new URL(page.url()).search).toBe('?offset=100');
});

test('single keys can be switched off, and typing is not a key', async () => {
  await using watched = await watchedPage(browser);
  const { page } = watched;
  await open(page, viewer.url);
  await page.keyboard.press('/');
  await page.keyboard.type('jk?');
  expect(await page.locator('#search').inputValue()).toBe('jk?');
  expect(await page.locator('dialog').count()).toBe(0);
  await open(page, `${viewer.url}?item=4`);
  await page.keyboard.press('?');
  await page.getByLabel('Single keys do what this list says').uncheck();
  await page.keyboard.press('Escape');
  await until(page, `!document.querySelector('dialog')`);
  await page.keyboard.press('j');
  await page.keyboard.press('?');
  expect(await page.locator('dialog').count()).toBe(0);
  expect(await heading(page)).toBe('sum-4');
});

test('a refusal is said in words and can be tried again', async () => {
  await using watched = await watchedPage(browser);
  const { page } = watched;
  viewer.failWith(500);
  await page.goto(viewer.url);
  await page.getByRole('button', { name: 'Try again' }).waitFor();
  expect(await page.locator('main').textContent()).toContain('the journal is locked');
  viewer.failWith(null);
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.waitForSelector('.items li a');
  // A label that is not kept is never shown as kept.
  await open(page, `${viewer.url}?view=label&annotator=dora&rubric=better-answer&blind=true`);
  const before = await heading(page);
  viewer.failWith(500);
  await page.keyboard.press('a');
  await page.locator('.saved .bad').waitFor();
  expect(await heading(page)).toBe(before);
  viewer.failWith(null);
  await pressOn(page, 'a');
});

test('an item passed over comes again, the judge is shown after each label, and the end is said', async () => {
  await using watched = await watchedPage(browser);
  const { page, faults } = watched;
  await open(
    page,
    `${viewer.url}?view=label&annotator=ella&blind=true&pause=true&rubric=answer-correctness&text=sum-11`,
  );
  await page.locator('.choices').waitFor();
  await settled(page);
  const passed = await heading(page);
  await pressOn(page, 'j');
  const seen = [passed];
  while ((await heading(page)) !== passed) {
    seen.push(await heading(page));
    expect(await page.locator('aside .lead').count()).toBe(0);
    await page.keyboard.press('3');
    await page.locator('aside .lead').waitFor();
    expect(await page.locator('.choices [aria-pressed=true]').textContent()).toContain('3');
    await settled(page);
    await pressOn(page, 'Enter');
  }
  expect(seen).toEqual(
    madeUpItems(340)
      .map(({ sampleId }) => sampleId)
      .filter((id) => id.includes('sum-11')),
  );
  await page.keyboard.press('5');
  await page.locator('aside .lead').waitFor();
  await settled(page);
  await pressOn(page, 'Enter');
  expect(await heading(page)).toBe('All labelled');
  await pressOn(page, 'u');
  expect(await heading(page)).toBe(passed);
  expect(faults).toEqual([]);
});

test('what cannot be seen is shown as a mark, and what needs a joiner keeps it', async () => {
  await using watched = await watchedPage(browser);
  const { page, faults } = watched;
  await open(page, viewer.url);
  const pieces = (text: string): Promise<{ text: string; mark: string | null }[]> =>
    page.evaluate(`import('/text.js').then(({ piecesOf }) => piecesOf(${JSON.stringify(text)}))`);
  const said = async (text: string) =>
    (await pieces(text)).map((piece) => (piece.mark === null ? piece.text : `[${piece.text}]`)).join('');
  expect(await said('a\u202eb\u200b\u200bc')).toBe('a[U+202E]b[U+200B×2]c');
  expect(await said('\u0000\u001b[2J\u007f\u0085\ud800')).toBe('[␀][␛][2J[␡][U+0085][U+D800]');
  expect(await said('line\r\nline\ttab\rover')).toBe('line\nline\ttab[␍]over');
  expect(await said('\u{e0049}\u{e0067}\u{e006e}ore')).toBe('[hidden “Ign”]ore');
  const whole = '👩‍👩‍👧 می‌خواهم ❤️ नमस्ते é';
  expect(await said(whole)).toBe(whole);
  // Of every code point that changes direction or shows nothing, none comes through.
  const left = await page.evaluate(`import('/text.js').then(({ piecesOf }) => {
    const through = [];
    for (let code = 0; code < 0x110000; code += 1) {
      const text = String.fromCodePoint(code);
      if (!/[\\p{Bidi_Control}\\p{Cc}\\p{Cs}]|[\\u{e0000}-\\u{e0fff}]/u.test(text)) continue;
      if (piecesOf('a' + text + 'b').length === 1) through.push(code);
    }
    return through;
  })`);
  expect(left).toEqual([9, 10]);
  expect(faults).toEqual([]);
});
