/** Writes fixtures/golden/tensors-ours.safetensors, which scripts/golden/tensors.py reads with the reference implementation. */
import { writeFile } from 'node:fs/promises';
import { encodeSafetensors } from '../../src/reward/safetensors.ts';
import { tensorCase } from '../../test/reward/tensor-case.ts';

await writeFile(
  new URL('../../fixtures/golden/tensors-ours.safetensors', import.meta.url),
  encodeSafetensors(tensorCase),
);
