/** A report as one HTML file: no script, nothing loaded, nothing of the data's that could become markup. */
import { type Markup, markup, trusted } from './markup.ts';
import { rubricSection } from './page-rubric.ts';
import { sectionsOf } from './page-sections.ts';
import { costPart, setupPart } from './page-setup.ts';
import { gatesPart, verdictPart } from './page-verdict.ts';
import type { Report } from './report.ts';
import { style, styleHash } from './style.ts';

/** Browsers load nothing, run nothing and send nothing, whatever stands in the file. */
const policy = `default-src 'none'; style-src '${styleHash}'; base-uri 'none'; form-action 'none'`;

/** The page. Equal reports give equal bytes. */
export async function reportPage(report: Report): Promise<string> {
  const sections = sectionsOf(report);
  const parts: Markup[] = [];
  for (const section of sections) parts.push(await rubricSection(section));
  const { suite, title } = report;
  const gates = suite !== null && suite.checks.length > 0;
  const page = markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="generator" content="juror">
<title>${title}</title>
<style>${trusted(style)}</style>
</head>
<body>
<a class="skip" href="#content">Skip to the verdict</a>
<header><h1 dir="auto">${title}</h1>
<p class="soft">${suite === null ? 'Report of a run' : 'Report of a suite'}. Every figure stands with its 95\u00a0% interval, clustered by prompt, and with what it leaves out.</p></header>
<nav class="contents" aria-label="Contents"><ul>
<li><a href="#verdict">Verdict</a></li>${gates && markup`<li><a href="#gates">Gates</a></li>`}${sections.map(({ id, title: of }) => markup`<li><a href="#${id}">${of}</a></li>`)}<li><a href="#cost">Cost</a></li><li><a href="#set-up">Set-up</a></li>
</ul></nav>
<main id="content" tabindex="-1">
<section class="first" aria-labelledby="verdict"><h2 id="verdict" class="hidden" tabindex="-1">Verdict</h2>
${verdictPart(report, sections)}
</section>
${suite !== null && gates && markup`<section aria-labelledby="gates"><h2 id="gates" tabindex="-1">Gates</h2>${gatesPart(suite)}</section>`}
${parts}
<section aria-labelledby="cost"><h2 id="cost" tabindex="-1">Cost</h2>${costPart(report)}</section>
<section aria-labelledby="set-up"><h2 id="set-up" tabindex="-1">Set-up</h2>${setupPart(report)}</section>
</main>
<footer><p>Made by juror. This file loads nothing and runs no script.</p></footer>
</body>
</html>
`;
  return page.toString();
}
