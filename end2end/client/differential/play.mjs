import { Jar } from '../harness.mjs';
import { normaliser } from './normalise.mjs';

const USER_AGENT = 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0';

/**
 * Sends the script's requests one after the other, and returns each normalised answer.
 *
 * @param {string} own the origin of the server
 * @param {import('./step.mjs').Step[]} script
 * @returns {Promise<Map<string, object>>} by the step's name
 */
export async function play(own, script) {
  /** @type {Map<string, Jar>} */
  const browsers = new Map();
  const normalise = normaliser(own);
  const answers = new Map();
  for (const step of script) {
    let jar = browsers.get(step.browser) ?? new Jar(own, USER_AGENT);
    if (step.browser) browsers.set(step.browser, jar);
    if (step.cookies) jar = aside(jar, step.cookies(jar.cookies, normalise.kept));

    const sent = jar.header;
    const { body, headers } = payload(step, normalise.kept, own);
    const answer = await jar.send({ method: step.method, path: `/api/auth${step.path}`, headers, body });
    try {
      answers.set(step.name, normalise(answer, { sent, keep: step.keep }));
    } catch (cause) {
      throw new Error(`${own}, ${step.name}: ${answer.status} ${answer.text}`, { cause });
    }
  }
  return answers;
}

/** A copy of a browser with these cookies. Its answers do not change the original. */
function aside(jar, header) {
  const copy = new Jar(jar.origin, jar.userAgent);
  for (const pair of header?.split('; ') ?? []) copy.cookies.set(...split(pair));
  return copy;
}

const split = (pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)];

/** The body as text, with the headers of a page of the server itself. */
function payload(step, kept, own) {
  const given = typeof step.body === 'function' ? step.body(kept, own) : step.body;
  const headers = typeof step.headers === 'function' ? step.headers(own) : step.headers;
  const origin = step.method === 'GET' || step.method === 'HEAD' ? undefined : own;
  const form = given instanceof URLSearchParams;
  const type = given === undefined ? undefined : form ? 'application/x-www-form-urlencoded' : 'application/json';
  return {
    body: given === undefined || typeof given === 'string' ? given : form ? String(given) : JSON.stringify(given),
    headers: { origin, 'content-type': step.type ?? type, ...headers },
  };
}
