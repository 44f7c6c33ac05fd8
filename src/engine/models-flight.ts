/** One run of a piece of work for all who ask for it at the same time. */
import { JurorError } from '../errors.ts';
import type { JurorEvent, Listener } from '../events.ts';

/** Options of each who asks. */
export interface FlightOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: Listener | undefined;
}

interface Flight {
  readonly work: Promise<void>;
  readonly controller: AbortController;
  readonly listeners: Set<Listener>;
  passengers: number;
}

const flights = new Map<string, Flight>();

/**
 * Run `work` once for every caller that names the same key while it runs. Everybody's listener is told; one who aborts
 * leaves with JurorError `aborted`, and the work stops when the last has left.
 */
export async function shareFlight(
  key: string,
  options: FlightOptions,
  work: (shared: { signal: AbortSignal; onEvent: Listener }) => Promise<void>,
): Promise<void> {
  const flight = flights.get(key) ?? takeOff(key, work);
  const { signal, onEvent } = options;
  if (onEvent) flight.listeners.add(onEvent);
  flight.passengers += 1;
  try {
    await leavingOn(signal, flight.work);
  } finally {
    if (onEvent) flight.listeners.delete(onEvent);
    flight.passengers -= 1;
    if (flight.passengers === 0) {
      flight.controller.abort();
      if (flights.get(key) === flight) flights.delete(key);
    }
  }
}

function takeOff(key: string, work: Parameters<typeof shareFlight>[2]): Flight {
  const controller = new AbortController();
  const listeners = new Set<Listener>();
  const onEvent = (event: JurorEvent) => {
    for (const listener of listeners) listener(event);
  };
  const flight: Flight = {
    work: Promise.resolve().then(() => work({ signal: controller.signal, onEvent })),
    controller,
    listeners,
    passengers: 0,
  };
  flights.set(key, flight);
  const land = () => {
    if (flights.get(key) === flight) flights.delete(key);
  };
  flight.work.then(land, land);
  return flight;
}

async function leavingOn(signal: AbortSignal | undefined, work: Promise<void>): Promise<void> {
  if (!signal) return work;
  const { promise, reject } = Promise.withResolvers<never>();
  const leave = () =>
    reject(new JurorError('aborted', 'stopped while downloading a model', { cause: signal.reason }));
  if (signal.aborted) leave();
  signal.addEventListener('abort', leave, { once: true });
  try {
    await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', leave);
  }
}
