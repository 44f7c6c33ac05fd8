/** Who may ask the viewer's server: a browser of the user who started it, on a page of this server, and nobody else. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import { secureHeaders } from 'hono/secure-headers';
import type { ViewError } from './api.ts';

/** Keys of one server. */
export interface Keys {
  /** What the cookie is worth. */
  readonly session: string;
  /** In the printed address; as long as the server runs. */
  readonly lasting: string;
  /** A key that opens once: command lines of a browser can be read by other users of the machine. */
  once(): string;
  /** Whether a key of an address is right; one that opens once is used up. */
  accept(key: string): boolean;
}

/** Fresh keys of 256 random bits. */
export function createKeys(): Keys {
  const fresh = (): string => randomBytes(32).toString('base64url');
  const lasting = fresh();
  const single = new Set<string>();
  return {
    session: fresh(),
    lasting,
    once() {
      const key = fresh();
      single.add(key);
      return key;
    },
    accept(key) {
      if (sameText(key, lasting)) return true;
      const found = [...single].find((one) => sameText(key, one));
      return found !== undefined && single.delete(found);
    },
  };
}

/** Headers of every answer: nothing from elsewhere runs on the page, nothing is kept, nobody frames it or learns of it. */
export function protect(): MiddlewareHandler {
  return secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      connectSrc: ["'self'"],
      imgSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
      requireTrustedTypesFor: ["'script'"],
      trustedTypes: ["'none'"],
    },
    crossOriginOpenerPolicy: 'same-origin',
    crossOriginResourcePolicy: 'same-origin',
    referrerPolicy: 'no-referrer',
    xContentTypeOptions: 'nosniff',
    xFrameOptions: 'DENY',
    // There is no HTTPS on the loopback, and a browser would keep this for every port of it.
    strictTransportSecurity: false,
    permissionsPolicy: { camera: [], microphone: [], geolocation: [] },
  });
}

/**
 * Refuse what does not come from this server's own page: another name of the host (a foreign page may point its own name here), another
 * origin, no cookie of the session, other methods than GET and POST, and a POST without an origin or that is not JSON.
 */
export function guard(keys: Keys, port: () => number): MiddlewareHandler {
  return async (context, next) => {
    const refuse = (status: 400 | 403 | 405 | 415, error: string) =>
      context.json<ViewError>({ error }, status);
    const header = (name: string) => context.req.header(name);
    const hosts = [`127.0.0.1:${port()}`, `localhost:${port()}`];
    const host = header('host');
    context.header('Cache-Control', 'no-store');
    if (host === undefined || !hosts.includes(host))
      return refuse(403, 'expected this machine as the host, got another one');
    const { method } = context.req;
    if (method !== 'GET' && method !== 'POST') {
      context.header('Allow', 'GET, POST');
      return refuse(405, `expected GET or POST, got ${method}`);
    }
    const site = header('sec-fetch-site');
    const origin = header('origin');
    const own = `http://${host}`;
    const isForeign =
      (site !== undefined && site !== 'same-origin' && !(site === 'none' && method === 'GET')) ||
      (origin !== undefined && origin !== own) ||
      (method === 'POST' && origin === undefined);
    if (isForeign) return refuse(403, 'expected a request of the viewer’s own page, got one from elsewhere');

    const cookie = `juror-view-${port()}`;
    const url = new URL(context.req.url);
    const key = url.searchParams.get('key');
    if (method === 'GET' && url.pathname === '/' && key !== null && keys.accept(key)) {
      setCookie(context, cookie, keys.session, { path: '/', httpOnly: true, sameSite: 'Strict' });
      // What the page is to show stays; the key does not.
      url.searchParams.delete('key');
      return context.redirect(`/${url.search}`, 303);
    }
    if (!sameText(getCookie(context, cookie) ?? '', keys.session))
      return refuse(403, 'expected the address that juror view printed, got one without its key');
    if (method === 'POST' && !/^application\/json(;\s*charset=utf-8)?$/i.test(header('content-type') ?? ''))
      return refuse(415, 'expected a body of application/json, got another one');
    return next();
  };
}

/** Whether two texts are equal, in a time that does not tell where they differ. */
function sameText(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
