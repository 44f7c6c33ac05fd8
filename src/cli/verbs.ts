/** The verbs, each loaded when it is asked for: starting one is half the time of a short command. */
import type { CommandUnknownOpts } from '@commander-js/extra-typings';

const verbs: Readonly<Record<string, () => Promise<CommandUnknownOpts>>> = {
  judge: async () => (await import('./judge.ts')).judgeCommand(),
  rank: async () => (await import('./rank.ts')).rankCommand(),
  implicit: async () => (await import('./implicit.ts')).implicitCommand(),
  suite: async () => (await import('./suite.ts')).suiteCommand(),
  report: async () => (await import('./report.ts')).reportCommand(),
  view: async () => (await import('./view.ts')).viewCommand(),
  agree: async () => (await import('./agree.ts')).agreeCommand(),
  calibrate: async () => (await import('./calibrate.ts')).calibrateCommand(),
  combine: async () => (await import('./combine.ts')).combineCommand(),
  prefs: async () => (await import('./prefs.ts')).prefsCommand(),
  synth: async () => (await import('./synth.ts')).synthCommand(),
  sample: async () => (await import('./sample.ts')).sampleCommand(),
  train: async () => (await import('./train.ts')).trainCommand(),
  score: async () => (await import('./score.ts')).scoreCommand(),
  cascade: async () => (await import('./cascade.ts')).cascadeCommand(),
  selftrain: async () => (await import('./selftrain.ts')).selftrainCommand(),
  guide: async () => (await import('./guide.ts')).guideCommand(),
  card: async () => (await import('./card.ts')).cardCommand(),
  import: async () => (await import('./import.ts')).importCommand(),
  export: async () => (await import('./export.ts')).exportCommand(),
  models: async () => (await import('./models.ts')).modelsCommand(),
  doctor: async () => (await import('./doctor.ts')).doctorCommand(),
};

/** The commands that these arguments may mean: the verb that they begin with, or, for help and for names that are none, all of them. */
export async function commandsFor(parameters: readonly string[]): Promise<CommandUnknownOpts[]> {
  const [name = ''] = parameters;
  const verb = Object.hasOwn(verbs, name) ? verbs[name] : undefined;
  return verb ? [await verb()] : Promise.all(Object.values(verbs).map((load) => load()));
}
