/**
 * What scripts/exchange-check.py reads: verdicts of the recording in the files of other tools. `node scripts/exchange-check.ts FOLDER`, and with
 * what it printed, `node scripts/exchange-check.ts FOLDER GOLDEN < said.txt` keeps both as fixtures/golden/exchange.json.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { createRandom } from '../src/aggregate/random.ts';
import { readSamples } from '../src/dataset.ts';
import { openReplay } from '../src/engine/replay.ts';
import { exportVerdictsAs } from '../src/exchange/export.ts';
import { createJudge } from '../src/judge/judge.ts';
import { completeProtocol } from '../src/judge/protocol.ts';
import { openJudgingRun } from '../src/judge/run.ts';
import { openSampleBook } from '../src/preference/sample-book.ts';
import { loadRubric } from '../src/rubric.ts';
