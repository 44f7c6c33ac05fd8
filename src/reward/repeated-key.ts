/** JSON objects that say one thing twice, which `JSON.parse` would not tell. */

/** What a structure of JSON is cut into; white space and other literals say nothing here. */
const token = /"(?:[^"\\]|\\.)*"|[{}[\]:,]/g;

/** A key that some object of the text has twice; undefined where none has. The text is JSON. */
export function repeatedKey(text: string): string | undefined {
  const open: (Set<string> | null)[] = [];
  let last: string | undefined;
  for (const [part] of text.matchAll(token)) {
    if (part === '{') open.push(new Set());
    else if (part === '[') open.push(null);
    else if (part === '}' || part === ']') open.pop();
    else if (part === ':' && last !== undefined) {
      const key: string = JSON.parse(last);
      const keys = open.at(-1);
      if (keys?.has(key)) return key;
      keys?.add(key);
    }
    last = part.startsWith('"') ? part : undefined;
  }
  return undefined;
}
