/** Contexts of one model: with and without flash attention, each made when it is first needed. */
import type { LlamaContext, LlamaModel } from 'node-llama-cpp';
import { createSlots, type Slots } from './llama-child-slots.ts';
import type { FlashAttention } from './llama-protocol.ts';

/** What is evaluated: `whole` segments in decodes of several tokens, or now and then a `single` token in a decode of its own. */
export type Decoding = 'whole' | 'single';

/** The sequences of a model. */
export interface Contexts {
  /** Tokens of one sequence. */
  readonly contextSize: number;
  /** Sequences to evaluate so. What is held for one decoding is not held for the other. */
  slots(decoding: Decoding): Promise<Slots>;
}

/** How contexts are made. */
export interface ContextSettings {
  readonly contextSize: number;
  readonly sequences: number;
  readonly batchSize: number;
  /** 0: the binding's choice. */
  readonly threads: number;
  readonly flashAttention: FlashAttention;
}

interface Held {
  readonly context: LlamaContext;
  readonly slots: Slots;
}

/** Make the context that is needed most often, so that a lack of memory shows at once. */
export async function createContexts(model: LlamaModel, settings: ContextSettings): Promise<Contexts> {
  const { flashAttention, sequences, batchSize, threads } = settings;
  const withFlash = (decoding: Decoding) =>
    flashAttention === 'whole' ? decoding === 'whole' : flashAttention === 'on';
  const create = async (flash: boolean, contextSize: number, shrink: boolean): Promise<Held> => {
    const context = await model.createContext({
      contextSize,
      sequences,
      batchSize,
      flashAttention: flash,
      swaFullCache: true,
      ...(threads > 0 ? { threads: { ideal: threads, min: threads } } : {}),
      ...(shrink ? {} : { failedCreationRemedy: false }),
    });
    const all = Array.from({ length: sequences }, () =>
      context.getSequence({ contextShift: { strategy: refuseShift } }),
    );
    return { context, slots: createSlots(all, batchSize) };
  };

  const first = await create(withFlash('whole'), settings.contextSize, true);
  const { contextSize } = first.context;
  const made = new Map([[withFlash('whole'), Promise.resolve(first)]]);
  const used = new Set<boolean>();
  return {
    contextSize,
    async slots(decoding) {
      const flash = withFlash(decoding);
      used.add(flash);
      let held = made.get(flash);
      if (held === undefined) {
        const idle = used.has(!flash) ? undefined : made.get(!flash);
        if (idle !== undefined) made.delete(!flash);
        held = Promise.resolve(idle)
          .then((unused) => unused?.context.dispose())
          .then(() => create(flash, contextSize, false));
        made.set(flash, held);
        held.catch(() => made.delete(flash));
      }
      return (await held).slots;
    },
  };
}

/** Nothing is ever cut out of a context: what does not fit is refused before. */
function refuseShift(): never {
  throw new Error('the context is full');
}
