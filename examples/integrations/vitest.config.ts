import { defineConfig } from 'vitest/config';

/** `dedupe` is needed here alone: juror is a link to a checkout that has a vitest of its own. */
export default defineConfig({ resolve: { dedupe: ['vitest'] }, test: { include: ['*.test.ts'] } });
