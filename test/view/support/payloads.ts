/** Texts that would run, load or add something if any of them ever became markup. */

const call = 'window.__juror_fired=1';
const openers = [
  '',
  '"',
  "'",
  '">',
  "'>",
  '</title>',
  '</textarea>',
  '</script>',
  '</style>',
  '-->',
  ']]>',
  '`',
];
const bodies = [
  `<script>${call}</script>`,
  `<script src=/payload.js></script>`,
  `<img src=/payload.png onerror=${call}>`,
  `<svg onload=${call}></svg>`,
  `<svg><script>${call}</script></svg>`,
  `<iframe srcdoc="<script>parent.${call}</script>"></iframe>`,
  `<iframe src=javascript:${call}></iframe>`,
  `<object data=/payload.swf></object>`,
  `<embed src=/payload.swf>`,
  `<link rel=stylesheet href=/payload.css>`,
  `<style>@import '/payload.css';body{display:none}</style>`,
  `<meta http-equiv=refresh content="0;url=/payload.html">`,
  `<base href=//payload.example/>`,
  `<form action=/payload><button autofocus onfocus=${call}>go</button></form>`,
  `<a href="javascript:${call}" id=payload>press</a>`,
  `<details open ontoggle=${call}><summary>x</summary></details>`,
  `<video><source onerror=${call}></video>`,
  `<audio src=/payload.mp3 onerror=${call}>`,
  `<math><mtext><table><mglyph><style><!--</style><img src=/payload.png onerror=${call}>`,
  `<template shadowrootmode=open><script>${call}</script></template>`,
  `<marquee onstart=${call}>x</marquee>`,
  `<input autofocus onfocus=${call}>`,
  `<dialog open><h1>Trusted</h1></dialog>`,
  `<div style="position:fixed;inset:0;background:url(/payload.png)">x</div>`,
  `{{constructor.constructor('${call}')()}}`,
  `\${${call}}`,
  `javascript:${call}`,
  `data:text/html,<script>${call}</script>`,
  `<x-payload onclick=${call}>x</x-payload>`,
  `\u202e<script>${call}</script>\u2066\u200b\u0000\u001b[2J\u{e0041}\ud800`,
  `&lt;script&gt;${call}&lt;/script&gt;`,
];

/** So many payloads, all different. */
export function payloads(count: number): string[] {
  return Array.from({ length: count }, (_, index) => {
    const body = bodies[index % bodies.length] ?? '';
    const opener = openers[Math.floor(index / bodies.length) % openers.length] ?? '';
    return `p${index} ${opener}${index % 2 === 0 ? body : body.replace(/<(?=[a-z])/g, '<\t')}${body.startsWith('<') && index % 3 === 0 ? body.toUpperCase() : ''}`;
  });
}
