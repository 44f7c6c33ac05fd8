/** The page's only style sheet, for light and dark, screen and paper. */
import { createHash } from 'node:crypto';

/**
 * Text on its paper has a contrast of at least 4.5. Passed and failed differ in their words and signs, not in colour alone; blue, and
 * orange where there are two, are told apart by all kinds of colour vision.
 */
export const style = `
:root{color-scheme:light dark;--paper:#fff;--wash:#f5f6f8;--ink:#1d2126;--soft:#596270;--line:#dfe3e8;--mark:#0b5cad;--other:#b4540a;--good:#0b6b4a;--good-wash:#e8f5ef;--bad:#a3242f;--bad-wash:#fcecec;--open:#7a5200;--open-wash:#fcf3df}
@media (prefers-color-scheme:dark){:root{--paper:#101317;--wash:#181c22;--ink:#e6e9ee;--soft:#9aa5b3;--line:#2b323b;--mark:#74b3f5;--other:#f0a35c;--good:#62cfa2;--good-wash:#11251e;--bad:#ff9a94;--bad-wash:#2c1719;--open:#eebd55;--open-wash:#292011}}
*{box-sizing:border-box}
html{font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif;-webkit-text-size-adjust:100%;scroll-padding-top:1rem}
body{margin:0;background:var(--paper);color:var(--ink);overflow-wrap:anywhere}
header,main,footer,nav.contents{max-width:66rem;margin:0 auto;padding:0 1.5rem}
header{padding-top:3rem}
h1,h2,h3,h4{line-height:1.25;text-wrap:balance}
h1{font-size:1.9rem;font-weight:650;letter-spacing:-.015em;margin:0 0 .5rem}
h2{font-size:1.35rem;font-weight:650;letter-spacing:-.01em;margin:0 0 .35rem}
h3{font-size:1.02rem;font-weight:650;margin:2.25rem 0 .6rem}
h4{font-size:.8rem;font-weight:600;color:var(--soft);margin:1.1rem 0 .35rem}
p{margin:.5rem 0;max-width:44rem}
section{margin-top:3.5rem;padding-top:1.5rem;border-top:1px solid var(--line)}
section.first{margin-top:1.75rem;padding-top:0;border:0}
a{color:var(--mark);text-underline-offset:.18em;text-decoration-thickness:1px}
:focus-visible{outline:3px solid var(--mark);outline-offset:2px;border-radius:3px}
.soft{color:var(--soft)}
.small{font-size:.875rem}
.hidden{position:absolute;width:1px;height:1px;margin:-1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.skip{position:absolute;left:1rem;top:-6rem;background:var(--ink);color:var(--paper);padding:.6rem 1rem;border-radius:0 0 6px 6px;z-index:1}
.skip:focus{top:0}
nav.contents{margin-top:1.25rem;font-size:.9rem}
nav.contents ul{list-style:none;margin:0;padding:0;display:flex;flex-wrap:wrap;gap:.25rem 1.25rem}
nav.contents a{display:inline-block;padding:.15rem 0}
.status{display:inline-flex;align-items:center;gap:.5rem;font-weight:650;padding:.3rem .85rem .3rem .7rem;border-radius:999px;font-size:1rem}
.complete{color:var(--mark);background:var(--wash)}
.passed{color:var(--good);background:var(--good-wash)}
.failed{color:var(--bad);background:var(--bad-wash)}
.incomplete,.unmeasured{color:var(--open);background:var(--open-wash)}
.tag{font-size:.8rem;font-weight:600;padding:.1rem .5rem;border-radius:999px;white-space:nowrap}
.tag.plain{background:var(--wash);color:var(--soft)}
.notice{border-left:4px solid var(--open);background:var(--open-wash);padding:.75rem 1.1rem;border-radius:0 6px 6px 0;margin:1.25rem 0}
.notice p{margin:.2rem 0}
.notice ul{margin:.3rem 0;padding-left:1.2rem}
.notice strong{color:var(--open)}
.faults{list-style:none;margin:1rem 0;padding:0;max-width:52rem}
.faults li{border-left:4px solid var(--bad);padding:.1rem 0 .1rem 1rem;margin:.6rem 0}
.faults li.open{border-color:var(--open)}
.faults .line{display:block}
.cautions{margin:1.5rem 0 0;max-width:44rem}
.cautions h3{margin:0 0 .3rem}
.cautions ul{margin:.3rem 0;padding-left:1.2rem}
.cautions li{margin:.25rem 0}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,15.5rem),1fr));gap:1rem;margin:1.5rem 0 0;padding:0;list-style:none}
.cards li{border:1px solid var(--line);border-radius:10px;padding:1rem 1.15rem}
.cards .value{display:block;font-size:2rem;font-weight:600;line-height:1.2;letter-spacing:-.02em;font-variant-numeric:tabular-nums;margin:.2rem 0}
.cards a{font-weight:600;text-decoration:none}
.cards a:hover{text-decoration:underline}
.cards li>span{display:block}
.cards dl{display:flex;flex-wrap:wrap;gap:.1rem .5rem;grid-template-columns:none;margin:.6rem 0 0;padding-top:.6rem;border-top:1px solid var(--line);font-size:.85rem}
.cards dt{flex:1 1 auto}
.cards dd{font-variant-numeric:tabular-nums}
.cards dl>div{display:flex;flex:1 1 100%;gap:.75rem;justify-content:space-between}
.scroll{overflow-x:auto;margin:.75rem 0}
table{border-collapse:collapse;font-size:.9rem;overflow-wrap:normal}
table.wide{width:100%}
th,td{text-align:left;vertical-align:baseline;padding:.5rem 1.6rem .5rem 0;border-bottom:1px solid var(--line)}
th:last-child,td:last-child{padding-right:.25rem}
thead th{color:var(--soft);font-weight:500;font-size:.8rem;white-space:nowrap;vertical-align:bottom}
tbody th{font-weight:500;min-width:7.5rem}
tbody tr:last-child>*{border-bottom-color:transparent}
.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
td p{margin:.2rem 0;min-width:14rem}
td.strip{min-width:8rem}
.column{display:none}
.band{display:block;width:100%;min-width:7rem;height:14px;overflow:visible}
.band .rail{stroke:var(--line);stroke-width:1}
.band .range{stroke:var(--mark);stroke-width:3;opacity:.45}
.band .dot{fill:var(--mark)}
.bar{display:block;width:100%;height:8px}
.bar .rail{fill:var(--line)}
.bar .part{fill:var(--mark)}
.share{max-width:40rem;display:grid;grid-template-columns:minmax(4rem,auto) minmax(4rem,1fr) 3.8rem;gap:.15rem .75rem;align-items:center;font-size:.875rem;margin:.35rem 0}
.share .number{text-align:right}
.figures{display:flex;flex-wrap:wrap;gap:1.5rem 2.5rem;align-items:flex-start;margin:1rem 0}
.figures>*{min-width:0;max-width:100%}
figure{margin:0;flex:1 1 19rem}
.figures>figure{max-width:24rem}
figcaption{font-size:.875rem;margin-bottom:.6rem}
figcaption span{color:var(--soft);display:block}
svg.plot{max-width:100%;height:auto;display:block;font-family:inherit}
details{margin:.4rem 0}
summary{cursor:pointer;padding:.25rem 0}
details>summary{color:var(--mark);font-size:.875rem}
.samples{margin:1rem 0 0;padding:0;list-style:none}
.samples>li{border-top:1px solid var(--line)}
.samples>li:last-child{border-bottom:1px solid var(--line)}
.samples>li>details{margin:0}
.samples>li>details>summary{color:var(--ink);font-size:.95rem;padding:.8rem 0}
.samples summary b{font-weight:600}
.samples summary .tag{margin-left:.35rem}
.samples summary .say{color:var(--soft);display:block;padding-left:1.1rem;font-size:.875rem}
.inside{padding:0 0 1.5rem 1.1rem}
.sides{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,19rem),1fr));gap:.25rem 2rem}
.sides>*{min-width:0}
.judged{white-space:pre-wrap;background:var(--wash);border-radius:8px;padding:.75rem 1rem;margin:.25rem 0;font-size:.925rem;unicode-bidi:isolate;tab-size:4;max-width:48rem}
.judged+details{margin-top:0}
.unseen{font:600 .72em/1 ui-monospace,Menlo,Consolas,monospace;color:var(--open);border:1px solid currentColor;border-radius:3px;padding:0 .2em;margin:0 .1em;white-space:nowrap;unicode-bidi:isolate;display:inline-block}
code,.code{font:.85em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
dl{display:grid;grid-template-columns:minmax(7rem,auto) 1fr;gap:.4rem 1.5rem;margin:.75rem 0;font-size:.9rem}
dt{color:var(--soft)}
dd{margin:0;min-width:0}
footer{margin-top:4rem;padding-top:1.25rem;padding-bottom:3rem;color:var(--soft);font-size:.875rem}
@media (max-width:34rem){header,main,footer,nav.contents{padding-left:1rem;padding-right:1rem}header{padding-top:1.75rem}h1{font-size:1.5rem}.inside{padding-left:0}dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.6rem}.samples summary .say{padding-left:0}section{margin-top:2.5rem}th,td{padding-right:.9rem}tbody th{min-width:5.5rem}.stacked,.stacked tbody,.stacked tr,.stacked tbody>tr>*{display:block}.stacked thead{display:block;position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}.stacked tbody>tr{border-bottom:1px solid var(--line);padding:.7rem 0}.stacked tbody>tr>*{border:0;padding:.1rem 0}.stacked tbody>tr>th{font-weight:600}.stacked th p{font-weight:400}.stacked .column{display:block;color:var(--soft);font-size:.8rem;margin-top:.3rem}}
@media print{:root{color-scheme:light;--paper:#fff;--wash:#f5f6f8;--ink:#000;--soft:#444;--line:#ccc;--mark:#0b5cad;--good:#0b6b4a;--good-wash:#fff;--bad:#a3242f;--bad-wash:#fff;--open:#7a5200;--open-wash:#fff}html{font-size:11px}.skip,nav.contents{display:none}section{margin-top:2rem}figure,tr,.cards li,.judged{break-inside:avoid}h2,h3,h4{break-after:avoid}.scroll{overflow:visible}details::details-content{content-visibility:visible;display:block;block-size:auto}}
`;

/** What a browser compares the style sheet with. */
export const styleHash = `sha256-${createHash('sha256').update(style).digest('base64')}`;
