/** `juror import FORMAT PATH`: files of other tools to samples. */
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { writeRows } from '../dataset.ts';
import { exchangeFormat, exchangeFormats, importSamples } from '../exchange/import.ts';
import { flag, wholeNumber } from './flags.ts';
import { createRefusals } from './judging.ts';
import { count, harmless, plural, processTerminal } from './terminal.ts';

/** The verb. */
export function importCommand(): CommandUnknownOpts {
  return new Command('import')
    .description('turn the files of another tool into samples that every verb reads')
    .argument('<format>', exchangeFormats.join(', '))
    .argument('<path>', 'a file, or the folder of a benchmark')
    .addOption(flag('--out <file>', 'the samples, as .jsonl, .csv or .parquet').makeOptionMandatory())
    .addOption(flag('--limit <n>', 'import the first n samples').argParser(wholeNumber(0)))
    .option('--baseline <model>', 'arena-hard: the model that others were compared with')
    .option('--json', 'print the counts as JSON')
    .action(async (name, path, { out, limit, baseline, json }) => {
      const terminal = processTerminal();
      const format = exchangeFormat(name);
      const refusals = createRefusals(terminal);
      const counts = { samples: 0, prompts: 0, labelled: 0, votes: 0 };
      async function* rows() {
        for await (const row of importSamples(format, path, { onBadRow: refusals.refuse, limit, baseline })) {
          if ('responses' in row) {
            counts.samples++;
            if (row.label !== undefined) counts.labelled++;
            counts.votes += row.annotations?.length ?? 0;
          } else counts.prompts++;
          yield row;
        }
      }
      await writeRows(out, rows());
      const refused = refusals.count();
      if (json) terminal.print(JSON.stringify({ format, ...counts, refused, out }, null, 2));
      else {
        const { samples, prompts, labelled, votes } = counts;
        const parts = [
          ...(samples > 0 || prompts === 0
            ? [`${plural(samples, 'sample')}, ${count(labelled)} with labels`]
            : []),
          ...(votes > 0 ? [plural(votes, 'vote')] : []),
          ...(prompts > 0 ? [`${plural(prompts, 'prompt')} without answers`] : []),
          ...(refused > 0 ? [`${plural(refused, 'row')} refused; see the messages above`] : []),
        ];
        terminal.print(`${parts.join(' · ')}\n${harmless(out)}`);
      }
      process.exitCode = refused > 0 ? 2 : 0;
    });
}
