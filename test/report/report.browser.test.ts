/** The report in a real browser: hostile texts, keyboard, screen readers, and how it looks. */
import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { reportPage } from '../../src/report/page.ts';
import { readReport } from '../../src/report/read-report.ts';
import { loadRubric } from '../../src/rubric.ts';
import { launchBrowser, screenshot } from '../support/browser.ts';
import { attacker, mark, payloads } from '../support/payloads.ts';
import {
  judgedRun,
  suiteFolder,
  suiteResult,
  supportAnswers,
  supportJudge,
  supportPairs,
} from './folders.ts';
import { hostileReport } from './hostile-report.ts';
import {
  type Focused,
  faults,
  fits,
  folds,
  headings,
  openAll,
  openSample,
  provoke,
  shadows,
  shape,
  watchFocus,
} from './in-page.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

const axe = await readFile(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');

/** A page of a file, and everything that it did besides being read. */
async function opened(file: string, options: BrowserContextOptions = {}) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const happened: string[] = [];
  await context.route('**/*', (route) => {
    if (route.request().url() === pathToFileURL(file).href) return route.continue();
    happened.push(`request ${route.request().url()}`);
    return route.abort();
  });
  page.on('dialog', (dialog) => {
    happened.push(`dialog ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('console', (message) => void happened.push(`console ${message.text()}`));
  page.on('pageerror', (error) => void happened.push(`error ${error.message}`));
  page.on('popup', () => void happened.push('popup'));
  page.on('framenavigated', (frame) => {
    if (frame.url() !== pathToFileURL(file).href) happened.push(`navigation ${frame.url()}`);
  });
  await page.goto(pathToFileURL(file).href);
  return { page, happened, [Symbol.asyncDispose]: () => context.close() };
}

test('the watch sees what a payload does where nothing holds it', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'juror-report-'));
  const file = join(folder.path, 'open.html');
  await writeFile(file, `<!doctype html><p>${payloads(1)[0]}</p><img src="${attacker}/x">`);
  await using at = await opened(file);
  await at.page.waitForTimeout(100);
  expect(at.happened.map((what) => what.split(' ')[0])).toEqual(
    expect.arrayContaining(['dialog', 'request']),
  );
  expect(await at.page.evaluate(`globalThis.${mark}`)).toBe(1);
});

test('1,000 payloads in every text run nothing, ask for nothing and add no element', {
  timeout: 120_000,
}, async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'juror-report-'));
  const hostile = await hostileReport(join(folder.path, 'hostile'));
  const plain = await hostileReport(join(folder.path, 'plain'), 'plain words');
  expect(hostile.used).toBeGreaterThan(1000);
  expect(hostile.run.split(new URL(attacker).host).length).toBeGreaterThan(1000);
  for (const kind of ['run', 'suite'] as const) {
    const [file, other] = [join(folder.path, `${kind}.html`), join(folder.path, `${kind}-plain.html`)];
    await writeFile(file, hostile[kind]);
    await writeFile(other, plain[kind]);
    await using at = await opened(file);
    await using harmless = await opened(other);
    await at.page.evaluate(provoke);
    await harmless.page.evaluate(provoke);
    expect(at.happened).toEqual([]);
    expect(await at.page.evaluate(`globalThis.${mark}`)).toBeUndefined();
    const known = new Set([...((await harmless.page.evaluate(shape)) as string[]), 'span class']);
    expect(((await at.page.evaluate(shape)) as string[]).filter((element) => !known.has(element))).toEqual(
      [],
    );
    expect(await at.page.evaluate(shadows)).toBe(0);
  }
});

const looks = [
  ['light', { viewport: { width: 1180, height: 900 }, colorScheme: 'light' }],
  ['dark', { viewport: { width: 1180, height: 900 }, colorScheme: 'dark' }],
  ['phone', { viewport: { width: 360, height: 740 }, colorScheme: 'light', deviceScaleFactor: 2 }],
] as const;

test('pages are for everybody: no fault in light, in dark and on a phone; every fold is reached by Tab', {
  timeout: 180_000,
}, async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'juror-report-'));
  const pages = await samplePages(folder.path);
  for (const [name, file] of Object.entries(pages))
    for (const [look, options] of looks) {
      // All looks of the page that has most, one each of the others.
      if (name !== 'run' && look !== (name === 'suite-failed' ? 'light' : 'phone')) continue;
      await using at = await opened(file, { ...options, bypassCSP: true });
      const { page, happened } = at;
      expect(await page.evaluate(fits)).toBe(true);
      await page.evaluate(openSample);
      await screenshot(page, `report-${name}-${look}`, { fullPage: true });
      const levels = (await page.evaluate(headings)) as number[];
      expect(levels.filter((level, place) => level - (levels[place - 1] ?? 0) > 1)).toEqual([]);
      await page.evaluate(openAll);
      await page.evaluate(axe);
      const found = (await page.evaluate(faults)) as string[];
      expect(found.filter((fault) => !fault.startsWith('minor'))).toEqual([]);
      expect(happened).toEqual([]);
    }
  await using at = await opened(pages.run ?? '');
  const { page } = at;
  await page.evaluate(watchFocus);
  const walked = async () => (await page.evaluate('globalThis.walked')) as readonly Focused[];
  // Around once: the page says itself where each press led.
  for (let press = 0; press < 400; press++) {
    await page.keyboard.press('Tab');
    if (press % 20 !== 19) continue;
    const texts = (await walked()).map(({ text }) => text);
    if (texts.indexOf(texts[0] ?? '', 1) > 0) break;
  }
  const steps = await walked();
  const first = steps[0]?.text;
  const onFolds = steps.filter(({ fold }) => fold >= 0);
  expect(new Set(onFolds.map(({ outline }) => outline))).toEqual(new Set(['solid']));
  const reached = new Set(onFolds.map(({ fold }) => fold));
  expect(first).toBe('Skip to the verdict');
  expect(reached.size).toBe(await page.evaluate(folds));
  expect(reached.size).toBeGreaterThan(10);
});

/** A run under two judges, and suites that failed and are incomplete. */
async function samplePages(folder: string): Promise<Record<string, string>> {
  const pages: Record<string, string> = {};
  const write = async (name: string, page: string) => {
    pages[name] = join(folder, `${name}.html`);
    await writeFile(pages[name], page);
  };
  const [pairs, answers] = [supportPairs(60), supportAnswers(60)];
  const engines = [supportJudge('qwen2.5-7b'), supportJudge('llama-3.1-8b', { failsOn: 'order 7017' })];
  const panel = await judgedRun(join(folder, 'panel'), pairs, { engines, critique: 'brief' });
  await write('run', await reportPage(await readReport(panel.folder, { data: [panel.data], samples: 12 })));
  for (const status of ['failed', 'incomplete'] as const) {
    const suite = await suiteFolder(join(folder, status), suiteResult(status), async (run, at) => {
      const rubric = await loadRubric(run.rubrics[0] ?? '');
      const judge = supportJudge('qwen2.5-7b', status === 'incomplete' ? { failsOn: 'order 7017' } : {});
      const samples = run.data === 'tickets' ? pairs : answers;
      await judgedRun(at, samples, { rubrics: [rubric], engines: [judge], critique: 'brief' });
    });
    await write(`suite-${status}`, await reportPage(await readReport(suite, { samples: 8 })));
  }
  return pages;
}
