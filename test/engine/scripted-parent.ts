/** A parent with two scripted children, one of them at work: sends their ids and stays. */
import { fileURLToPath } from 'node:url';
import { openLlama } from '../../src/engine/llama.ts';

const engine = await openLlama({
  model: { name: 'scripted', path: process.argv[2] ?? '', sha256: 'none' },
  home: null,
  children: 2,
  supervision: { program: fileURLToPath(new URL('./scripted-child.ts', import.meta.url)) },
});
void engine.deliberate({ prefix: [{ role: 'user', segments: ['slow'] }], critique: null, questions: [] });
process.send?.(engine.childIds);
