import { expect, test } from 'vitest';
import { launchBrowser } from './browser.ts';

test('a browser starts and shows a page', async () => {
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    await page.setContent('<h1>juror</h1>');
    expect(await page.locator('h1').textContent()).toBe('juror');
  } finally {
    await browser.close();
  }
});
