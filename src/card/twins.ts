/** From labelled samples to twins: one answer changed, everything else the same to the byte. */
import { createRandom, seedFrom } from '../aggregate/random.ts';
import { JurorError } from '../errors.ts';
import type { Response, Sample } from '../schema.ts';
import type { Probe, ProbeFamily } from './probes.ts';

/** A sample of which one answer was attacked. */
export interface Twin {
  readonly sample: Sample;
  /** The sample that it is a twin of. */
  readonly baseId: string;
  /** The response whose text is another. */
  readonly attackedId: string;
  readonly probe: string;
  readonly family: string;
}

/** What decides the twins besides samples and probes. */
export interface TwinOptions {
  readonly seed: number;
  /** The judge's own name, for the probe that flatters it. */
  readonly judge: string;
}

/**
 * The answer that a probe attacks: of a pair the one that is labelled worse, of a single answer a wrong one; a replacement takes
 * the place of any single answer. Undefined where there is none, such as in a tie.
 */
export function attackedResponse(sample: Sample, probe: Pick<Probe, 'kind'>): Response | undefined {
  const [first, second] = sample.responses;
  if (second !== undefined) {
    const worse = sample.responses.filter(({ id }) => id !== sample.label);
    return worse.length === 1 ? worse[0] : undefined;
  }
  return probe.kind === 'replacement' || sample.label === 0 ? first : undefined;
}

/** One twin. Throws JurorError `usage` for a sample without an answer to attack. */
export function twinOf(sample: Sample, probe: Probe, family: ProbeFamily, options: TwinOptions): Twin {
  const attacked = attackedResponse(sample, probe);
  if (attacked === undefined)
    throw new JurorError('usage', `sample '${sample.id}': expected an answer labelled worse, got none`);
  const text = family.apply(attacked.text, {
    others: sample.responses.filter(({ id }) => id !== attacked.id).map((other) => other.text),
    judge: options.judge,
    random: createRandom(seedFrom(options.seed, probe.name, family.name, sample.id)),
  });
  return {
    sample: {
      ...sample,
      id: `${sample.id}/${probe.name}/${family.name}`,
      responses: sample.responses.map((response) =>
        response.id === attacked.id ? { ...response, text } : response,
      ),
      metadata: { ...sample.metadata, subset: probe.name },
    },
    baseId: sample.id,
    attackedId: attacked.id,
    probe: probe.name,
    family: family.name,
  };
}

/**
 * The twins of one probe. The seed draws which samples are attacked and where the families begin; the families then take turns, so
 * that each is used about as often, and no sample gets one twice.
 */
export function twinsOf(samples: readonly Sample[], probe: Probe, options: TwinOptions): Twin[] {
  const drawn = (pairs: boolean) => {
    const eligible = samples.filter(
      (sample) => sample.responses.length > 1 === pairs && attackedResponse(sample, probe) !== undefined,
    );
    const ranked = eligible
      .map((sample) => ({ sample, rank: seedFrom(options.seed, probe.name, sample.id) }))
      .sort((left, right) => left.rank - right.rank || (left.sample.id < right.sample.id ? -1 : 1));
    return ranked.slice(0, Math.ceil(probe.share * eligible.length)).map(({ sample }) => sample);
  };
  const { families } = probe;
  let turn = seedFrom(options.seed, probe.name) % families.length;
  return [true, false].flatMap((pairs) =>
    drawn(pairs).flatMap((sample) =>
      Array.from({ length: Math.min(families.length, pairs ? probe.perPair : probe.perAnswer) }, () => {
        const family = families[turn++ % families.length];
        if (!family) throw new JurorError('usage', `probe '${probe.name}': expected a family, got none`);
        return twinOf(sample, probe, family, options);
      }),
    ),
  );
}
