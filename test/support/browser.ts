/** The system's Chromium for tests, installed where it is missing. */
import { execFile } from 'node:child_process';
import { access, constants, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Browser, chromium, type Page } from 'playwright-core';

const run = promisify(execFile);
/** For a network or another installation that is busy. */
const patience = ['-o', 'Acquire::Retries=3', '-o', 'DPkg::Lock::Timeout=120'];
const candidates = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Vitest's global set-up of the browser tests: afterwards there is a browser. Throws, and so fails the tests, where there is none. */
export async function setup(): Promise<void> {
  if (await findBrowser()) return;
  process.stderr.write('browser tests: installing the Debian package chromium\n');
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const administrator = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  try {
    for (const step of [
      ['apt-get', 'update', '-q', ...patience],
      [
        'apt-get',
        'install',
        '-q',
        '-y',
        ...patience,
        '--no-install-recommends',
        'chromium',
        'fonts-dejavu-core',
      ],
    ]) {
      const [program = '', ...parameters] = [...administrator, ...step];
      await run(program, parameters, { env: environment, maxBuffer: 2 ** 26 });
    }
  } catch (cause) {
    throw new Error(
      'browser tests: expected Chromium (apt-get install chromium, or its path in JUROR_TEST_BROWSER)',
      { cause },
    );
  }
  if (!(await findBrowser())) throw new Error(`browser tests: expected one of ${candidates.join(', ')}`);
}

/** A headless browser; close it. */
export async function launchBrowser(): Promise<Browser> {
  const executablePath = await findBrowser();
  if (executablePath === undefined) throw new Error('no browser: is this test of the project browser?');
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}

/** With JUROR_SCREENSHOTS=1, a screenshot into .juror/screenshots, to be looked at; otherwise nothing: it checks nothing. */
export async function screenshot(
  page: Page,
  name: string,
  options: { fullPage?: boolean } = {},
): Promise<void> {
  if (!process.env.JUROR_SCREENSHOTS) return;
  const folder = fileURLToPath(new URL('../../.juror/screenshots', import.meta.url));
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), ...options });
}

async function findBrowser(): Promise<string | undefined> {
  const named = process.env.JUROR_TEST_BROWSER;
  for (const file of named ? [named] : candidates)
    if (
      await access(file, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return file;
  return undefined;
}
