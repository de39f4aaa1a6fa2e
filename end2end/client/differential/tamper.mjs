/** Tampered cookies, as from a thief or a broken proxy. Each function takes the cookies by name and returns a header. */

const HELD = '_multi-';

const header = (pairs) => (pairs.length ? pairs.map((pair) => pair.join('=')).join('; ') : undefined);
const pick = (cookies, keep) => header([...cookies].filter(([name]) => keep(name)));
const change = (cookies, to) => header([...cookies].map(([name, value]) => [name, to(value)]));

/** The right tokens with a well-formed but wrong signature. */
export const forged = (cookies) => change(cookies, (value) => `${value.split('.')[0]}.${'A'.repeat(43)}%3D`);

/** The right tokens with no signature. */
export const unsigned = (cookies) => change(cookies, (value) => value.split('.')[0]);

/** A malformed cookie. */
export const garbage = (cookies) => change(cookies, () => '%00not.a%ZZcookie');

/** The held accounts without the active session. */
export const onlyHeld = (cookies) => pick(cookies, (name) => name.includes(HELD));

/** The active session alone. */
export const onlyActive = (cookies) => pick(cookies, (name) => !name.includes(HELD));

/** Somebody else's cookie. */
export const unrelated = () => 'theme=dark';

/** The cookies, with an unrelated one before and one after. */
export const amongOthers = (cookies) => `theme=dark; ${header([...cookies])}; a=b`;

/** Every held session under the name of another session's cookie. */
export const filedAs = (name) => (cookies, kept) =>
  header(
    [...cookies].map(([key, value]) =>
      key.includes(HELD) ? [`${key.split(HELD)[0]}${HELD}${kept[name].token.toLowerCase()}`, value] : [key, value],
    ),
  );
