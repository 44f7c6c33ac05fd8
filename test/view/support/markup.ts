/** Whether texts stayed texts in the viewer's page. */
import type { Page } from 'playwright-core';
import { mark } from '../../support/payloads.ts';

/** Elements that the page makes or has; anything else came out of a text. */
const ownTags = new Set(
  'html head meta title link script body a header main div noscript p h1 h2 h3 nav button span bdi form label input select option details summary ol ul li section article aside dl dt dd strong kbd table caption thead tbody tr th td progress datalist'.split(
    ' ',
  ),
);

/** What is wrong with the document as it is now, all folds opened, and which payloads it shows, by their numbers. */
export async function lookForMarkup(
  page: Page,
): Promise<{ readonly wrong: string[]; readonly shown: number[] }> {
  return page.evaluate(`(() => {
    for (const button of document.querySelectorAll('button.fold')) if (!button.hidden && button.getAttribute('aria-expanded') !== 'true') button.click();
    const wrong = [];
    const own = new Set(${JSON.stringify([...ownTags])});
    for (const element of document.querySelectorAll('*')) {
      if (!own.has(element.localName)) wrong.push(element.localName);
      for (const { name, value } of element.attributes) if (/^on|^srcdoc$|^action$/.test(name) || (name === 'style' && !/^(--[a-z]+: [0-9.]+; ?)+$/.test(value))) wrong.push(element.localName + ' ' + name + ' ' + value);
      if (element.localName === 'a' && !/^[?#]/.test(element.getAttribute('href') ?? '')) wrong.push('a to ' + element.getAttribute('href'));
    }
    if (document.scripts.length !== 1) wrong.push('scripts: ' + document.scripts.length);
    if (window.${mark} !== undefined) wrong.push('a script ran');
    return { wrong, shown: [...new Set(document.body.textContent.match(/p\\d+ /g) ?? [])].map((word) => Number(word.slice(1))) };
  })()`);
}
