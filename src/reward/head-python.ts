/** How a program without juror reads a head. */
import type { RewardHead } from '../schema.ts';

/** A Python function of features, n × width, that gives the scores; numpy and safetensors are all it needs. */
export function pythonReader({ hidden, combination, members, feature }: RewardHead): string {
  const gate = combination?.kind === 'gate';
  const own = (name: string) => `t[f"members.{m}.${name}"]`;
  return [
    'import json, numpy',
    'from safetensors import safe_open',
    '',
    `def score(folder, features${gate ? ', prompt' : ''}${combination?.length ? ', lengths' : ''}):`,
    '    with safe_open(f"{folder}/head.safetensors", "np") as file:',
    '        head = json.loads(file.metadata()["juror"])',
    '        t = {name: file.get_tensor(name).astype(numpy.float64) for name in file.keys()}',
    '    total = 0',
    '    for m in range(head["members"]):',
    `        x = (numpy.asarray(features) - ${own('mean')}) / ${own('scale')}`,
    ...(hidden === null
      ? []
      : [`        x = numpy.tanh(x @ ${own('hidden.weight')}.T + ${own('hidden.bias')})`]),
    `        total = total + x @ ${own('weight')}.T + ${own('bias')}`,
    ...(combination === null
      ? [`    return total[:, 0]${members === 1 ? '' : ' / head["members"]'}`]
      : [
          '    c = head["combination"]',
          ...(combination.units ? ['    total = total / numpy.array(c["units"])'] : []),
          ...(gate
            ? [
                '    g = numpy.exp((prompt - t["gate.mean"]) / t["gate.scale"] @ t["gate.weight"].T + t["gate.bias"])',
                '    g = g / g.sum()',
              ]
            : ['    g = numpy.array(c["weights"])']),
          ...(combination.length
            ? [
                '    l = (numpy.log1p(lengths) - c["length"]["mean"]) / c["length"]["deviation"]',
                '    total = total / head["members"] - numpy.outer(l, c["lengthSlopes"])',
                '    return c["scale"] * total @ g',
              ]
            : ['    return c["scale"] * total @ g / head["members"]']),
        ]),
    `# features: float32 states of ${feature.size} numbers, one row for each answer`,
  ].join('\n');
}
