/** Looking at the viewer's page. */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { expect } from 'vitest';

/** A page that notes what should never happen on it. */
export interface WatchedPage extends AsyncDisposable {
  readonly page: Page;
  /** Script errors, console errors, dialogs and violations of the page's policy. */
  readonly faults: readonly string[];
  /** Every address that was asked for. */
  readonly requests: readonly string[];
}

/** Opens an empty one. */
export async function watchedPage(
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, ...options });
  const page = await context.newPage();
  const faults: string[] = [];
  const requests: string[] = [];
  page.on('pageerror', ({ message }) => faults.push(`error: ${message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(`console: ${message.text()}`);
  });
  page.on('dialog', (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => requests.push(request.url()));
  return { page, faults, requests, [Symbol.asyncDispose]: () => context.close() };
}

/** Waits until the page shows what its address says. */
export async function settled(page: Page): Promise<void> {
  await page.waitForSelector('main:not([aria-busy])');
}

/** Goes to an address and waits. */
export async function open(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await settled(page);
}

/** Goes to another address of an open page, as Back does, without loading it anew. */
export async function turnTo(page: Page, address: string): Promise<void> {
  await page.evaluate(
    `history.pushState(null, '', ${JSON.stringify(address || '?')}); dispatchEvent(new PopStateEvent('popstate'))`,
  );
  await settled(page);
}

/** Waits until an expression holds. The page's policy forbids evaluating one there, so it is asked for again and again from here. */
export async function until(page: Page, expression: string): Promise<void> {
  await expect.poll(() => page.evaluate(expression), { interval: 10, timeout: 10_000 }).toBe(true);
}

/** Presses a key and waits until the heading is another. */
export async function pressOn(page: Page, key: string): Promise<void> {
  const before = await heading(page);
  await page.keyboard.press(key);
  await until(page, `document.querySelector('h1')?.textContent !== ${JSON.stringify(before)}`);
  await settled(page);
}

/** The first heading's text. */
export async function heading(page: Page): Promise<string> {
  return (await page.locator('h1').first().textContent()) ?? '';
}
