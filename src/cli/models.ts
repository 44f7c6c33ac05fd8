/** `juror models`: what there is, fetch it, check it, where it lies. */
import { Command } from '@commander-js/extra-typings';
import { DEFAULT_MODEL, listModels, modelPath, resolveModel, verifyModels } from '../engine/models.ts';
import { JurorError } from '../errors.ts';
import { flag } from './flags.ts';
import { interruptible } from './interrupt.ts';
import { bytes, harmless, processTerminal, table } from './terminal.ts';

/** The verb with its four sub-verbs. */
export function modelsCommand(): Command {
  const command = new Command('models').description('list, fetch, check and find models');
  command
    .command('list', { isDefault: true })
    .description('every model of the catalogue')
    .option('--json', 'print JSON')
    .action(async ({ json }) => {
      const terminal = processTerminal();
      const models = await listModels();
      if (json) return terminal.print(JSON.stringify(models, null, 2));
      const rows = models.map(({ name, installed, sizeBytes, entry }) => [
        name === DEFAULT_MODEL ? `${name} (default)` : name,
        installed ? 'yes' : '',
        bytes(sizeBytes),
        entry ? `${entry.memoryGiB} GiB` : '',
        entry?.licence ?? '',
        entry?.purpose ?? '',
      ]);
      terminal.print(harmless(table(['model', 'here', 'size', 'memory', 'licence', 'good for'], rows)));
      terminal.print('\nFetch one with `juror models pull NAME`, then judge with `--model NAME`.');
    });
  command
    .command('pull')
    .argument('<name>', 'a catalogue name, hf:owner/repository/file.gguf or an https address')
    .description('fetch a model; resumes what was cut off')
    .addOption(flag('--pin', 'trust a file of unknown digest on first use'))
    .option('--quiet', 'no progress')
    .option('--json', 'print JSON')
    .action((name, { pin, quiet, json }) =>
      interruptible(async (signal) => {
        const terminal = processTerminal({ quiet: quiet ?? false });
        const progress = terminal.progress();
        const model = await resolveModel(name, {
          signal,
          ...(pin ? { pin: true } : {}),
          onEvent: (event) => {
            if (event.type === 'warning') terminal.note(harmless(event.message));
            if (event.type !== 'model-download') return;
            const detail = `MB from ${event.source}`;
            const megabytes = (value: number) => Math.round(value / 1e6);
            progress.update({
              label: event.model,
              done: megabytes(event.receivedBytes),
              total: megabytes(event.totalBytes),
              detail,
            });
          },
        }).finally(() => progress.stop());
        terminal.print(
          json
            ? JSON.stringify(model, null, 2)
            : `${model.path}\nsha256 ${model.sha256}, ${bytes(model.sizeBytes)}`,
        );
      }),
    );
  command
    .command('verify')
    .description('read every installed model again and compare its digest')
    .option('--json', 'print JSON')
    .action(({ json }) =>
      interruptible(async (signal) => {
        const terminal = processTerminal();
        const models = await verifyModels({ signal });
        if (json) terminal.print(JSON.stringify(models, null, 2));
        else if (models.length === 0)
          terminal.print('No model is installed. Fetch one with `juror models pull NAME`.');
        else
          terminal.print(
            harmless(
              table(
                ['model', 'status', 'sha256'],
                models.map(({ name, status, found }) => [name, status, found]),
              ),
            ),
          );
        const damaged = models.filter(({ status }) => status === 'damaged');
        if (damaged.length > 0)
          throw new JurorError(
            'model',
            `damaged: ${damaged.map(({ path }) => path).join(', ')}; remove the file and pull it again`,
          );
      }),
    );
  command
    .command('path')
    .argument('<name>', 'a catalogue name')
    .description('where a model lies or would lie')
    .action((name) => processTerminal().print(modelPath(name)));
  return command;
}
